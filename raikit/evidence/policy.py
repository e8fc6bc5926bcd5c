"""The policy file: rules with their sources, approvals and dispositions."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from raikit.errors import InputError
from raikit.evidence.record import Severity


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Tier(_Strict):
    """What a risk tier asks of a release."""

    required: list[str] = []
    modified_templates: bool = True
    attribute_approval: bool = False


class Approval(_Strict):
    """Leave to compute results by a sensitive attribute."""

    attribute: str
    basis: str
    approver: str
    expires: dt.date


class Alert(_Strict):
    """Who is told when a rule fails in a window, and how soon.

    A ``page`` wakes its owner; ``evidence`` waits for the next reading of the report.
    ``budget`` is the false pages a quarter that the owner puts up with: the strictest of a run sets the
    level of its alarms.
    """

    tier: Literal["page", "evidence"]
    owner: str = Field(min_length=1)
    runbook: str = ""
    persistence: int = Field(1, ge=1)
    cooldown: int = Field(0, ge=0)
    expires: dt.date | None = None
    budget: float | int | None = Field(None, gt=0)


class Rule(_Strict):
    """A bound on a metric, with its source.

    A rule on a slicing column judges every contrast among the agreed groups; ``{column: value}``
    names one result, ``"each"`` every result of the metric; without `slice` the overall result.
    """

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    run: str
    metric: str
    slice: str | dict[str, str] | None = None
    op: Literal["<=", ">=", "<", ">"]
    value: float | int
    judge: Literal["interval", "estimate"] = "interval"
    sided: Literal["two", "one"] = "two"
    min_n: int = Field(30, ge=1)
    severity: Severity = "medium"
    source: str = Field(min_length=1)
    alert: Alert | None = None


class IncidentLine(_Strict):
    """A line of the severity matrix of incidents, the gravest first; all its conditions have to hold.

    ``excess`` is the least number of rows in excess, ``change`` the least change of the rate.
    """

    severity: str = Field(min_length=1)
    excess: float | int | None = Field(None, ge=0)
    change: float | int | None = Field(None, ge=0)
    going_on: bool = False
    respond: str = ""
    source: str = Field(min_length=1)


class Disposition(_Strict):
    """What a person decided about a rule that did not pass."""

    rule: str
    decision: Literal["mitigate", "accept-with-approval"]
    reason: str = ""
    approver: str = ""
    owner: str = ""
    due: dt.date | None = None
    retest: str = ""
    ticket: str = ""
    expires: dt.date | None = None
    model: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Disposition:
        needed = {
            "mitigate": ("owner", "due", "retest", "ticket"),
            "accept-with-approval": ("reason", "approver", "ticket", "expires", "model"),
        }[self.decision]
        missing = [name for name in needed if not getattr(self, name)]
        if missing:
            raise ValueError(f"{self.decision!r} needs {', '.join(needed)}; missing: {', '.join(missing)}")
        return self


class Policy(_Strict):
    """A policy, version 1."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, title="raikit policy")

    version: Literal[1]
    tiers: dict[str, Tier] = {}
    approvals: list[Approval] = []
    rules: list[Rule] = []
    dispositions: list[Disposition] = []
    incidents: list[IncidentLine] = []

    @model_validator(mode="after")
    def _ids(self) -> Policy:
        ids = [rule.id for rule in self.rules]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"rules: the id {twice[0]!r} stands twice; each rule needs its own")
        for disposition in self.dispositions:
            if disposition.rule not in ids:
                raise ValueError(
                    f"dispositions: {disposition.rule!r} names no rule; rules: {', '.join(ids) or 'none'}"
                )
        return self

    def rules_sha256(self) -> str:
        """Return the hash of version, tiers and rules, apart from approvals and dispositions.

        Returns
        -------
        str
            ``sha256:…`` of canonical JSON; accepting a risk does not change it.
        """
        part = self.model_dump(mode="json", include={"version", "tiers", "rules"})
        for rule in part["rules"]:
            if (
                rule["alert"] is None
            ):  # a rule that wakes nobody keeps the hash it had before there were alerts
                del rule["alert"]
        text = json.dumps(part, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def problems_of(error: ValidationError, where: str) -> list[str]:
    """Return one sentence for each thing that a model of ours refused.

    Parameters
    ----------
    error : pydantic.ValidationError
        From a strict model.
    where : str
        The file, named first in each sentence.

    Returns
    -------
    list of str
        ``file: place: what is wrong (came: value)``.
    """
    lines = []
    for item in error.errors(include_url=False):
        place = ".".join(str(part) for part in item["loc"])
        came = item.get("input")
        shown = "" if isinstance(came, dict | list) or item["type"] == "missing" else f"; came: {came!r}"
        message = item["msg"].removeprefix("Value error, ").replace("Input should be", "should be")
        if item["type"] == "extra_forbidden":
            message, shown = "this key is not known here", ""
        lines.append(f"{where}: {place + ': ' if place else ''}{message}{shown}")
    return lines


def parse_policy(data: Any, *, where: str) -> Policy:
    """Return the policy that parsed YAML or JSON holds.

    Parameters
    ----------
    data : mapping
        As `yaml` or `json` read it.
    where : str
        Named in the error.

    Returns
    -------
    Policy
        Checked.

    Raises
    ------
    InputError
        With every problem, a line each.
    """
    try:
        return Policy.model_validate(data)
    except ValidationError as error:
        raise InputError.joined(problems_of(error, where)) from None


def load_policy(path: Path) -> Policy:
    """Return the policy of a YAML file.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    Policy
        Checked.

    Raises
    ------
    InputError
        If there is no such file, it is no plain YAML, or a rule in it is wrong.
    """
    from raikit.evidence.yaml import load_yaml

    return parse_policy(load_yaml(path), where=path.name)
