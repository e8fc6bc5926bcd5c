"""The evidence folder: swapped in whole, or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from raikit.errors import InputError, RunError
from raikit.evidence.record import schema_path
from raikit.release.pack import check_record, swap_in, write_manifest
from raikit.report.summary import ReleaseSummary


def folder(path: Path, text: str) -> Path:
    path.mkdir()
    (path / "a.txt").write_text(text)
    return path


def test_the_replaced_folder_stays_once(tmp_path: Path):
    target = tmp_path / "r"
    for text in ("1", "2", "3"):
        swap_in(folder(tmp_path / "build", text), target)
    assert (target / "a.txt").read_text() == "3"
    assert (tmp_path / "r.previous" / "a.txt").read_text() == "2"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r", "r.previous"]


def test_a_folder_signed_while_the_release_ran(tmp_path: Path):
    target = folder(tmp_path / "r", "1")
    (target / "seal.dsse.json").write_text("{}")
    with pytest.raises(InputError, match="signed"):
        swap_in(folder(tmp_path / "build", "2"), target)
    assert (target / "a.txt").read_text() == "1"


def test_a_rename_that_fails_leaves_the_earlier_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    target = folder(tmp_path / "r", "1")
    build = folder(tmp_path / "build", "2")
    rename = Path.rename

    def failing(self: Path, to: Path) -> Path:
        if self == build:
            raise OSError(28, "No space left on device")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="No space left"):
        swap_in(build, target)
    assert (target / "a.txt").read_text() == "1"


def test_sums_cover_everything_but_themselves(tmp_path: Path):
    build = folder(tmp_path / "b", "x")
    write_manifest(build, {"schema": "raikit.manifest/1"})
    listed = [row.split("  ")[1] for row in (build / "SHA256SUMS").read_text().splitlines()]
    assert listed == ["a.txt", "manifest.json"]


def test_a_record_that_does_not_fit_the_published_schema():
    with pytest.raises(RunError, match="r: the record does not fit its schema"):
        check_record({"schema": "raikit.record/2"}, where="r")


def changed(data: Any) -> Iterator[Any]:
    """Yield the record with each value, one at a time, taken out or made another kind of thing."""
    for key in list(data) if isinstance(data, dict) else range(len(data)):
        held = data[key]
        if isinstance(held, dict | list):
            yield from changed(held)
        for other in (None, 7, "text", [], {}, -1.5, True):
            data[key] = other
            yield other
        data[key] = held
        if isinstance(data, dict):
            del data[key]
            yield key
            data[key] = held


def test_records_are_judged_as_another_validator_judges_them(released: tuple[Path, ReleaseSummary]):
    schema = json.loads(schema_path("record").read_text(encoding="utf-8"))
    oracle = jsonschema.Draft202012Validator(schema)
    record = json.loads((released[0] / "small.json").read_text(encoding="utf-8"))
    record["results"] = [{**record["results"][0], "compared": [{"sex": "Female"}, {"sex": "Male"}]}]
    check_record(record, where="r")
    refused = 0
    for _ in changed(record):
        try:
            check_record(record, where="r")
            fits = True
        except RunError:
            fits = False
        assert fits is oracle.is_valid(record)
        refused += not fits
    assert refused > 100
