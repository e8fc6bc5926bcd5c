"""Cramér's V against scipy, a hand calculation and a simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ncx2
from scipy.stats.contingency import association

from raikit.stats.association import cramers_v_interval


@pytest.mark.parametrize("table", [[[40, 10], [20, 30]], [[5, 9, 2], [7, 1, 30]], [[1, 2], [3, 4], [50, 6]]])
def test_v_is_scipys(table: list[list[int]]) -> None:
    assert cramers_v_interval(table).estimate == pytest.approx(association(table, method="cramer"), abs=1e-12)


def test_limits_put_the_statistic_at_the_tails_of_the_noncentral_distribution() -> None:
    _, low, high = cramers_v_interval(
        [[40, 10], [20, 30]]
    )  # chi-squared 100/6 by hand, one degree of freedom
    assert ncx2.cdf(100 / 6, 1, 100 * low**2) == pytest.approx(0.975)
    assert ncx2.cdf(100 / 6, 1, 100 * high**2) == pytest.approx(0.025)


def test_independence_has_a_lower_limit_of_zero_and_an_upper_above_it() -> None:
    estimate, low, high = cramers_v_interval([[50, 50], [50, 50]])
    assert (estimate, low) == (0, 0)
    assert 0.1 < high < 0.3
    assert np.isnan(cramers_v_interval([[5, 7]]).estimate)


def test_coverage_by_simulation() -> None:
    share = np.array([[0.2, 0.1, 0.1], [0.1, 0.25, 0.25]])
    expected = np.outer(share.sum(axis=1), share.sum(axis=0))
    true = float(np.sqrt(((share - expected) ** 2 / expected).sum()))
    rng = np.random.default_rng(7)
    found = [cramers_v_interval(rng.multinomial(300, share.ravel()).reshape(2, 3)) for _ in range(300)]
    assert np.mean([each.low <= true <= each.high for each in found]) >= 0.92
