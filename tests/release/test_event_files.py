"""Change logs and reports are read when a release is planned."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from raikit.release.event_files import event_problems


def test_files_of_a_run_are_read_beforehand(tmp_path: Path):
    (tmp_path / "changes.csv").write_text("id,at,kind\nA,2026-11-02,deploy\n")
    (tmp_path / "reports.csv").write_text("id,at\n1,2026-11-02\n")
    values = {"changes": ["changes.csv"], "reports": "reports.csv"}
    assert event_problems(values, tmp_path) == []
    assert event_problems({"changes": ["2015-07-01 data: codes: joined"]}, tmp_path) == []
    (tmp_path / "reports.csv").write_text("id,at\n1,soon\n")
    both = event_problems({**values, "changes": ["none.csv", "git:none"]}, tmp_path)
    assert [line.partition(":")[0] for line in both] == ["changes", "changes", "reports"]
    assert "No such file" in both[0]
    assert "no folder that git knows" in both[1]
    assert "'soon' is no time" in both[2]


def test_a_run_without_such_files_has_no_problems(tmp_path: Path):
    assert event_problems({"data": "a.csv"}, tmp_path) == []


def test_a_plan_reads_them_without_pandas(tmp_path: Path):
    (tmp_path / "changes.csv").write_text("at\n2026-11-02\n")
    code = f"""
import sys
from pathlib import Path
from raikit.release.event_files import event_problems
assert not event_problems({{"changes": ["changes.csv"], "reports": "changes.csv"}}, Path({str(tmp_path)!r}))
assert "pandas" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
