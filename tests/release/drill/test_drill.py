"""Drills: the truth is sealed before the run, and the score is by the rule that is written down."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from raikit.errors import InputError, RunError
from raikit.release.drill.drill import Drilled, arrange, lines, prepare
from raikit.release.drill.injector import FAILS
from raikit.release.drill.score import Score, score
from raikit.release.drill.seal import open_truth
from raikit.release.drill.subjects import SOURCES, subject

DAY = 86_400


def truth(*onsets: str, segments: tuple[dict[str, str], ...] = ({"sex": "Male"},)) -> dict[str, Any]:
    faults = [
        {"course": {"onset": onset}, "segment": segment}
        for onset, segment in zip(onsets, segments, strict=True)
    ]
    return {"window_seconds": DAY, "faults": faults, "shape": "sudden", "kind": "harm", "column": "wrong"}


def claim(start: str, low: str, high: str) -> dict[str, Any]:
    return {"metric": "incident_excess", "slice": {"from": start, "onset from": low, "onset to": high}}


def segment(**pair: str) -> dict[str, Any]:
    return {"metric": "segment_excess", "slice": pair}


def test_a_page_that_is_right():
    found = score(
        truth("2026-02-03T23:59:00+00:00"),
        [claim("2026-02-03", "2026-02-02", "2026-02-04"), segment(sex="Male"), segment(sex="Female")],
    )
    assert found == Score(True, 0.0, True, True, "sex=Male", True, 3.0)
    assert found.right


def test_a_page_that_is_wrong():
    found = score(
        truth("2026-02-03T12:00:00+00:00"),
        [claim("2026-02-05", "2026-02-04", "2026-02-06"), segment(sex="Female"), segment(sex="Male")],
    )
    assert (found.onset_off, found.onset, found.covers, found.segment) == (2.0, False, False, False)


def test_a_fault_that_grew_slowly_is_dated_by_its_interval():
    slow = truth("2026-02-03T12:00:00+00:00") | {"shape": "gradual"}
    claims = [claim("2026-02-08", "2026-02-01", "2026-02-09"), segment(sex="Male")]
    assert score(slow, claims).right
    assert score(slow, claims).onset_off == 5
    assert not score(slow, [claim("2026-02-08", "2026-02-04", "2026-02-09"), claims[1]]).right


def test_the_earliest_claim_counts_even_when_another_is_larger():
    claims = [
        claim("2026-02-03", "2026-02-03", "2026-02-03"),
        claim("2026-01-20", "2026-01-20", "2026-01-20"),
    ]
    assert score(truth("2026-02-03T12:00:00+00:00"), claims).onset_off == -14


def test_either_of_two_faults_may_be_named_but_the_first_one_dates_the_onset():
    two = truth("2026-02-03T12:00:00Z", "2026-02-06T12:00:00Z", segments=({"sex": "Male"}, {"sex": "Female"}))
    found = score(two, [claim("2026-02-04", "2026-02-03", "2026-02-05"), segment(sex="Female")])
    assert found.right
    assert not score(two, [claim("2026-02-06", "2026-02-06", "2026-02-06")]).onset


def test_no_claim_is_wrong_everywhere():
    found = score(truth("2026-02-03T12:00:00Z"), [segment(sex="Male")])
    assert found == Score(False, None, False, False, "", False, None)


def test_the_lines_say_who_said_what():
    held = truth("2026-02-03T12:00:00+00:00")
    said = claim("2026-02-05", "2026-02-04", "2026-02-06")
    rows = lines(Drilled(Path("x"), held, said["slice"], score(held, [said])))
    assert rows[2] == ("onset", "2026-02-03T12:00:00+00:00", "2026-02-05 (2 windows late)", "wrong")
    assert rows[4] == ("segment named first", "sex=Male", "none", "wrong")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    outputs = tmp_path_factory.mktemp("drill") / "outputs"
    name, digest = prepare(arrange(source="refusals", kind="harm", shape="sudden", seed=5), outputs)
    return outputs, name, digest


def test_the_digest_is_recorded_before_the_run(prepared: tuple[Path, str, str]):
    outputs, name, digest = prepared
    (line,) = [json.loads(row) for row in (outputs / "drills.jsonl").read_text().splitlines()]
    assert (line["event"], line["drill"], line["sha256"]) == ("sealed", name, digest)
    path = outputs / ".restricted" / name / "truth.json"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700


def test_nothing_of_the_truth_is_beside_the_log(prepared: tuple[Path, str, str]):
    outputs, name, _ = prepared
    held = open_truth(outputs, name)
    room = outputs / ".drills" / name
    assert sorted(path.name for path in room.iterdir()) == ["log.parquet", "policy.yaml", "release.yaml"]
    said = (room / "release.yaml").read_text()
    for fault in held["faults"]:
        assert fault["course"]["onset"] not in said
        assert not set(fault["segment"].values()) & set(said.split('"'))
    assert "drill" in json.loads(said)["system"]["purpose"]
    assert FAILS in pd.read_parquet(room / "log.parquet")


def test_a_truth_that_was_changed_is_no_truth(prepared: tuple[Path, str, str]):
    outputs, name, _ = prepared
    path = outputs / ".restricted" / name / "truth.json"
    before = path.read_bytes()
    path.write_bytes(before.replace(b'"harm"', b'"score"'))
    with pytest.raises(RunError, match="is not the truth whose digest"):
        open_truth(outputs, name)
    path.write_bytes(before)
    assert open_truth(outputs, name)["source"] == "refusals"


def test_what_cannot_be_drilled_is_said():
    with pytest.raises(InputError, match=r"(?s)source is 'x'; allowed: flights, acs, refusals.*kind is 'y'"):
        arrange(source="x", kind="y")
    with pytest.raises(InputError, match="refusals can't have a fault of kind 'score'"):
        arrange(source="refusals", kind="score", seed=1)


@pytest.mark.parametrize("source", SOURCES)
def test_subjects_are_quiet_whole_and_without_texts(source: str):
    held = subject(source, 3)
    if source == "refusals":  # the cheapest of the three
        pd.testing.assert_frame_equal(held.frame, subject(source, 3).frame)
    assert held.frame["at"].is_monotonic_increasing
    assert not {"prompt", "response"} & set(held.frame)
    assert set(held.segments) <= set(held.frame)
    days = held.frame["at"].dt.floor("D")
    assert days.nunique() == (days.max() - days.min()).days + 1
    assert "drill" in held.about
