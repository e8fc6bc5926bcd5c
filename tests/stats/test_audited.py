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
    # Judge passes 800 of 1,000; of 100 audited at random it passes 80, people 60, all 60 among the 80.
    found = corrected_rate(800, 1000, [True] * 80 + [False] * 20, [True] * 60 + [False] * 40, [0.1] * 100)
    covariance, spread = 0.60 - 0.8 * 0.6, 0.8 * 0.2
    tuning = covariance / spread
    assert found.method == "ppi++"
    assert found.interval.estimate == pytest.approx(tuning * 0.8 + 0.6 - tuning * 0.8)
    wrong = np.array([1 - tuning] * 60 + [-tuning] * 20 + [0] * 20)
    variance = wrong.var(ddof=1) / 100 + tuning**2 * 0.8 * 0.2 / 1000
    reach = 1.959964 * variance**0.5
    assert found.interval.high - found.interval.low == pytest.approx(2 * reach, abs=1e-5)


def test_labels_of_one_verdict_count_alone_and_the_interval_lies_inside_the_exact_one() -> None:
    from statsmodels.stats.proportion import proportion_confint

    found = corrected_rate(1900, 2000, [True] * 250, [True] * 245 + [False] * 5, [0.125] * 250)
    low, high = proportion_confint(245, 250, method="beta")
    assert found.method == "exact (mid-P) on the audit labels, by verdict"
    assert low <= found.interval.low < 0.98 < found.interval.high <= high


def alone(passed: int, total: int) -> tuple[float, float]:
    """How far below and above its estimate a stratum reaches that is audited alone."""
    human = [True] * passed + [False] * (total - passed)
    found = corrected_rate(1900, 2000, [True] * total, human, [0.5] * total).interval
    return found.estimate - found.low, found.high - found.estimate


def test_a_random_audit_is_post_stratified_by_the_verdict() -> None:
    # Of 1,000 the judge passes 850, of 100 audited 80; people pass 76 of these and 16 of the other 20.
    judge = [True] * 80 + [False] * 20
    human = [True] * 76 + [False] * 4 + [True] * 16 + [False] * 4
    found = corrected_rate(850, 1000, judge, human, [0.1] * 100).interval
    assert found.estimate == pytest.approx(0.85 * 0.95 + 0.15 * 0.8)
    # another 1,000 items would hold other numbers of the two verdicts: variance of .15 times a proportion
    chance = 1.959964**2 * 0.15**2 * 0.85 * 0.15 / 1000
    below, above = (
        (chance + (0.85 * kept) ** 2 + (0.15 * failed) ** 2) ** 0.5
        for kept, failed in zip(alone(76, 80), alone(16, 20), strict=True)
    )
    assert found.estimate - found.low == pytest.approx(below, abs=1e-6)
    assert found.high - found.estimate == pytest.approx(above, abs=1e-6)


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
    # Squared distances of the strata add up, and with them what chance had in the tenth that the judge fails.
    (low_fail, high_fail), (low_pass, high_pass) = alone(80, 100), alone(99, 100)
    chance = 1.959964**2 * 0.19**2 * 0.9 * 0.1 / 2000
    below = (chance + (0.1 * low_fail) ** 2 + (0.9 * low_pass) ** 2) ** 0.5
    above = (chance + (0.1 * high_fail) ** 2 + (0.9 * high_pass) ** 2) ** 0.5
    assert (found.estimate - found.low, found.high - found.estimate) == pytest.approx(
        (below, above), abs=1e-6
    )


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
    # The aim is 93-98%. 800 draws have a standard error of .007, the bench's 4,000 one of .003; the bench has
    # further rates, sizes and judges.
    found = bench.coverage(true_rate, audit=audit, replicates=800, seed=11)
    assert bench.AIM[0] <= found <= bench.AIM[1]
