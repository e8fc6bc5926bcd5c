"""A release hit at seeded moments: nothing half-written, earlier evidence kept, resumed results the same."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from raikit.evidence.record import load_record
from raikit.release.gate import gate
from raikit.report.summary import ReleaseSummary

# Cells and marks by which a moment is reached whatever the machine's speed; the draw says how long after it.
MARKS = ("started", "kernel", "kernel", "done", "done")
FAULTS = ("SIGKILL", "SIGINT", "kernel", "outputs", "SIGTERM")
COMMAND = [sys.executable, "-c", "from raikit.cli import main; main()", "run", "release.yaml", "--no-fork"]


def reached(folder: Path, mark: str) -> bool:
    outputs = folder / "outputs"
    return {
        "started": (outputs / "ledger.jsonl").exists(),
        "kernel": (folder / "slow-pid").exists(),
        "done": (outputs / ".r2.building" / ".small.done").exists(),
    }[mark]


@pytest.mark.parametrize("seed", range(int(os.environ.get("RAIKIT_FAULTS", "5"))))
def test_a_fault_at_a_seeded_moment(
    project: Callable[..., Path],
    good: tuple[str, ...],
    run: Callable,
    released: tuple[Path, ReleaseSummary],
    seed: int,
):
    draw, mark, fault = random.Random(seed), MARKS[seed % len(MARKS)], FAULTS[seed % len(FAULTS)]
    slow = (
        "import os, pathlib, time",
        "pathlib.Path('slow-pid').write_text(str(os.getpid()))",
        "while not os.path.exists('go'): time.sleep(0.02)",
        *good,
    )
    runs = [
        {"template": "small.ipynb"},
        {"template": "slow.ipynb", "needs": ["small"] if mark == "done" else []},
    ]
    file = project(notebooks={"slow": slow}, runs=runs, release="r2", defaults={"min_n": 5})
    folder, outputs = file.parent, file.parent / "outputs"
    shutil.copytree(released[0], outputs / "r1")
    before = {path.name: path.read_bytes() for path in (outputs / "r1").iterdir()}
    driver = subprocess.Popen([*COMMAND, "--jobs", "2"], cwd=folder, stderr=subprocess.PIPE, text=True)
    until(lambda: reached(folder, mark), driver)
    until(lambda: (folder / "slow-pid").exists() or fault != "kernel", driver)
    time.sleep(draw.random() / 2)
    ours = psutil.Process(driver.pid).children(recursive=True)
    strike(fault, driver, folder)
    (folder / "go").touch() if fault in ("kernel", "outputs") else None
    _, said = driver.communicate(timeout=60)
    assert (
        driver.returncode == {"SIGKILL": -9, "SIGINT": 130, "SIGTERM": 130, "kernel": 3, "outputs": 3}[fault]
    ), said
    assert "Traceback" not in said
    assert (
        fault == "outputs" or {path.name: path.read_bytes() for path in (outputs / "r1").iterdir()} == before
    )
    assert (outputs / "r2").exists() == (fault == "kernel")
    psutil.wait_procs(ours, timeout=20)
    assert not [process for process in ours if process.is_running() and process.status() != "zombie"]
    (folder / "go").touch()
    summary, made = run(file)
    assert [item.state for item in summary.runs] == ["complete", "complete"]
    undisturbed = json.loads(before["small.json"])["results"]
    for name in ("small", "slow"):
        record = load_record((made / f"{name}.json").read_text(), where=name)
        assert [item.model_dump(mode="json") for item in record.results] == undisturbed
    assert gate(made).problems == ()
    assert not [path for path in outputs.iterdir() if path.name.startswith(".")]


def until(true: Callable[[], bool], driver: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 180
    while not true():
        assert driver.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)


def strike(fault: str, driver: subprocess.Popen[str], folder: Path) -> None:
    if fault == "kernel":
        os.kill(int((folder / "slow-pid").read_text()), signal.SIGKILL)
    elif fault == "outputs":
        shutil.rmtree(folder / "outputs", ignore_errors=True)
    else:
        driver.send_signal(signal.Signals[fault])
