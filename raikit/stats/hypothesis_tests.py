"""Tests on counts: does any group differ, which after correction, is a gap shown to be small, paired rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from raikit.stats.intervals import Interval, checked_confidence, checked_counts, newcombe_interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# Cochran's rule: below this least expected count the chi-squared distribution is not relied on.
LEAST_EXPECTED = 5
PERMUTATIONS = 9_999
# As soon as so many random tables are as extreme as the observed one, p is known to a tenth of itself.
ENOUGH = 100
BATCH = 1_000


class Outcome(NamedTuple):
    """A test's outcome; NaN where it can't be made.

    `method` says which distribution the p-value comes from: "chi-squared", "permutation", "exact" …
    """

    statistic: float
    p_value: float
    method: str


def omnibus_test(n_success: ArrayLike, n: ArrayLike, *, seed: int) -> Outcome:
    """Test whether the proportions of several groups are equal.

    Pearson's chi-squared test; where an expected count is below 5, the same statistic's distribution over
    random tables with the observed margins: 9,999, or fewer where 100 of fewer are as extreme [1]_. Either
    way a true null hypothesis gives a p-value of at most a level with at most that chance.

    Parameters
    ----------
    n_success, n : array of int, shape (groups,)
        Counts; empty groups are left out.
    seed : int
        Seed of the random tables.

    Returns
    -------
    Outcome
        NaN with fewer than two groups; p-value 1 if all rows are successes, or all failures.

    References
    ----------
    .. [1] Besag and Clifford (1991), Biometrika 78(2), 301-304.

    Examples
    --------
    >>> result = omnibus_test([48, 36, 60], [80, 80, 80], seed=7)
    >>> round(result.statistic, 3), round(result.p_value, 5), result.method
    (15.0, 0.00055, 'chi-squared')
    """
    from scipy.stats import chi2

    success, total = (np.atleast_1d(x) for x in checked_counts(n_success, n))
    success, total = success[total > 0], total[total > 0]
    if len(total) < 2:
        return Outcome(np.nan, np.nan, "chi-squared")
    share = success.sum() / total.sum()
    if share in (0, 1):
        return Outcome(0.0, 1.0, "chi-squared")
    statistic = float(_chi_squared(success, total, share))
    if (np.minimum(share, 1 - share) * total).min() >= LEAST_EXPECTED:
        return Outcome(statistic, float(chi2.sf(statistic, len(total) - 1)), "chi-squared")
    return Outcome(statistic, _permuted(success, total, statistic, seed), "permutation")


def _permuted(success: NDArray[Any], total: NDArray[Any], statistic: float, seed: int) -> float:
    """Return the share of random tables as extreme as the observed one, drawn until enough are."""
    from scipy.stats import random_table

    margins = np.array([success.sum(), (total - success).sum()]).astype(int)
    tables = random_table(total.astype(int), margins, seed=np.random.default_rng(seed))
    share, found, drawn = success.sum() / total.sum(), 0, 0
    while drawn < PERMUTATIONS:
        batch = tables.rvs(min(BATCH, PERMUTATIONS - drawn))
        as_large = _chi_squared(batch[..., 0], total, share) >= statistic * (1 - 1e-12)
        if found + as_large.sum() >= ENOUGH:
            return float(ENOUGH / (drawn + int(np.flatnonzero(as_large)[ENOUGH - found - 1]) + 1))
        found, drawn = found + int(as_large.sum()), drawn + len(batch)
    return (found + 1) / (PERMUTATIONS + 1)


def _chi_squared(success: NDArray[Any], total: NDArray[Any], share: float) -> Any:
    return ((success - share * total) ** 2 / (total * share * (1 - share))).sum(axis=-1)


def adjusted_p_values(p_values: ArrayLike, *, method: str = "holm") -> NDArray[np.float64]:
    """Return p-values corrected for their number.

    Parameters
    ----------
    p_values : array of float
        NaN (tests that couldn't be made) stay NaN and aren't counted.
    method : {"holm", "benjamini-hochberg"}, default="holm"
        Holm keeps the chance of any false alarm at the level; Benjamini-Hochberg the share of false alarms.

    Returns
    -------
    array of float
        To be compared with the level.

    Raises
    ------
    ValueError
        If there is no such method, or a p-value is outside [0, 1].

    Examples
    --------
    >>> adjusted_p_values([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    from scipy.stats import false_discovery_control

    # Not statsmodels' multipletests: it collects garbage first, a tenth of a second with our imports loaded.
    corrections = {"holm": _holm, "benjamini-hochberg": false_discovery_control}
    if method not in corrections:
        raise ValueError(f"method: {method!r}; allowed: {', '.join(corrections)}")
    values = np.array(p_values, dtype=float)
    made = ~np.isnan(values)
    if ((values[made] < 0) | (values[made] > 1)).any():
        raise ValueError("p_values: a number outside [0, 1]")
    if made.any():
        values[made] = corrections[method](values[made])
    return values


def _holm(values: NDArray[np.float64]) -> NDArray[np.float64]:
    order = np.argsort(values)
    steps = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted


def equivalence_test(
    n_success: int, n: int, n_success_reference: int, n_reference: int, *, margin: float
) -> Outcome:
    """Test whether a difference of two proportions is shown to lie within ± a margin.

    Two one-sided tests: the p-value is the least level at which Newcombe's interval, with twice that level
    left out, lies within the margin. "Shown to be within 0.05" is more than "no difference was found".

    Parameters
    ----------
    n_success, n, n_success_reference, n_reference : int
        Counts of both groups.
    margin : float
        Largest difference that doesn't matter, in (0, 1).

    Returns
    -------
    Outcome
        The statistic is the difference. NaN where a group is empty.

    Raises
    ------
    ValueError
        If a count or the margin is out of range.

    References
    ----------
    .. [1] Schuirmann (1987), J. Pharmacokinetics and Biopharmaceutics 15, 657-680.

    Examples
    --------
    >>> result = equivalence_test(9_000, 10_000, 9_010, 10_000, margin=0.02)
    >>> result.p_value < 0.05
    True
    """
    from scipy.optimize import brentq

    if not 0 < margin < 1:
        raise ValueError(f"margin: {margin!r}; allowed is a number between 0 and 1")

    def overshoot(tail: float) -> float:
        counts = (n_success, n, n_success_reference, n_reference)
        _, low, high = newcombe_interval(*counts, confidence=1 - 2 * tail)
        return float(max(high - margin, -margin - low))

    gap = newcombe_interval(n_success, n, n_success_reference, n_reference).estimate
    if np.isnan(gap):
        return Outcome(np.nan, np.nan, "two one-sided tests, newcombe")
    least, most = 1e-15, 0.5 - 1e-9
    if overshoot(most) >= 0:  # the difference itself is outside: the level can't be told this way
        p_value = 1.0
    elif overshoot(least) <= 0:
        p_value = least
    else:
        p_value = float(brentq(overshoot, least, most, xtol=1e-16, rtol=1e-12))
    return Outcome(float(gap), p_value, "two one-sided tests, newcombe")


def mcnemar_test(only_first: int, only_second: int) -> Outcome:
    """Test exactly whether two models on the same rows are right equally often.

    Parameters
    ----------
    only_first, only_second : int
        Rows where only the one, or only the other, is right (or selected, …).

    Returns
    -------
    Outcome
        Two-sided; the statistic is the smaller count. P-value 1 where the models never differ.

    References
    ----------
    .. [1] McNemar (1947), Psychometrika 12, 153-157.

    Examples
    --------
    >>> round(mcnemar_test(1, 9).p_value, 5)
    0.02148
    """
    from scipy.stats import binomtest

    both = only_first + only_second
    checked_counts(only_first, both)
    p_value = float(binomtest(only_first, both).pvalue) if both else 1.0
    return Outcome(float(min(only_first, only_second)), p_value, "exact")


def paired_difference_interval(
    both: int, only_first: int, only_second: int, neither: int, *, confidence: float = 0.95
) -> Interval:
    """Return an interval for a difference of two proportions on the same rows.

    Newcombe's square-and-add interval for paired proportions, with his continuity-corrected correlation.

    Parameters
    ----------
    both, only_first, only_second, neither : int
        Rows by whether the first and the second is a success.
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    Interval
        First minus second; NaN without rows.

    References
    ----------
    .. [1] Newcombe (1998), Statistics in Medicine 17, 2635-2650, method 10.

    Examples
    --------
    >>> [round(x, 4) for x in paired_difference_interval(36, 12, 2, 0)]
    [0.2, 0.0569, 0.3404]
    """
    from raikit.stats.intervals import wilson_interval

    checked_confidence(confidence)
    n = both + only_first + only_second + neither
    share, low, high = wilson_interval(both + only_first, n, confidence=confidence)
    share_2, low_2, high_2 = wilson_interval(both + only_second, n, confidence=confidence)
    phi = _correlation(both, only_first, only_second, neither)
    gap = share - share_2
    below, above = (share - low, high_2 - share_2), (high - share, share_2 - low_2)
    down = np.sqrt(max(below[0] ** 2 - 2 * phi * below[0] * below[1] + below[1] ** 2, 0.0))
    up = np.sqrt(max(above[0] ** 2 - 2 * phi * above[0] * above[1] + above[1] ** 2, 0.0))
    return Interval(gap, float(gap - down), float(gap + up)) if n else Interval(np.nan, np.nan, np.nan)


def _correlation(both: int, only_first: int, only_second: int, neither: int) -> float:
    margins = (both + only_first, only_second + neither, both + only_second, only_first + neither)
    if 0 in margins:
        return 0.0
    n = sum(margins[:2])
    excess = both * neither - only_first * only_second
    corrected = max(excess - n / 2, 0) if excess > 0 else excess
    return float(corrected / np.sqrt(np.prod(np.array(margins, dtype=float))))
