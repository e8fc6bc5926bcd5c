"""The name of a baseline that knows one answer only; nothing heavy is imported, because the plan reads it."""

from __future__ import annotations

MAJORITY = "majority"  # a baseline that needs no column: the commonest label, everywhere or by a feature


def rule_of(baseline: str) -> str | None:
    """Return the feature that a majority baseline goes by.

    Parameters
    ----------
    baseline : str
        "majority", "majority by FEATURE", or the name of a column.

    Returns
    -------
    str or None
        Empty for the commonest label of all; None where `baseline` names a column, or nothing.

    Examples
    --------
    >>> rule_of("majority by sex"), rule_of("majority"), rule_of("old_model")
    ('sex', '', None)
    """
    if baseline == MAJORITY:
        return ""
    return baseline.removeprefix(f"{MAJORITY} by ") if baseline.startswith(f"{MAJORITY} by ") else None
