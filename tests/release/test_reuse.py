"""Reuse: an unchanged release starts no kernel; whatever its results follow from makes it run again."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml

from raikit.evidence.kept import SUITE
from raikit.evidence.record import load_record
from raikit.release.gate import gate
from raikit.release.pack import SUMS
from raikit.release.plan import make_plan
from raikit.release.restricted import write_restricted
from raikit.release.reuse import Earlier, choose
from raikit.release.run import _session
from raikit.release.session import Options
from raikit.report.summary import ReleaseSummary
from raikit.sources.fingerprint import file_sha256

Project = Callable[..., Path]
Run = Callable[..., tuple[ReleaseSummary, Path]]


@pytest.fixture
def again(released: tuple[Path, ReleaseSummary], tmp_path: Path) -> Path:
    """The release file of a published release, in a copy to be changed."""
    shutil.copytree(released[0].parents[1], tmp_path / "copy")
    return tmp_path / "copy" / "release.yaml"


def found(file: Path, **options: Any) -> Earlier | str:
    outputs = file.parent / "outputs"
    plan = make_plan(file, outputs)
    return choose(_session(plan, Options(**options), outputs))["small"]


def rewrite(path: Path, change: Callable[[Any], None]) -> None:
    held = yaml.safe_load(path.read_text())
    change(held)
    path.write_text(json.dumps(held))


def test_an_unchanged_release_starts_no_kernel(again: Path, run: Run, monkeypatch: pytest.MonkeyPatch):
    outputs = again.parent / "outputs"
    before = {path.name: path.read_bytes() for path in (outputs / "r1").iterdir()}
    ledger = (outputs / "ledger.jsonl").read_bytes()
    monkeypatch.setattr("raikit.release.warm.KernelServer", None)
    begun = time.monotonic()
    summary, folder = run(again)
    assert time.monotonic() - begun < 3
    record = load_record((folder / "small.json").read_text(), where="small")
    assert summary.runs[0].reused_from == record.provenance.finished
    for name in ("small.json", "small.ipynb", "small.html"):
        assert (folder / name).read_bytes() == before[name]
    assert "reused; made" in (folder / "index.html").read_text()
    assert (outputs / "ledger.jsonl").read_bytes() == ledger  # a reused run keeps its number
    assert gate(folder).status == 0


def test_decisions_are_made_anew(again: Path, run: Run, monkeypatch: pytest.MonkeyPatch):
    accepted = {
        "rule": "small.rate", "decision": "mitigate", "owner": "o", "due": "2099-01-01", "retest": "r",
        "ticket": "T-1",
    }  # fmt: skip
    policy = again.parent / "policy.yaml"
    held = yaml.safe_load(policy.read_text()) | {"dispositions": [accepted]}
    policy.write_text(yaml.safe_dump(held).replace("'2099-01-01'", "2099-01-01"))
    monkeypatch.setattr("raikit.release.warm.KernelServer", None)
    summary, folder = run(again)
    assert summary.decisions[0].disposition["why"] == "the rule passes: no longer needed"
    assert summary.runs[0].reused_from is not None
    assert gate(folder).problems == ()


CHANGES: dict[str, Callable[[Path], object]] = {
    "data": lambda at: (at / "data.csv").write_text((at / "data.csv").read_text() + "Male,1\n"),
    "notebook": lambda at: (at / "small.ipynb").write_text((at / "small.ipynb").read_text() + "\n"),
    "parameter": lambda at: rewrite(at / "release.yaml", lambda held: held.update(defaults={"min_n": 6})),
    "system": lambda at: rewrite(at / "release.yaml", lambda held: held["system"].update(version="2")),
    "agreed": lambda at: rewrite(
        at / "release.yaml", lambda held: held["runs"][0].update(agreed={"slices": ["sex"]})
    ),
    "rule": lambda at: rewrite(at / "policy.yaml", lambda held: held["rules"][0].update(value=0.6)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_results_follow_from_runs_it_again(again: Path, name: str):
    assert isinstance(found(again), Earlier)
    CHANGES[name](again.parent)
    assert found(again) == "what is asked, or the data, changed since the earlier run"


@pytest.mark.parametrize("name", ["raikit.release.key.package_versions", "raikit.release.key._own_digest"])
def test_another_environment_runs_it_again(again: Path, name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(name, lambda: "another")
    assert isinstance(found(again), str)


@pytest.mark.parametrize("name", ["small.json", "small.ipynb", "small.html"])
def test_changed_evidence_is_not_reused(again: Path, name: str):
    with (again.parent / "outputs" / "r1" / name).open("a") as file:
        file.write(" ")
    assert found(again) == f"the earlier {name} is not as it was published"


def test_a_run_whose_suite_is_gone_runs_again(again: Path):
    outputs = again.parent / "outputs"
    kept = outputs / "r1" / "small.items.parquet"  # a run that keeps items keeps a suite beside them
    kept.write_bytes(b"anchors")
    with (outputs / "r1" / SUMS).open("a") as file:
        file.write(f"{file_sha256(kept)}  {kept.name}\n")
    assert found(again) == "the suite that its page names is gone from the restricted folder"
    place = write_restricted(outputs, "r1/small", dict.fromkeys(SUITE, b"{}"))
    assert isinstance(found(again), Earlier)
    (place / SUITE[0]).unlink()
    assert isinstance(found(again), str)


def test_fresh_reuses_nothing(again: Path):
    assert found(again, fresh=True) == "--fresh reuses nothing"


def test_helper_files_and_inputs_beside_the_parameters(
    project: Project, good: tuple[str, ...], run: Callable[..., tuple[ReleaseSummary, Path]]
):
    more = ("import helper", *good[:-1], "evidence.open('more', 'more.csv')", good[-1])
    file = project(more)
    (file.parent / "helper.py").write_text("x = 1\n")
    (file.parent / "more.csv").write_text("a\n1\n")
    summary, folder = run(file)
    assert summary.runs[0].error is None
    held = load_record((folder / "small.json").read_text(), where="small").provenance.helpers
    assert list(held) == ["helper.py"]
    assert isinstance(found(file), Earlier)
    (file.parent / "helper.py").write_text("x = 2\n")
    assert found(file) == "helper.py, which the earlier run imported, changed"
    (file.parent / "helper.py").write_text("x = 1\n")
    (file.parent / "more.csv").write_text("a\n2\n")
    assert found(file) == "its input 'more' changed"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_interrupted_release_goes_on_where_it_was(
    project: Project,
    good: tuple[str, ...],
    run: Callable[..., tuple[ReleaseSummary, Path]],
    number: signal.Signals,
):
    waits = ("import os, time", "while not os.path.exists('go'): time.sleep(0.05)", *good)
    runs = [{"template": "small.ipynb"}, {"template": "waits.ipynb", "needs": ["small"]}]
    file = project(notebooks={"waits": waits}, runs=runs)
    outputs = file.parent / "outputs"
    command = [sys.executable, "-c", "from raikit.cli import main; main()", "run", str(file), "--no-fork"]
    driver = subprocess.Popen(command, cwd=file.parent, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 600
    while not (outputs / ".r1.building" / ".small.done").exists():
        assert driver.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    driver.send_signal(number)
    driver.wait(timeout=300)
    assert not (outputs / "r1").exists()
    (file.parent / "go").touch()
    summary, folder = run(file)
    assert [item.state for item in summary.runs] == ["complete", "complete"]
    assert sorted(path.name for path in outputs.iterdir()) == ["ledger.jsonl", "r1"]
    lines = [json.loads(row) for row in (outputs / "ledger.jsonl").read_text().splitlines()]
    assert [line["run"] for line in lines if line.get("state") == "complete"] == ["small", "waits"]
    records = [load_record((folder / f"{name}.json").read_text(), where=name) for name in ("small", "waits")]
    assert [record.provenance.run_number for record in records] == [1, 2]
    assert records[0].results == records[1].results  # the same cells, undisturbed
    assert not list(folder.glob(".*"))
    assert nbformat.read(folder / "small.ipynb", as_version=4).cells
    assert gate(folder).status == 0


def test_an_unchanged_release_imports_nothing_heavy(again: Path):
    # Its time is that of its imports: 3 seconds where pandas, scipy and nbformat are among them, 1 without.
    code = """
import sys
from raikit.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code
print(*sorted({'pandas', 'scipy', 'nbformat', 'matplotlib', 'papermill'} & set(sys.modules)), 'imported')
"""
    command = [sys.executable, "-c", code, "run", again.name]
    done = subprocess.run(command, cwd=again.parent, capture_output=True, text=True)
    assert "reused, made" in done.stderr, done.stderr
    assert done.stdout.splitlines()[-1] == "imported"
