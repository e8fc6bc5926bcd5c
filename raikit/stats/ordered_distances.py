"""Distances between distributions of numbers: exact from counts of values, bounded from counts of bins."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


class Bounded(NamedTuple):
    """A distance, and the least and greatest that the counts allow: arithmetic bounds, no interval."""

    estimate: float
    least: float
    greatest: float


_UNDEFINED = Bounded(float("nan"), float("nan"), float("nan"))


def kolmogorov_smirnov_distance(reference: ArrayLike, current: ArrayLike, *, binned: bool = False) -> Bounded:
    """Return the largest difference of the two cumulative shares.

    Parameters
    ----------
    reference, current : array of int, shape (values,)
        Counts of the same values, or bins, in increasing order.
    binned : bool, default=False
        Whether rows within a cell may differ in value.

    Returns
    -------
    Bounded
        In [0, 1]; binned, the estimate is the least: the difference at the limits of the bins. NaN where
        either side is empty.

    Examples
    --------
    >>> kolmogorov_smirnov_distance([1, 1], [0, 2])
    Bounded(estimate=0.5, least=0.5, greatest=0.5)
    """
    sides = _cumulative(reference, current)
    if sides is None:
        return _UNDEFINED
    first, second = sides
    found = float(np.abs(first - second).max())
    if not binned:
        return Bounded(found, found, found)
    low, high = _extremes(first, second)
    return Bounded(found, found, float(np.maximum(np.abs(low), np.abs(high)).max()))


def kolmogorov_smirnov_p_value(distance: float, n_reference: int, n_current: int) -> float:
    """Return the p-value of the two-sample Kolmogorov-Smirnov test, by its distribution in large samples.

    Parameters
    ----------
    distance : float
        The largest difference of the cumulative shares.
    n_reference, n_current : int
        Rows of either side.

    Returns
    -------
    float
        Too large (never too small) where values are tied; NaN where a side is empty.

    References
    ----------
    .. [1] Hodges (1958), Arkiv för Matematik 3, 469-486; as `scipy.stats.ks_2samp(method="asymp")`.

    Examples
    --------
    >>> round(kolmogorov_smirnov_p_value(0.5, 20, 20), 4)
    0.0078
    """
    from scipy.stats import kstwo

    if not n_reference or not n_current or np.isnan(distance):
        return float("nan")
    size = np.round(n_reference * n_current / (n_reference + n_current))
    return float(np.clip(kstwo.sf(distance, size), 0.0, 1.0))


def wasserstein_distance(
    reference: ArrayLike,
    current: ArrayLike,
    *,
    values: ArrayLike | None = None,
    edges: ArrayLike | None = None,
) -> Bounded:
    """Return how far, on average, the mass of one distribution lies from that of the other.

    Parameters
    ----------
    reference, current : array of int, shape (cells,)
        Counts of the same values, or of bins.
    values : array of float, shape (cells,), optional
        Increasing values: the distance is exact.
    edges : array of float, shape (cells + 1,), optional
        Limits of the bins, between which all rows lie: the distance is bounded, and estimated as if rows lay
        evenly within each bin.

    Returns
    -------
    Bounded
        In the column's unit; NaN where either side is empty.

    Raises
    ------
    ValueError
        If neither or both of `values` and `edges` are given.

    References
    ----------
    .. [1] Vallender (1974), Theory of Probability and its Applications 18(4), 784-786: in one dimension it is
       the area between the two distribution functions.

    Examples
    --------
    >>> wasserstein_distance([1, 0], [0, 1], values=[0.0, 5.0]).estimate
    5.0
    """
    if (values is None) == (edges is None):
        raise ValueError("wasserstein_distance: give either values or edges")
    sides = _cumulative(reference, current)
    if sides is None:
        return _UNDEFINED
    first, second = sides
    if values is not None:
        found = float(np.sum(np.abs(first - second)[:-1] * np.diff(np.asarray(values, dtype=float))))
        return Bounded(found, found, found)
    width = np.diff(np.asarray(edges, dtype=float))
    low, high = _extremes(first, second)
    least = np.where(low * high <= 0, 0.0, np.minimum(np.abs(low), np.abs(high)))
    gap = np.concatenate([[0.0], first - second])
    evenly = _mean_size(gap[:-1], gap[1:])
    greatest = np.maximum(np.abs(low), np.abs(high))
    return Bounded(*(float(np.sum(part * width)) for part in (evenly, least, greatest)))


def _mean_size(start: Floats, end: Floats) -> Floats:
    """Return the mean absolute value along straight lines from `start` to `end`."""
    crossing = start * end < 0
    total = np.where(crossing, np.abs(start) + np.abs(end), 1.0)
    return np.where(crossing, (start**2 + end**2) / (2 * total), (np.abs(start) + np.abs(end)) / 2)


def _extremes(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Return the least and greatest difference of the cumulative shares that a bin allows."""
    before_first, before_second = (np.concatenate([[0.0], side[:-1]]) for side in (first, second))
    return before_first - second, first - before_second


def _cumulative(reference: ArrayLike, current: ArrayLike) -> tuple[Floats, Floats] | None:
    first, second = np.asarray(reference, dtype=float), np.asarray(current, dtype=float)
    if first.shape != second.shape or first.ndim != 1 or (first < 0).any() or (second < 0).any():
        raise ValueError("counts: allowed are two lists of one length, no number negative")
    if not first.sum() or not second.sum():
        return None
    return np.cumsum(first) / first.sum(), np.cumsum(second) / second.sum()
