"""How far two sets of counts lie apart, and whether that is more than a stated minimum.

A test against "no difference at all" calls anything a shift once there are rows enough, and a fixed cut-off
calls noise a shift while there are few. A test against a minimum effect does neither: it can answer material,
immaterial, or that the rows don't suffice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from raikit.stats.intervals import Interval, checked_confidence
from raikit.stats.noncentral import noncentrality_at, noncentrality_limits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Counts = tuple[ArrayLike, ArrayLike]

# The share that stands for a level absent on one side, as monitoring tools commonly set it: the logarithm
# needs one, and the index depends on it.
PSI_FLOOR = 1e-4
POWER = 0.8  # of `EffectTest.smallest`; Cohen's convention
_LEAST_EXPECTED = 5.0  # below it a cell's chi-squared contribution is no longer chi-squared (Cochran 1954)


class EffectTest(NamedTuple):
    """What two samples say on a minimum effect; shifts in units of Cohen's w.

    Attributes
    ----------
    p_different : float
        Of the two-sample chi-squared test of no difference.
    p_material : float
        Of the hypothesis that w is at most the minimum: small means material.
    p_immaterial : float
        Of the hypothesis that w is at least the minimum: small means immaterial.
    smallest : float
        The w that samples of these sizes call material with probability .8.
    """

    p_different: float
    p_material: float
    p_immaterial: float
    smallest: float


def population_stability_index(reference: ArrayLike, current: ArrayLike) -> float:
    """Return the population stability index, the symmetrised Kullback-Leibler divergence of the shares.

    Parameters
    ----------
    reference, current : array of int, shape (levels,)
        Counts of the same levels. A level absent on one side counts there with a share of .0001.

    Returns
    -------
    float
        0 or more, in nats; NaN where either side is empty.

    Raises
    ------
    ValueError
        If the arrays differ in shape or a count is negative.

    Examples
    --------
    >>> round(population_stability_index([16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]), 5)
    0.03722
    """
    first, second = _checked(reference, current)
    if not first.sum() or not second.sum():
        return float("nan")
    used = (first > 0) | (second > 0)
    before = np.maximum(first[used] / first.sum(), PSI_FLOOR)
    after = np.maximum(second[used] / second.sum(), PSI_FLOOR)
    return float(np.sum((before - after) * np.log(before / after)))


def population_stability_interval(
    reference: ArrayLike, current: ArrayLike, *, confidence: float = 0.95
) -> Interval:
    """Return the population stability index with an interval.

    The index times n1 n2 / (n1 + n2) follows a chi-squared distribution without shift, and about a
    non-central one with a shift; the interval inverts it. The estimate is biased upwards by about
    (levels - 1) (1/n1 + 1/n2), the interval is not: where it lies below the estimate, it is stretched to it.

    Parameters
    ----------
    reference, current : array of int, shape (levels,)
        Counts of the same levels.
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    Interval
        NaN where either side is empty or there is one level only.

    Raises
    ------
    ValueError
        If the arrays differ in shape, a count is negative or `confidence` is out of range.

    References
    ----------
    .. [1] Yurdakul and Naranjo (2020), Journal of Risk Model Validation 14(4).

    Examples
    --------
    >>> before, after = [160, 180, 160, 140, 120, 120], [160, 160, 160, 160, 160, 80]
    >>> interval = population_stability_interval(before, after)
    >>> [round(x, 3) for x in interval]
    [0.037, 0.003, 0.071]
    """
    return population_stability_intervals([(reference, current)], confidence=confidence)[0]


def population_stability_intervals(pairs: Sequence[Counts], *, confidence: float = 0.95) -> list[Interval]:
    """Return `population_stability_interval` of many pairs, at the cost of a few.

    Parameters
    ----------
    pairs : sequence of tuple
        Reference and current counts.
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    list of Interval
        In the same order.
    """
    estimate = np.array([population_stability_index(*pair) for pair in pairs], dtype=float)
    sides = [_checked(*pair) for pair in pairs]
    scale = np.array([_scale(*pair) for pair in sides], dtype=float)
    df = np.array([_df(*pair) for pair in sides], dtype=float)
    known = (df >= 1) & np.isfinite(estimate)
    low, high = noncentrality_limits(np.where(known, estimate * scale, np.nan), df, confidence)
    return _intervals(estimate, low / np.where(known, scale, 1.0), high / np.where(known, scale, 1.0))


def _intervals(estimate: Floats, low: Floats, high: Floats) -> list[Interval]:
    """Return intervals that hold their estimates."""
    limits = np.minimum(low, estimate), np.maximum(high, estimate)
    return [Interval(*map(float, each)) for each in zip(estimate, *limits, strict=True)]


def cohens_w_interval(reference: ArrayLike, current: ArrayLike, *, confidence: float = 0.95) -> Interval:
    """Return Cohen's w between two samples of counts, an effect size that suits every type of column.

    w² is the sum over the levels of (share − share)² / pooled share. The estimate is freed of what chance
    adds (the degrees of freedom); a shift of .1 standard deviations of a normal column is about w .10.

    Parameters
    ----------
    reference, current : array of int, shape (levels,)
        Counts of the same levels; levels expected fewer than five times on the smaller side are pooled.
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    Interval
        0 or more; NaN where either side is empty or one level is left.

    Raises
    ------
    ValueError
        If the arrays differ in shape, a count is negative or `confidence` is out of range.

    References
    ----------
    .. [1] Cohen (1988), Statistical power analysis, chapter 7.
    .. [2] Steiger (2004), Psychological Methods 9(2), 164-182, for the interval.

    Examples
    --------
    >>> [round(x, 3) for x in cohens_w_interval([500, 500], [600, 400])]
    [0.196, 0.113, 0.289]
    """
    return cohens_w_intervals([(reference, current)], confidence=confidence)[0]


def cohens_w_intervals(pairs: Sequence[Counts], *, confidence: float = 0.95) -> list[Interval]:
    """Return `cohens_w_interval` of many pairs, at the cost of a few.

    Parameters
    ----------
    pairs : sequence of tuple
        Reference and current counts.
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    list of Interval
        In the same order.
    """
    statistic, df, scale = _statistics(pairs)
    low, high = noncentrality_limits(statistic, df, confidence)
    estimate = np.sqrt(np.maximum(statistic - df, 0.0) / scale)
    return _intervals(estimate, np.sqrt(low / scale), np.sqrt(high / scale))


def _statistics(pairs: Sequence[Counts]) -> tuple[Floats, Floats, Floats]:
    """Return statistic, degrees of freedom and scale of each pair, rare levels pooled; NaN if undefined."""
    made = np.full((3, len(pairs)), np.nan)
    for at, pair in enumerate(pairs):
        first, second = pool_rare(*pair)
        statistic, df = _chi_squared(first, second)
        if df >= 1:
            made[:, at] = statistic, df, _scale(first, second)
    return made[0], made[1], made[2]


def effect_test(
    reference: ArrayLike, current: ArrayLike, *, min_effect: float = 0.05, confidence: float = 0.95
) -> EffectTest:
    """Test whether two samples differ by more than a minimum effect, and whether by less.

    Parameters
    ----------
    reference, current : array of int, shape (levels,)
        Counts of the same levels; rare levels are pooled as for `cohens_w_interval`.
    min_effect : float, default=0.05
        In units of Cohen's w, above 0.
    confidence : float, default=0.95
        Only `EffectTest.smallest` depends on it.

    Returns
    -------
    EffectTest
        All NaN where either side is empty or one level is left.

    Raises
    ------
    ValueError
        If a count, `min_effect` or `confidence` is out of range.

    References
    ----------
    .. [1] Murphy and Myors (1999), Journal of Applied Psychology 84(2), 234-248 (minimum-effect tests).
    .. [2] arXiv 2307.11878 (the same for population stability).

    Examples
    --------
    >>> test = effect_test([5000, 5000], [5600, 4400], min_effect=0.05)
    >>> test.p_material < 0.001, round(test.smallest, 3)
    (True, 0.085)
    """
    return effect_tests([(reference, current)], min_effect=min_effect, confidence=confidence)[0]


def effect_tests(
    pairs: Sequence[Counts], *, min_effect: float = 0.05, confidence: float = 0.95
) -> list[EffectTest]:
    """Return `effect_test` of many pairs, at the cost of a few.

    Parameters
    ----------
    pairs : sequence of tuple
        Reference and current counts.
    min_effect, confidence : float
        See `effect_test`.

    Returns
    -------
    list of EffectTest
        In the same order.
    """
    from scipy.special import chndtrix
    from scipy.stats import chi2, ncx2

    if not min_effect > 0:
        raise ValueError(f"min_effect: {min_effect!r}; allowed is a number above 0, such as 0.05")
    level = checked_confidence(confidence)
    statistic, df, scale = _statistics(pairs)
    bound = scale * min_effect**2
    smallest = np.sqrt(noncentrality_at(chndtrix(level, df, bound), df, 1 - POWER) / scale)
    parts = (
        chi2.sf(statistic, df),
        ncx2.sf(statistic, df, bound),
        ncx2.cdf(statistic, df, bound),
        smallest,
    )
    return [EffectTest(*map(float, each)) for each in zip(*parts, strict=True)]


def pool_rare(reference: ArrayLike, current: ArrayLike) -> tuple[Floats, Floats]:
    """Return the counts with rare levels made one: those expected fewer than five times on the smaller side.

    Parameters
    ----------
    reference, current : array of int, shape (levels,)
        Counts of the same levels.

    Returns
    -------
    tuple of array
        The common levels in their order, then the pooled ones, if there are any. Where every level is rare,
        neighbours are pooled until five are expected, so that a window of few rows can still be judged.

    Examples
    --------
    >>> pool_rare([90, 80, 2, 1], [40, 45, 0, 3])
    (array([90., 80.,  3.]), array([40., 45.,  3.]))
    >>> pool_rare([30, 30, 30, 30, 30], [4, 3, 4, 3, 4])  # 3.6 expected of each
    (array([60., 90.]), array([ 7., 11.]))
    """
    first, second = _checked(reference, current)
    total = first.sum() + second.sum()
    if total == 0:
        return first[:0], second[:0]
    expected = (first + second) * min(first.sum(), second.sum()) / total
    rare = expected < _LEAST_EXPECTED
    kept = ~rare
    if rare.all():
        return _neighbours_pooled(first, second, expected)
    if not rare.any() or first[rare].sum() + second[rare].sum() == 0:
        return first[kept], second[kept]
    return np.append(first[kept], first[rare].sum()), np.append(second[kept], second[rare].sum())


def _neighbours_pooled(first: Floats, second: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Return rare levels in groups of neighbours; what is left over belongs to the last group."""
    starts, held = [0], 0.0
    for at, value in enumerate(expected):
        if held >= _LEAST_EXPECTED and expected[at:].sum() >= _LEAST_EXPECTED:
            starts, held = [*starts, at], 0.0
        held += float(value)
    return np.add.reduceat(first, starts), np.add.reduceat(second, starts)


def _chi_squared(first: Floats, second: Floats) -> tuple[float, int]:
    """Return the two-sample statistic (both samples are uncertain) and its degrees of freedom."""
    df = _df(first, second)
    if df < 1:
        return float("nan"), df
    used = (first + second) > 0
    pooled = (first + second)[used] / (first.sum() + second.sum())
    gap = first[used] / first.sum() - second[used] / second.sum()
    return float(_scale(first, second) * np.sum(gap**2 / pooled)), df


def _df(first: Floats, second: Floats) -> int:
    empty = not first.sum() or not second.sum()
    return 0 if empty else int(np.count_nonzero(first + second)) - 1


def _scale(first: Floats, second: Floats) -> float:
    """Return n1 n2 / (n1 + n2), which turns a squared shift into a chi-squared statistic."""
    total = first.sum() + second.sum()
    return float(first.sum() * second.sum() / total) if total else 0.0


def _checked(reference: ArrayLike, current: ArrayLike) -> tuple[Floats, Floats]:
    first, second = (np.asarray(counts, dtype=np.float64) for counts in (reference, current))
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"counts: shapes {first.shape} and {second.shape}; allowed: lists of one length")
    if (first < 0).any() or (second < 0).any():
        raise ValueError("counts: a negative number came; allowed are 0 and more")
    return first, second
