"""Decisions, case by case. Expected outcomes follow from the rule in words, worked by hand beside each."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from raikit.evidence.decide import decide, worst
from raikit.evidence.policy import parse_policy
from raikit.evidence.record import Result, result_id

DAY = dt.date(2026, 11, 22)


def rate(low: float, high: float, /, *, n: int = 1000, metric: str = "accuracy", **changes: Any) -> Result:
    values: dict[str, Any] = {
        "id": metric, "metric": metric, "n": n, "estimate": (low + high) / 2, "low": low, "high": high,
        "confidence": 0.95, "method": "by hand", "status": "ok",
    }  # fmt: skip
    return Result(**values | changes)


def contrast(
    first: str, second: str, low: float, high: float, /, *, n: int = 1000,
    metric: str = "true_positive_rate_difference", **changes: Any,
) -> Result:  # fmt: skip
    pair = ({"sex": first}, {"sex": second})
    return rate(
        low,
        high,
        n=n,
        metric=metric,
        id=result_id(metric, pair[0], pair),
        slice=pair[0],
        compared=pair,
        **changes,
    )


def policy_of(*, dispositions: list[dict[str, Any]] | None = None, **rule: Any) -> Any:
    values = {"id": "r", "run": "fairness", "metric": "accuracy", "op": ">=", "value": 0.8, "source": "test"}
    return parse_policy(
        {"version": 1, "rules": [values | rule], "dispositions": dispositions or []}, where="test"
    )


def outcome(results: list[Result], **rule: Any) -> Any:
    return decide(policy_of(**rule), results, run="fairness", today=DAY)[0]


@pytest.mark.parametrize(
    ("op", "low", "high", "n", "min_n", "expected"),
    [
        # at least .8: wholly above passes, wholly below fails, across is insufficient
        (">=", 0.81, 0.90, 100, 30, "pass"),
        (">=", 0.60, 0.79, 100, 30, "fail"),
        (">=", 0.75, 0.85, 100, 30, "insufficient"),
        # touching the bound keeps it
        (">=", 0.80, 0.90, 100, 30, "pass"),
        (">=", 0.70, 0.80, 100, 30, "insufficient"),
        (">", 0.80, 0.90, 100, 30, "insufficient"),
        (">", 0.70, 0.80, 100, 30, "fail"),
        # a small group can fail; it can't pass
        (">=", 0.81, 0.90, 29, 30, "insufficient"),
        (">=", 0.60, 0.79, 5, 30, "fail"),
        (">=", 0.75, 0.85, 5, 30, "insufficient"),
        # at most .8: the mirror image
        ("<=", 0.60, 0.79, 100, 30, "pass"),
        ("<=", 0.81, 0.90, 100, 30, "fail"),
        ("<=", 0.75, 0.85, 100, 30, "insufficient"),
        ("<=", 0.70, 0.80, 100, 30, "pass"),
        ("<", 0.70, 0.80, 100, 30, "insufficient"),
        ("<", 0.80, 0.90, 100, 30, "fail"),
        ("<=", 0.60, 0.79, 29, 30, "insufficient"),
        ("<=", 0.81, 0.90, 2, 30, "fail"),
    ],
)
def test_interval_against_bound(op: str, low: float, high: float, n: int, min_n: int, expected: str) -> None:
    assert outcome([rate(low, high, n=n)], op=op, min_n=min_n).status == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.03, 0.04, "pass"),  # either way the gap is at most .04
        (-0.04, -0.01, "pass"),
        (-0.10, -0.06, "fail"),  # the sign tells who is worse off, not whether it matters
        (0.06, 0.10, "fail"),
        (-0.10, 0.01, "insufficient"),
        (-0.06, 0.06, "insufficient"),
        (0.0, 0.05, "pass"),
    ],
)
def test_difference_is_judged_by_its_size(low: float, high: float, expected: str) -> None:
    rule = {"metric": "true_positive_rate_difference", "op": "<=", "value": 0.05, "slice": "sex"}
    assert outcome([contrast("Female", "Male", low, high)], **rule).status == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.85, 0.95, "pass"),
        (1.05, 1.20, "pass"),  # the other way round .83 to .95
        (1.30, 1.50, "fail"),  # .67 to .77
        (0.60, 0.75, "fail"),
        (0.90, 1.10, "pass"),  # smaller over larger is at least .90
        (0.70, 0.90, "insufficient"),
        (0.90, 1.40, "insufficient"),  # .71 is possible
    ],
)
def test_ratio_is_smaller_over_larger(low: float, high: float, expected: str) -> None:
    metric = "selection_rate_ratio"
    rule = {"metric": metric, "op": ">=", "value": 0.8, "slice": "sex"}
    assert outcome([contrast("Female", "Male", low, high, metric=metric)], **rule).status == expected


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([48, 80, 60, 80], "pass"),  # exactly four fifths, which floating point puts below .8
        ([47, 80, 60, 80], "fail"),
        ([60, 80, 48, 80], "pass"),
        ([60, 80, 47, 80], "fail"),
    ],
)
def test_four_fifths_is_compared_as_integers(counts: list[int], expected: str) -> None:
    metric = "selection_rate_ratio"
    result = contrast(
        "F", "M", 0.5, 1.5, metric=metric, n=80, counts=counts,
        estimate=counts[0] / counts[1] / (counts[2] / counts[3]),
    )  # fmt: skip
    rule = {"metric": metric, "op": ">=", "value": 0.8, "slice": "sex", "judge": "estimate"}
    assert outcome([result], **rule).status == expected


def test_estimate_alone_is_insufficient_below_min_n() -> None:
    decision = outcome([rate(0.1, 0.3, n=29)], judge="estimate")
    assert (decision.status, decision.needed) == ("insufficient", 1)
    assert outcome([rate(0.1, 0.3, n=30)], judge="estimate").status == "fail"


@pytest.mark.parametrize(("n", "sided", "expected"), [
    # FIELD_NOTES and the zero-failure formula .05 ** (1 / n): 299 one-sided, 368 two-sided, show 99%
    (299, "one", "pass"), (298, "one", "insufficient"), (299, "two", "insufficient"),
    (368, "two", "pass"), (367, "two", "insufficient"),
])  # fmt: skip
def test_one_sided_passes_without_failure(n: int, sided: str, expected: str) -> None:
    from scipy.stats import beta

    result = rate(
        float(beta.ppf(0.025, n, 1)), 1.0, n=n, metric="pass_rate", estimate=1.0, counts=[n, n],
        method="clopper-pearson",
    )  # fmt: skip
    decision = outcome([result], metric="pass_rate", value=0.99, sided=sided)
    assert decision.status == expected
    assert ("one-sided" in decision.reason) == (sided == "one")


def test_one_sided_without_counts_keeps_the_wider_limits() -> None:
    assert outcome([rate(0.79, 0.9)], sided="one").status == "insufficient"


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(0.06, 0.1), (0.0, 0.01)], "fail"),
        ([(0.0, 0.01), (0.01, 0.02)], "pass"),
        ([(0.0, 0.01), (0.01, 0.09)], "insufficient"),
        ([(0.06, 0.1), None], "fail"),
        ([(0.01, 0.09), None], "not_run"),  # nothing may hide behind a hidden group
        ([(0.0, 0.01), None], "not_run"),
    ],
)
def test_the_worst_contrast_decides(spans: list[tuple[float, float] | None], expected: str) -> None:
    hidden = {"estimate": None, "low": None, "high": None, "n": None, "status": "suppressed"}
    results = [
        contrast(f"group {i}", "Male", *(span or (0, 0)), **({} if span else hidden))
        for i, span in enumerate(spans)
    ]
    rule = {"metric": "true_positive_rate_difference", "op": "<=", "value": 0.05, "slice": "sex"}
    assert outcome(results, **rule).status == expected


def test_the_leading_result_is_the_one_furthest_past_the_bound() -> None:
    results = [contrast("a", "b", 0.06, 0.10), contrast("a", "c", 0.2, 0.3), contrast("b", "c", -0.2, -0.1)]
    rule = {"metric": "true_positive_rate_difference", "op": "<=", "value": 0.05, "slice": "sex"}
    decision = outcome(results, **rule)
    assert decision.result == "true_positive_rate_difference|sex=a|vs sex=c"
    assert "3 of 3 results fail" in decision.reason


@pytest.mark.parametrize("status", ["undefined", "suppressed"])
def test_nothing_to_judge_is_not_run(status: str) -> None:
    nothing = {"estimate": None, "low": None, "high": None, "status": status}
    assert outcome([rate(0, 0, **nothing)]).status == "not_run"


def test_missing_metric_and_failed_run_are_not_run() -> None:
    assert outcome([]).status == "not_run"
    assert outcome([rate(0.9, 0.95, slice={"sex": "Female"})]).status == "not_run"  # no overall result
    done = decide(policy_of(), [rate(0.9, 0.95)], run="fairness", state="failed", today=DAY)
    assert done[0].status == "not_run"


def test_slices_choose_results() -> None:
    by_sex = [
        rate(0.9, 0.95, id="f", slice={"sex": "F"}),
        rate(0.5, 0.6, id="m", slice={"sex": "M"}),
    ]
    crossed = [rate(0.5, 0.6, id="x", slice={"sex": "F", "race": "A"})]
    assert outcome([*by_sex, *crossed], slice={"sex": "F"}).status == "pass"
    assert outcome([*by_sex, *crossed], slice="sex").result == "m"
    assert outcome([*by_sex, *crossed], slice="race × sex").result == "x"
    assert outcome(by_sex, slice="each").result == "m"
    rule = {"metric": "true_positive_rate_difference", "op": "<=", "value": 0.05}
    assert outcome([contrast("F", "M", 0.1, 0.2)], slice={"sex": "M"}, **rule).status == "fail"


def test_other_runs_rules_are_left_out() -> None:
    assert decide(policy_of(run="drift"), [], run="fairness", today=DAY) == []


def test_rows_needed_shrink_the_interval_to_the_bound() -> None:
    # n 400, half width .05, distance .02 from the bound: (.05 / .02) ** 2 * 400 = 2500, so 2100 more
    decision = outcome([rate(0.77, 0.87, n=400)])
    assert (decision.status, decision.needed) == ("insufficient", 2100)
    assert outcome([rate(0.75, 0.85, n=400)]).needed is None  # at the bound no number of rows decides


def test_rows_needed_of_counted_rates_are_where_the_interval_itself_clears() -> None:
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(45, 50, method="wilson")
    decision = outcome([rate(low, high, n=50, counts=[45, 50], method="wilson", estimate=0.9)], min_n=1)
    total = 50 + (decision.needed or 0)
    assert proportion_confint(0.9 * total, total, method="wilson")[0] > 0.8  # statsmodels agrees it is enough
    assert proportion_confint(0.9 * (total - 1), total - 1, method="wilson")[0] <= 0.8  # and one less is not


def test_rows_needed_of_a_simultaneous_contrast_use_its_own_critical_value() -> None:
    from raikit.stats.intervals import newcombe_interval

    counts = [90, 100, 285, 300]
    rule = {"metric": "true_positive_rate_difference", "op": "<=", "value": 0.01, "slice": "sex"}
    needed = []
    for confidence in (0.95, 0.99):
        _, low, high = newcombe_interval(*counts, confidence=confidence)
        result = contrast("F", "M", low, high, n=100, counts=counts, method="newcombe-tukey", estimate=-0.05)
        needed.append(outcome([result], **rule).needed)
    total = 100 + needed[1]
    wider = newcombe_interval(round(0.9 * total), total, round(0.95 * 3 * total), 3 * total, confidence=0.99)
    assert -0.012 < wider.high < -0.008  # at this size, with whole numbers, the 99% limit is at the bound
    assert needed[0] < needed[1]


ACCEPT = {
    "rule": "r", "decision": "accept-with-approval", "reason": "limited roll-out",
    "approver": "cro@example.com", "ticket": "RAI-13", "expires": dt.date(2027, 1, 15), "model": "1.4",
}  # fmt: skip
PLAN = {
    "rule": "r", "decision": "mitigate", "owner": "ml@example.com", "due": dt.date(2027, 1, 1),
    "retest": "2027.1", "ticket": "RAI-14",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "span", "accepted", "why"),
    [
        ({}, (0.6, 0.7), True, ""),
        ({}, (0.7, 0.9), True, ""),  # insufficient may be accepted too
        ({}, (0.9, 0.95), False, "no longer needed"),
        ({}, None, False, "not run"),
        ({"expires": dt.date(2026, 11, 21)}, (0.6, 0.7), False, "expired"),
        ({"expires": DAY}, (0.6, 0.7), True, ""),  # the day itself still counts
        ({"approver": "Runner@example.com"}, (0.6, 0.7), False, "another person"),
        ({"model": "1.3"}, (0.6, 0.7), False, "accepted for model 1.3"),
    ],
)
def test_acceptance(changes: dict[str, Any], span: Any, accepted: bool, why: str) -> None:
    policy = policy_of(dispositions=[ACCEPT | changes])
    results = [rate(*span)] if span else []
    decision = decide(policy, results, run="fairness", today=DAY, runner="runner@example.com", model="1.4")[0]
    assert decision.accepted is accepted
    assert decision.disposition is not None
    assert why in decision.disposition["why"]
    assert decision.disposition["valid"] is accepted
    assert decision.status == decide(policy_of(), results, run="fairness", today=DAY)[0].status  # still shown


def test_a_plan_never_opens_the_gate_and_an_unknown_runner_cannot_be_told_apart() -> None:
    failing = [rate(0.6, 0.7)]
    plan = decide(policy_of(dispositions=[PLAN]), failing, run="fairness", today=DAY, runner="x")[0]
    assert not plan.accepted
    assert plan.disposition is not None
    assert "2027-01-01" in plan.disposition["why"]
    nobody = decide(policy_of(dispositions=[ACCEPT]), failing, run="fairness", today=DAY, model="1.4")[0]
    assert not nobody.accepted
    both = policy_of(dispositions=[PLAN, ACCEPT])
    assert decide(both, failing, run="fairness", today=DAY, runner="x", model="1.4")[0].accepted


def test_worst_follows_the_stated_order() -> None:
    assert worst(["pass", "insufficient"]) == "insufficient"
    assert worst(["insufficient", "not_run", "pass"]) == "not_run"
    assert worst(["not_run", "fail"]) == "fail"
    assert worst([]) is None


def since(cells: tuple[int, int, int, int]) -> list[Result]:
    """The results that a record has of a comparison: items that pass twice, fixed, new, still failing."""
    import pandas as pd

    from raikit.analyses.paired import clustered_row, paired_units, version_rows
    from raikit.evidence.record import dump_record, load_record
    from raikit.evidence.session import begin

    both, fixed, new, still = cells
    runs = []
    for passes in (
        [1] * both + [1] * fixed + [0] * (new + still),
        [1] * both + [0] * fixed + [1] * new + [0] * still,
    ):
        frame = pd.DataFrame({"unit": [f"#{place}" for place in range(len(passes))], "passed": passes})
        runs.append(frame.assign(failed=1 - frame["passed"], category="a"))
    paired = paired_units(*runs)
    given = {"margin": 0.0, "confidence": 0.95, "min_n": 30}
    evidence = begin("safety", {})
    evidence.add(version_rows(paired, ["category"], **given))
    evidence.add(pd.DataFrame([clustered_row(paired, **given)]))
    return load_record(dump_record(evidence.record()), where="safety").results


@pytest.mark.parametrize("where", [None, "run", "category", {"category": "a"}, "each"])
@pytest.mark.parametrize(
    ("cells", "value", "expected"),
    [
        ((180, 12, 2, 6), -0.02, "pass"),  # 10 of 200 better: the whole interval lies above the margin
        ((180, 2, 12, 6), 0.0, "fail"),  # 10 of 200 worse, 12 against 2: wholly below
        ((180, 7, 7, 6), -0.02, "insufficient"),  # no change, 14 changed: sqrt(14)/200 = .019, so ± .037
        ((190, 0, 0, 10), -0.05, "pass"),
    ],
)
def test_a_change_since_the_baseline_is_judged_by_its_whole_interval(
    where: Any, cells: tuple[int, int, int, int], value: float, expected: str
) -> None:
    rule = {"metric": "pass_rate_difference", "op": ">=", "value": value, "slice": where}
    decision = outcome(since(cells), **rule)
    assert decision.status == expected
    assert decision.result.startswith("pass_rate_difference|")
    if expected == "insufficient":  # by Wald 200 (.037 / .02)² in all, so 480 more; Newcombe's is wider
        assert 480 < decision.needed < 700


def test_a_release_without_a_baseline_does_not_pass_a_rule_on_the_change() -> None:
    decision = outcome([rate(0.9, 0.95, metric="pass_rate")], metric="pass_rate_difference", value=-0.02)
    assert (decision.status, decision.reason) == (
        "not_run",
        "the run reports no overall pass_rate_difference",
    )


def test_a_column_of_ones_own_called_run_stays_a_column() -> None:
    """Only the pair this and baseline is one group in two runs."""
    pair = ({"run": "night"}, {"run": "day"})
    held = rate(0.9, 0.95, metric="gap", id=result_id("gap", pair[0], pair), slice=pair[0], compared=pair)
    assert outcome([held], metric="gap").status == "not_run"
    assert outcome([held], metric="gap", slice="run").status == "pass"
