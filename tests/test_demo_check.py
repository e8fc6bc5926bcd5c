"""`make demo` succeeds when the verdicts are the expected ones, and never when the demo did not complete."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

DEMO = Path(__file__).parent.parent / "params" / "demo"

# The gate is stood in for: it has tests of its own; here only what is made of its answer.
GATE = """
from types import SimpleNamespace as Simple
import raikit.release.gate as home
verdicts = {verdicts!r}
home.gate = lambda folder: Simple(
    status={status}, problems=("page.html: changed",) if {status} == 3 else (),
    decisions=[Simple(rule=rule, status=said) for rule, said in verdicts.items()])
"""
EXPECTED = {"a": "fail", "b": "pass"}


def check(folder: Path, run: int, gate: int, verdicts: dict[str, str]) -> subprocess.CompletedProcess[str]:
    (folder / "expected.json").write_text(json.dumps(EXPECTED), encoding="utf-8")
    script = folder / "check.py"
    script.write_text(
        GATE.format(verdicts=verdicts, status=gate) + (DEMO / "check.py").read_text(encoding="utf-8"),
        encoding="utf-8",
    )
    return subprocess.run(
        [sys.executable, str(script), str(run)], capture_output=True, text=True, check=False
    )


def test_expected_failures_are_a_success(tmp_path: Path) -> None:
    done = check(tmp_path, 1, 1, EXPECTED)
    assert done.returncode == 0, done.stderr
    assert "outputs/demo/index.html" in done.stdout


@pytest.mark.parametrize(
    ("run", "gate", "verdicts", "status", "said"),
    [
        (1, 1, {"a": "pass", "b": "pass"}, 1, "a: pass, expected fail"),
        (1, 1, {"a": "fail"}, 1, "b: no decision, expected pass"),
        (1, 1, {**EXPECTED, "c": "pass"}, 1, "c: pass, expected no such rule"),
        (0, 1, EXPECTED, 1, "ended with 0, the gate with 1"),
        (1, 3, EXPECTED, 1, "page.html: changed"),
        (2, 1, EXPECTED, 2, "did not complete"),
        (3, 1, EXPECTED, 3, "did not complete"),
        (130, 1, EXPECTED, 130, "did not complete"),
    ],
)
def test_anything_else_is_not(
    tmp_path: Path, run: int, gate: int, verdicts: dict[str, str], status: int, said: str
) -> None:
    done = check(tmp_path, run, gate, verdicts)
    assert (done.returncode, said in done.stderr) == (status, True), done.stderr


def test_the_expectation_names_the_policys_rules() -> None:
    policy = yaml.safe_load((DEMO / "policy.yaml").read_text(encoding="utf-8"))
    expected = json.loads((DEMO / "expected.json").read_text(encoding="utf-8"))
    assert {rule["id"] for rule in policy["rules"]} == set(expected)
    assert "fail" in expected.values()
