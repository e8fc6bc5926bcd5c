"""Verdicts: exit status and banner by states and decisions; tiers."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from raikit.evidence.policy import parse_policy
from raikit.evidence.record import Decision, Record
from raikit.release.verdict import conclude, coverage, decisions_of, notices

DAY = dt.date(2026, 1, 1)
RULE = {"id": "a", "run": "r", "metric": "accuracy", "op": ">=", "value": 0.5, "source": "s"}
RESULT = {
    "id": "accuracy", "metric": "accuracy", "n": 100, "estimate": 0.9, "low": 0.8, "high": 0.95,
    "confidence": 0.95, "method": "wilson", "status": "ok",
}  # fmt: skip


def record(**changes: Any) -> Record:
    provenance = {"raikit": "0", "python": "3", "started": "a", "finished": "b", "modified_cells": 0}
    provenance |= changes.pop("provenance", {})
    given = {"schema": "raikit.record/1", "template": "fairness", "run": "r", "provenance": provenance}
    return Record.model_validate({**given, "results": [RESULT], **changes})


def policy(**changes: Any):
    return parse_policy({"version": 1, "rules": [RULE], **changes}, where="test")


def decision(status: str, *, accepted: bool = False) -> Decision:
    return Decision(rule="a", status=status, result=None, bound=0.5, reason="", accepted=accepted)


@pytest.mark.parametrize(
    ("states", "statuses", "expected"),
    [
        (["complete"], ["pass"], (0, "PASS")),
        (["complete"], ["pass", "fail"], (1, "FAIL")),
        (["complete"], ["fail", "not_run", "insufficient"], (1, "FAIL")),
        (["complete"], ["not_run", "insufficient"], (1, "NOT RUN")),
        (["complete"], ["insufficient", "pass"], (1, "INSUFFICIENT")),
        (["complete", "failed"], ["pass", "fail"], (3, "INCOMPLETE")),
        (["complete", "not_run"], ["pass"], (1, "NOT RUN")),
    ],
)
def test_exit_status(states: list[str], statuses: list[str], expected: tuple[int, str]):
    records = [record(state=state) for state in states]
    assert conclude(records, [decision(status) for status in statuses], policy())[:2] == expected


def test_an_acceptance_opens_the_gate_and_is_counted():
    status, verdict, counts = conclude([record()], [decision("fail", accepted=True)], policy())
    assert (status, verdict) == (0, "PASS")
    assert (counts["fail"], counts["accepted"]) == (1, 1)


def test_no_rules_is_a_banner_of_its_own():
    assert conclude([record()], [], policy(rules=[]))[:2] == (1, "NO RULES")
    assert conclude([record(state="failed")], [], policy(rules=[]))[:2] == (3, "INCOMPLETE")


@pytest.mark.parametrize(
    ("cells", "status"), [(0, "pass"), (1, "not_run"), (3, "not_run"), (None, "not_run")]
)
def test_a_tier_that_refuses_modified_templates(cells: int | None, status: str):
    held = record(system={"tier": "high"}, provenance={"modified_cells": cells})
    strict = policy(tiers={"high": {"modified_templates": False}})
    (made,) = decisions_of(strict, held, today=DAY, runner="", model="")
    assert made.status == status
    lenient = policy(tiers={"high": {"modified_templates": True}})
    assert decisions_of(lenient, held, today=DAY, runner="", model="")[0].status == "pass"


def test_a_failed_run_says_why_in_each_of_its_rules():
    (made,) = decisions_of(policy(), record(state="failed", error="boom"), today=DAY, runner="", model="")
    assert (made.status, made.reason) == ("not_run", "boom")


def test_coverage_counts_complete_runs_of_required_templates():
    strict = policy(tiers={"high": {"required": ["fairness", "drift"]}})
    (missing,) = coverage(strict, "high", [record()])
    assert (missing.rule, missing.status) == ("coverage.drift", "not_run")
    assert [item.rule for item in coverage(strict, "high", [record(state="failed")])] == [
        "coverage.fairness",
        "coverage.drift",
    ]
    assert coverage(strict, "", []) == []


def test_a_run_without_a_rule_is_said():
    assert notices([record(run="other")], [], policy()) == ["other: no rule of the policy judges this run."]
