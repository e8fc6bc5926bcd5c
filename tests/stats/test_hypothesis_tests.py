"""Tests on counts: against scipy and statsmodels, published examples, and simulated levels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2_contingency, fisher_exact
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from raikit.stats.hypothesis_tests import (
    adjusted_p_values,
    equivalence_test,
    mcnemar_test,
    omnibus_test,
    paired_difference_interval,
)
from raikit.stats.intervals import newcombe_interval, wilson_interval


def test_omnibus_agrees_with_scipy():
    k, n = np.array([48, 36, 60, 10]), np.array([80, 80, 90, 30])
    theirs = chi2_contingency(np.stack([k, n - k]), correction=False)
    ours = omnibus_test([*k, 0], [*n, 0], seed=1)
    assert ours[:2] == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-9)
    assert ours.method == "chi-squared"


def test_sparse_tables_are_permuted():
    # Fisher's exact test orders tables otherwise, but for two groups of one size the orders agree.
    ours = omnibus_test([0, 5], [12, 12], seed=1)
    assert ours.method == "permutation"
    assert ours.p_value == pytest.approx(fisher_exact([[0, 5], [12, 7]]).pvalue, abs=0.01)


def test_fewer_random_tables_are_enough_for_a_large_p_value():
    # By hand over all tables with these margins: 7 successes among three groups of 4, weighted by the
    # number of ways; the estimate rests on 100 tables as extreme, so its standard error is a tenth at most.
    n, k = np.array([4, 4, 4]), np.array([4, 2, 1])
    ways = {
        (a, b, 7 - a - b): math.comb(4, a) * math.comb(4, b) * math.comb(4, 7 - a - b)
        for a in range(5) for b in range(5) if 0 <= 7 - a - b <= 4
    }  # fmt: skip
    spread = sum((k - 7 / 3) ** 2)
    exact = sum(w for cells, w in ways.items() if sum((np.array(cells) - 7 / 3) ** 2) >= spread - 1e-9)
    exact /= sum(ways.values())
    found = [omnibus_test(k, n, seed=seed).p_value for seed in range(20)]
    assert np.mean(found) == pytest.approx(exact, rel=0.1)
    assert np.std(found) < 0.15 * exact
    assert len(set(found)) > 1


def test_sequential_p_values_keep_their_level_in_sparse_tables():
    n = np.array([9, 9, 9, 12])
    draws = np.random.default_rng(5).binomial(n, 0.3, (1500, 4))
    p = np.array([omnibus_test(k, n, seed=at).p_value for at, k in enumerate(draws)])
    for level in (0.05, 0.2, 0.5):
        assert (p <= level).mean() <= level + 2.6 * np.sqrt(level * (1 - level) / len(p))


def test_omnibus_keeps_its_level_for_equal_groups():
    # The field notes: six equal groups, 1,000 rows: 5.8% in one run; binomial error of 2,000: .005.
    n = np.full(6, 166)
    draws = np.random.default_rng(2).binomial(n, 0.2, (2000, 6))
    assert np.mean([omnibus_test(k, n, seed=1).p_value < 0.05 for k in draws]) <= 0.065


def test_small_groups_can_fail():
    # 0 of 12 against .89 is no accident.
    assert omnibus_test([0, 890], [12, 1000], seed=1).p_value < 1e-3


def test_nothing_to_compare():
    assert np.isnan(omnibus_test([3], [9], seed=1).p_value)
    assert np.isnan(omnibus_test([3, 0], [9, 0], seed=1).p_value)
    assert omnibus_test([0, 0], [9, 9], seed=1).p_value == 1
    assert omnibus_test([9, 9], [9, 9], seed=1).p_value == 1


@pytest.mark.parametrize(("method", "theirs"), [("holm", "holm"), ("benjamini-hochberg", "fdr_bh")])
def test_corrections_pass_over_missing_tests(method, theirs):
    values = np.array([0.001, np.nan, 0.04, 0.03, 0.9])
    ours = adjusted_p_values(values, method=method)
    assert np.isnan(ours[1])
    assert ours[[0, 2, 3, 4]] == pytest.approx(multipletests(values[[0, 2, 3, 4]], method=theirs)[1])
    assert adjusted_p_values([]).size == 0


def test_bad_corrections_are_refused():
    with pytest.raises(ValueError, match="allowed: holm"):
        adjusted_p_values([0.1], method="bonferroni")
    with pytest.raises(ValueError, match="outside"):
        adjusted_p_values([1.1])


@pytest.mark.parametrize("counts", [(900, 1000, 905, 1000), (9000, 10_000, 9010, 10_000), (45, 50, 44, 50)])
def test_equivalence_is_the_interval_within_the_margin(counts):
    p_value = equivalence_test(*counts, margin=0.03).p_value
    low, high = newcombe_interval(*counts, confidence=0.9)[1:]
    assert (p_value < 0.05) == (low > -0.03 and high < 0.03)
    _, low, high = newcombe_interval(*counts, confidence=1 - 2 * p_value)
    assert max(high, -low) == pytest.approx(0.03, abs=1e-6)


def test_equivalence_at_its_ends():
    assert equivalence_test(60, 100, 40, 100, margin=0.05).p_value == 1
    assert equivalence_test(500_000, 10**6, 500_000, 10**6, margin=0.05).p_value < 1e-12
    assert np.isnan(equivalence_test(0, 0, 4, 10, margin=0.05).p_value)
    with pytest.raises(ValueError, match="margin"):
        equivalence_test(1, 2, 1, 2, margin=0)


def test_equivalence_keeps_its_level_at_the_margin():
    rng = np.random.default_rng(3)
    pairs = zip(rng.binomial(500, 0.35, 500), rng.binomial(500, 0.3, 500), strict=True)
    shown = np.mean([equivalence_test(a, 500, b, 500, margin=0.05).p_value < 0.05 for a, b in pairs])
    assert shown <= 0.08


@pytest.mark.parametrize(("b", "c"), [(1, 9), (0, 6), (25, 31), (7, 7)])
def test_mcnemar_agrees_with_statsmodels(b, c):
    assert mcnemar_test(b, c).p_value == pytest.approx(
        mcnemar([[5, b], [c, 5]], exact=True).pvalue, abs=1e-12
    )


def test_models_that_never_differ_arent_different():
    assert mcnemar_test(0, 0).p_value == 1


@pytest.mark.parametrize(
    ("cells", "published"),
    [
        # Newcombe (1998), Statistics in Medicine 17, 2635-2650, table III, method 10.
        ((36, 12, 2, 0), (0.0569, 0.3404)),
        ((43, 0, 1, 6), None),
    ],
)
def test_paired_interval_as_published(cells, published):
    gap, low, high = paired_difference_interval(*cells)
    assert gap == pytest.approx((cells[1] - cells[2]) / sum(cells))
    assert low <= gap <= high
    if published:
        assert (low, high) == pytest.approx(published, abs=5e-5)


def test_paired_interval_covers():
    rng = np.random.default_rng(4)
    tables = rng.multinomial(100, [0.6, 0.15, 0.1, 0.15], 2000)
    limits = [paired_difference_interval(*(int(x) for x in cells))[1:] for cells in tables]
    assert 0.93 <= np.mean([low <= 0.05 <= high for low, high in limits]) <= 0.98


def test_identical_models_still_have_an_interval():
    gap, low, high = paired_difference_interval(50, 0, 0, 50)
    assert gap == 0
    assert low < 0 < high
    assert high - low < wilson_interval(50, 100).high - wilson_interval(50, 100).low
    assert np.isnan(paired_difference_interval(0, 0, 0, 0)).all()
