"""Simultaneous contrasts: tabulated critical values, and simulation of groups that are alike."""

from __future__ import annotations

import numpy as np
import pytest

from raikit.stats.contrasts import (
    largest_gap,
    pairwise_differences,
    pairwise_ratios,
    simultaneous_critical_value,
)
from raikit.stats.intervals import difference_limits, koopman_interval, newcombe_interval


@pytest.mark.parametrize(
    ("groups", "tabulated"), [(2, 2.772), (3, 3.314), (6, 4.030), (10, 4.474), (20, 5.012)]
)
def test_critical_value_is_the_tabulated_studentized_range(groups, tabulated):
    # Upper 5% points at infinite degrees of freedom, from the usual textbook table.
    assert simultaneous_critical_value(groups, 0.95) * np.sqrt(2) == pytest.approx(tabulated, abs=1e-3)


def test_two_groups_give_the_ordinary_intervals():
    gap = pairwise_differences([30, 40], [50, 60]).iloc[0]
    assert tuple(gap[2:]) == pytest.approx(newcombe_interval(30, 50, 40, 60), abs=1e-9)
    ratio = pairwise_ratios([30, 40], [50, 60]).iloc[0]
    assert tuple(ratio[2:]) == pytest.approx(koopman_interval(30, 50, 40, 60), rel=1e-9)


@pytest.mark.parametrize(("rows", "rate"), [(166, 0.5), (166, 0.1), (3000, 0.2)])
def test_six_equal_groups_are_rarely_called_different(rows, rate):
    # A percentile bootstrap of max - min flags 100%. Binomial error of 20,000 samples: about .002.
    k = np.random.default_rng(11).binomial(rows, rate, (20_000, 6)).astype(float)
    first, second = np.triu_indices(6, 1)
    critical, n = simultaneous_critical_value(6, 0.95), np.asarray(float(rows))
    _, low, high = difference_limits(k[:, first], n, k[:, second], n, critical)
    assert ((low > 0) | (high < 0)).any(axis=1).mean() <= 0.06
    shown = pairwise_differences(k[0], np.full(6, rows))
    assert shown["low"].to_numpy() == pytest.approx(low[0])
    assert largest_gap((k[0], np.full(6, rows))).low == pytest.approx(max(low[0].max(), -high[0].min(), 0))


def test_largest_gap_covers_a_true_gap():
    # The true largest gap is .15; the percentile bootstrap covers it in 60-67% of samples.
    rng = np.random.default_rng(5)
    n, rates = np.full(6, 166), np.array([0.5, 0.5, 0.5, 0.5, 0.5, 0.35])
    intervals = [largest_gap((k, n)) for k in rng.binomial(n, rates, (400, 6))]
    covered = np.mean([low <= 0.15 <= high for _, low, high in intervals])
    assert covered >= 0.94


def test_equalized_odds_takes_the_larger_of_two_rates():
    # fairlearn's example of 18 rows: TPR .5/.6/.4 would give .2, FPR 1/0/.667 gives 1.
    odds = largest_gap(([1, 3, 2], [2, 5, 5]), ([2, 0, 2], [2, 1, 3]))
    assert odds.estimate == pytest.approx(1.0)
    assert odds.low <= odds.estimate <= odds.high


def test_an_empty_group_is_undefined_and_isnt_counted():
    pairs = pairwise_differences([30, 0, 20], [50, 0, 50])
    alone = pairwise_differences([30, 20], [50, 50])
    assert pairs["estimate"].isna().tolist() == [True, False, True]
    assert tuple(pairs.iloc[1, 2:]) == pytest.approx(tuple(alone.iloc[0, 2:]))
    assert np.isnan(largest_gap(([30, 0], [50, 0])).estimate)


def test_one_group_has_no_pairs():
    assert len(pairwise_differences([3], [9])) == 0
    assert np.isnan(largest_gap(([3], [9])).estimate)


def test_ten_thousand_groups_are_refused_with_advice():
    with pytest.raises(ValueError, match="pool groups"):
        pairwise_differences(np.ones(10_000), np.full(10_000, 5))
