"""Distances between counts: against scipy, the listed values and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raikit.stats.distances import (
    cohens_w_interval,
    effect_test,
    noncentrality_limits,
    pool_rare,
    population_stability_index,
    population_stability_interval,
)

# The worked counts that the field notes list, with PSI .03722 and two-sample p .8985.
BEFORE, AFTER = [16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]
COUNTS = st.lists(st.integers(0, 500), min_size=2, max_size=8)


def test_listed_values() -> None:
    assert population_stability_index(BEFORE, AFTER) == pytest.approx(0.03722, abs=5e-6)
    assert effect_test(BEFORE, AFTER).p_different == pytest.approx(0.8985, abs=5e-5)


@given(COUNTS, COUNTS)
def test_p_value_is_that_of_scipys_contingency_table(first: list[int], second: list[int]) -> None:
    from scipy.stats import chi2_contingency

    size = min(len(first), len(second))
    pooled = pool_rare(first[:size], second[:size])
    p = effect_test(first[:size], second[:size]).p_different
    if len(pooled[0]) < 2 or not pooled[0].sum() or not pooled[1].sum():
        assert np.isnan(p)
    else:
        assert p == pytest.approx(chi2_contingency(np.array(pooled), correction=False).pvalue, abs=1e-9)


def test_psi_without_empty_levels_is_the_symmetrised_entropy_of_scipy() -> None:
    from scipy.stats import entropy

    expected = entropy(BEFORE, AFTER) + entropy(AFTER, BEFORE)
    assert population_stability_index(BEFORE, AFTER) == pytest.approx(expected, abs=1e-12)


def test_a_level_absent_on_one_side_counts_as_one_in_ten_thousand() -> None:
    # by hand: (.5 - .0001) ln(.5 / .0001) + (.5 - 1) ln(.5 / 1)
    expected = 0.4999 * np.log(5000) + 0.5 * np.log(2)
    assert population_stability_index([50, 50], [0, 100]) == pytest.approx(expected, abs=1e-12)


def test_noncentrality_limits_of_one_degree_of_freedom_are_those_of_a_normal_mean() -> None:
    # X² of 1 df is z²; with z = 6 the other tail is nil, so the limits are (6 ± 1.96)²
    low, high = noncentrality_limits(36.0, 1)
    assert (low, high) == pytest.approx(((6 - 1.959964) ** 2, (6 + 1.959964) ** 2), rel=1e-5)


def test_nothing_to_compare_is_undefined_not_zero() -> None:
    assert np.isnan(population_stability_index([0, 0], [1, 2]))
    assert np.isnan(cohens_w_interval([5, 0], [9, 0]).estimate)
    assert np.isnan(effect_test([5, 0], [9, 0]).p_material)


def test_ten_equal_levels_are_called_material_as_often_as_stated() -> None:
    """Simulation: w .10 against minimum .05 at 100,000 rows is material, at 1,000 mostly undecided."""
    random = np.random.default_rng(7)
    shares = np.full(10, 0.1)
    tilt = 0.1 * 0.1 * np.tile([1.0, -1.0], 5)  # sum of (tilt)² / .1 is .1² (w = .10)
    found = {}
    for size in (1_000, 100_000):
        tests = [
            effect_test(random.multinomial(100_000, shares), random.multinomial(size, shares + tilt))
            for _ in range(200)
        ]
        found[size] = np.mean([[test.p_material < 0.05, test.p_immaterial < 0.05] for test in tests], axis=0)
    assert found[100_000].tolist() == [1.0, 0.0]
    assert 0.2 < found[1_000][0] < 0.45  # the field notes measured 31-34%
    assert found[1_000][1] <= 0.05


def test_intervals_cover() -> None:
    """Simulation: the true w and PSI of a moderate shift lie inside nominal 95% intervals."""
    random = np.random.default_rng(11)
    first, second = np.array([0.3, 0.3, 0.2, 0.2]), np.array([0.36, 0.24, 0.2, 0.2])
    w = np.sqrt(np.sum((first - second) ** 2 / ((2 * first + second) / 3)))
    psi = np.sum((first - second) * np.log(first / second))
    inside = np.zeros((400, 2))
    for row in inside:
        counts = random.multinomial(4_000, first), random.multinomial(2_000, second)
        intervals = cohens_w_interval(*counts), population_stability_interval(*counts)
        row[:] = [one.low <= true <= one.high for one, true in zip(intervals, (w, psi), strict=True)]
    assert (inside.mean(axis=0) > 0.92).all()


@given(COUNTS)
def test_equal_counts_are_no_shift(counts: list[int]) -> None:
    if sum(counts):
        assert population_stability_index(counts, counts) == 0.0


def test_bad_counts_are_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="shapes"):
        population_stability_index([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="negative"):
        population_stability_index([1, -2], [1, 2])
    with pytest.raises(ValueError, match="min_effect"):
        effect_test([1, 2], [2, 1], min_effect=0)
