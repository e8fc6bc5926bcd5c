"""What a labels study states: sentences with the numbers of results, and none where there are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import raikit
from raikit.analyses.label_study import LabelStudy
from raikit.errors import InputError
from raikit.evidence.record import dump_record
from raikit.evidence.session import Evidence
from raikit.sources import open_table

GIVEN = {"item": "item", "annotators": ["a", "b", "c"], "anchors": "env:KEY"}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "a key for these tests only")


def stated(study: LabelStudy, **parameters: Any) -> Evidence:
    evidence = Evidence("labels", parameters, {})
    for name in ("agreement", "prevalence", "pairs", "annotators", "over_time", "noise", "downstream",
                 "representative"):  # fmt: skip
        evidence.add(getattr(study, name)())
    evidence.state(study)
    return evidence


def texts(evidence: Evidence) -> str:
    record = evidence.record()
    return "\n".join([*(finding.text for finding in record.findings), *record.limits])


def rare(items: int = 400) -> pd.DataFrame:
    random = np.random.default_rng(12)
    truth = random.random(items) < 0.02
    flips = {name: random.random(items) < 0.02 for name in "abc"}
    return pd.DataFrame({"item": range(items)} | {name: truth ^ flip for name, flip in flips.items()})


def test_the_paradox_is_named_with_what_causes_it() -> None:
    said = texts(stated(raikit.labels(open_table(rare()), **GIVEN)))
    assert "Prevalence paradox: raters agree in" in said
    assert "The rating “False” makes up" in said
    even = pd.DataFrame(
        {"item": range(300), "a": [0, 1] * 150, "b": [0, 1] * 150, "c": [0, 1] * 149 + [1, 0]}
    )
    assert "paradox" not in texts(stated(raikit.labels(open_table(even), **GIVEN)))


def test_coverage_at_rare_ratings_is_stated_as_measured() -> None:
    said = texts(stated(raikit.labels(open_table(rare()), **GIVEN)))
    assert "at least 94.7% held the true value where the rarer rating makes up 10% or more" in said
    assert "87.2% where it makes up 2%" in said


def test_undefined_alpha_is_said_to_be() -> None:
    table = open_table(pd.DataFrame({"item": range(40), "a": 1, "b": 1, "c": 1}))
    evidence = stated(raikit.labels(table, **GIVEN))
    finding = evidence.record().findings[0]
    assert "is undefined on 40 items" in finding.text
    assert finding.severity == "high"
    assert "NaN" not in dump_record(evidence.record())


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (
            {"item": range(40), "a": [0, 1] * 20},
            "undefined on 0 items with at least two ratings: no item was",
        ),
        ({"item": [1], "a": [0], "b": [1]}, "undefined on 1 item with at least two ratings: one item tells"),
        (
            {"item": range(40), "a": [0, 1] * 20, "b": [None] * 39 + [1]},
            "undefined on 1 item with at least two ratings: one item tells",
        ),
        (
            {"item": range(40), "a": 1, "b": 1},
            "undefined on 40 items with at least two ratings: one and the same rating",
        ),
    ],
    ids=["one rater", "one item", "one rating", "constant"],
)
def test_where_little_was_rated_the_page_says_why(frame: dict[str, Any], said: str) -> None:
    given = {**GIVEN, "annotators": [name for name in frame if name != "item"]}
    study = raikit.labels(open_table(pd.DataFrame(frame)), **given)
    finding = stated(study, target_width=0.1).record().findings[0]
    assert said in finding.text
    assert finding.severity == "high"
    assert finding.recommendation


@pytest.mark.parametrize(
    ("wrong", "said", "severity"),
    [
        (0.0, "the whole interval reaches the first.", "info"),
        (0.09, "the interval does not clear the second.", "medium"),
        (0.4, "the whole interval stays below the second.", "high"),
    ],
)
def test_alpha_against_the_custom(wrong: float, said: str, severity: str) -> None:
    random = np.random.default_rng(3)
    truth = random.integers(0, 2, 300)
    frame = pd.DataFrame(
        {"item": range(300)} | {name: truth ^ (random.random(300) < wrong) for name in "abc"}
    )
    finding = stated(raikit.labels(open_table(frame), **GIVEN), target_width=0.1).record().findings[0]
    assert said in finding.text
    assert finding.severity == severity
    assert finding.recommendation


def test_needed_runs_are_shown_beside_what_noise_leaves_open(tmp_path: Path) -> None:
    safety = Evidence("safety", {}, {"run": "safety"})
    safety.add(
        pd.DataFrame({"metric": ["pass_rate"], "n": [200], "estimate": [0.9], "low": [0.85], "high": [0.93]})
    )
    path = tmp_path / "safety.json"
    path.write_text(dump_record(safety.record()), encoding="utf-8")
    evidence = Evidence("labels", {}, {"needs": {"safety": str(path)}})
    by_hand = Evidence("labels", {}, {}).needed([str(path)])
    runs = evidence.needed()
    pd.testing.assert_frame_equal(runs["safety"], by_hand["safety"])
    study = raikit.labels(open_table(rare()), positive=[True], runs=runs, **GIVEN)
    done = stated(study)
    finding = next(each for each in done.record().findings if each.text.startswith("Run safety"))
    assert "pass rate .900 (.850–.930) becomes anything in" in finding.text
    assert finding.results == ["pass_rate|run=safety", "pass_rate_under_noise|run=safety"]


def test_a_record_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(InputError, match=r"labels: records: nowhere.json: no such file"):
        Evidence("labels", {}, {}).needed(["nowhere.json"])


def test_no_text_and_no_name_in_what_is_stated() -> None:
    frame = rare().astype({"item": str})
    frame["item"] = "a sentence that somebody wrote, number " + frame["item"]
    long = frame.melt("item", var_name="who", value_name="rating")
    long["who"] = "person " + long["who"]
    study = raikit.labels(
        open_table(long), item="item", annotators="who", rating="rating", positive=[True], anchors="env:KEY"
    )
    shown = json.dumps(stated(study).record().model_dump(mode="json"))
    assert "somebody" not in shown
    assert "person" not in shown
