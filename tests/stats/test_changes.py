"""Change points: against a plain loop over scipy's binomial likelihood, and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from raikit.stats.changes import chance_of_change, change_point


def test_place_and_statistic_are_those_of_a_plain_loop() -> None:
    random = np.random.default_rng(7)
    n = random.integers(50, 150, 40)
    k = random.binomial(n, np.where(np.arange(40) < 25, 0.1, 0.2))

    def likelihood(part: slice) -> float:
        return float(binom.logpmf(k[part], n[part], k[part].sum() / n[part].sum()).sum())

    gains = [
        2 * (likelihood(slice(0, at)) + likelihood(slice(at, 40)) - likelihood(slice(0, 40)))
        for at in range(1, 40)
    ]
    found = change_point(k, n)
    assert found.at == int(np.argmax(gains)) + 1
    assert found.statistic == pytest.approx(max(gains), rel=1e-9)
    inside = [at + 1 for at, gain in enumerate(gains) if gain >= max(gains) - 3.8414588]
    assert (found.low, found.high) == (inside[0], inside[-1])


def test_the_interval_covers_and_widens_with_dispersion() -> None:
    random = np.random.default_rng(11)
    covered = []
    for _ in range(300):
        place = int(random.integers(20, 60))
        k = random.binomial(200, np.where(np.arange(80) < place, 0.10, 0.16))
        found = change_point(k, [200] * 80)
        wider = change_point(k, [200] * 80, dispersion=3.0)
        assert wider.low <= found.low <= found.high <= wider.high
        covered.append(found.low <= place <= found.high)
    assert np.mean(covered) > 0.90


def test_quiet_data_with_alike_days_seldom_stand_out() -> None:
    """Simulation: days of a week share a level; their counts vary several times more than binomially."""
    random = np.random.default_rng(13)
    chances = []
    for seed in range(60):
        level = np.repeat(random.beta(18, 72, size=30), 7)  # a week's rate around .2
        k, n = random.binomial(100, level), np.full(210, 100)
        chances.append(chance_of_change(k, n, replicates=199, seed=seed))
    assert np.mean(np.array(chances) <= 0.05) <= 0.15


def test_too_few_quiet_windows_are_undefined() -> None:
    assert np.isnan(chance_of_change([1, 2] * 34, [10] * 68, seed=7))


@pytest.mark.parametrize(
    ("k", "n", "dispersion", "message"),
    [
        ([1], [2], 1.0, "windows: 1"),
        ([3, 1], [2, 2], 1.0, "counts: 3 of 2"),
        ([1, 1], [2, 2], 0.5, "dispersion"),
        ([0, 0], [0, 0], 1.0, "with rows"),
    ],
)
def test_impossible_input_is_refused(k: list[int], n: list[int], dispersion: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        change_point(k, n, dispersion=dispersion)
