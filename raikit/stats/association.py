"""How strongly two categories go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raikit.stats.intervals import Interval, checked_confidence
from raikit.stats.noncentral import noncentrality_at

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def cramers_v_interval(table: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Return Cramér's V of a table of counts with its interval.

    Parameters
    ----------
    table : array of int, shape (rows, columns)
        Counts of independent rows; empty rows and columns are left out.
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    Interval
        V from 0 (no association) to 1. The limits are those of the noncentrality V² n (k - 1) of the
        chi-squared distribution, k the smaller number of values; the upper one of a table that agrees with
        independence better than chance would is that of chance. NaN where a side has fewer than two values.

    Raises
    ------
    ValueError
        If the counts are no table, or `confidence` is out of range.

    References
    ----------
    .. [1] Smithson (2003), Confidence Intervals, Sage, chapter 4.

    Examples
    --------
    >>> [round(x, 3) for x in cramers_v_interval([[40, 10], [20, 30]])]
    [0.408, 0.212, 0.604]
    """
    checked_confidence(confidence)
    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2 or (counts < 0).any():
        raise ValueError("table: allowed are counts in rows and columns, none negative")
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    n, least = counts.sum(), min(counts.shape) - 1
    if least < 1:
        return Interval(np.nan, np.nan, np.nan)
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    statistic = float(((counts - expected) ** 2 / expected).sum())
    freedom = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    tail = (1 - confidence) / 2
    limits = (
        noncentrality_at(statistic, freedom, 1 - tail),
        noncentrality_at(max(statistic, freedom), freedom, tail),
    )
    low, high = (min(float((value / (n * least)) ** 0.5), 1.0) for value in limits)
    estimate = (statistic / (n * least)) ** 0.5
    return Interval(float(min(estimate, 1.0)), low, max(high, float(min(estimate, 1.0))))
