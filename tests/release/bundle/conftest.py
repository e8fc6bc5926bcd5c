"""Evidence folders of an incident, written as a release does but without starting a kernel."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
import yaml

from raikit.evidence.policy import load_policy
from raikit.evidence.record import Record
from raikit.release.pack import write_manifest, write_run
from raikit.release.verdict import conclude

HOSTILE = "<img src=x onerror=alert(1)>|`x`"
INPUT = {"name": "log", "source": "log.jsonl", "rows": 9, "columns": [], "fingerprint": "sha256:ab"}
EPISODE = {
    "episode": "1", "from": "2026-11-02T09:00:00+00:00", "to": "2026-11-02T15:00:00+00:00",
    "onset from": "2026-11-02T08:00:00+00:00", "onset to": "2026-11-02T10:00:00+00:00",
    "shape": "sudden", "state": "over", "where": "",
}  # fmt: skip
CHANGE = {
    "change": "P-7", "at": "2026-11-02T08:55:00+00:00", "kind": "configuration", "what": "new prompt",
    "source": "changes.csv", "entered by": "person",
}  # fmt: skip


def _result(metric: str, where: dict[str, str], estimate: float | None) -> dict[str, Any]:
    return {
        "id": "|".join([metric, *sorted(where)]), "metric": metric, "slice": where, "n": 100,
        "estimate": estimate, "low": estimate, "high": estimate, "confidence": 0.95, "method": "scan",
        "status": "ok",
    }  # fmt: skip


def _record(**more: Any) -> Record:
    held = {
        "schema": "raikit.record/1",
        "template": "incident",
        "run": "incident",
        "nonce": "n",
        "system": {"name": "chat", "version": "4", "owner": "=cmd()", "prompt": "p-12"},
        "parameters": {"signal": "outcome=fail", "log": "log.jsonl", "aware": "2026-11-02T12:00:00+00:00"},
        "inputs": [INPUT],
        "results": [
            _result("incident_excess", EPISODE, 120.0),
            _result("segment_excess", {"language": HOSTILE}, 90.0),
            _result("change_distance", CHANGE, 0.0),
            _result("incident_chance", {}, None),
        ],
        "findings": [
            {"id": "a", "severity": "low", "text": "The mix of traffic moved."},
            {"id": "b", "severity": "high", "text": f"120 more unsafe answers in {HOSTILE}."},
        ],
        "limits": ["Times are simulated."],
        "notes": [{"author": "Ann", "at": "2026-11-03", "text": "Rolled back."}],
        "provenance": {"raikit": "0", "python": "3", "started": "2026-11-03", "finished": "2026-11-03"},
        **more,
    }  # fmt: skip
    return Record.model_validate(held)


def _published(folder: Path, held: Record) -> Path:
    """Write an evidence folder as a release does, without starting a kernel."""
    folder.mkdir(parents=True)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# What happened?", id="a")])
    (folder / "policy.yaml").write_text("version: 1\n")
    release = {
        "release": folder.name,
        "system": {"name": "chat", "version": "4"},
        "policy": "policy.yaml",
        "baseline": "../outputs/2026.10",
        "runs": [{"template": "incident"}],
    }
    (folder / "release.yaml").write_text(yaml.safe_dump(release))
    write_run(folder, notebook, held)
    status, verdict, _ = conclude([held], [], load_policy(folder / "policy.yaml"))
    facts = {
        "schema": "raikit.manifest/1",
        "release": folder.name,
        "system": release["system"],
        "verdict": verdict,
        "exit_status": status,
        "runs": [{"name": held.run, "state": held.state}],
        "runner": "a",
        "judged_on": "2026-11-03",
    }
    write_manifest(folder, facts)
    return folder


@pytest.fixture(scope="session")
def incident() -> SimpleNamespace:
    """Makers of records, results and evidence folders, and the episode that a record claims."""
    return SimpleNamespace(record=_record, result=_result, published=_published, episode=EPISODE)
