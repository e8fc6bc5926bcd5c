"""What a CI reads: JUnit XML, a Markdown summary, the check before a commit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import nbformat

from raikit.evidence.record import Decision
from raikit.release.check import file_problems
from raikit.release.ci import junit, markdown
from raikit.report.summary import ReleaseSummary, RunSummary


def summary(of: ReleaseSummary) -> ReleaseSummary:
    def decision(name: str, status: str, **more: object) -> Decision:
        return Decision.model_validate(
            {"rule": name, "status": status, "result": None, "bound": 0.1, "reason": "a | b\x00<c>", **more}
        )

    decisions = (decision("a", "pass"), decision("b", "fail"), decision("c", "fail", accepted=True))
    broken = RunSummary("broken", "t", "failed", error="died & gone")
    return replace(of, decisions=decisions, runs=(*of.runs, broken, RunSummary("left", "t", "not_run")))


def test_junit(released: tuple[Path, ReleaseSummary]):
    root = ET.fromstring(junit(summary(released[1])))
    runs, rules = root.findall("testsuite")
    assert {name: runs.get(name) for name in ("tests", "errors", "failures", "skipped")} == {
        "tests": "3", "errors": "1", "failures": "0", "skipped": "1",
    }  # fmt: skip
    assert (rules.get("tests"), rules.get("failures"), rules.get("skipped")) == ("3", "1", "1")
    assert rules.find(".//failure").get("message") == "fail: a | b\N{REPLACEMENT CHARACTER}<c>"
    assert rules.find(".//skipped").get("message").startswith("fail (accepted): ")
    assert runs.find(".//error").get("message") == "died & gone"


def test_markdown(released: tuple[Path, ReleaseSummary]):
    text = markdown(summary(released[1]))
    assert text.startswith("# PASS: release r1\n")
    assert "| b |  | fail | a \\| b" in text
    assert "- broken failed: died & gone" in text


def test_check_before_a_commit(project: Callable[..., Path]):
    file = project()
    folder = file.parent
    good = [file, folder / "policy.yaml", folder / "small.ipynb", folder / "data.csv"]
    (folder / "other.yaml").write_text("- 1\n")
    assert file_problems([*good, folder / "other.yaml"]) == []
    assert not list(folder.glob("outputs*"))
    notebook = nbformat.read(folder / "small.ipynb", as_version=4)
    notebook.cells[0].execution_count = 1
    nbformat.write(notebook, folder / "small.ipynb")
    held = json.loads(file.read_text())
    file.write_text(json.dumps({**held, "runs": [{"template": "small.ipynb", "params": {"dat": "x"}}]}))
    (folder / "broken.ipynb").write_text("{}")
    said = file_problems([*good, folder / "broken.ipynb"])
    assert len(said) == 3
    assert "unknown parameter" in said[0]
    assert said[1].endswith("1 of 6 code cells hold outputs; clear them before committing")
    assert said[2].endswith("broken.ipynb: not a notebook that can be read")
