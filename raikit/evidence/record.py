"""The record: what a notebook glued, plus decisions; the one thing that notebook and release share."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from raikit.errors import RunError

SCHEMA: Literal["raikit.record/1"] = "raikit.record/1"
SCRAP = "raikit.record"  # the name under which scrapbook carries the record's JSON text

Severity = Literal["high", "medium", "low", "info"]
DecisionStatus = Literal["pass", "fail", "insufficient", "not_run"]
Slice = dict[str, str]
_A_PAIR = {
    "type": "array",
    "items": {"type": "object", "additionalProperties": {"type": "string"}},
    "minItems": 2,
    "maxItems": 2,
}
# In words of JSON Schema that validators of every draft know; pydantic's own are those of 2020.
Pair = Annotated[tuple[Slice, Slice], WithJsonSchema(_A_PAIR)]


def _no_nan(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


Number = Annotated[float | None, BeforeValidator(_no_nan)]  # JSON has no NaN: a missing number is null


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InputColumn(_Part):
    """A column of an input, as it was found."""

    name: str
    type: str
    missing: int | None = None


class Input(_Part):
    """A table or log that a notebook read; ``period`` is its first and last day, where they are known."""

    name: str
    source: str
    rows: int
    columns: list[InputColumn]
    fingerprint: str
    about: list[str] = []
    period: str = ""


class Result(_Part):
    """One estimate with its own denominator and interval.

    `counts` is ``[successes, n]`` of a rate or ``[k1, n1, k2, n2]`` of a comparison of two rates, so
    that ratios can be judged as integers; null where the numbers are hidden or there are none.
    """

    id: str
    metric: str
    slice: Slice = {}
    compared: Pair | None = None
    n: int | None
    estimate: Number
    low: Number
    high: Number
    confidence: float
    method: str
    status: Literal["ok", "small", "suppressed", "undefined"]
    counts: list[int] | None = None


class Finding(_Part):
    """A generated sentence and the results it rests on."""

    id: str
    severity: Severity
    text: str
    results: list[str] = []
    recommendation: str = ""


class Note(_Part):
    """A sentence by a person; shown with the name, visibly not generated."""

    author: str
    at: str
    text: str


class Decision(_Part):
    """What a rule of the policy says of the results.

    `needed` is about how many more rows (in the estimate's denominator) would decide an
    insufficient rule; null where none would or the question does not arise.
    """

    rule: str
    status: DecisionStatus
    result: str | None
    bound: float
    reason: str
    needed: int | None = None
    disposition: dict[str, Any] | None = None
    accepted: bool = False
    run: str = ""
    metric: str = ""
    slice: str | dict[str, str] | None = None
    op: str = ""
    source: str = ""
    severity: Severity = "medium"


class Provenance(_Part):
    """Where, when and from what a record came."""

    template_version: str = ""
    template_sha256: str | None = None
    modified_cells: int | None = None
    policy_sha256: str | None = None
    run_number: int | None = None
    raikit: str
    python: str
    packages: dict[str, str] = {}
    helpers: dict[str, str] = {}
    unapproved: list[str] = []
    git: dict[str, Any] = {}
    started: str
    finished: str
    ledger: list[str] = []


class Record(_Part):
    """A run's record, version 1."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, title="raikit record", serialize_by_alias=True, populate_by_name=True
    )

    schema_: Literal["raikit.record/1"] = Field(alias="schema")
    template: str
    run: str
    nonce: str | None = None
    state: Literal["complete", "failed", "not_run"] = "complete"
    error: str | None = None
    system: dict[str, Any] = {}
    agreed: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    inputs: list[Input] = []
    results: list[Result] = []
    findings: list[Finding] = []
    limits: list[str] = []
    notes: list[Note] = []
    decisions: list[Decision] = []
    provenance: Provenance


def result_id(metric: str, slice_: Slice, compared: tuple[Slice, Slice] | None) -> str:
    """Return the id of a result: metric and slice, then the group it is compared with.

    Parameters
    ----------
    metric : str
        Name of the metric.
    slice_ : dict of str to str
        One key per slicing column; empty overall.
    compared : pair of dict or None
        The two groups of a comparison, first and second.

    Returns
    -------
    str
        Unique within a record.

    Examples
    --------
    >>> result_id("true_positive_rate", {"sex": "Female"}, None)
    'true_positive_rate|sex=Female'
    >>> result_id("selection_rate_ratio", {"sex": "F"}, ({"sex": "F"}, {"sex": "M"}))
    'selection_rate_ratio|sex=F|vs sex=M'
    """
    parts = [metric, *(f"{key}={value}" for key, value in slice_.items())]
    if compared is not None:
        parts.append("vs " + ", ".join(f"{key}={value}" for key, value in compared[1].items()))
    return "|".join(parts)


def dump_record(record: Record) -> str:
    """Return the record as JSON text: sorted nowhere, indented, no NaN.

    Parameters
    ----------
    record : Record
        What to write.

    Returns
    -------
    str
        Ends with a newline.
    """
    return json.dumps(record.model_dump(mode="json"), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def load_record(text: str, *, where: str) -> Record:
    """Return the record that a JSON text holds.

    Parameters
    ----------
    text : str
        JSON, as `dump_record` writes it.
    where : str
        Named in the error, for example a file.

    Returns
    -------
    Record
        Checked against the schema.

    Raises
    ------
    RunError
        If the text is no record of this version.
    """
    try:
        return Record.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise RunError(f"{where}: not a {SCHEMA} record: {place or 'text'}: {first['msg']}") from None


def schema_path(name: str) -> Path:
    """Return the file of a published JSON Schema.

    Parameters
    ----------
    name : {"record", "policy", "release"}
        Which one.

    Returns
    -------
    pathlib.Path
        Inside the installed package.
    """
    return Path(__file__).with_name("schemas") / f"{name}.schema.json"
