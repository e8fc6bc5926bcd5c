"""Bootstrap of counts: distribution of the draws, coverage by simulation, honest refusals."""

from __future__ import annotations

import time

import numpy as np
import pytest

from raikit.stats.bootstrap import (
    bootstrap_interval,
    interval_from_draws,
    resampled,
    resampled_clusters,
    resampled_weighted,
)
from raikit.stats.metrics import rate_counts

RATES = ["true_positive_rate", "true_negative_rate"]


def balanced_accuracy(cells):
    return sum(k / n for k, n in (rate_counts(rate, cells) for rate in RATES))[..., 0] / 2


def f1_difference(cells):
    k, n = rate_counts("f1", cells)
    share = k / n
    f1 = 2 * share / (1 + share)
    return f1[..., 0] - f1[..., 1]


def table(*groups) -> np.ndarray:
    cells = np.zeros((len(groups), 3, 3), dtype=np.int64)
    for position, (tp, fn, fp, tn) in enumerate(groups):
        cells[position, :2, :2] = [[tp, fn], [fp, tn]]
    return cells


def simulated_coverage(statistic, rates, shares, groups: int, rows: int, samples: int = 500) -> float:
    rng = np.random.default_rng(9)
    full = np.zeros((groups, 3, 3))
    full[:, :2, :2] = np.asarray(shares).reshape(groups, 2, 2)
    truth = float(statistic(full[None])[0])
    covered, judged = 0, 0
    for position in range(samples):
        cells = rng.multinomial(rows, full.ravel() / full.sum()).reshape(full.shape)
        result = bootstrap_interval(statistic, cells, rates=rates, seed=position)
        judged += result.status == "ok"
        covered += result.status == "ok" and result.low <= truth <= result.high
    assert judged > 0.5 * samples
    return covered / judged


@pytest.mark.parametrize(("rows", "shares"), [(150, (0.3, 0.12, 0.1, 0.48)), (400, (0.45, 0.05, 0.06, 0.44))])
def test_balanced_accuracy_covers(rows, shares):
    # Binomial error of 500 samples at .95: about .01.
    assert 0.92 <= simulated_coverage(balanced_accuracy, RATES, shares, 1, rows) <= 0.98


def test_f1_difference_covers():
    shares = (0.2, 0.06, 0.05, 0.19, 0.15, 0.1, 0.05, 0.2)
    assert 0.92 <= simulated_coverage(f1_difference, ["f1"], shares, 2, 300) <= 0.98


def test_too_few_successes_or_failures_are_insufficient():
    result = bootstrap_interval(balanced_accuracy, table((95, 5, 40, 60)), rates=RATES, seed=1)
    assert result.status == "insufficient"
    assert np.isnan([result.low, result.high]).all()
    assert result.estimate == pytest.approx(0.775)


def test_no_positives_is_undefined():
    result = bootstrap_interval(balanced_accuracy, table((0, 0, 40, 60)), rates=RATES, seed=1)
    assert result.status == "undefined"
    assert np.isnan(result.estimate)


def test_draws_keep_the_total_and_have_multinomial_moments():
    cells = np.array([[50, 0], [200, 750]])
    draws = resampled(cells, replicates=20_000, seed=3)
    assert (draws.sum(axis=(1, 2)) == 1000).all()
    assert draws.mean(axis=0) == pytest.approx(cells, abs=0.5)
    assert draws.var(axis=0) == pytest.approx(cells * (1 - cells / 1000), rel=0.05)
    assert (resampled(cells, replicates=5, seed=3) == draws[:5]).all()


def test_weighted_draws_have_the_moments_of_the_bayesian_bootstrap():
    # Oracle: exponential multiplicities on the rows themselves.
    rng = np.random.default_rng(1)
    weights = rng.lognormal(0, 1, 200)
    rows = (rng.exponential(size=(20_000, 200)) * weights).sum(axis=1)
    draws = resampled_weighted([weights.sum()], [(weights**2).sum()], replicates=20_000, seed=2)[:, 0]
    assert draws.mean() == pytest.approx(rows.mean(), rel=0.01)
    assert draws.std() == pytest.approx(rows.std(), rel=0.03)
    assert (resampled_weighted([0.0, 3.0], [0.0, 9.0], replicates=4, seed=2)[:, 0] == 0).all()


def test_cluster_draws_agree_with_resampling_clusters_one_by_one():
    rng = np.random.default_rng(5)
    sums = rng.integers(0, 3, (300, 2))
    chosen = rng.integers(0, 300, (20_000, 300))
    expected = np.stack([sums[:, c][chosen].sum(axis=1) for c in range(2)], axis=1)
    draws = resampled_clusters(sums, replicates=20_000, seed=6)
    assert draws.mean(axis=0) == pytest.approx(expected.mean(axis=0), rel=0.005)
    assert np.cov(draws.T) == pytest.approx(np.cov(expected.T), abs=0.05 * np.var(expected[:, 0]))


def test_any_draws_give_an_interval():
    cells = table((80, 20, 30, 170))
    w, w2 = cells * 1.0, cells * 1.0
    draws = resampled_weighted(w, w2, replicates=2000, seed=1)
    weighted = interval_from_draws(balanced_accuracy, w, draws, sufficient=True)
    plain = bootstrap_interval(balanced_accuracy, cells, rates=RATES, seed=1)
    assert (weighted.low, weighted.high) == pytest.approx((plain.low, plain.high), abs=0.01)


def test_a_thousand_replicates_take_no_longer_with_more_rows():
    groups = np.random.default_rng(0).integers(20, 60, (60, 4))
    took = []
    for factor in (1, 100_000):
        cells = table(*(groups * factor))
        start = time.perf_counter()
        resampled(cells, replicates=1000, seed=1)
        took.append(time.perf_counter() - start)
    assert took[1] < 0.5  # .02 s on a free core; rows of this many would take minutes
