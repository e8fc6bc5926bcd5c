"""Sensitive attributes without an approval: nothing computed, their rules not run, and the page says so."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from raikit.evidence.policy import Policy, parse_policy
from raikit.evidence.record import load_record
from raikit.release.attributes import permitted, unapproved
from raikit.release.gate import gate
from raikit.report.summary import ReleaseSummary

Run = Callable[..., tuple[ReleaseSummary, Path]]
SYSTEM = {"name": "t", "version": "1", "tier": "high"}


def policy(**expires: str) -> Policy:
    approvals = [
        {"attribute": name, "basis": "b", "approver": "a", "expires": dt.date.fromisoformat(day)}
        for name, day in expires.items()
    ]
    tiers = {"high": {"attribute_approval": True}, "low": {}}
    return parse_policy({"version": 1, "tiers": tiers, "approvals": approvals}, where="test")


def test_an_approval_holds_through_its_day():
    held, day = policy(sex="2030-01-01", race="2030-01-02"), dt.date(2030, 1, 2)
    assert unapproved(held, "high", ["sex", "race", "age"], day) == {"sex", "age"}
    assert unapproved(held, "low", ["sex", "race", "age"], day) == set()


def test_what_was_refused_leaves_every_parameter():
    values: dict[str, Any] = {
        "sensitive_features": ["sex", "race"], "intersections": [["sex", "race"]],
        "pool": {"race": {"x": ["y"]}},
        "slice_features": ["race", "region"], "segment": "race", "label": "race", "primary": "",
    }  # fmt: skip
    agreed = {"slices": ["sex", "sex × race"], "primary": {"metric": "m", "slice": "race"}}
    left = permitted({"label": "race"}, values, agreed, {"race", "age"})
    assert left.parameters == {
        "sensitive_features": ["sex"], "intersections": [], "pool": {}, "slice_features": ["region"],
        "segment": "", "label": "race",
    }  # fmt: skip
    assert left.agreed == {"slices": ["sex"]}
    assert (left.refused, left.blocked) == (("race",), None)
    assert permitted({}, {"sensitive_features": ["sex"]}, {}, {"sex"}).blocked is not None


def test_a_release_leaves_out_what_nobody_approved(
    project: Callable[..., Path], run: Run, rule: dict[str, Any]
):
    contrast = {**rule, "metric": "base_rate_difference"}
    rules = [{**contrast, "id": name, "slice": name} for name in ("race", "sex")]
    tier = {"high": {"attribute_approval": True, "required": ["small.ipynb", "drift"]}}
    approval = {"attribute": "sex", "basis": "b", "approver": "a", "expires": dt.date(2099, 1, 1)}
    file = project(
        rules=rules, policy={"tiers": tier, "approvals": [approval]}, system=SYSTEM,
        runs=[{"template": "small.ipynb", "params": {"sensitive_features": ["sex", "race"]},
               "agreed": {"slices": ["sex", "race"]}}],
    )  # fmt: skip
    data = file.parent / "data.csv"
    data.write_text(
        "\n".join(row + (",race" if n == 0 else ",A") for n, row in enumerate(data.read_text().split()))
    )
    summary, folder = run(file)
    record = load_record((folder / "small.json").read_text(), where="small")
    assert record.error is None
    assert record.parameters["sensitive_features"] == ["sex"]
    assert record.provenance.unapproved == ["race"]
    assert record.limits[0].startswith("No results by race: this system's tier asks for an approval")
    reasons = {item.rule: (item.status, item.reason) for item in summary.decisions}
    assert reasons["race"] == ("not_run", "tier 'high' asks for an approval of race, and none holds")
    assert reasons["sex"] == ("not_run", "the run reports no base_rate_difference by sex")
    assert gate(folder).problems == ()
    later = {item.rule: item.reason for item in gate(folder, today=dt.date(2099, 1, 2)).decisions}
    assert later["sex"] == "tier 'high' asks for an approval of sex, and none holds"
    told = json.loads((folder / "manifest.json").read_text())["covered"]
    assert told == {
        "Required templates": "1 of 2 covered (50%); not: drift",
        "Agreed slices": "0 of 2 tested (0%); not: small: sex, small: race",
    }
    assert "1 of 2 covered (50%); not: drift" in (folder / "index.html").read_text()


def test_without_any_approval_no_kernel_starts(project: Callable[..., Path], run: Run):
    file = project(policy={"tiers": {"high": {"attribute_approval": True}}}, system=SYSTEM)
    summary, folder = run(file)
    assert summary.runs[0].state == "not_run"
    assert summary.runs[0].error == "no approval that holds for sex, and no other attribute is left"
    assert not (folder.parent / "ledger.jsonl").exists()
    assert (summary.exit_status, gate(folder).status) == (1, 1)
