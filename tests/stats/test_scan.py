"""Scans and episodes: by hand, by brute force, against ruptures, and on simulated quiet data."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from raikit.stats.episodes import episodes
from raikit.stats.quiet import QuietRate, quiet_rate
from raikit.stats.scan import Chance, chance, gain, gains
from raikit.stats.segmentation import best_cuts

PLAIN = QuietRate(0.1, 10_000.0, 50, 1.0, ())


def test_gain_is_the_likelihood_ratio() -> None:
    from scipy.stats import binom

    found = gain(np.array([30.0]), np.array([100.0]), PLAIN, np.array([1.0]))
    expected = 2 * (binom.logpmf(30, 100, 0.3) - binom.logpmf(30, 100, 0.1))
    assert found[0] == pytest.approx(expected)
    assert gain(np.array([0.0]), np.array([0.0]), PLAIN, np.array([1.0]))[0] == 0


def test_best_cuts_are_the_optimum_of_all_cuts() -> None:
    random = np.random.default_rng(7)
    for _ in range(20):
        values = random.exponential(2, (8, 8)) * np.triu(np.ones((8, 8)), 1)
        found = sum(values[cut] - 1.5 for cut in best_cuts(values, 1.5))
        best = max(
            sum(values[a, b] - 1.5 for a, b in pairwise(edges))
            for bits in range(2**6)
            for edges in [[0, *(at + 1 for at in range(6) if bits >> at & 1), 7]]
        )
        assert found == pytest.approx(best)


def test_best_cuts_are_those_of_ruptures() -> None:
    base = pytest.importorskip("ruptures.base")
    ruptures = pytest.importorskip("ruptures")
    random = np.random.default_rng(7)
    k = random.binomial(200, np.repeat([0.1, 0.3, 0.1, 0.15], [30, 10, 30, 20])).astype(float)
    table = gains(k, np.full(90, 200.0), PLAIN)

    class Cost(base.BaseCost):
        model, min_size = "gain", 1

        def fit(self, signal):
            self.signal = signal
            return self

        def error(self, start, end):
            return -table[start, end]

    found = ruptures.Pelt(custom_cost=Cost(), min_size=1, jump=1).fit(k.reshape(-1, 1)).predict(pen=3.84)
    assert [end for _, end in best_cuts(table, 3.84)] == found


def test_the_largest_gain_is_that_of_all_stretches() -> None:
    from scipy.stats import binom

    random = np.random.default_rng(7)
    n = np.array([*random.integers(20, 90, 15), 0.0])
    series = [(random.binomial(n.astype(int), rate).astype(float), n) for rate in (0.01, 0.9, 0.2)]
    held = chance(series, np.ones(16, dtype=bool), block=16, replicates=2, seed=7)  # one block: as it is
    expected = 0.0
    for k, _ in series:
        usual = quiet_rate(k, n)
        for first, end in zip(*np.triu_indices(17, 1), strict=True):
            shown, rows = k[first:end].sum(), n[first:end].sum()
            if rows:
                found = binom.logpmf(shown, rows, shown / rows) - binom.logpmf(shown, rows, usual.rate)
                expected = max(expected, 2 * found / float(usual.factor(end - first, rows)))
    assert held.resampled == pytest.approx([expected] * 2)


def test_quiet_data_are_claimed_as_seldom_as_stated() -> None:
    claimed = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        week = 1 + 0.3 * np.sin(np.arange(140) * 2 * np.pi / 7)  # the days of a week differ
        k = random.binomial(300, np.clip(0.05 * week * random.gamma(8, 1 / 8, 140), 0, 1)).astype(float)
        n, quiet = np.full(140, 300.0), np.arange(140) < 84
        held = chance([(k, n)], quiet, block=7, replicates=99, seed=seed)
        usual = quiet_rate(k[quiet], n[quiet])
        claimed += bool(episodes(k, n, usual, held.threshold(0.95)))
    assert claimed <= 6  # 2 expected; above 6 has a probability of .003


def test_episodes_have_their_ends_and_order() -> None:
    n = np.full(60, 200.0)
    k = np.full(60, 20.0)
    k[20:23], k[40:50], k[50:] = 80, 60, 5
    found = episodes(k, n, PLAIN, 12.0)
    assert [(each.first, each.end, each.excess) for each in found] == [
        (40, 50, 400.0), (20, 23, 180.0), (50, 60, -150.0)
    ]  # fmt: skip


def test_a_peak_is_no_part_of_a_low_neighbour() -> None:
    k = np.array([20.0] * 10 + [40.0] * 8 + [150.0] + [20.0] * 10)
    found = episodes(k, np.full(len(k), 200.0), PLAIN, 12.0)
    assert {(each.first, each.end) for each in found} == {(10, 18), (18, 19)}


def test_chance_counts_itself() -> None:
    held = Chance(np.arange(1.0, 100.0), np.arange(2.0, 101.0), 10, 7)
    assert held.of(1000.0) == 0.01
    assert held.of(50.0) == 0.52
    assert held.threshold(0.95) == 96.0
