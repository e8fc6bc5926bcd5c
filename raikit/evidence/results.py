"""From a data frame in the result form to the record's results, checked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from raikit.errors import InputError
from raikit.evidence.record import Result, result_id

if TYPE_CHECKING:
    import pandas as pd

_NEEDED = ("metric", "n", "estimate", "low", "high")


def to_results(frame: pd.DataFrame, *, confidence: float, min_n: int) -> list[Result]:
    """Return the results that a frame in the result form holds.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a result.
    confidence : float
        For rows that state none.
    min_n : int
        Rows without a status are ``small`` below it.

    Returns
    -------
    list of Result
        In the frame's order.

    Raises
    ------
    InputError
        If a column is missing, an id stands twice, or numbers contradict each other.
    """
    missing = [name for name in _NEEDED if name not in frame.columns]
    if missing:
        raise InputError(f"add: the frame lacks {missing}; the result form needs {list(_NEEDED)}")
    results = [_result(row, confidence, min_n) for row in frame.to_dict("records")]
    ids = [result.id for result in results]
    if len(set(ids)) < len(ids):
        twice = next(name for name in ids if ids.count(name) > 1)
        raise InputError(f"add: the result {twice!r} stands twice; each slice needs a `slice` of its own")
    return results


def _result(row: dict[Any, Any], confidence: float, min_n: int) -> Result:
    slice_ = {str(key): str(value) for key, value in (_given(row, "slice") or {}).items()}
    compared = _given(row, "compared")
    counts = _given(row, "counts")
    place = f"add: {row['metric']} {slice_ or ''}".rstrip()
    try:
        status = _given(row, "status") or _status(row, min_n)
        hidden = status == "suppressed"
        result = Result.model_validate(
            {
                "id": result_id(str(row["metric"]), slice_, compared),
                "metric": str(row["metric"]),
                "slice": slice_,
                "compared": compared,
                "n": None if hidden or _given(row, "n") is None else int(row["n"]),
                "confidence": _given(row, "confidence") or confidence,
                "method": _given(row, "method") or "not stated",
                "status": status,
                "counts": None if hidden or counts is None else [int(count) for count in counts],
            }
            | {name: None if hidden else _number(row[name]) for name in ("estimate", "low", "high")}
        )
    except (ValidationError, ValueError, TypeError) as error:
        text = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise InputError(f"{place}: {text}") from None
    if result.low is not None and result.high is not None and result.low > result.high:
        raise InputError(f"{place}: low {result.low} is above high {result.high}")
    return result


def _given(row: dict[Any, Any], name: str) -> Any:
    value = row.get(name)
    return None if isinstance(value, float) and math.isnan(value) else value


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _status(row: dict[Any, Any], min_n: int) -> str:
    estimate = _number(row["estimate"])
    if estimate is None or math.isnan(estimate):
        return "undefined"
    return "small" if int(row["n"]) < min_n else "ok"
