"""Distances between two sets of shares, beside the stability index and Cohen's w."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def jensen_shannon_distance(reference: ArrayLike, current: ArrayLike) -> float:
    """Return the Jensen-Shannon distance of the shares: the root of the divergence, base 2.

    Parameters
    ----------
    reference, current : array of int, shape (levels,)
        Counts of the same levels.

    Returns
    -------
    float
        In [0, 1]; NaN where either side is empty.

    References
    ----------
    .. [1] Endres and Schindelin (2003), IEEE Transactions on Information Theory 49(7), 1858-1860.

    Examples
    --------
    >>> jensen_shannon_distance([5, 0], [0, 3])
    1.0
    """
    before, after = _shares(reference, current)
    middle = (before + after) / 2
    parts = []
    for side in (before, after):
        held = side > 0
        parts.append(float(np.sum(side[held] * np.log2(side[held] / middle[held]))))
    return float(np.sqrt(max(sum(parts) / 2, 0.0))) if len(before) else float("nan")


def hellinger_distance(reference: ArrayLike, current: ArrayLike) -> float:
    """Return the Hellinger distance of the shares.

    Parameters
    ----------
    reference, current : array of int, shape (levels,)
        Counts of the same levels.

    Returns
    -------
    float
        In [0, 1]; NaN where either side is empty.

    Examples
    --------
    >>> round(hellinger_distance([16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]), 5)
    0.06813
    """
    before, after = _shares(reference, current)
    gap = np.sqrt(before) - np.sqrt(after)
    return float(np.sqrt(np.sum(gap**2) / 2)) if len(before) else float("nan")


def l_infinity_distance(reference: ArrayLike, current: ArrayLike) -> float:
    """Return the largest difference of a level's shares.

    Parameters
    ----------
    reference, current : array of int, shape (levels,)
        Counts of the same levels.

    Returns
    -------
    float
        In [0, 1]; NaN where either side is empty.

    Examples
    --------
    >>> l_infinity_distance([50, 50], [75, 25])
    0.25
    """
    before, after = _shares(reference, current)
    return float(np.abs(before - after).max()) if len(before) else float("nan")


def _shares(reference: ArrayLike, current: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, second = np.asarray(reference, dtype=float), np.asarray(current, dtype=float)
    if first.shape != second.shape or first.ndim != 1 or (first < 0).any() or (second < 0).any():
        raise ValueError("counts: allowed are two lists of one length, no number negative")
    if not first.sum() or not second.sum():
        return np.empty(0), np.empty(0)
    return first / first.sum(), second / second.sum()
