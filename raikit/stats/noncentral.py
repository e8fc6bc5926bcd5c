"""How large a non-central chi-squared distribution's parameter may be, from one observation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raikit.stats.intervals import checked_confidence

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_AGREES = 1e-9  # how far the probability at a solution may be from the one asked for


def noncentrality_limits(
    statistic: ArrayLike, df: ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Return the limits of a non-central chi-squared distribution's non-centrality.

    Parameters
    ----------
    statistic : array of float
        Observed, 0 or more.
    df : array of int
        Degrees of freedom, at least 1.
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    tuple of array
        Low and high, 0 or more; NaN where the statistic is.

    Examples
    --------
    >>> [round(float(x), 3) for x in noncentrality_limits(20.0, 1)]
    [6.311, 41.372]
    """
    tail = (1 - checked_confidence(confidence)) / 2
    return noncentrality_at(statistic, df, 1 - tail), noncentrality_at(statistic, df, tail)


def noncentrality_at(statistic: ArrayLike, df: ArrayLike, level: float) -> Floats:
    """Return the non-centrality at which the distribution function at a value is the level.

    Parameters
    ----------
    statistic : array of float
        Values, 0 or more.
    df : array of int
        Degrees of freedom, at least 1.
    level : float
        Probability in (0, 1).

    Returns
    -------
    array of float
        0 where even the central distribution lies below the level; NaN where the statistic is.
    """
    from scipy.special import chndtr, chndtrinc

    both = np.broadcast_arrays(np.asarray(statistic, dtype=float), np.asarray(df, dtype=float))
    x, k = np.ravel(both[0]), np.ravel(both[1])
    known = ~np.isnan(x) & (k >= 1)
    found = np.where(known, 0.0, np.nan)
    above = known & (chndtr(x, np.maximum(k, 1), 1e-12) > level)
    found[above] = chndtrinc(x[above], k[above], level)
    wrong = above & ~(np.abs(chndtr(x, np.maximum(k, 1), np.nan_to_num(found)) - level) < _AGREES)
    for at in np.flatnonzero(wrong):  # beyond the range of some of scipy's releases
        found[at] = _searched(float(x[at]), float(k[at]), level)
    return np.asarray(found.reshape(both[0].shape), dtype=np.float64)


def _searched(statistic: float, df: float, level: float) -> float:
    from scipy.optimize import brentq
    from scipy.stats import ncx2

    top = statistic + 10.0
    while ncx2.cdf(statistic, df, top) > level:
        top *= 2
    return float(brentq(lambda value: ncx2.cdf(statistic, df, value) - level, 0.0, top))
