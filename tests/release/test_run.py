"""Whole releases on small notebooks: complete ones, and each way in which a notebook can go wrong."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
import scrapbook
import yaml
from rich.console import Console

from raikit.errors import InputError, RunError
from raikit.evidence.record import Record, load_record
from raikit.release import templates
from raikit.release.gate import gate
from raikit.release.lock import locked
from raikit.release.progress import Display
from raikit.release.run import run_release
from raikit.release.session import Options
from raikit.release.warm import Warm
from raikit.report.summary import ReleaseSummary

Project = Callable[..., Path]
FAULTS = {
    "raises": ("raise ValueError('\\x1b[31mno\\x1b[0m good')", "1"),
    "exits": ("import sys; sys.exit(0)", "1"),
    "os_exits": ("import os; os._exit(0)", "1"),
    "segfaults": ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "1"),
    "endless": ("while True: pass",),
    "no_record": ("1",),
    "swallowed": ("%%time\nraise ValueError('x')", "1"),
}


def run(file: Path, **options: Any) -> tuple[ReleaseSummary, Path]:
    display, chosen = Display(Console(file=io.StringIO())), Options(fork=False, **options)
    with Warm(chosen) as kernels:
        return run_release(file, file.parent / "outputs", display, chosen, kernels)


def records(folder: Path, summary: ReleaseSummary) -> dict[str, Record]:
    return {
        item.name: load_record((folder / item.record).read_text(), where=item.name) for item in summary.runs
    }


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def faulty(project: Project, good: tuple[str, ...]) -> Iterator[tuple[Path, ReleaseSummary]]:
    runs = [{"template": f"{name}.ipynb"} for name in FAULTS]
    runs[4]["deadline_minutes"] = 0.1
    last = {"template": "small.ipynb"}
    after = {"template": "small.ipynb", "name": "after", "needs": ["raises"]}
    file = project((*good, ""), notebooks=FAULTS, runs=[*runs, last, after])
    summary, folder = run(file, jobs=2)
    return folder, summary


def test_each_fault_is_told_and_the_others_go_on(faulty: tuple[Path, ReleaseSummary]):
    folder, summary = faulty
    held = records(folder, summary)
    said = {name: record.error or "" for name, record in held.items()}
    assert said["raises"] == "code cell 2 of 3 raised ValueError: no good"
    assert said["exits"] == "code cell 2 of 3 left by sys.exit(0), and nothing after it ran"
    for name in ("os_exits", "segfaults"):
        assert said[name].startswith("the kernel died in code cell 2 of 3")
    # A slow machine may not have come to the endless cell by then.
    places = ("in code cell 2 of 2", "in code cell 1 of 2", "before its first cell")
    assert said["endless"] in [f"stopped at its deadline of 0.1 minutes, {place}" for place in places]
    assert "holds no record" in said["no_record"]
    assert said["after"] == "it needs 'raises', which did not complete"
    assert {name for name, record in held.items() if record.state == "failed"} == set(FAULTS)
    assert (held["small"].state, held["small"].decisions[0].status) == ("complete", "pass")
    assert held["after"].state == "not_run"
    assert (summary.exit_status, summary.verdict) == (3, "INCOMPLETE")
    partial = nbformat.read(folder / "raises.ipynb", as_version=4)
    assert partial.cells[1].outputs[0].ename == "ValueError"
    assert all(item.page for item in summary.runs if item.name != "after")
    assert gate(folder).status == 3
    assert gate(folder).problems == ()


def test_a_complete_release(released: tuple[Path, ReleaseSummary]):
    folder, summary = released
    assert (summary.exit_status, summary.verdict) == (0, "PASS")
    ours = {"SHA256SUMS", "index.html", "manifest.json", "policy.yaml", "release.yaml"}
    assert set(names(folder)) == ours | {"small.html", "small.ipynb", "small.json"}
    assert names(folder.parent) == ["ledger.jsonl", "r1"]  # no lock, no half-built folder
    record = records(folder, summary)["small"]
    # By hand: 75 of 100 rows are employed.
    assert (record.results[0].estimate, record.results[0].counts) == (0.75, [75, 100])
    assert record.parameters["min_n"] == 5
    assert record.decisions[0].status == "pass"
    assert record.provenance.run_number == 1
    assert (folder / "release.yaml").read_bytes() == (folder.parents[1] / "release.yaml").read_bytes()
    checked = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_scrapbook_reads_what_was_published(released: tuple[Path, ReleaseSummary]):
    folder, _ = released
    glued = scrapbook.read_notebook(str(folder / "small.ipynb")).scraps["raikit.record"].data
    assert json.loads(glued) == json.loads((folder / "small.json").read_text())
    assert json.loads(glued)["decisions"][0]["status"] == "pass"


def test_a_second_release_keeps_the_first_as_previous(released: tuple[Path, ReleaseSummary], tmp_path: Path):
    shutil.copytree(released[0].parents[1], tmp_path / "copy")
    file, folder = tmp_path / "copy" / "release.yaml", tmp_path / "copy" / "outputs" / "r1"
    first = (folder / "manifest.json").read_bytes()
    (folder.parent / ".r1.building").mkdir()  # as a driver leaves it that was killed with SIGKILL
    (folder.parent / ".r1.building" / "half.html").write_text("<p>")
    (folder.parent / ".r1.lock").touch()
    held = yaml.safe_load((file.parent / "policy.yaml").read_text())
    held["rules"][0]["value"] = 0.7
    (file.parent / "policy.yaml").write_text(yaml.safe_dump(held))
    summary, _ = run(file)
    assert (folder.parent / "r1.previous" / "manifest.json").read_bytes() == first
    assert names(folder.parent) == ["ledger.jsonl", "r1", "r1.previous"]
    assert "half.html" not in names(folder)
    assert summary.verdict == "INSUFFICIENT"  # Wilson, 75 of 100: .657 to .825
    said = records(folder, summary)["small"].provenance.ledger
    assert "Run 2 of 'small' for test in this ledger." in said
    assert "Since run 1: threshold of small.rate tightened from 0.5 to 0.7." in said
    assert "The same data as in 1 earlier run in this ledger." in said


def test_only_reuses_what_is_proven(project: Project):
    runs = [{"template": "small.ipynb"}, {"template": "small.ipynb", "name": "other"}]
    file = project(runs=runs)
    _, folder = run(file, jobs=2)
    first = (folder / "other.json").read_text()
    summary, _ = run(file, only=("small",))
    assert [item.reused_from is None for item in summary.runs] == [True, False]
    again = (folder / "other.json").read_text()
    assert again == first
    assert records(folder, summary)["small"].provenance.run_number == 2
    assert summary.exit_status == 0
    (folder / "other.json").write_text(first.replace("0.75", "0.85"))
    summary, _ = run(file, only=("small",))
    assert summary.runs[1].error == (
        "not named with --only, and the earlier other.json is not as it was published"
    )
    assert summary.verdict == "NOT RUN"


def test_only_with_a_misspelt_name(project: Project):
    with pytest.raises(InputError, match="did you mean 'small'"):
        run(project(), only=("smal",))


def test_a_needed_record_reaches_the_kernel(project: Project, good: tuple[str, ...]):
    reads = (
        "import json, os, pathlib",
        "context = json.loads(pathlib.Path(os.environ['RAIKIT_CONTEXT']).read_text())",
        "assert json.loads(pathlib.Path(context['needs']['small']).read_text())['state'] == 'complete'",
        *good,
    )
    runs = [{"template": "reads.ipynb", "needs": ["small"]}, {"template": "small.ipynb"}]
    summary, _ = run(project(notebooks={"reads": reads}, runs=runs), jobs=2)
    assert [item.state for item in summary.runs] == ["complete", "complete"]


def test_a_second_driver_says_so_and_stops(project: Project):
    file = project()
    (file.parent / "outputs").mkdir()
    with locked(file.parent / "outputs" / ".r1.lock", what="test"), pytest.raises(InputError) as caught:
        run(file)
    assert str(caught.value) == "release 'r1': another raikit is at work on it; wait for it, or end it"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing(project: Project, number: signal.Signals):
    file = project(("open('pid', 'w').write(str(__import__('os').getpid()))", "while True: pass"))
    command = [sys.executable, "-c", "from raikit.cli import main; main()", "run", str(file), "--no-fork"]
    driver = subprocess.Popen(command, cwd=file.parent, stderr=subprocess.PIPE, text=True)
    pid = file.parent / "pid"
    _until(lambda: driver.poll() is not None or (pid.exists() and pid.read_text() != ""))
    driver.send_signal(number)
    driver.send_signal(number)
    _, said = driver.communicate(timeout=300)
    assert driver.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert names(file.parent / "outputs") == ["ledger.jsonl"]
    _until(lambda: not _alive(int(pid.read_text())))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _until(true: Callable[[], bool], seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_context_is_private_and_gone_afterwards(project: Project, good: tuple[str, ...]):
    tells = ("import os", "path = os.environ['RAIKIT_CONTEXT']", "open('where', 'w').write(path)",
             "assert os.stat(os.path.dirname(path)).st_mode & 0o077 == 0", *good)  # fmt: skip
    file = project(tells)
    summary, _ = run(file)
    assert summary.runs[0].error is None
    assert not Path((file.parent / "where").read_text()).exists()


def test_a_full_disk_leaves_earlier_evidence(
    released: tuple[Path, ReleaseSummary], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shutil.copytree(released[0].parents[1], tmp_path / "copy")
    outputs = tmp_path / "copy" / "outputs"
    before = (outputs / "r1" / "manifest.json").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("raikit.release.publish.write_manifest", full)
    with pytest.raises(RunError, match="the evidence could not be written: No space left"):
        run(tmp_path / "copy" / "release.yaml")
    assert names(outputs) == ["ledger.jsonl", "r1"]
    assert (outputs / "r1" / "manifest.json").read_bytes() == before


def test_a_page_that_cannot_be_made_fails_the_run(project: Project, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> str:
        raise KeyError("x")

    monkeypatch.setattr("raikit.report.page.render_page", broken)
    summary, folder = run(project())
    assert summary.runs[0].error == "the page could not be made: KeyError: 'x'"
    assert (summary.exit_status, summary.runs[0].page) == (3, "")
    assert gate(folder).problems == ()


def test_a_modified_template_is_said_and_refused_where_the_tier_asks(project: Project):
    strict = {"tiers": {"high": {"modified_templates": False, "required": ["safety"]}}}
    rule = {"id": "s", "run": "my", "metric": "pass_rate", "op": ">=", "value": 0.1, "source": "a test"}
    file = project(
        rules=[rule],
        policy=strict,
        system={"name": "t", "version": "1", "tier": "high"},
        runs=[
            {
                "template": "my.ipynb",
                "params": {"log": "log.jsonl", "slices": [], "item": "", "expected": "", "policy": ""},
            }
        ],
    )
    log = [{"prompt": f"p{number}", "outcome": "pass" if number % 4 else "fail"} for number in range(80)]
    (file.parent / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in log))
    templates.copy("safety", file.parent / "my.ipynb")
    notebook = nbformat.read(file.parent / "my.ipynb", as_version=4)
    notebook.cells.insert(len(notebook.cells) - 1, nbformat.v4.new_code_cell("print('looked at')"))
    nbformat.write(notebook, file.parent / "my.ipynb")
    summary, folder = run(file)
    record = records(folder, summary)["my"]
    assert (record.state, record.error) == ("complete", None)
    assert (record.template, record.provenance.modified_cells) == ("safety", 1)
    assert [(item.status, item.reason) for item in summary.decisions] == [
        ("not_run", "tier 'high' asks for unmodified templates; this one was modified from safety: 1 cell")
    ]
    assert summary.verdict == "NOT RUN"
    assert gate(folder).status == 1


def test_a_run_over_its_memory_fails_with_that_reason(project: Project, good: tuple[str, ...]):
    eats = ("import time", "held = bytearray(b'x') * 1_500_000_000", "time.sleep(600)")
    runs = [{"template": "eats.ipynb"}, {"template": "small.ipynb"}]
    summary, _ = run(project(notebooks={"eats": eats}, runs=runs), memory_mb=900)
    assert re.fullmatch(
        r"the kernel died in code cell 3 of 4: used [\d,]+ MB of memory; the cap is 900 MB",
        summary.runs[0].error,
    )
    assert summary.runs[1].state == "complete"
