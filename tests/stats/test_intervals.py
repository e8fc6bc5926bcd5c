"""Intervals: listed values, second libraries, and coverage by exact sums over all outcomes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from raikit.stats.intervals import (
    clopper_pearson_interval,
    koopman_interval,
    newcombe_interval,
    wilson_interval,
)

RATES = np.arange(0.02, 0.981, 0.01)
counts = st.integers(1, 10**9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def coverage(interval, n: int, rates) -> np.ndarray:
    outcomes = np.arange(n + 1)
    _, low, high = interval(outcomes, n)
    rates = np.asarray(rates)[:, None]
    return (binom.pmf(outcomes, n, rates) * ((low <= rates) & (rates <= high))).sum(axis=1)


def pair_coverage(interval, n1: int, n2: int, p1: float, p2: float, truth: float) -> float:
    x, y = np.meshgrid(np.arange(n1 + 1), np.arange(n2 + 1), indexing="ij")
    _, low, high = interval(x, n1, y, n2)
    chance = binom.pmf(x, n1, p1) * binom.pmf(y, n2, p2)
    return float((chance * ((low <= truth) & (truth <= high))).sum())


@pytest.mark.parametrize("n", [30, 31, 40, 50, 75, 100, 200, 500])
def test_wilson_never_covers_less_than_its_floor(n):
    covered = coverage(wilson_interval, n, RATES)
    assert covered.min() >= 0.915
    assert 0.945 <= covered.mean() <= 0.96


def test_wilson_coverage_at_listed_points():
    # Computed independently for the field notes.
    assert coverage(wilson_interval, 30, [0.02])[0] == pytest.approx(0.978, abs=5e-4)
    assert coverage(wilson_interval, 50, [0.02])[0] == pytest.approx(0.922, abs=5e-4)


@pytest.mark.parametrize("n", [5, 30, 100])
def test_exact_interval_covers_at_least_its_level(n):
    assert coverage(clopper_pearson_interval, n, np.linspace(0.001, 0.999, 999)).min() >= 0.95


@pytest.mark.parametrize("p1", [0.02, 0.1, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("p2", [0.02, 0.05, 0.5, 0.9])
def test_newcombe_and_koopman_floors_at_30(p1, p2):
    assert pair_coverage(newcombe_interval, 30, 30, p1, p2, p1 - p2) >= 0.90
    assert pair_coverage(koopman_interval, 30, 30, p1, p2, p1 / p2) >= 0.93


@pytest.mark.parametrize(("p1", "p2"), [(0.1, 0.1), (0.3, 0.2), (0.5, 0.8), (0.95, 0.9)])
def test_newcombe_is_near_nominal_at_300(p1, p2):
    assert 0.93 <= pair_coverage(newcombe_interval, 300, 300, p1, p2, p1 - p2) <= 0.97


@settings(max_examples=40, deadline=None)
@given(counts, st.floats(0.5, 0.999))
def test_proportions_agree_with_statsmodels(pair, confidence):
    k, n = pair
    expected = proportion_confint(k, n, alpha=1 - confidence, method="wilson")
    assert wilson_interval(k, n, confidence=confidence)[1:] == pytest.approx(expected, abs=1e-9)
    expected = proportion_confint(k, n, alpha=1 - confidence, method="beta")
    assert clopper_pearson_interval(k, n, confidence=confidence)[1:] == pytest.approx(expected, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(counts, counts)
def test_newcombe_agrees_with_statsmodels(first, second):
    expected = confint_proportions_2indep(*first, *second, method="newcomb", compare="diff")
    assert newcombe_interval(*first, *second)[1:] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("first", "second"),
    [((36, 40), (16, 80)), ((5, 30), (9, 45)), ((1, 50), (7, 50)), ((900, 1000), (899, 1000))],
)
def test_koopman_agrees_with_statsmodels(first, second):
    # statsmodels finds the limits by a root search of its own on the uncorrected score statistic.
    expected = confint_proportions_2indep(*first, *second, method="score", compare="ratio", correction=False)
    assert koopman_interval(*first, *second)[1:] == pytest.approx(expected, rel=1e-7)


def test_values_from_newcombe_1998():
    # 15 of 148, from the paper's first table; 56/70 and 48/80 from its comparison paper.
    assert wilson_interval(15, 148)[1:] == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert clopper_pearson_interval(15, 148)[1:] == pytest.approx((0.0578, 0.1617), abs=5e-5)
    assert newcombe_interval(56, 70, 48, 80)[1:] == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_no_hit_in_a_hundred_has_an_upper_bound():
    assert wilson_interval(0, 100).high == pytest.approx(0.0370, abs=5e-5)
    assert clopper_pearson_interval(0, 100).high == pytest.approx(0.0362, abs=5e-5)
    assert clopper_pearson_interval(0, 100, confidence=0.9).high == pytest.approx(0.0295, abs=5e-5)
    assert wilson_interval(0, 10).high == pytest.approx(0.278, abs=5e-4)


@pytest.mark.parametrize("interval", [wilson_interval, clopper_pearson_interval])
def test_ends_are_exact_and_nothing_observed_is_nan(interval):
    estimate, low, high = interval([0, 7, 0, 10**12], [7, 7, 0, 10**12])
    assert low[0] == 0
    assert high[1] == 1
    assert high[3] == 1
    assert 0 < high[0] < 1
    assert 0 < low[1] < 1
    assert np.isnan([estimate[2], low[2], high[2]]).all()


def test_ratio_without_successes_rules_nothing_out():
    estimate, low, high = koopman_interval([0, 3, 0, 0], [9, 9, 9, 0], [4, 0, 0, 1], [9, 9, 9, 9])
    assert estimate[0] == 0
    assert low[0] == 0
    assert np.isfinite(high[0])
    assert estimate[1] == np.inf
    assert high[1] == np.inf
    assert low[1] > 0
    assert np.isnan(estimate[2])
    assert (low[2], high[2]) == (0, np.inf)
    assert np.isnan([estimate[3], low[3], high[3]]).all()


@settings(max_examples=40, deadline=None)
@given(counts, counts)
def test_swapping_groups_mirrors_the_interval(first, second):
    gap, mirrored = newcombe_interval(*first, *second), newcombe_interval(*second, *first)
    assert (gap.low, gap.high) == pytest.approx((-mirrored.high, -mirrored.low), abs=1e-12)
    assert gap.low <= gap.estimate <= gap.high
    ratio, inverse = koopman_interval(*first, *second), koopman_interval(*second, *first)
    assert ratio.low <= ratio.estimate * (1 + 1e-9) if first[0] or second[0] else np.isnan(ratio.estimate)
    if first[0] and second[0]:
        assert (ratio.low, ratio.high) == pytest.approx((1 / inverse.high, 1 / inverse.low), rel=1e-9)


def test_scalars_give_floats_and_arrays_broadcast():
    assert all(type(part) is float for part in wilson_interval(np.int64(3), 9))
    assert newcombe_interval([[1], [2]], 9, [1, 2, 3], 9).low.shape == (2, 3)


@pytest.mark.parametrize(("k", "n"), [(-1, 5), (6, 5), (0.5, 5), (np.nan, 5), (1, np.inf)])
def test_impossible_counts_are_refused(k, n):
    with pytest.raises(ValueError, match="allowed are whole numbers"):
        wilson_interval(k, n)


@pytest.mark.parametrize("confidence", [0, 1, 95, np.nan])
def test_impossible_confidence_is_refused(confidence):
    with pytest.raises(ValueError, match="between 0 and 1"):
        wilson_interval(1, 2, confidence=confidence)
