"""Limits at a critical value of one's own, from counts that were checked or are effective ones."""

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
    >>> from raikit.stats import wilson_interval
    >>> estimate, low, high = wilson_interval(8, 10)
    >>> low < estimate < high
    True
    """

    estimate: Any
    low: Any
    high: Any


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
