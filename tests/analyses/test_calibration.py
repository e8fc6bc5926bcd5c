"""Outcomes over time: dispersion against statsmodels, intervals by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from raikit.analyses.calibration import (
    Dispersion,
    by_window,
    measured_dispersion,
    miscalibrated_runs,
    outcome_rows,
)

WEEKS = 26


def outcomes(seed: int, *, gap: float = 0.0) -> pd.DataFrame:
    """Days of half a year: each week has a rate of its own; predictions are .2, off by `gap` in the end."""
    random = np.random.default_rng(seed)
    rate = np.repeat(random.beta(40, 160, WEEKS), 7) - gap * (np.arange(WEEKS * 7) >= 120)
    days = pd.date_range("2025-01-06", periods=WEEKS * 7)
    n = np.full(len(days), 200.0)
    k = random.binomial(200, rate).astype(float)
    return pd.DataFrame({"day": days, "n": n, "k": k, "s": n * 0.2, "s2": n * 0.04})


def test_dispersion_is_pearsons_of_statsmodels() -> None:
    import statsmodels.api as sm

    days = outcomes(7)
    weeks = days.groupby(np.arange(len(days)) // 7)[["n", "k"]].sum()
    counts = np.column_stack([weeks["k"], weeks["n"] - weeks["k"]])
    fit = sm.GLM(counts, np.ones(WEEKS), family=sm.families.Binomial()).fit()
    made = measured_dispersion(days[["day", "n", "k"]])
    assert made.factor == pytest.approx(fit.pearson_chi2 / fit.df_resid, rel=1e-9)
    assert made.blocks == WEEKS


def test_few_weeks_give_no_dispersion() -> None:
    assert measured_dispersion(outcomes(7)[:49]) == Dispersion(1.0, 0)


def test_critical_values_are_students() -> None:
    from scipy.stats import norm, t

    assert Dispersion(3.0, 26).critical_value(0.95) == pytest.approx(t.ppf(0.975, 25))
    assert Dispersion(1.0, 0).critical_value(0.95, 5) == pytest.approx(norm.ppf(0.995))


def test_calibration_error_is_a_size_whose_interval_faces_zero() -> None:
    sums = pd.DataFrame({"n": [1000.0], "k": [150.0], "s": [200.0], "s2": [40.0], "slice": [{"window": "x"}]})
    row = outcome_rows(sums, Dispersion(1.0, 0), confidence=0.95, min_n=30).iloc[-1]
    half = 1.959964 * np.sqrt(
        0.15 * 0.85 / 1000
    )  # by hand: .05 less and more 1.96 standard errors of the rate
    assert row["metric"] == "calibration_error"
    assert (row["estimate"], row["low"], row["high"]) == pytest.approx(
        (0.05, 0.05 - half, 0.05 + half), abs=1e-6
    )


def test_quiet_predictions_are_seldom_called_miscalibrated_and_a_gap_is_found() -> None:
    """Simulation: weeks vary by more than binomially; one reference half-year, judged on another."""
    found = {0.0: [], 0.12: []}
    for gap, runs in found.items():
        for seed in range(60):
            dispersion = measured_dispersion(outcomes(1_000 + seed))
            windows = by_window(outcomes(seed, gap=gap), "month")
            runs.append(len(miscalibrated_runs(windows, dispersion, confidence=0.95, min_n=30)) > 0)
    assert np.mean(found[0.0]) <= 0.1
    assert np.mean(found[0.12]) > 0.9
