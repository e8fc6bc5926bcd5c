"""AUC: against scikit-learn, DeLong by the definition, bounds by the definition, coverage by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from raikit.stats.auc import auc_bounds, auc_difference_interval, auc_interval, score_counts
from raikit.stats.tally import count


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    label = rng.integers(0, 2, 2000)
    score = np.round(1 / (1 + np.exp(-rng.normal(label, 1.2))), 3)
    return pd.DataFrame({"y": label, "p": score, "g": rng.choice(["a", "b"], 2000)})


@pytest.mark.parametrize("engine", [lambda frame: frame, pl.from_pandas])
def test_area_agrees_with_scikit_learn_by_group(frame, engine):
    found = score_counts(engine(frame), label="y", score="p", by=["g"])
    assert set(found) == {("a",), ("b",)}
    for (group,), counts in found.items():
        rows = frame[frame["g"] == group]
        assert auc_interval(*counts).estimate == pytest.approx(roc_auc_score(rows["y"], rows["p"]), abs=1e-9)


def test_variance_is_delongs_by_definition(frame):
    rows = frame[:300]
    up, down = (rows.loc[rows["y"] == value, "p"].to_numpy() for value in (1, 0))
    wins = (up[:, None] > down) + 0.5 * (up[:, None] == down)
    variance = wins.mean(axis=1).var(ddof=1) / len(up) + wins.mean(axis=0).var(ddof=1) / len(down)
    area, low, high = auc_interval(*score_counts(rows, label="y", score="p")[()], confidence=0.05)
    # At a small critical value Wilson's interval is that many standard errors wide.
    assert (high - low) / (2 * 0.0627067779) == pytest.approx(np.sqrt(variance), rel=1e-3)
    assert area == pytest.approx(wins.mean())


def test_bins_bound_the_exact_area(frame):
    exact = roc_auc_score(frame["y"], frame["p"])
    cells = count(frame, ["y"], score="p").cells.pivot_table(
        "n", "score_bin", "y", aggfunc="sum", fill_value=0
    )
    estimate, low, high = auc_bounds(cells[1], cells[0])
    assert low <= exact <= high
    assert high - low < 0.03
    assert estimate == pytest.approx((low + high) / 2)


@pytest.mark.parametrize("shift", [0.5, 2.0])
def test_interval_covers(shift):
    from scipy.stats import norm

    rng = np.random.default_rng(3)
    truth = norm.cdf(shift / np.sqrt(2))
    covered = 0
    for _ in range(600):
        scores = np.concatenate([rng.normal(shift, 1, 60), rng.normal(0, 1, 60)])
        up = (np.arange(120) < 60)[np.argsort(scores)]
        _, low, high = auc_interval(up, ~up)
        covered += low <= truth <= high
    assert 0.93 <= covered / 600 <= 0.98


def test_perfect_constant_and_missing():
    perfect = auc_interval([0, 0, 5, 5], [5, 5, 0, 0])
    assert perfect.estimate == 1
    assert 0.5 < perfect.low < 0.9
    constant = auc_interval([10], [10])
    assert constant.estimate == 0.5
    assert constant.low < 0.5 < constant.high
    assert np.isnan(auc_interval([3, 4], [0, 0])).all()
    assert np.isnan(auc_bounds([], [])).all()


def test_rows_without_score_or_label_are_left_out():
    table = pd.DataFrame({"y": [0, 1, None, 1], "p": [0.1, 0.9, 0.5, None], "g": [None, None, "a", None]})
    found = score_counts(table, label="y", score="p", by=["g"])
    assert [part.tolist() for part in found[(None,)]] == [[0, 1], [1, 0]]
    assert np.isnan(auc_interval(*found[("a",)])).all()


def test_a_paired_difference_is_that_of_delongs_components_counted_one_by_one():
    draw = np.random.default_rng(8)
    event = draw.integers(0, 2, 60)
    first, second = np.round(draw.normal(event, 1), 1), np.round(draw.normal(event * 0.4, 1), 1)
    estimate, low, high = auc_difference_interval(event, first, second)
    assert estimate == pytest.approx(roc_auc_score(event, first) - roc_auc_score(event, second), abs=1e-12)
    win = np.vectorize(lambda a, b: 1.0 if a > b else 0.5 if a == b else 0.0)
    parts = []
    for score in (first, second):
        up, down = score[event == 1], score[event == 0]
        parts.append((np.array([np.mean([win(a, b) for b in down]) for a in up]),
                      np.array([np.mean([win(a, b) for a in up]) for b in down])))  # fmt: skip
    covariances = [np.cov(parts[0][kind], parts[1][kind]) / len(parts[0][kind]) for kind in (0, 1)]
    total = covariances[0] + covariances[1]
    variance = total[0, 0] + total[1, 1] - 2 * total[0, 1]
    assert (high - low) / 2 == pytest.approx(1.959963984540054 * np.sqrt(variance), abs=1e-12)


def test_a_paired_difference_covers_and_says_what_it_needs():
    draw, hits = np.random.default_rng(9), 0
    for _ in range(400):
        event = draw.integers(0, 2, 200)
        shared = draw.normal(event, 1)
        scores = shared + draw.normal(0, 1, (2, 200))
        found = auc_difference_interval(event, *scores)
        hits += found.low <= 0 <= found.high
    assert 0.92 <= hits / 400 <= 0.98
    assert np.isnan(auc_difference_interval([1, 0, 0], [1, 2, 3], [3, 2, 1]).estimate)
    with pytest.raises(ValueError, match="as many finite numbers"):
        auc_difference_interval([1, 0], [1, 2, 3], [3, 2, 1])
