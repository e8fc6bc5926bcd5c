"""Weights and clusters: closed forms, and simulated coverage."""

from __future__ import annotations

import numpy as np
import pytest

from raikit.stats.effective import clustered_counts, clustered_interval, weighted_counts, weighted_interval
from raikit.stats.intervals import wilson_interval


def test_equal_weights_give_wilson_whatever_their_scale():
    for scale in (1.0, 0.37, 1e6):
        ours = weighted_interval(30 * scale, 30 * scale**2, 80 * scale, 80 * scale**2)
        assert [float(x) for x in ours] == pytest.approx(wilson_interval(30, 80), abs=1e-12)


def test_all_weights_zero_is_undefined():
    assert np.isnan(weighted_interval(0.0, 0.0, 0.0, 0.0)).all()
    assert weighted_counts(0.0, 0.0, 0.0, 0.0)[1] == 0


def test_all_successes_are_worth_kishs_size():
    # (sum w)^2 / sum w^2 by hand: weights 1, 1, 4 -> 36 / 18.
    assert weighted_counts(6.0, 18.0, 6.0, 18.0)[1] == pytest.approx(2.0)


def test_weighted_interval_covers():
    rng = np.random.default_rng(2)
    weights = rng.lognormal(0, 0.8, (2000, 400))
    hit = rng.random((2000, 400)) < 0.15
    sums = [(weights * hit), (weights * hit) ** 2, weights, weights**2]
    _, low, high = weighted_interval(*(part.sum(axis=1) for part in sums))
    assert 0.93 <= ((low <= 0.15) & (high >= 0.15)).mean() <= 0.97


def test_repeated_prompts_are_worth_what_the_design_effect_says():
    # 200 prompts, five repeats, correlation .6 within a prompt: 1000 / (1 + 4 * .6) = 294 independent ones.
    rng = np.random.default_rng(4)
    sizes = []
    for _ in range(300):
        own = rng.random(200) < 0.7
        same = rng.random((200, 5)) < np.sqrt(0.6)
        hit = np.where(same, own[:, None], rng.random((200, 5)) < 0.7)
        sizes.append(clustered_counts(hit.sum(axis=1), [5] * 200)[1])
    assert np.mean(sizes) == pytest.approx(294, rel=0.03)


def test_clustered_interval_covers_with_few_clusters():
    rng = np.random.default_rng(6)
    chance = rng.beta(2, 3, (2000, 25))
    n = rng.integers(5, 30, (2000, 25))
    intervals = [clustered_interval(k, m) for k, m in zip(rng.binomial(n, chance), n, strict=True)]
    covered = np.mean([low <= 0.4 <= high for _, low, high in intervals])
    assert 0.93 <= covered <= 0.98


def test_one_cluster_tells_nothing_and_no_cluster_is_undefined():
    assert clustered_interval([3], [4]) == (0.75, 0.0, 1.0)
    assert np.isnan(clustered_interval([], [])).all()
    assert clustered_counts([0, 0], [0, 0]) == (0.0, 0.0)
