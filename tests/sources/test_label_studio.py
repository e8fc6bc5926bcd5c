"""Label Studio's exports: the two forms as its documentation shows them, and files that are neither."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import raikit
from raikit.errors import InputError
from raikit.sources import open_table, peek


def answer(name: str, kind: str, value: Any) -> dict[str, Any]:
    return {"from_name": name, "to_name": "text", "type": kind, "value": {kind: value}, "id": "x"}


def annotation(number: int, by: Any, *answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    times = {"created_at": f"2026-03-0{number % 9 + 1}T09:00:00.123456Z", "lead_time": 12.5}
    return {
        "id": number,
        "completed_by": by,
        "result": list(answers),
        "was_cancelled": False,
        **times,
        **more,
    }


TASKS = [
    {
        "id": 1,
        "data": {"text": "a", "source": "web", "meta": {"nested": 1}},
        "annotations": [
            annotation(1, 7, answer("tone", "choices", ["good"]), answer("stars", "rating", 4)),
            annotation(2, {"id": 8, "email": "x@example.com"}, answer("tone", "choices", ["bad"])),
            annotation(3, 9, answer("tone", "choices", ["good"]), was_cancelled=True),
        ],
        "predictions": [],
    },
    {
        "id": 2,
        "data": {"text": "b", "source": "app"},
        "annotations": [
            annotation(4, 7, answer("tone", "choices", ["good", "bad"])),
            annotation(5, 8, answer("tone", "choices", ["bad", "good"]), answer("span", "labels", ["x"])),
        ],
    },
]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.json"
    path.write_text(json.dumps(TASKS), encoding="utf-8")
    return path


def test_one_row_an_annotation(export: Path) -> None:
    rows = open_table(str(export)).to_pandas()
    assert rows["item"].tolist() == [1, 1, 2, 2]  # the cancelled annotation is left out
    assert rows["annotator"].tolist() == [7, 8, 7, 8]
    assert rows["tone"].tolist() == ["good", "bad", "bad, good", "bad, good"]
    assert rows["stars"].tolist()[0] == 4
    assert rows["stars"].isna().tolist() == [False, True, True, True]
    assert "span" not in rows
    assert "meta" not in rows
    assert str(rows["created_at"][0]) == "2026-03-02 09:00:00.123456"
    assert [column.type for column in peek(str(export)) if column.name == "created_at"] == ["timestamp"]


def test_flat_export_gives_the_same(tmp_path: Path) -> None:
    flat = [
        {"id": 1, "text": "a", "tone": "good", "annotator": 7, "annotation_id": 1, "lead_time": 3.0,
         "created_at": "2026-03-02T09:00:00Z"},
        {"id": 1, "text": "a", "tone": {"choices": ["good", "bad"]}, "annotator": 8, "annotation_id": 2},
    ]  # fmt: skip
    path = tmp_path / "min.json"
    path.write_text(json.dumps(flat), encoding="utf-8")
    rows = open_table(str(path)).to_pandas()
    assert rows[["item", "annotator", "tone"]].values.tolist() == [[1, 7, "good"], [1, 8, "bad, good"]]


def test_labels_reads_an_export(export: Path) -> None:
    study = raikit.labels(
        open_table(str(export)), item="item", annotators="annotator", rating="tone", timestamp="created_at",
        anchors="", level="nominal",
    )  # fmt: skip
    agreement = study.agreement().set_index("metric")
    assert agreement.loc["percent_agreement", "estimate"] == 0.5  # they differ on item 1 and agree on item 2
    assert agreement.loc["percent_agreement", "n"] == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", r"can't be read as JSON \(line 1\)"),
        ('{"id": 1}', "not a list of tasks"),
        ('[{"id": 1, "data": {}}]', "a task has no annotations"),
        ('[{"id": 1, "annotations": []}]', "no annotation in any task"),
        ("", "an empty file"),
    ],
)
def test_other_json_is_refused_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        open_table(str(path))
