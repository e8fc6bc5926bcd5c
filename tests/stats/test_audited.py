"""Corrected rates: against hand calculation, statsmodels' exact interval, and a small seeded simulation."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from raikit.stats.audited import corrected_rate

BENCH = Path(__file__).parents[1] / "benchmarks" / "bench_judge_audit.py"


def test_middle_is_ppi_plus_plus_by_hand() -> None:
    # Judge passes 800 of 1,000; of 100 audited at random it passes 80, people 70, all 70 among the 80.
    found = corrected_rate(800, 1000, [True] * 80 + [False] * 20, [True] * 70 + [False] * 30, [0.1] * 100)
    covariance, spread = 0.70 - 0.8 * 0.7, 0.8 * 0.2
    tuning = covariance / spread
    assert found.interval.estimate == pytest.approx(tuning * 0.8 + 0.7 - tuning * 0.8)
    wrong = np.array([1 - tuning] * 70 + [-tuning] * 10 + [0] * 20)
    variance = wrong.var(ddof=1) / 100 + tuning**2 * 0.8 * 0.2 / 1000
    reach = 1.959964 * variance**0.5
    assert found.interval.high - found.interval.low == pytest.approx(2 * reach, abs=1e-5)


def test_near_one_only_the_labels_count_and_the_interval_lies_inside_the_exact_one() -> None:
    from statsmodels.stats.proportion import proportion_confint

    human = [True] * 245 + [False] * 5
    found = corrected_rate(500, 2000, human, human, [0.125] * 250)
    low, high = proportion_confint(245, 250, method="beta")
    assert found.method == "exact (mid-P) on the audit labels"
    assert low <= found.interval.low < 0.98 < found.interval.high <= high


def test_no_failure_in_250_labels_bounds_failures_near_one_percent() -> None:
    # Mid-P by hand: half of p**250 is .025, so p = .05**(1/250)
    found = corrected_rate(1900, 2000, [True] * 250, [True] * 250, [0.125] * 250)
    assert found.interval.low == pytest.approx(0.05 ** (1 / found.effective), abs=1e-6)
    assert found.interval.low == pytest.approx(0.05 ** (1 / 250), abs=1e-4)
    assert found.interval.high == 1.0


def test_what_is_no_audit_is_refused() -> None:
    assert np.isnan(corrected_rate(5, 10, [], [], []).interval.estimate)
    with pytest.raises(ValueError, match="must lie in"):
        corrected_rate(5, 10, [True], [True], [0.0])
    with pytest.raises(ValueError, match="one length"):
        corrected_rate(5, 10, [True], [True, False], [0.5])


def test_strata_are_combined_as_by_hand() -> None:
    # Of what the judge fails (a tenth of all) half is audited: 20 of 100 fail; of what it passes, 1 of 100.
    human = [False] * 20 + [True] * 80 + [False] + [True] * 99
    judge = [False] * 100 + [True] * 100
    found = corrected_rate(1800, 2000, judge, human, [0.5] * 100 + [1 / 18] * 100).interval
    assert found.estimate == pytest.approx(1 - (0.1 * 0.20 + 0.9 * 0.01))
    parts = [
        corrected_rate(1, 2, part, part, [0.5] * 100).interval
        for part in ([False] * 1 + [True] * 99, [False] * 5 + [True] * 95)
    ]
    # The stratum of rare failures is as wide as alone; the other adds its squared distance to it.
    assert found.estimate - found.low > 0.9 * (parts[0].estimate - parts[0].low)
    assert found.high > found.estimate + 0.9 * (parts[0].high - parts[0].estimate)


def test_labels_of_uneven_probability_are_worth_fewer() -> None:
    # Kish by hand: weights 1 and 3, 100 of each, are worth 400**2 / (100 + 900) = 160 labels
    chance = [0.3, 0.1] * 100
    assert corrected_rate(5, 10, [True] * 200, [True] * 200, chance).effective == pytest.approx(160)
    # 200 probabilities, none twice: one stratum, worth what Kish says
    each = np.linspace(0.1, 0.3, 200)
    found = corrected_rate(5, 10, [True] * 200, [True] * 200, each)
    weight = 1 / each
    assert found.effective == pytest.approx(weight.sum() ** 2 / (weight**2).sum())
    assert found.interval.low == pytest.approx(0.05 ** (1 / found.effective), abs=1e-6)


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_judge_audit", BENCH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("true_rate", [0.80, 0.95, 0.98])
@pytest.mark.parametrize("audit", ["random", "by verdict"])
def test_intervals_cover(bench: ModuleType, audit: str, true_rate: float) -> None:
    # The aim is 93-98%, which the bench shows with 4,000 draws; 600 draws leave two standard errors of .018
    # around .95, so that a method that covers .91 or always is caught.
    found = bench.coverage(true_rate, audit=audit, replicates=600, seed=11)
    assert 0.92 <= found <= 0.985
