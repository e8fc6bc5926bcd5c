"""The bundle: what goes in, what is refused, and that other programs can use it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import zipfile
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest

from raikit.errors import InputError, RunError
from raikit.release.bundle.bundle import bundle

REFERENCES = Path(__file__).parents[2] / "references"


@pytest.fixture(scope="module")
def made(incident: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An evidence folder with restricted texts beside it, and its bundle."""
    outputs = tmp_path_factory.mktemp("work") / "outputs"
    folder = incident.published(outputs / "inc-1", incident.record())
    (outputs / ".restricted" / "inc-1").mkdir(parents=True)
    (outputs / ".restricted" / "inc-1" / "failing.jsonl").write_text("SECRET PROMPT")
    return folder, bundle(folder)


def held_in(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as opened:
        return {Path(name).name: opened.read(name).decode() for name in opened.namelist()}


def test_the_sums_of_a_bundle_are_those_that_sha256sum_reads(made: tuple[Path, Path], tmp_path: Path):
    with zipfile.ZipFile(made[1]) as opened:
        opened.extractall(tmp_path)
        names = {name.partition("/")[2] for name in opened.namelist()}
    done = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path / "inc-1", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(names) - 1
    assert {"incident.html", "incident.json", "timeline.json", "postmortem-draft.md", "ticket.csv"} <= names


def test_the_same_evidence_gives_the_same_bytes(made: tuple[Path, Path], tmp_path: Path):
    again = bundle(made[0], to=tmp_path / "again.zip")
    assert again.read_bytes() == made[1].read_bytes()
    assert made[1].stat().st_size < 5_000_000


def test_restricted_texts_are_in_no_bundle(made: tuple[Path, Path]):
    assert "SECRET" not in "".join(held_in(made[1]).values())
    with pytest.raises(InputError, match="restricted texts are in no bundle"):
        bundle(made[0].parent / ".restricted" / "inc-1")


def test_the_timeline_tells_computed_and_entered_apart(made: tuple[Path, Path], incident: SimpleNamespace):
    events = json.loads(held_in(made[1])["timeline.json"])["events"]
    assert [(event["at"][11:16], event["kind"], event["by"]) for event in events] == [
        ("08:55", "configuration", "person"),
        ("09:00", "onset", "computed"),
        ("12:00", "aware", "person"),
        ("15:00", "end", "computed"),
    ]
    assert events[1]["earliest"] == incident.episode["onset from"]


def test_the_postmortem_fills_facts_and_leaves_the_rest_open(made: tuple[Path, Path]):
    text = held_in(made[1])["postmortem-draft.md"]
    for fact in (
        "+120 rows",
        "new prompt",
        "Times are simulated",
        "Ann, 2026-11-03",
        "From the computed onset",
    ):
        assert fact in text
    assert "to awareness: 2 hours to 4 hours" in text  # 12:00 less 10:00 and less 08:00
    for part in ("Root cause", "Trigger", "What went well"):
        assert text.partition(f"## {part}\n")[2].lstrip().startswith("> **OPEN, for a person:**")


def test_text_from_data_is_text(made: tuple[Path, Path], incident: SimpleNamespace):
    held = held_in(made[1])
    for name in ("postmortem-draft.md", "ticket.md", "reproduce.md"):
        assert "<img" not in held[name]
    head, row = csv.reader(io.StringIO(held["ticket.csv"]))
    fields = dict(zip(head, row, strict=True))
    assert fields["owner"] == "'=cmd()"
    assert fields["rows_in_excess"] == "120"
    assert fields["onset_earliest"] == incident.episode["onset from"]


def test_the_report_fits_avids_own_model(made: tuple[Path, Path]):
    # The schema is avidtools 0.1.2's `Report`, written by tests/references/make_avid_schema.py.
    schema = json.loads((REFERENCES / "avid-report.schema.json").read_text())
    report = json.loads(held_in(made[1])["avid-report.json"])
    jsonschema.validate(report, schema)
    assert set(report) <= set(schema["properties"])
    assert report["problemtype"]["classof"] == "LLM Evaluation"
    assert "impact" not in report


def test_how_to_make_it_again_is_said(made: tuple[Path, Path]):
    text = held_in(made[1])["reproduce.md"]
    for said in (
        "sha256:ab",
        "prompt: p-12",
        "raikit verify outputs/inc-1 --reproduce",
        "../outputs/2026.10",
    ):
        assert said in text


def test_an_altered_folder_is_refused(incident: SimpleNamespace, tmp_path: Path):
    folder = incident.published(tmp_path / "inc-2", incident.record())
    (folder / "incident.html").write_text("better")
    with pytest.raises(RunError, match=r"(?s)not sound.*incident\.html: changed"):
        bundle(folder)
    assert not folder.with_name("inc-2.zip").exists()


def test_a_run_that_did_not_complete_is_refused(incident: SimpleNamespace, tmp_path: Path):
    folder = incident.published(tmp_path / "inc-3", incident.record(state="failed", error="cell 3"))
    with pytest.raises(RunError, match="incident is failed: no evidence to bundle"):
        bundle(folder)


def test_a_folder_without_an_incident_is_refused(incident: SimpleNamespace, tmp_path: Path):
    folder = incident.published(tmp_path / "r", incident.record(template="fairness"))
    with pytest.raises(InputError, match="incident runs: none; name one with --run"):
        bundle(folder)
    assert bundle(folder, run="incident").name == "r.zip"


def test_no_folder(tmp_path: Path):
    with pytest.raises(InputError, match="no such folder"):
        bundle(tmp_path / "none")
