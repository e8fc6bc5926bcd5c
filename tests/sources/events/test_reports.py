"""User reports: when and of what category; never what somebody wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from raikit.errors import InputError
from raikit.sources.events.reports import read_reports


def test_reports_keep_no_text_of_a_user(tmp_path: Path):
    path = tmp_path / "reports.json"
    rows = [
        {"id": 2, "reported_at": "2026-11-03T09:00Z", "text": "I am Ann, call 555", "category": "unsafe"},
        {"id": 1, "reported_at": "2026-11-02T09:00Z", "text": "it swore at me", "escalated": True},
    ]  # fmt: skip
    path.write_text(json.dumps(rows))
    made = read_reports(str(path))
    assert made["what"].tolist() == ["user report (escalated)", "unsafe"]
    assert set(made["kind"]) == {"report"}
    assert set(made["entered_by"]) == {"person"}
    assert "Ann" not in made.to_csv()
    assert "swore" not in made.to_csv()


def test_reports_twice_and_without_a_time(tmp_path: Path):
    (tmp_path / "r.csv").write_text("id,at\n1,2026-11-02\n1,2026-11-02\n")
    with pytest.raises(InputError, match="give each report an id of its own"):
        read_reports([str(tmp_path / "r.csv")])
    (tmp_path / "r.csv").write_text("id,note\n1,x\n")
    with pytest.raises(InputError, match="row 1: no time"):
        read_reports([str(tmp_path / "r.csv")])
