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
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from raikit.evidence.record import load_record
from raikit.release.gate import gate
from raikit.report.summary import ReleaseSummary

# Cells and marks by which a moment is reached whatever the machine's speed; the draw says how long after it.
MARKS = ("started", "kernel", "kernel", "done", "done")
# What the second notebook does when it is told to go on; it fails, the release is published without it.
CELLS = {
    "segfault": "import ctypes; ctypes.string_at(0)",
    "memory": "held = bytearray(b'x') * 2_500_000_000; time.sleep(600)",
    "endless": "while True: pass",
    "os._exit": "os._exit(0)",
    "sys.exit": "import sys; sys.exit(0)",
}
KILLED = ("kernel", *CELLS)
FAULTS = ("SIGKILL", "SIGINT", "kernel", "outputs", "SIGTERM", "disk", *CELLS)
EXITS = {"SIGKILL": -9, "SIGINT": 130, "SIGTERM": 130}  # 3 for all others
COMMAND = [sys.executable, "-c", "from raikit.cli import main; main()", "run", "release.yaml", "--no-fork"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[Path], None]]:
    """A maker of a file system of its own for a folder, small enough to be filled; needs root."""
    mounted: list[Path] = []

    def mount(folder: Path) -> None:
        command = ["mount", "-t", "tmpfs", "-o", "size=8m", "raikit-test", str(folder)]
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip("a small disk needs root")
        mounted.append(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


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
    small_disk: Callable[[Path], None],
    seed: int,
):
    draw, mark, fault = random.Random(seed), MARKS[seed % len(MARKS)], FAULTS[seed % len(FAULTS)]
    slow = (
        "import os, pathlib, time",
        "pathlib.Path('slow-pid').write_text(str(os.getpid()))",
        "while not os.path.exists('go'): time.sleep(0.02)",
        "exec(pathlib.Path('go').read_text())",
        *good,
    )
    runs = [
        {"template": "small.ipynb"},
        {"template": "slow.ipynb", "needs": ["small"] if mark == "done" else []},
    ]
    runs[1]["deadline_minutes"] = 1.5 if fault == "endless" else 20  # the kernel's start is part of it
    file = project(notebooks={"slow": slow}, runs=runs, release="r2", defaults={"min_n": 5})
    folder, outputs = file.parent, file.parent / "outputs"
    outputs.mkdir()
    small_disk(outputs) if fault == "disk" else None
    shutil.copytree(released[0], outputs / "r1")
    before = {path.name: path.read_bytes() for path in (outputs / "r1").iterdir()}
    command = [*COMMAND, "--jobs", "2", *(["--memory", "1500"] if fault == "memory" else [])]
    driver = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    until(lambda: reached(folder, mark), driver)
    until(lambda: (folder / "slow-pid").exists() or fault not in KILLED, driver)
    time.sleep(draw.random() / 2)
    ours = psutil.Process(driver.pid).children(recursive=True)
    strike(fault, driver, folder)
    if fault in (*KILLED, "outputs", "disk"):
        go(folder, CELLS.get(fault, ""))
    _, said = driver.communicate(timeout=600)
    assert driver.returncode == EXITS.get(fault, 3), said
    assert "Traceback" not in said
    assert (
        fault == "outputs" or {path.name: path.read_bytes() for path in (outputs / "r1").iterdir()} == before
    )
    assert (outputs / "r2").exists() == (fault in KILLED)
    psutil.wait_procs(ours, timeout=60)
    assert not [process for process in ours if process.is_running() and process.status() != "zombie"]
    (outputs / "filler").unlink(missing_ok=True)
    go(folder, "")
    summary, made = run(file)
    assert [item.state for item in summary.runs] == ["complete", "complete"]
    undisturbed = json.loads(before["small.json"])["results"]
    for name in ("small", "slow"):
        record = load_record((made / f"{name}.json").read_text(), where=name)
        assert [item.model_dump(mode="json") for item in record.results] == undisturbed
    assert gate(made).problems == ()
    assert not [path for path in outputs.iterdir() if path.name.startswith(".")]


def go(folder: Path, code: str) -> None:
    """Let the second notebook go on, with this code; whole at once, because it may be waiting."""
    (folder / "next").write_text(code)
    (folder / "next").replace(folder / "go")


def until(true: Callable[[], bool], driver: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 600
    while not true():
        assert driver.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)


def strike(fault: str, driver: subprocess.Popen[str], folder: Path) -> None:
    if fault == "kernel":
        os.kill(int((folder / "slow-pid").read_text()), signal.SIGKILL)
    elif fault == "outputs":
        shutil.rmtree(folder / "outputs", ignore_errors=True)
    elif fault == "disk":
        fill(folder / "outputs" / "filler")
    elif fault not in CELLS:
        driver.send_signal(signal.Signals[fault])


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
