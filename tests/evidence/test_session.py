"""What a notebook records, and what it refuses to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from raikit.errors import InputError, RunError
from raikit.evidence.record import dump_record, load_record
from raikit.evidence.session import Evidence, begin

NAMESPACE = {"In": ["", "confidence: float = 0.9\nmin_n: int = 30"], "confidence": 0.9, "min_n": 30}


def frame(**changes: Any) -> pd.DataFrame:
    row = {"metric": "toxicity_rate", "n": 50, "estimate": 0.2, "low": 0.1, "high": 0.3}
    return pd.DataFrame([row | changes])


@pytest.fixture
def evidence(monkeypatch: pytest.MonkeyPatch) -> Evidence:
    monkeypatch.delenv("RAIKIT_CONTEXT", raising=False)
    return begin("fairness", NAMESPACE)


def test_an_analysts_own_metric_needs_five_columns(evidence: Evidence) -> None:
    own = frame()
    assert evidence.add(own) is own
    result = evidence.results[0]
    assert (result.id, result.n, result.confidence, result.status) == ("toxicity_rate", 50, 0.9, "ok")


def test_a_later_result_replaces_the_earlier_one(evidence: Evidence) -> None:
    evidence.add(frame())
    evidence.add(frame(estimate=0.25))
    assert [result.estimate for result in evidence.results] == [0.25]


@pytest.mark.parametrize(
    ("changes", "status", "shown"),
    [
        ({"n": 10}, "small", 0.2),
        ({"n": 0, "estimate": float("nan"), "low": float("nan"), "high": float("nan")}, "undefined", None),
        ({"status": "suppressed"}, "suppressed", None),
    ],
)
def test_status(evidence: Evidence, changes: dict[str, Any], status: str, shown: float | None) -> None:
    evidence.add(frame(**changes))
    result = evidence.results[0]
    assert (result.status, result.estimate) == (status, shown)
    if status == "suppressed":
        assert (result.n, result.low, result.high, result.counts) == (None, None, None, None)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (frame().drop(columns="n"), "lacks ['n']"),
        (frame(low=0.4), "low 0.4 is above high 0.3"),
        (pd.concat([frame(), frame()]), "stands twice"),
        (frame(status="fine"), "should be"),
        (frame(n="many"), "many"),
    ],
)
def test_a_frame_that_is_not_in_the_result_form(evidence: Evidence, bad: pd.DataFrame, said: str) -> None:
    with pytest.raises(InputError) as caught:
        evidence.add(bad)
    assert said in str(caught.value)
    assert evidence.results == []


def test_wrong_types_stop_before_anything_is_opened() -> None:
    with pytest.raises(InputError, match=r"fairness: min_n: came '30' \(str\); allowed: int"):
        begin("fairness", NAMESPACE | {"min_n": "30"})


def test_a_finding_rests_on_results_that_exist(evidence: Evidence) -> None:
    with pytest.raises(InputError, match="no result 'accuracy'"):
        evidence.finding("Bad.", results=["accuracy"])
    evidence.add(frame())
    evidence.finding("One in five.", results=["toxicity_rate"])
    evidence.finding("One in five.", results=["toxicity_rate"])
    assert [held.text for held in evidence.record().findings] == ["One in five."]


def test_notes_carry_a_name(evidence: Evidence) -> None:
    evidence.note("Fair means equal misses here.", author="A. Analyst")
    evidence.note("Fair means equal misses here.", author="A. Analyst")
    assert [(note.author, note.text) for note in evidence.record().notes] == [
        ("A. Analyst", "Fair means equal misses here.")
    ]
    with pytest.raises(InputError):
        evidence.note("x", author=" ")


def test_by_hand_there_is_no_nonce_and_no_decision(evidence: Evidence, tmp_path: Path) -> None:
    evidence.add(frame())
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "version: 1\nrules:\n"
        "- {id: tox, run: fairness, metric: toxicity_rate, op: '<=', value: 0.05, source: x}\n"
    )
    shown = evidence.conclude(str(policy))
    assert list(shown["would be"]) == ["fail"]
    record = evidence.record()
    assert (record.nonce, record.decisions, record.run) == (None, [], "fairness")


def test_the_releases_context_reaches_the_record(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    context = {
        "nonce": "abc", "run": "fair-2", "system": {"name": "m"}, "agreed": {"slices": ["sex"]},
        "policy": {"version": 1, "approvals": [
            {"attribute": "sex", "basis": "b", "approver": "c", "expires": "2027-01-01"}]},
    }  # fmt: skip
    path = tmp_path / "context.json"
    path.write_text(json.dumps(context))
    monkeypatch.setenv("RAIKIT_CONTEXT", str(path))
    evidence = begin("fairness", NAMESPACE)
    evidence.add(frame())
    record = evidence.record()
    assert (record.nonce, record.run, record.system["name"]) == ("abc", "fair-2", "m")
    assert evidence.agreed == {"slices": ["sex"]}
    assert evidence.policy is not None
    assert evidence.policy.approvals[0].attribute == "sex"


def test_an_empty_notebook_has_nothing_to_record(evidence: Evidence) -> None:
    with pytest.raises(InputError, match="no record"):
        evidence.finish()


def test_a_record_reads_back_and_a_damaged_one_is_refused(evidence: Evidence) -> None:
    evidence.add(frame(slice={"sex": "<script>"}))
    text = dump_record(evidence.record())
    assert load_record(text, where="x") == evidence.record().model_copy(
        update={"provenance": load_record(text, where="x").provenance}
    )
    with pytest.raises(RunError, match=r"a\.json: not a raikit\.record/1 record"):
        load_record(text.replace("raikit.record/1", "raikit.record/2"), where="a.json")
    with pytest.raises(RunError):
        load_record(text[: len(text) // 2], where="a.json")
