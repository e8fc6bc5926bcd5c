"""How large a non-central chi-squared distribution's parameter may be, from one observation."""

from __future__ import annotations

from raikit.stats.intervals import checked_confidence


def noncentrality_limits(statistic: float, df: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the limits of a non-central chi-squared distribution's non-centrality.

    Parameters
    ----------
    statistic : float
        Observed, 0 or more.
    df : int
        Degrees of freedom, at least 1.
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    tuple of float
        Low and high, 0 or more.

    Examples
    --------
    >>> [round(x, 3) for x in noncentrality_limits(20.0, 1)]
    [6.311, 41.372]
    """
    from scipy.optimize import brentq
    from scipy.stats import ncx2

    tail = (1 - checked_confidence(confidence)) / 2
    limits = []
    for level in (1 - tail, tail):
        if ncx2.cdf(statistic, df, 1e-12) <= level:
            limits.append(0.0)
            continue
        top = statistic + 10.0
        while ncx2.cdf(statistic, df, top) > level:
            top *= 2
        limits.append(float(brentq(lambda value, at=level: ncx2.cdf(statistic, df, value) - at, 0.0, top)))
    return limits[0], limits[1]
