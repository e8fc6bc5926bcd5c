"""Quiet rates: expected values by hand, and from simulated series whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from raikit.stats.quiet import QuietRate, quiet_rate


def test_independent_rows_vary_binomially() -> None:
    random = np.random.default_rng(7)
    held = quiet_rate(random.binomial(200, 0.1, 500), np.full(500, 200))
    assert held.rate == pytest.approx(0.1, abs=0.003)
    assert held.dispersion == pytest.approx(1.0, abs=0.15)
    assert float(held.factor(7)) == pytest.approx(1.0, abs=0.5)


def test_dispersion_and_likeness_are_those_put_in() -> None:
    random = np.random.default_rng(7)
    level = np.zeros(2000)
    for at in range(1, 2000):  # an autoregression with correlation .6
        level[at] = 0.6 * level[at - 1] + random.normal(scale=0.8)
    rate = np.clip(0.2 + 0.03 * level, 0.01, 0.99)
    held = quiet_rate(random.binomial(500, rate), np.full(2000, 500))
    # by hand: binomial variance .2 x .8 / 500 = .00032, that of the level .0009: 1 + .0009 / .00032
    assert held.dispersion == pytest.approx(3.81, rel=0.12)
    assert held.correlations[0] == pytest.approx(0.6 * 0.0009 / 0.00122, abs=0.06)
    sums = random.binomial(500, rate)[: 1995 // 7 * 7].reshape(-1, 7).sum(axis=1)
    measured = sums.var() / (3500 * 0.2 * 0.8)
    assert float(held.factor(7)) == pytest.approx(measured, rel=0.25)


def test_an_estimated_rate_widens_what_is_compared_with_it() -> None:
    held = QuietRate(0.1, 1000.0, 10, 2.0, ())
    assert float(held.factor(1, 1000.0)) == 4.0


@pytest.mark.parametrize(("k", "n"), [([0] * 20, [50] * 20), ([50] * 20, [50] * 20), ([3, 9], [50, 50])])
def test_what_cannot_be_measured_counts_as_independent(k: list[int], n: list[int]) -> None:
    held = quiet_rate(k, n)
    assert (held.dispersion, held.correlations) == (1.0, ())
