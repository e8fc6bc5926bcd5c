"""Onsets: simulated changes whose time is known."""

from __future__ import annotations

import numpy as np
import pytest

from raikit.stats.changes import onset
from raikit.stats.quiet import QuietRate

QUIET = QuietRate(0.1, 14_000.0, 70, 1.0, ())


def drawn(seed: int, begins: float, lasts: float) -> tuple[np.ndarray, np.ndarray]:
    """Return 60 windows of 200 rows whose rate goes from .1 to .2 within `lasts` windows."""
    random = np.random.default_rng(seed)
    fine = np.arange(0, 60, 1 / 50)
    share = np.clip((fine - begins) / max(lasts, 1e-9), 0, 1).reshape(60, 50).mean(axis=1)
    n = random.poisson(200, 60).astype(float)
    return random.binomial(n.astype(int), 0.1 + 0.1 * share).astype(float), n


@pytest.mark.parametrize(("parts", "lasts"), [(1, 0.0), (12, 0.0), (12, 10.0)])
def test_the_interval_covers_the_beginning(parts: int, lasts: float) -> None:
    covered, width, gradual = [], [], []
    for seed in range(60):
        begins = 25 + (np.random.default_rng(seed).uniform(0, 10) if parts > 1 else float(seed % 10))
        k, n = drawn(1000 + seed, begins, lasts)
        found = onset(k, n, QUIET, start=int(np.ceil(begins + lasts / 2)), end=60, parts=parts)
        covered.append(found.low - 1e-9 <= begins <= found.high + 1e-9)
        width.append(found.high - found.low)
        gradual.append(found.gradual)
    assert np.mean(covered) >= 0.85
    if lasts:
        assert np.mean(gradual) >= 0.5
    else:
        assert np.median(width) <= 3
        assert np.mean(gradual) <= 0.15


def test_an_earlier_episode_is_not_looked_at() -> None:
    k, n = np.array([90.0] * 10 + [20.0] * 10 + [60.0] * 10), np.full(30, 200.0)
    found = onset(k, n, QUIET, start=20, end=30, after=10)
    assert found[:3] == (20.0, 20.0, 20.0)


def test_a_single_window_is_its_own_onset() -> None:
    k, n = np.array([20.0] * 10 + [90.0] + [20.0] * 5), np.full(16, 200.0)
    assert onset(k, n, QUIET, start=10, end=11)[:3] == (10.0, 10.0, 10.0)
