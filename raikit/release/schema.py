"""The release file: what is run, on what, under which policy."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from raikit.errors import InputError
from raikit.evidence.policy import problems_of

# Names become file names: no separators, no leading dot, nothing a file system would fold or strip.
_NAME = r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?$"
_TAKEN = frozenset({"index", "manifest", "release", "policy", "ledger", "sha256sums"})
_RELEASE_ENDINGS = (".previous", ".building", ".lock")

Name = Annotated[str, Field(pattern=_NAME)]
Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class System(_Strict):
    """The system that a release is about."""

    name: Text
    version: str = ""
    owner: str = ""
    tier: str = ""
    purpose: str = ""


class Primary(_Strict):
    """The metric that was agreed to matter most, and who chose it."""

    metric: Text
    slice: str | dict[str, str] | None = None
    why: Text
    chosen_by: Text


class Agreed(_Strict):
    """What was agreed before the run."""

    slices: list[str] = []
    primary: Primary | None = None


class Defaults(BaseModel):
    """Parameters for every template that declares them; others than these are checked with the plan."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    confidence: float | None = Field(None, gt=0, lt=1)
    min_n: int | None = Field(None, ge=1)
    suppress_below: int | None = Field(None, ge=0)
    seed: int | None = Field(None, ge=0)
    deadline_minutes: float = Field(60, gt=0)


class Run(_Strict):
    """One notebook of a release."""

    template: Text
    name: Name = ""
    system: System | None = None
    needs: list[str] = []
    agreed: Agreed = Agreed()
    deadline_minutes: float | None = Field(None, gt=0)
    params: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _named(cls, data: Any) -> Any:
        """Take the template's name for a run without one, so that it is checked as a name."""
        if isinstance(data, dict) and "name" not in data and isinstance(data.get("template"), str):
            return {**data, "name": Path(data["template"]).stem}
        return data


class ReleaseFile(_Strict):
    """A release file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, title="raikit release file")

    release: Name
    system: System
    policy: Text
    baseline: str | None = None
    defaults: Defaults = Field(default_factory=lambda: Defaults.model_validate({}))
    runs: list[Run] = Field(min_length=1)


def parse_release(data: Any, *, where: str) -> ReleaseFile:
    """Return the release file that parsed YAML holds.

    Parameters
    ----------
    data : mapping
        As `raikit.evidence.yaml.load_yaml` read it.
    where : str
        The file, named in each sentence of the error.

    Returns
    -------
    ReleaseFile
        Checked as far as the file alone tells.

    Raises
    ------
    InputError
        With every problem, a line each.
    """
    if not isinstance(data, dict):
        raise InputError(f"{where}: a release file is a mapping with the keys release, system, policy, runs")
    try:
        release = ReleaseFile.model_validate(data)
    except ValidationError as error:
        raise InputError.joined([_in_words(line) for line in problems_of(error, where)]) from None
    problems = _name_problems(release, where)
    if problems:
        raise InputError.joined(problems)
    return release


def suggestion(name: str, known: list[str]) -> str:
    """Return ``; did you mean 'x'?`` for a misspelt name, else nothing.

    Parameters
    ----------
    name : str
        What came.
    known : list of str
        What is allowed.

    Returns
    -------
    str
        Part of a sentence.

    Examples
    --------
    >>> suggestion("sensitve_features", ["data", "sensitive_features"])
    "; did you mean 'sensitive_features'?"
    """
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schemas that are published with the package.

    Returns
    -------
    dict of str to dict
        Those of the release file, the policy file and the record, by name.
    """
    from raikit.evidence.policy import Policy
    from raikit.evidence.record import Record

    made = {
        "release": ReleaseFile.model_json_schema(),
        "policy": Policy.model_json_schema(),
        "record": Record.model_json_schema(mode="serialization"),
    }
    draft = "https://json-schema.org/draft/2020-12/schema"
    return {name: {"$schema": draft, **schema} for name, schema in made.items()}


def _in_words(line: str) -> str:
    """Replace the regular expression of a name and help with what YAML made of an unquoted text."""
    if "should match pattern" in line:
        place, came = line.split("String should match pattern")[0], line.rpartition("; came: ")[2]
        allowed = "letters, digits, '.', '_' and '-', at most 64, beginning and ending with a letter or digit"
        return f"{place}{came} can't name files; allowed: {allowed}"
    if "should be a valid string" in line:
        return line + "; write it in quotes"
    return line


def _name_problems(release: ReleaseFile, where: str) -> list[str]:
    problems = []
    folded = release.release.casefold()
    if folded in _TAKEN or folded.endswith(_RELEASE_ENDINGS):
        problems.append(f"{where}: release: the name {release.release!r} is used by raikit itself")
    names = [run.name.casefold() for run in release.runs]
    for index, run in enumerate(release.runs):
        place = f"{where}: runs.{index}"
        if names[index] in _TAKEN:
            problems.append(f"{place}.name: the name {run.name!r} is used by raikit itself; give another")
        if names[index] in names[:index]:
            problems.append(f"{place}.name: {run.name!r} stands twice; give each run a name of its own")
        for other in run.needs:
            if other == run.name or other not in [item.name for item in release.runs]:
                known = [item.name for item in release.runs if item.name != run.name]
                problems.append(
                    f"{place}.needs: {other!r} is no other run{suggestion(other, known)}; "
                    f"runs: {', '.join(known) or 'none'}"
                )
    return problems
