"""Intervals for proportions, their differences and their ratios, from counts of independent rows.

Each function takes numbers or arrays (which broadcast) and answers in kind. For a one-sided limit at level c
ask for ``confidence = 2 * c - 1`` and read the limit that matters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raikit.stats.limits import Interval as Interval
from raikit.stats.limits import checked_confidence as checked_confidence
from raikit.stats.limits import checked_counts as checked_counts
from raikit.stats.limits import difference_limits as difference_limits
from raikit.stats.limits import normal_critical_value as normal_critical_value
from raikit.stats.limits import ratio_limits as ratio_limits
from raikit.stats.limits import score_limits as score_limits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def wilson_interval(n_success: ArrayLike, n: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Return the Wilson score interval for a proportion.

    Parameters
    ----------
    n_success, n : int or array of int
        Counts, 0 <= n_success <= n.
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    Interval
        Proportions in [0, 1]; all NaN where `n` is 0, because nothing was observed.

    Raises
    ------
    ValueError
        If a count or `confidence` is out of range.

    References
    ----------
    .. [1] Wilson (1927), JASA 22(158), 209-212.

    Examples
    --------
    >>> [round(x, 3) for x in wilson_interval(8, 10)]
    [0.8, 0.49, 0.943]
    """
    success, total = checked_counts(n_success, n)
    return _shaped(score_limits(success, total, normal_critical_value(confidence)))


def clopper_pearson_interval(n_success: ArrayLike, n: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Return the exact (Clopper-Pearson) interval for a proportion.

    It covers at least `confidence` always, and is wider than Wilson's for that.

    Parameters
    ----------
    n_success, n : int or array of int
        Counts, 0 <= n_success <= n.
    confidence : float, default=0.95
        Least coverage in (0, 1).

    Returns
    -------
    Interval
        Proportions in [0, 1]; all NaN where `n` is 0.

    Raises
    ------
    ValueError
        If a count or `confidence` is out of range.

    References
    ----------
    .. [1] Clopper and Pearson (1934), Biometrika 26(4), 404-413.

    Examples
    --------
    >>> [round(x, 4) for x in clopper_pearson_interval(0, 100)]
    [0.0, 0.0, 0.0362]
    """
    from scipy.special import betaincinv

    success, total = checked_counts(n_success, n)
    tail = (1 - checked_confidence(confidence)) / 2
    failure = total - success
    low = np.where(success == 0, 0.0, betaincinv(np.maximum(success, 1), failure + 1, tail))
    high = np.where(failure == 0, 1.0, betaincinv(success + 1, np.maximum(failure, 1), 1 - tail))
    share = score_limits(success, total, 1.0).estimate
    return _shaped(Interval(share, *(np.where(total == 0, np.nan, limit) for limit in (low, high))))


def newcombe_interval(
    n_success: ArrayLike,
    n: ArrayLike,
    n_success_reference: ArrayLike,
    n_reference: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Interval:
    """Return Newcombe's hybrid score interval for a difference of two independent proportions.

    Parameters
    ----------
    n_success, n : int or array of int
        Counts of the first group.
    n_success_reference, n_reference : int or array of int
        Counts of the group that is subtracted.
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    Interval
        First minus reference, in [-1, 1]; all NaN where either group is empty.

    Raises
    ------
    ValueError
        If a count or `confidence` is out of range.

    References
    ----------
    .. [1] Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.

    Examples
    --------
    >>> [round(x, 4) for x in newcombe_interval(56, 70, 48, 80)]
    [0.2, 0.0524, 0.3339]
    """
    first = checked_counts(n_success, n)
    reference = checked_counts(n_success_reference, n_reference)
    return _shaped(difference_limits(*first, *reference, normal_critical_value(confidence)))


def koopman_interval(
    n_success: ArrayLike,
    n: ArrayLike,
    n_success_reference: ArrayLike,
    n_reference: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Interval:
    """Return Koopman's score interval for a ratio of two independent proportions.

    Parameters
    ----------
    n_success, n : int or array of int
        Counts of the first group.
    n_success_reference, n_reference : int or array of int
        Counts of the group that is divided by.
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    Interval
        First divided by reference, in [0, inf]. The estimate is NaN where neither group has a success (the
        limits are then 0 and inf: nothing is ruled out); all NaN where either group is empty.

    Raises
    ------
    ValueError
        If a count or `confidence` is out of range.

    References
    ----------
    .. [1] Koopman (1984), Biometrics 40(2), 513-517.

    Examples
    --------
    >>> [round(x, 3) for x in koopman_interval(36, 40, 16, 80)]
    [4.5, 2.94, 7.152]
    """
    first = checked_counts(n_success, n)
    reference = checked_counts(n_success_reference, n_reference)
    return _shaped(ratio_limits(*first, *reference, normal_critical_value(confidence)))


def _shaped(interval: Interval) -> Interval:
    """Return plain floats for scalar counts."""
    return Interval(*(float(part) if np.ndim(part) == 0 else part for part in interval))
