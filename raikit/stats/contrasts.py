"""All pairs of groups at once: intervals that hold together, so that the largest gap may be read off.

A percentile bootstrap of max - min never covers zero when groups are alike; simultaneous contrasts do.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from raikit.stats.intervals import (
    Interval,
    checked_confidence,
    checked_counts,
    difference_limits,
    normal_critical_value,
    ratio_limits,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

# A table of more pairs helps no reader, and takes gigabytes: pool the groups, or name a reference group.
MOST_GROUPS = 1000


@lru_cache(maxsize=256)
def simultaneous_critical_value(groups: int, confidence: float = 0.95) -> float:
    """Return the critical value that makes all pairwise contrasts of `groups` groups hold together.

    Parameters
    ----------
    groups : int
        How many groups are compared with each other, at least 2.
    confidence : float, default=0.95
        Joint coverage in (0, 1).

    Returns
    -------
    float
        Upper quantile of the studentized range (infinite degrees of freedom) divided by the square root of 2;
        for two groups the ordinary normal value.

    Raises
    ------
    ValueError
        If `groups` is below 2 or `confidence` out of range.

    References
    ----------
    .. [1] Agresti, Bini, Bertaccini and Ryu (2008), Biometrics 64(4), 1270-1275.

    Examples
    --------
    >>> round(simultaneous_critical_value(2), 3), round(simultaneous_critical_value(6), 3)
    (1.96, 2.85)
    """
    from scipy.stats import studentized_range

    if groups < 2:
        raise ValueError(f"groups: {groups}; a comparison needs at least 2")
    return float(studentized_range.ppf(checked_confidence(confidence), groups, np.inf) / np.sqrt(2))


def pairwise_differences(n_success: ArrayLike, n: ArrayLike, *, confidence: float = 0.95) -> pd.DataFrame:
    """Return simultaneous intervals for the differences of all pairs of proportions.

    Newcombe's interval with the studentized-range critical value.

    Parameters
    ----------
    n_success, n : array of int, shape (groups,)
        Counts of each group; groups with n = 0 are not counted among the compared.
    confidence : float, default=0.95
        Probability that all intervals cover, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Columns first, second (positions in the arrays, first < second), estimate (first minus second), low,
        high; NaN where either group is empty.

    Raises
    ------
    ValueError
        If a count or `confidence` is out of range, or there are more than 1,000 groups.

    References
    ----------
    .. [1] Agresti, Bini, Bertaccini and Ryu (2008), Biometrics 64(4), 1270-1275.

    Examples
    --------
    >>> pairwise_differences([45, 54, 30], [100, 100, 100]).round(3)
       first  second  estimate    low   high
    0      0       1     -0.09 -0.247  0.074
    1      0       2      0.15 -0.010  0.300
    2      1       2      0.24  0.076  0.386
    """
    return _pairs(difference_limits, n_success, n, confidence)


def pairwise_ratios(n_success: ArrayLike, n: ArrayLike, *, confidence: float = 0.95) -> pd.DataFrame:
    """Return simultaneous intervals for the ratios of all pairs of proportions.

    Koopman's interval with the studentized-range critical value.

    Parameters
    ----------
    n_success, n : array of int, shape (groups,)
        Counts of each group; groups with n = 0 are not counted among the compared.
    confidence : float, default=0.95
        Probability that all intervals cover, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Columns first, second (positions in the arrays, first < second), estimate (first divided by second),
        low, high. For second divided by first take the reciprocals: the intervals agree.

    Raises
    ------
    ValueError
        If a count or `confidence` is out of range, or there are more than 1,000 groups.

    Examples
    --------
    >>> pairwise_ratios([60, 45], [100, 100]).round(3)
       first  second  estimate    low   high
    0      0       1     1.333  1.022  1.757
    """
    return _pairs(ratio_limits, n_success, n, confidence)


def _pairs(
    limits: Callable[..., Interval], n_success: ArrayLike, n: ArrayLike, confidence: float
) -> pd.DataFrame:
    import pandas as pd

    success, total = (np.atleast_1d(x) for x in checked_counts(n_success, n))
    if len(total) > MOST_GROUPS:
        raise ValueError(
            f"groups: {len(total):,}; all pairs are compared among at most {MOST_GROUPS:,}: "
            "pool groups or compare each with one reference"
        )
    first, second = np.triu_indices(len(total), 1)
    compared = max(int((total > 0).sum()), 2)
    critical = simultaneous_critical_value(compared, checked_confidence(confidence))
    interval = limits(success[first], total[first], success[second], total[second], critical)
    return pd.DataFrame({"first": first, "second": second, **interval._asdict()})


def largest_gap(*families: tuple[ArrayLike, ArrayLike], confidence: float = 0.95) -> Interval:
    """Return the largest difference between groups, over one rate or several, with its interval.

    One rate gives a demographic parity or equal opportunity difference; true and false positive rates
    together the equalized odds difference. The upper limit is the largest of the pairs' own upper limits (the
    pair with the largest true gap is among them), the lower one the largest of their simultaneous lower
    limits; the interval is therefore conservative, and begins at 0 unless some gap is shown.

    Parameters
    ----------
    *families : tuple of array
        For each rate its successes and denominators, by group.
    confidence : float, default=0.95
        Least coverage in (0, 1).

    Returns
    -------
    Interval
        Floats in [0, 1]; NaN if a rate is undefined in some group, or there is only one group.

    Raises
    ------
    ValueError
        If a count or `confidence` is out of range, or there are more than 1,000 groups.

    Examples
    --------
    >>> [round(x, 3) for x in largest_gap(([45, 54, 30], [100, 100, 100]))]
    [0.24, 0.076, 0.364]
    """
    share = 1 - (1 - checked_confidence(confidence)) / max(len(families), 1)
    estimates, lows, highs = [], [], []
    for n_success, n in families:
        joint = pairwise_differences(n_success, n, confidence=share)
        success, total = (np.atleast_1d(x) for x in checked_counts(n_success, n))
        if not len(joint) or not total.all():
            return Interval(np.nan, np.nan, np.nan)
        first, second = joint["first"].to_numpy(), joint["second"].to_numpy()
        own = difference_limits(
            success[first], total[first], success[second], total[second], normal_critical_value(confidence)
        )
        estimates.append(joint["estimate"].abs().max())
        lows.append(np.maximum(joint["low"], -joint["high"]).max())
        highs.append(np.maximum(own.high, -own.low).max())
    return Interval(float(max(estimates)), float(max(*lows, 0.0)), float(max(highs)))
