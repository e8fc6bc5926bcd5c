"""Intervals for proportions, their differences and their ratios, from counts of independent rows.

Each function takes numbers or arrays (which broadcast) and answers in kind. For a one-sided limit at level c
ask for ``confidence = 2 * c - 1`` and read the limit that matters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from raikit.stats.koopman import score_crossings

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """An estimate with its limits: floats, or float arrays of one shape.

    NaN where nothing was observed.

    Examples
    --------
    >>> estimate, low, high = wilson_interval(8, 10)
    >>> low < estimate < high
    True
    """

    estimate: Any
    low: Any
    high: Any


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
    return _shaped(_hidden_where(total == 0, _ratio(success, total), low, high))


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


def score_limits(success: Floats, total: Floats, critical: float | Floats) -> Interval:
    """Return Wilson's limits at a critical value of one's own; counts may be effective (not whole) ones.

    Parameters
    ----------
    success, total : array of float
        Counts that were checked already.
    critical : float or array
        Standard normal quantile, or a simultaneous one.

    Returns
    -------
    Interval
        Arrays; NaN where `total` is 0, exactly 0 or 1 at the ends.
    """
    share = _ratio(success, total)
    room = np.where(total > 0, total, 1.0)
    square = np.square(critical)
    middle = (share + square / (2 * room)) / (1 + square / room)
    half = critical * np.sqrt(share * (1 - share) / room + square / (4 * room**2)) / (1 + square / room)
    low = np.where(success <= 0, 0.0, np.minimum(np.maximum(middle - half, 0.0), share))
    high = np.where(success >= total, 1.0, np.maximum(np.minimum(middle + half, 1.0), share))
    return _hidden_where(total == 0, share, low, high)


def difference_limits(
    success: Floats, total: Floats, success_ref: Floats, total_ref: Floats, critical: float | Floats
) -> Interval:
    """Return Newcombe's limits at a critical value of one's own.

    Parameters
    ----------
    success, total, success_ref, total_ref, critical : array of float
        As in `score_limits`, of the first and of the reference group.

    Returns
    -------
    Interval
        Arrays; NaN where either total is 0.
    """
    share, low, high = score_limits(success, total, critical)
    share_ref, low_ref, high_ref = score_limits(success_ref, total_ref, critical)
    gap = share - share_ref
    return Interval(
        gap,
        np.maximum(gap - np.hypot(share - low, high_ref - share_ref), -1.0),
        np.minimum(gap + np.hypot(high - share, share_ref - low_ref), 1.0),
    )


def ratio_limits(
    success: Floats, total: Floats, success_ref: Floats, total_ref: Floats, critical: float | Floats
) -> Interval:
    """Return Koopman's limits at a critical value of one's own.

    Parameters
    ----------
    success, total, success_ref, total_ref, critical : array of float
        As in `score_limits`, of the first and of the reference group.

    Returns
    -------
    Interval
        Arrays; NaN where either total is 0.
    """
    counts = np.broadcast_arrays(success, total, success_ref, total_ref)
    ratio = _ratio(_ratio(counts[0], counts[1]), _ratio(counts[2], counts[3]))
    nothing = np.where(counts[0] > 0, np.inf, np.nan)
    estimate = np.where(counts[2] > 0, ratio, nothing)
    low, high = score_crossings(counts, estimate, np.square(critical))
    low = np.where(counts[0] <= 0, 0.0, low)
    high = np.where(counts[2] <= 0, np.inf, high)
    return _hidden_where((counts[1] == 0) | (counts[3] == 0), estimate, low, high)


def normal_critical_value(confidence: float) -> float:
    """Return the two-sided standard normal critical value.

    Parameters
    ----------
    confidence : float
        Coverage in (0, 1).

    Returns
    -------
    float
        1.96 for 0.95.

    Examples
    --------
    >>> round(normal_critical_value(0.95), 6)
    1.959964
    """
    from scipy.special import ndtri

    return float(-ndtri((1 - checked_confidence(confidence)) / 2))


def checked_confidence(confidence: float) -> float:
    """Return `confidence` if it lies in (0, 1).

    Parameters
    ----------
    confidence : float
        Coverage.

    Returns
    -------
    float
        The same number.

    Raises
    ------
    ValueError
        If it doesn't.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: {confidence!r}; allowed is a number between 0 and 1, such as 0.95")
    return float(confidence)


def checked_counts(n_success: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    """Return counts as float arrays (exact up to 2**53) after checking them.

    Parameters
    ----------
    n_success, n : int or array of int
        Counts.

    Returns
    -------
    tuple of array
        Successes and totals, of one shape.

    Raises
    ------
    ValueError
        Unless 0 <= n_success <= n and all are whole and finite.
    """
    success, total = np.broadcast_arrays(np.asarray(n_success, dtype=float), np.asarray(n, dtype=float))
    good = np.isfinite(success) & np.isfinite(total) & (success >= 0) & (success <= total)
    good &= (np.floor(success) == success) & (np.floor(total) == total)
    if not good.all():
        where = int(np.argmin(good.ravel()))
        raise ValueError(
            f"counts: {success.ravel()[where]:g} of {total.ravel()[where]:g}; "
            "allowed are whole numbers with 0 <= n_success <= n"
        )
    return success, total


def _ratio(top: Floats, bottom: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.divide(top, bottom), dtype=np.float64)


def _hidden_where(empty: NDArray[np.bool_], *numbers: Floats) -> Interval:
    """Return the three numbers with NaN where nothing was observed."""
    return Interval(*(np.where(empty, np.nan, number) for number in numbers))


def _shaped(interval: Interval) -> Interval:
    """Return plain floats for scalar counts."""
    return Interval(*(float(part) if np.ndim(part) == 0 else part for part in interval))
