"""Area under the ROC curve: exact from the counts of each distinct score, bounded from the counts of bins.

The exact area is no function of a small table: its tally has a row for each distinct score. Ten million
distinct scores took 10 s and 1.8 GiB on two busy cores, where the binned tally took half a second and .3 GiB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.stats.exact_scores import distinct_scores
from raikit.stats.intervals import Interval, checked_counts, normal_critical_value, score_limits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Counts = NDArray[np.int64]


def auc_interval(positives: ArrayLike, negatives: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Return the area under the ROC curve with an interval from DeLong's variance.

    Wilson's interval on the number of rows that would give a proportion the same variance; where both kinds
    are separated perfectly, and that variance is 0, on the smaller kind's number of rows.

    Parameters
    ----------
    positives, negatives : array of int
        Rows with and without the event at each distinct score, by increasing score.
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    Interval
        Floats in [0, 1]; NaN without positives or without negatives.

    Raises
    ------
    ValueError
        If a count or `confidence` is out of range.

    References
    ----------
    .. [1] DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44(3), 837-845.

    Examples
    --------
    >>> [round(x, 3) for x in auc_interval([1, 1, 3, 5], [6, 2, 2, 0])]
    [0.87, 0.647, 0.961]
    """
    up, down = _checked(positives, negatives)
    critical = normal_critical_value(confidence)
    m, n = up.sum(), down.sum()
    if not m or not n:
        return Interval(np.nan, np.nan, np.nan)
    beaten = (np.cumsum(down) - down / 2) / n  # share of negatives that a positive with this score outranks
    beating = 1 - (np.cumsum(up) - up / 2) / m
    area = float((up * beaten).sum() / m)
    variance = _variance(beaten, up, area) / m + _variance(beating, down, area) / n
    size = area * (1 - area) / variance if 0 < area < 1 and variance > 0 else min(m, n)
    limits = score_limits(np.asarray(area * size), np.asarray(size), critical)
    return Interval(area, float(limits.low), float(limits.high))


def _variance(values: NDArray[np.float64], copies: NDArray[np.float64], mean: float) -> float:
    return float((copies * (values - mean) ** 2).sum() / max(copies.sum() - 1, 1))


def auc_difference_interval(
    event: ArrayLike, score: ArrayLike, other: ArrayLike, *, confidence: float = 0.95
) -> Interval:
    """Return the difference of two models' areas under the ROC curve on the same rows, by DeLong's method.

    No function of counts by score: how both scores rank each row together matters. Takes two sorts of the
    rows.

    Parameters
    ----------
    event : array of bool or int, shape (rows,)
        Whether the event happened.
    score, other : array of float, shape (rows,)
        Scores of both models; finite.
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    Interval
        First less other; NaN with fewer than two events or two rows without one.

    Raises
    ------
    ValueError
        If lengths differ, a score is not finite, or `confidence` is out of range.

    References
    ----------
    .. [1] DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44(3), 837-845.

    Examples
    --------
    >>> found = auc_difference_interval([1, 1, 1, 0, 0, 0], [3, 4, 5, 1, 2, 3.5], [1, 4, 2, 2, 5, 1])
    >>> [round(x, 3) for x in found]
    [0.444, -0.227, 1.0]
    """
    critical = normal_critical_value(confidence)
    happened = np.asarray(event, dtype=float) == 1
    scores = np.array([np.asarray(score, dtype=float), np.asarray(other, dtype=float)])
    if scores.shape[1:] != happened.shape or not np.isfinite(scores).all():
        raise ValueError("score, other: as many finite numbers as there are rows are needed")
    up, down = scores[:, happened], scores[:, ~happened]
    if min(up.shape[1], down.shape[1]) < 2:
        return Interval(np.nan, np.nan, np.nan)
    beaten = np.array([_share_below(each, others) for each, others in zip(up, down, strict=True)])
    beating = 1 - np.array([_share_below(each, others) for each, others in zip(down, up, strict=True)])
    gap = float(beaten[0].mean() - beaten[1].mean())
    variance = sum((part[0] - part[1]).var(ddof=1) / part.shape[1] for part in (beaten, beating))
    half = critical * float(np.sqrt(variance))
    return Interval(gap, max(gap - half, -1.0), min(gap + half, 1.0))


def _share_below(values: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of `others` that each value outranks; ties count half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return np.asarray(below / (2 * len(ordered)), dtype=float)


def auc_bounds(positives: ArrayLike, negatives: ArrayLike) -> Interval:
    """Return the area under the ROC curve of binned scores, and how far the exact area can lie from it.

    Parameters
    ----------
    positives, negatives : array of int
        Rows with and without the event in each score bin, by increasing score.

    Returns
    -------
    Interval
        The area when scores in a bin are ties, and the least and greatest area that any order within the bins
        could give: arithmetic bounds, no confidence interval. NaN without positives or without negatives.

    Examples
    --------
    >>> [round(x, 3) for x in auc_bounds([1, 9], [8, 2])]
    [0.85, 0.72, 0.98]
    """
    up, down = _checked(positives, negatives)
    pairs = up.sum() * down.sum()
    if not pairs:
        return Interval(np.nan, np.nan, np.nan)
    below = float((up * (np.cumsum(down) - down)).sum() / pairs)
    tied = float((up * down).sum() / pairs)
    return Interval(below + tied / 2, below, below + tied)


def _checked(positives: ArrayLike, negatives: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    up, down = np.asarray(positives, dtype=float), np.asarray(negatives, dtype=float)
    checked_counts(up, up + down)
    return up, down


def score_counts(
    frame: Any, *, label: str, score: str, by: Sequence[str] = (), positive: Any = 1
) -> Mapping[tuple[Any, ...], tuple[Counts, Counts]]:
    """Count positives and negatives at each distinct score, for the exact area of each group.

    One pass, but with a cell for each distinct score: see the cost above.

    Parameters
    ----------
    frame : narwhals frame or native frame
        As for `raikit.stats.tally.count`.
    label, score : str
        Columns; rows where either is missing are left out.
    by : sequence of str, default=()
        Columns that make groups; a missing value (None) is a group of its own.
    positive : any, default=1
        The label that is the event.

    Returns
    -------
    mapping
        Values of `by` -> positives and negatives, by increasing score.

    Raises
    ------
    InputError
        If a column is absent.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"y": [0, 0, 1, 1], "p": [0.1, 0.4, 0.35, 0.8]})
    >>> auc_interval(*score_counts(frame, label="y", score="p")[()]).estimate
    0.75
    """
    cells = distinct_scores(frame, [*by, label], score)
    codes, outcomes = cells.codes[-1], cells.values[-1]
    event = np.array([outcome is not None and outcome == positive for outcome in outcomes])[codes]
    known = np.array([outcome is not None for outcome in outcomes])[codes]
    place = np.zeros(len(cells.scores), dtype=np.int64)
    for code, values in zip(cells.codes[:-1], cells.values[:-1], strict=True):
        place = place * len(values) + code
    found: dict[tuple[Any, ...], tuple[Counts, Counts]] = {}
    for number in np.unique(place):
        mine = np.flatnonzero((place == number) & known)
        group = tuple(
            v[c[np.argmax(place == number)]] for c, v in zip(cells.codes[:-1], cells.values, strict=False)
        )
        _, position = np.unique(cells.scores[mine], return_inverse=True)
        up = np.bincount(position, cells.n[mine] * event[mine]).astype(np.int64)
        found[group] = up, np.bincount(position, cells.n[mine]).astype(np.int64) - up
    return found
