"""Intervals for rates of rows that don't count equally (weights) or aren't independent (clusters).

Each finds how many equal, independent rows would be as informative, and uses Wilson's interval on those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raikit.stats.intervals import Interval, checked_confidence, normal_critical_value, score_limits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def weighted_counts(
    w_success: ArrayLike, w2_success: ArrayLike, w: ArrayLike, w2: ArrayLike
) -> tuple[Floats, Floats]:
    """Return effective counts of a weighted rate, for use where counts of rows would be.

    Parameters
    ----------
    w_success, w2_success : array of float
        Sums of weights and of squared weights of the successes (columns `w`, `w2` of a tally).
    w, w2 : array of float
        The same of all rows in the denominator.

    Returns
    -------
    tuple of array
        Effective successes and total, whose ratio is the weighted rate; both 0 where all weights are 0.

    References
    ----------
    .. [1] Korn and Graubard (1998), Survey Methodology 24(2), 193-201.

    Examples
    --------
    >>> [round(float(x), 1) for x in weighted_counts(60.0, 60.0, 100.0, 100.0)]
    [60.0, 100.0]
    """
    top, top2, all_, all2 = (np.asarray(x, dtype=float) for x in (w_success, w2_success, w, w2))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = top / all_
        kish = all_**2 / all2
        variance = (top2 * (1 - share) ** 2 + (all2 - top2) * share**2) / all_**2
        size = np.where((share <= 0) | (share >= 1), kish, share * (1 - share) / variance)
    size = np.where(all_ > 0, size, 0.0)
    return np.where(all_ > 0, share * size, 0.0), size


def weighted_interval(
    w_success: ArrayLike, w2_success: ArrayLike, w: ArrayLike, w2: ArrayLike, *, confidence: float = 0.95
) -> Interval:
    """Return an interval for a weighted rate of independent rows.

    Parameters
    ----------
    w_success, w2_success, w, w2 : array of float
        As in `weighted_counts`.
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    Interval
        Arrays; NaN where all weights are 0, because nothing was observed.

    Examples
    --------
    >>> [round(float(x), 3) for x in weighted_interval(8.0, 8.0, 10.0, 10.0)]
    [0.8, 0.49, 0.943]
    """
    success, size = weighted_counts(w_success, w2_success, w, w2)
    return score_limits(success, size, normal_critical_value(confidence))


def clustered_counts(n_success: ArrayLike, n: ArrayLike) -> tuple[float, float]:
    """Return effective counts of a rate of rows that come in clusters.

    Parameters
    ----------
    n_success, n : array of float, shape (clusters,)
        Successes and rows (or sums of weights) of each cluster.

    Returns
    -------
    tuple of float
        Effective successes and total, never more than the rows; without any success or failure the clusters
        count as one row each (Kish's size), since nothing shows that their rows differ.

    References
    ----------
    .. [1] Rao and Scott (1992), Biometrics 48(2), 577-585.

    Examples
    --------
    >>> clustered_counts([5] * 200, [5] * 200)
    (200.0, 200.0)
    """
    success, total = np.asarray(n_success, dtype=float), np.asarray(n, dtype=float)
    success, total = success[total > 0], total[total > 0]
    rows = total.sum()
    if not rows:
        return 0.0, 0.0
    share = success.sum() / rows
    clusters = len(total)
    spread = float(((success - share * total) ** 2).sum())
    if clusters < 2 or not spread or share in (0, 1):
        size = float(rows**2 / (total**2).sum())
    else:
        size = float(min(rows, share * (1 - share) * rows**2 * (clusters - 1) / (clusters * spread)))
    return float(share * size), size


def clustered_interval(n_success: ArrayLike, n: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Return an interval for a rate of rows that come in clusters (households, repeated prompts).

    Wilson's interval on the effective counts, with Student's critical value for the number of clusters.

    Parameters
    ----------
    n_success, n : array of float, shape (clusters,)
        Successes and rows of each cluster.
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    Interval
        Floats; NaN without rows; from 0 to 1 with a single cluster, which says nothing about others.

    Examples
    --------
    >>> [round(x, 3) for x in clustered_interval([5] * 190 + [0] * 10, [5] * 200)]
    [0.95, 0.91, 0.973]
    """
    from scipy.stats import t

    total = np.asarray(n, dtype=float)
    clusters = int((total > 0).sum())
    success, size = clustered_counts(n_success, n)
    if clusters == 1:
        return Interval(success / size, 0.0, 1.0)
    critical = float(t.ppf((1 + checked_confidence(confidence)) / 2, max(clusters - 1, 1)))
    parts = score_limits(np.asarray(success), np.asarray(size), critical)
    return Interval(*(float(part) for part in parts))
