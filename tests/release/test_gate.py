"""The gate: any change to a published folder is found, and expiry alone changes the status."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from raikit.errors import InputError
from raikit.release.gate import gate
from raikit.report.summary import ReleaseSummary
from raikit.sources.fingerprint import file_sha256


@pytest.fixture
def folder(released: tuple[Path, ReleaseSummary], tmp_path: Path) -> Path:
    """A copy of a published folder, to be changed."""
    return shutil.copytree(released[0], tmp_path / "r1")


def rewrite(folder: Path, name: str, change: Callable[[Any], None]) -> None:
    """Change a JSON or YAML file and make the sums agree, as someone would who wants it unseen."""
    path = folder / name
    held = yaml.safe_load(path.read_text())
    change(held)
    path.write_text(json.dumps(held))
    rows = [row.split("  ") for row in (folder / "SHA256SUMS").read_text().splitlines()]
    sums = "".join(f"{file_sha256(folder / file)}  {file}\n" for _, file in rows)
    (folder / "SHA256SUMS").write_text(sums)


def test_an_untouched_folder(folder: Path):
    found = gate(folder)
    assert (found.status, found.verdict, found.problems) == (0, "PASS", ())
    assert [item.rule for item in found.decisions] == ["small.rate"]


def test_a_change_to_any_file_is_found(folder: Path):
    for path in sorted(folder.iterdir()):
        held = path.read_bytes()
        path.write_bytes(held[:-2] + bytes([held[-2] ^ 1]) + held[-1:])
        if path.name == "manifest.json":
            with pytest.raises(InputError):
                gate(folder)
        else:
            found = gate(folder)
            assert found.status == 3, path.name
            assert any(path.name in line or "SHA256SUMS" in line for line in found.problems)
        path.write_bytes(held)
    assert gate(folder).status == 0


def test_missing_and_extra_files(folder: Path):
    (folder / "small.html").unlink()
    (folder / "more.txt").write_text("x")
    assert gate(folder).problems == ("small.html: missing", "more.txt: extra, not in SHA256SUMS")


def test_a_signature_is_no_extra_file(folder: Path):
    (folder / "seal.dsse.json").write_text("{}")
    assert gate(folder).status == 0


def test_sums_that_reach_out_of_the_folder(folder: Path):
    with (folder / "SHA256SUMS").open("a") as file:
        file.write("0" * 64 + "  ../ledger.jsonl\n")
    assert gate(folder).status == 3


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("small.json", lambda held: held["decisions"][0].update(status="fail")),
        ("small.json", lambda held: held["results"][0].update(low=0.1)),
        ("small.json", lambda held: held["decisions"].clear()),
        ("small.json", lambda held: held.update(state="failed")),
        ("small.json", lambda held: held.update(run="other")),
        ("policy.yaml", lambda held: held["rules"][0].update(value=0.7)),
        ("policy.yaml", lambda held: held["rules"].clear()),
        ("manifest.json", lambda held: held.update(verdict="FAIL")),
        ("manifest.json", lambda held: held.update(exit_status=1)),
        ("manifest.json", lambda held: held["runs"].clear()),
        ("manifest.json", lambda held: held.update(judged_on="yesterday")),
    ],
)
def test_decisions_that_do_not_follow(folder: Path, name: str, change: Callable[[Any], None]):
    rewrite(folder, name, change)
    found = gate(folder)
    assert found.status == 3
    assert found.problems


def test_no_evidence_folder(tmp_path: Path):
    with pytest.raises(InputError, match="no evidence folder"):
        gate(tmp_path)


def accepted(expires: str) -> dict[str, Any]:
    return {
        "dispositions": [
            {
                "rule": "small.rate", "decision": "accept-with-approval", "reason": "r", "ticket": "T-1",
                "approver": "other@example.com", "expires": dt.date.fromisoformat(expires), "model": "1",
            }
        ]
    }  # fmt: skip


def test_an_acceptance_expires_by_the_day_alone(
    project: Callable[..., Path],
    rule: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    run: Callable[..., Any],
):
    monkeypatch.setenv("RAIKIT_RUNNER", "runner@example.com")
    summary, folder = run(project(rules=[{**rule, "value": 0.9}], policy=accepted("2099-12-31")))
    assert (summary.exit_status, summary.counts["fail"], summary.counts["accepted"]) == (0, 1, 1)
    assert gate(folder, today=dt.date(2099, 12, 31)).status == 0
    found = gate(folder, today=dt.date(2100, 1, 1))
    assert (found.status, found.verdict, found.problems) == (1, "FAIL", ())
