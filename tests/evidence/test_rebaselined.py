"""A run judged against another reference than its baseline's says so, with both identities."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import raikit
from raikit.evidence.record import Record, dump_record
from raikit.evidence.session import Evidence

NOW = pd.DataFrame({"day": pd.date_range("2025-03-01", periods=30), "x": ["a", "b"] * 15})


def stated(start: str, context: dict[str, str]) -> Record:
    evidence = Evidence("drift", {}, {"run": "drift", **context})
    usual = pd.DataFrame({"day": pd.date_range(start, periods=40), "x": ["a", "b"] * 20})
    tables = evidence.open("reference", usual), evidence.open("current", NOW)
    study = raikit.drift(*tables, timestamp="day", domain_sample=0)
    for frame in (study.distances(), study.pages()):
        evidence.add(frame)
    evidence.state(study)
    return evidence.record()


def test_the_page_names_old_and_new_reference(tmp_path: Path) -> None:
    first = stated("2025-01-01", {})
    (tmp_path / "drift.json").write_text(dump_record(first), encoding="utf-8")
    baseline = {"baseline": str(tmp_path / "drift.items.parquet")}  # as a release passes it; none was kept
    assert [each.period for each in first.inputs] == [
        "2025-01-01 to 2025-02-09",
        "2025-03-01 to 2025-03-30",
    ]
    (said,) = [each for each in stated("2025-01-11", baseline).findings if "reference changed" in each.text]
    assert (
        f"40 rows of 2025-01-01 to 2025-02-09 ({first.inputs[0].fingerprint[:19]}), now 40 rows" in said.text
    )
    assert "now 40 rows of 2025-01-11 to 2025-02-19" in said.text
    assert not [each for each in stated("2025-01-01", baseline).findings if "reference" in each.text[:20]]
    (tmp_path / "drift.json").write_text("{}", encoding="utf-8")
    assert any("can't be read" in text for text in stated("2025-01-01", baseline).limits)
