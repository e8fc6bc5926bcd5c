"""The failing rows: anchors in the bundle, texts for their owner only."""

from __future__ import annotations

import csv
import io
import json
import stat
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from raikit.errors import RunError
from raikit.evidence.record import Record
from raikit.release.bundle.bundle import bundle
from raikit.sources.anchors import anchor, anchor_key
from raikit.sources.table import open_table

# Four of six rows show the signal, three of these within the episode of 09:00 to 15:00 UTC.
ROWS = """\
at,prompt,language,outcome
2026-11-02T08:59:59Z,secret one,en,fail
2026-11-02T09:00:00Z,secret two,en,fail
2026-11-02T10:00:00Z,secret three,es,pass
2026-11-02T13:30:00+01:00,secret four,es,fail
2026-11-02T14:59:59Z,secret five,,fail
2026-11-02T15:00:00Z,secret six,en,pass
"""
KEY = "0123456789abcdef0123"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEST_ANCHORS", KEY)
    (tmp_path / "log.csv").write_text(ROWS)
    return tmp_path


def held_by(incident: SimpleNamespace, project: Path, **more: Any) -> Record:
    table = open_table(str(project / "log.csv"))
    held = {
        "data": "log.csv", "timestamp": "at", "signal": "outcome=fail", "segments": ["language"],
        "anchor_key": "env:TEST_ANCHORS",
    }  # fmt: skip
    read = {"name": "data", "source": "log.csv", "rows": 6, "columns": [], "fingerprint": table.fingerprint}
    return incident.record(
        parameters={**held, **more},
        inputs=[read],
        results=[incident.result("incident_excess", incident.episode, 3.0)],
    )


@pytest.mark.parametrize("signal", ["outcome=fail", "outcome <> 'pass'", "outcome = fail"])
def test_failing_rows_are_anchors_in_the_bundle_and_texts_beside_it(
    incident: SimpleNamespace, project: Path, signal: str
):
    folder = incident.published(project / "outputs" / "inc", held_by(incident, project, signal=signal))
    with zipfile.ZipFile(bundle(folder, beside=project)) as opened:
        files = {Path(name).name: opened.read(name).decode() for name in opened.namelist()}
    rows = list(csv.DictReader(io.StringIO(files["failing-anchors.csv"])))
    key = anchor_key("env:TEST_ANCHORS")
    assert [row["anchor"] for row in rows] == [
        anchor(text, key) for text in ("secret two", "secret four", "secret five")
    ]
    assert rows[0].keys() == {"anchor", "day"}
    assert {row["day"] for row in rows} == {"2026-11-02"}
    assert "secret" not in "".join(files.values())
    assert files["failing-rows.txt"].startswith("3 failing rows")
    full = project / "outputs" / ".restricted" / "inc" / "incident" / "failing.jsonl"
    held = [json.loads(line) for line in full.read_text().splitlines()]
    assert [row["prompt"] for row in held] == ["secret two", "secret four", "secret five"]
    assert stat.S_IMODE(full.stat().st_mode) == 0o600
    for parent in (full.parent, full.parent.parent, full.parent.parent.parent):
        assert stat.S_IMODE(parent.stat().st_mode) == 0o700


def test_other_data_are_refused(incident: SimpleNamespace, project: Path):
    folder = incident.published(project / "outputs" / "inc", held_by(incident, project))
    (project / "log.csv").write_text(ROWS + "2026-11-02T12:00:00Z,more,en,fail\n")
    with pytest.raises(RunError, match="is other data now"):
        bundle(folder, beside=project)
    assert bundle(folder).exists()


def test_a_link_in_the_place_of_the_restricted_folder_is_refused(incident: SimpleNamespace, project: Path):
    folder = incident.published(project / "outputs" / "inc", held_by(incident, project))
    (project / "elsewhere").mkdir()
    (project / "outputs" / ".restricted").symlink_to(project / "elsewhere")
    with pytest.raises(ValueError, match="is a link"):
        bundle(folder, beside=project)
    assert not list((project / "elsewhere").iterdir())
