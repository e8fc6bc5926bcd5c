"""What a log is set beside is looked for before anything starts."""

from __future__ import annotations

from pathlib import Path

from raikit.evidence.parameters import type_problem
from raikit.release.parameters import table_problems
from raikit.release.templates import find


def test_a_missing_audit_or_earlier_log_is_told_at_plan_time(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("item,outcome\na,pass\n")
    (tmp_path / "people.csv").write_text("item,label\na,pass\n")
    asked = {"log": "log.csv", "outcome": "outcome", "item": "item"}
    assert table_problems(asked | {"audit": "", "baseline_log": ""}, tmp_path) == []
    missing = table_problems(asked | {"audit": "no.csv", "baseline_log": "no.jsonl"}, tmp_path)
    assert [line.partition(":")[0] for line in missing] == ["audit", "baseline_log"]
    assert all("no such file" in line for line in missing)
    named = {"audit": "people.csv", "audit_columns": {"human": "label"}}
    assert table_problems(asked | named, tmp_path) == []
    (wrong,) = table_problems(asked | {"audit": "people.csv"}, tmp_path)
    assert wrong == "audit: no column 'human'; there is item, label"


def test_a_missing_rerun_or_item_is_told_at_plan_time(tmp_path: Path) -> None:
    (tmp_path / "again.csv").write_text("ticket,bad\n1,0\n", encoding="utf-8")
    named = {"rerun": "again.csv", "item": "ticket"}
    assert table_problems({"rerun": "", "item": "ticket"}, tmp_path) == []
    assert table_problems(named, tmp_path) == []
    (missing,) = table_problems({"rerun": "no.csv"}, tmp_path)
    assert missing.startswith("rerun: ")
    (wrong,) = table_problems(named | {"item": "tickets"}, tmp_path)
    assert "tickets" in wrong


def test_several_logs_of_one_tool_are_a_log(tmp_path: Path) -> None:
    declared = next(each.type for each in find("safety").parameters if each.name == "log")
    for part in ("a.csv", "b.csv"):
        (tmp_path / part).write_text("item,outcome\na,pass\n")
    asked = {"outcome": "outcome", "item": "item"}
    both = ["a.csv", "b.csv"]
    assert type_problem("log", both, declared) is None
    assert table_problems(asked | {"log": both}, tmp_path) == []
    (missing,) = table_problems(asked | {"log": [*both, "c.csv"]}, tmp_path)
    assert "c.csv: no such file" in missing
