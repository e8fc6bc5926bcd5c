"""Calibration from bins: against scikit-learn, by hand, and by simulation of calibrated scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from raikit.stats.calibration import (
    brier_interval,
    calibration_bins,
    calibration_error_by_chance,
    calibration_in_the_large,
    expected_calibration_error,
)
from raikit.stats.tally import count


def drawn(rows: int, seed: int, off: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    score = rng.beta(2, 3, rows)
    return pd.DataFrame({"label": (rng.random(rows) < np.clip(score + off, 0, 1)).astype(int), "p": score})


def binned(frame: pd.DataFrame, bins: int = 10) -> pd.DataFrame:
    return calibration_bins(count(frame, ["label"], score="p", edges=np.linspace(0, 1, bins + 1)))


def test_bins_agree_with_scikit_learn():
    frame = drawn(5000, 1)
    ours = binned(frame)
    observed, predicted = calibration_curve(frame["label"], frame["p"], n_bins=10)
    assert ours["observed"].to_numpy() == pytest.approx(observed, abs=1e-12)
    assert ours["predicted"].to_numpy() == pytest.approx(predicted, abs=1e-12)
    assert (ours["low"] <= ours["observed"]).all()
    assert (ours["observed"] <= ours["high"]).all()


def test_calibrated_scores_pass_in_the_large():
    # z is standard normal for calibrated scores: 2,000 samples, binomial error .005.
    columns = ("n", "k", "s", "s2")
    rng = np.random.default_rng(1)
    p = rng.beta(2, 3, (2000, 400))
    events = (rng.random(p.shape) < p).sum(axis=1)
    sums = zip(events, p.sum(axis=1), (p**2).sum(axis=1), strict=True)
    tests = [calibration_in_the_large(400, k, s, s2) for k, s, s2 in sums]
    assert np.mean([test.p_value < 0.05 for test in tests]) == pytest.approx(0.05, abs=0.015)
    assert np.std([test.z for test in tests]) == pytest.approx(1, abs=0.05)
    off = binned(drawn(2000, 1, off=0.05))
    assert calibration_in_the_large(*(off[c] for c in columns)).z > 3


def test_z_is_the_rows_own():
    frame = drawn(300, 5)
    p = frame["p"]
    expected = (frame["label"].sum() - p.sum()) / np.sqrt((p * (1 - p)).sum())
    bins = binned(frame)
    assert calibration_in_the_large(bins["n"], bins["k"], bins["s"], bins["s2"]).z == pytest.approx(
        expected, abs=1e-9
    )


def test_expected_calibration_error_by_definition_and_its_coverage():
    truth = 0.05  # every score is .05 too low, and scores stay within [0, .95]
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        p = rng.uniform(0.05, 0.9, 1000)
        frame = pd.DataFrame({"label": (rng.random(1000) < p + truth).astype(int), "p": p})
        bins = binned(frame)
        estimate, low, high = expected_calibration_error(bins["n"], bins["k"], bins["s"])
        covered += low <= truth <= high
    assert covered / 200 >= 0.95
    by_hand = sum(r.n / 1000 * abs(r.observed - r.predicted) for r in bins.itertuples())
    assert estimate == pytest.approx(by_hand)


def test_chance_alone_makes_this_much_error():
    errors = []
    for seed in range(100):
        bins = binned(drawn(1000, seed))
        errors.append(expected_calibration_error(bins["n"], bins["k"], bins["s"]).estimate)
    assert calibration_error_by_chance(bins["n"], bins["s"]) == pytest.approx(np.mean(errors), rel=0.1)


def test_brier_score_is_exact_and_its_interval_that_of_the_rows():
    frame = drawn(5000, 2)
    cells = count(frame, ["label"], score="p").cells
    estimate, low, high = brier_interval(cells["n"], cells["label"] == 1, cells["s"], cells["s2"])
    assert estimate == pytest.approx(brier_score_loss(frame["label"], frame["p"]), abs=1e-9)
    error = (frame["label"] - frame["p"]) ** 2
    assert (high - low) / 2 == pytest.approx(1.959964 * error.std(ddof=0) / np.sqrt(5000), rel=0.01)


def test_nothing_observed_is_undefined():
    assert np.isnan(calibration_in_the_large([], [], [], [])).all()
    assert np.isnan(expected_calibration_error([0], [0], [0.0])).all()
    assert np.isnan(calibration_error_by_chance([], []))
    assert np.isnan(brier_interval([], [], [], [])).all()
    with pytest.raises(ValueError, match="no score bins"):
        calibration_bins(count(drawn(5, 1), ["label"]))
