"""How many rows: until an interval at the present estimate decides, to see a gap, to show a pass rate."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import numpy as np

from raikit.stats.intervals import (
    checked_confidence,
    checked_counts,
    clopper_pearson_interval,
    difference_limits,
    normal_critical_value,
    score_limits,
)

# More rows than anyone has: a bound so near the estimate is reported as undecidable.
MOST_ROWS = 10**12


def rows_needed(n_success: int, n: int, bound: float, *, confidence: float = 0.95) -> int | None:
    """Return the denominator at which Wilson's interval around the present rate would clear a bound.

    Parameters
    ----------
    n_success, n : int
        Present counts.
    bound : float
        A proportion that the interval should lie wholly above or below.
    confidence : float, default=0.95
        Of the interval, in (0, 1).

    Returns
    -------
    int or None
        Rows in all, present ones included (never fewer); None if the rate is the bound or there are no rows,
        for then no number would do.

    Raises
    ------
    ValueError
        If a count or `confidence` is out of range.

    Examples
    --------
    >>> rows_needed(45, 50, 0.8)
    62
    >>> rows_needed(40, 50, 0.8) is None
    True
    """
    checked_counts(n_success, n)
    critical = normal_critical_value(confidence)
    if not n or n_success / n == bound:
        return None
    share = n_success / n

    def clear(total: int) -> bool:
        size = np.asarray(float(total))
        _, low, high = score_limits(share * size, size, critical)
        return bool(low > bound) if share > bound else bool(high < bound)

    return _least(clear, n)


def rows_needed_difference(
    n_success: int,
    n: int,
    n_success_reference: int,
    n_reference: int,
    bound: float,
    *,
    critical: float | None = None,
    confidence: float = 0.95,
) -> int | None:
    """Return how large the smaller group must be until Newcombe's interval would clear a bound.

    Both groups grow in their present proportion, at their present rates.

    Parameters
    ----------
    n_success, n, n_success_reference, n_reference : int
        Present counts.
    bound : float
        For the absolute difference: the interval should lie within ± `bound`, or wholly beyond on one side.
    critical : float, optional
        A simultaneous critical value in place of the one for `confidence`.
    confidence : float, default=0.95
        Of the interval, in (0, 1).

    Returns
    -------
    int or None
        Rows of the smaller group in all; None if the gap is the bound, or a group is empty.

    Raises
    ------
    ValueError
        If a count or `confidence` is out of range.

    Examples
    --------
    >>> rows_needed_difference(90, 100, 270, 300, 0.05)
    229
    """
    checked_counts([n_success, n_success_reference], [n, n_reference])
    z = normal_critical_value(confidence) if critical is None else critical
    if not n or not n_reference:
        return None
    shares = n_success / n, n_success_reference / n_reference
    gap = abs(shares[0] - shares[1])
    smaller = min(n, n_reference)
    if gap == bound:
        return None

    def clear(total: int) -> bool:
        sizes = np.array([n, n_reference]) * (total / smaller)
        success = np.array(shares) * sizes
        _, low, high = difference_limits(success[:1], sizes[:1], success[1:], sizes[1:], z)
        within = max(high[0], -low[0]) < bound
        return bool(within if gap < bound else low[0] > bound or high[0] < -bound)

    return _least(clear, smaller)


def critical_value_of(
    n_success: int, n: int, n_success_reference: int, n_reference: int, low: float, high: float
) -> float:
    """Return the critical value at which Newcombe's interval for these counts is as wide as the one given.

    A simultaneous interval states its limits, not its critical value; this recovers it.

    Parameters
    ----------
    n_success, n, n_success_reference, n_reference : int
        The counts.
    low, high : float
        Limits of the interval for the difference.

    Returns
    -------
    float
        Within 1e-9 where the limits are Newcombe's.

    Raises
    ------
    ValueError
        If a count is out of range, or no critical value below 40 gives such a width.

    Examples
    --------
    >>> from raikit.stats.intervals import newcombe_interval
    >>> _, low, high = newcombe_interval(90, 100, 270, 300)
    >>> round(critical_value_of(90, 100, 270, 300, low, high), 6)
    1.959964
    """
    success, total = checked_counts([n_success, n_success_reference], [n, n_reference])

    def excess(critical: float) -> float:
        limits = difference_limits(success[:1], total[:1], success[1:], total[1:], critical)
        return float(limits.high[0] - limits.low[0]) - (high - low)

    least, most = 1e-9, 40.0
    if excess(least) > 0 or excess(most) < 0:
        raise ValueError(
            f"limits: {low!r} and {high!r}; no critical value gives Newcombe's interval such a width"
        )
    # The width grows with it. Halving needs no scipy, whose import takes longer than deciding a release.
    while (middle := (least + most) / 2) not in (least, most) and most - least > 1e-12:
        least, most = (middle, most) if excess(middle) < 0 else (least, middle)
    return (least + most) / 2


def rows_to_see_difference(
    rate: float, rate_reference: float, *, power: float = 0.8, confidence: float = 0.95
) -> int:
    """Return the rows a group that show a difference of two rates with a given probability.

    Parameters
    ----------
    rate, rate_reference : float
        True proportions in [0, 1].
    power : float, default=0.8
        Probability that the two-sided test at `confidence` finds the difference.
    confidence : float, default=0.95
        One minus the level of the test.

    Returns
    -------
    int
        Rows in each group (normal approximation with the variance pooled under no difference).

    Raises
    ------
    ValueError
        If a rate is out of range or the rates are equal.

    References
    ----------
    .. [1] Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, formula 4.14.

    Examples
    --------
    >>> rows_to_see_difference(0.8, 0.75)
    1094
    """
    if not (0 <= rate <= 1 and 0 <= rate_reference <= 1) or rate == rate_reference:
        raise ValueError(f"rates: {rate!r} and {rate_reference!r}; allowed are two different proportions")
    alpha, beta = normal_critical_value(confidence), normal_critical_value(2 * checked_confidence(power) - 1)
    middle = (rate + rate_reference) / 2
    spread = np.sqrt(rate * (1 - rate) + rate_reference * (1 - rate_reference))
    root = alpha * np.sqrt(2 * middle * (1 - middle)) + beta * spread
    return ceil(float((root / (rate - rate_reference)) ** 2))


def passes_needed(rate: float, *, failures: int = 0, confidence: float = 0.95, sided: str = "one") -> int:
    """Return the trials that show a pass rate of at least `rate`, when some of them fail.

    Parameters
    ----------
    rate : float
        The rate to be shown, in (0, 1).
    failures : int, default=0
        Failures among the trials.
    confidence : float, default=0.95
        Of the exact (Clopper-Pearson) limit.
    sided : {"one", "two"}, default="one"
        Whether the limit is one-sided or that of a two-sided interval.

    Returns
    -------
    int
        Trials in all.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Examples
    --------
    >>> [passes_needed(0.99, failures=k) for k in range(4)]
    [299, 473, 628, 773]
    >>> [passes_needed(0.99, failures=k, sided="two") for k in range(4)]
    [368, 555, 720, 874]
    """
    if sided not in ("one", "two") or failures < 0 or not 0 < rate < 1:
        raise ValueError(
            f"passes_needed: rate {rate!r}, failures {failures!r}, sided {sided!r}; allowed are a rate "
            "between 0 and 1, 0 or more failures, sided 'one' or 'two'"
        )
    level = checked_confidence(confidence) if sided == "two" else 2 * confidence - 1

    def shown(total: int) -> bool:
        return bool(clopper_pearson_interval(total - failures, total, confidence=level).low >= rate)

    least = _least(shown, failures + 1)
    if least is None:
        raise ValueError(f"rate: {rate!r} is too near 1 to be shown by any number of trials")
    return least


def _least(clear: Callable[[int], bool], start: int) -> int | None:
    """Return the least whole number from `start` on that is clear: being so is monotone but for rounding."""
    high = start
    while not clear(high):
        high *= 2
        if high > MOST_ROWS:
            return None
    low = max(high // 2, start - 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if clear(middle) else (middle, high)
    return high
