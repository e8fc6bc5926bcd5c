"""How a result, a rule and a disposition are told."""

from __future__ import annotations

from typing import Any

from raikit.evidence.record import Decision, Result
from raikit.report import words


def asks(metric: str, slice_: str | dict[str, str] | None) -> str:
    """Return what a rule judges, in words.

    Parameters
    ----------
    metric : str
        As in the policy.
    slice_ : str, dict or None
        A slicing column, one group, ``each``, or all.

    Returns
    -------
    str
        For example ``True positive rate difference by sex``.
    """
    name = words.metric_name(metric)
    if isinstance(slice_, dict):
        return f"{name}, {words.slice_name(slice_)}"
    if slice_ == "each":
        return f"{name}, each group"
    return f"{name} by {words.plain(slice_)}" if slice_ else name


def turned(result: Result) -> Result:
    """Return a comparison told from the side on which it reads without a minus or a ratio above one.

    Parameters
    ----------
    result : Result
        A gap of −.556 between A and B is one of .556 between B and A; other results stay as they are.

    Returns
    -------
    Result
        The same statement, the groups swapped where need be.
    """
    value = result.estimate
    if result.compared is None or value is None:
        return result
    swap: dict[str, Any] = {"compared": (result.compared[1], result.compared[0])}
    low, high = result.low, result.high
    if result.metric.endswith("_difference") and value < 0:
        limits = {"low": None if high is None else -high, "high": None if low is None else -low}
        return result.model_copy(update=swap | limits | {"estimate": -value})
    if result.metric.endswith("_ratio") and value > 1 and low and high:
        return result.model_copy(update=swap | {"estimate": 1 / value, "low": 1 / high, "high": 1 / low})
    return result


def result_name(result: Result) -> str:
    """Return whose number a result is.

    Parameters
    ----------
    result : Result
        Of a group, a comparison or all.

    Returns
    -------
    str
        For example ``Female − Male``.
    """
    if result.compared is None:
        return words.slice_name(result.slice)
    sign = "÷" if result.metric.endswith("_ratio") else words.MINUS
    return f"{words.slice_name(result.compared[0])} {sign} {words.slice_name(result.compared[1])}"


def estimate_words(result: Result | None, suppress_below: int | None) -> str:
    """Return an estimate, or the reason why there is none.

    Parameters
    ----------
    result : Result or None
        From the record.
    suppress_below : int or None
        Below how many people numbers are hidden.

    Returns
    -------
    str
        Never empty.
    """
    if result is None:
        return words.NOTHING
    if result.status == "suppressed":
        return "hidden" + (f" (fewer than {suppress_below} people)" if suppress_below else "")
    if result.status == "undefined" or result.estimate is None:
        return "undefined"
    return words.number(result.estimate)


def disposition_words(decision: Decision) -> str:
    """Return what a person decided about a rule, who, and until when.

    Parameters
    ----------
    decision : Decision
        With or without a disposition.

    Returns
    -------
    str
        Empty without one; says why one does not hold.
    """
    held: dict[str, Any] = decision.disposition or {}
    if not held:
        return ""
    given = {key: words.plain(value, longest=300) for key, value in held.items()}
    if given.get("decision") == "mitigate":
        lead = f"Mitigation by {given.get('owner', '?')}, due {given.get('due', '?')}"
    else:
        lead = f"Accepted by {given.get('approver', '?')} until {given.get('expires', '?')}"
        lead = (
            lead if decision.accepted else lead.replace("Accepted by", "Acceptance does not hold: signed by")
        )
    rest = [given.get(key, "") for key in ("ticket", "reason", "why")]
    return ". ".join(part.rstrip(".") for part in [lead, *rest] if part)
