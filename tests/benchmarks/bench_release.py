"""A release beside the loop of papermill and nbconvert that it replaces: wall time and CPU, in one session.

The same notebooks, parameters and data, two at a time, pages included: ten runs of a notebook whose own
analysis takes well under a second, then ten of the demo's templates. The release is run once before the
loop and twice after it, and the middle one counts; then it is run again unchanged. Modules are compiled
beforehand, as those of an installed package are.
Last, the same cells are run in a process that has everything imported, which tells how much of the release's
CPU time is the notebooks' own, how much the one-time preload, and how much the rest.
`bench_release.py 300` measures instead the driver's memory over that many runs. It fails below half of a
target: a machine with other work to do shows less than a quiet one.
"""

from __future__ import annotations

import compileall
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import yaml

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
RAIKIT = [sys.executable, "-c", "from raikit.cli import main; main()"]
_LIKE_A_KERNEL = {  # the backend that shows figures is chosen at matplotlib's import, threads at numpy's
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
SMALL = """\
import numpy as np, pandas as pd, seaborn as sns, shap, fairlearn.metrics, raikit
import raikit.stats.intervals
evidence = raikit.begin("small", globals())
n = 1000
k = int((np.random.default_rng(seed).random(n) < 0.5).sum())
low, high = raikit.stats.intervals.wilson_interval(k, n)[1:]
frame = {"metric": ["pass_rate"], "n": [n], "estimate": [k / n], "low": [low], "high": [high]}
evidence.add(pd.DataFrame(frame))
sns.histplot(np.arange(10))
evidence.finish()
"""


def measured(command: list[str], folder: Path) -> tuple[float, float, int]:
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command}: {done.returncode}\n{done.stderr[-2000:]}")
    return time.monotonic() - begun, cpu, done.returncode


def loop(runs: list[dict[str, Any]], folder: Path) -> tuple[float, float]:
    """papermill, then nbconvert, for each notebook; two at a time."""

    def one(run: dict[str, Any]) -> None:
        out, values = folder / f"{run['name']}.ipynb", folder / f"{run['name']}.yaml"
        values.write_text(yaml.safe_dump(run["params"]))
        template = run["template"]
        path = template if template.endswith(".ipynb") else str(ROOT / "templates" / f"{template}.ipynb")
        first = [
            str(BIN / "papermill"),
            path,
            str(out),
            "-f",
            str(values),
            "-k",
            "python3",
            "--no-progress-bar",
        ]
        for command in (first, [str(BIN / "jupyter"), "nbconvert", "--to", "html", str(out)]):
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(done.stderr[-2000:])

    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, runs))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = time.monotonic() - begun
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def release(runs: list[dict[str, Any]], folder: Path) -> Path:
    held = {"release": "bench", "system": {"name": "bench"}, "policy": "policy.yaml", "runs": runs}
    (folder / "policy.yaml").write_text("version: 1\n")
    (folder / "release.yaml").write_text(yaml.safe_dump(held))
    return folder / "release.yaml"


def demo_runs(count: int, folder: Path) -> list[dict[str, Any]]:
    for path in (ROOT / "params" / "demo").glob("*.csv"):  # change logs and reports that its runs name
        shutil.copy(path, folder)
    held = yaml.safe_load((ROOT / "params" / "demo" / "release.yaml").read_text())["runs"]
    return [
        {
            "template": held[i % len(held)]["template"],
            "name": f"run{i}",
            "params": {**held[i % len(held)]["params"], "seed": 7 + i},
        }
        for i in range(count)
    ]


def small_runs(count: int, folder: Path) -> list[dict[str, Any]]:
    cells = [nbformat.v4.new_code_cell("seed: int = 7  # of the draws"), nbformat.v4.new_code_cell(SMALL)]
    cells[0].metadata["tags"] = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "small.ipynb"
    )
    return [{"template": "small.ipynb", "name": f"run{i}", "params": {"seed": i}} for i in range(count)]


def run_cells(runs: list[dict[str, Any]], folder: Path) -> None:
    """Preload, then run the notebooks' cells in children, two at a time; print the CPU time of both.

    Two at a time as in the release: a processor that shares caches and memory with a busy one is slower.
    """
    from raikit.release.preload import preload
    from raikit.release.templates import find

    preload(lambda: True)
    own = time.process_time()
    os.chdir(folder)
    for place, run in enumerate(runs):
        if place >= 2:
            wait_for_one()
        child = os.fork()
        if not child:
            status = 1
            try:
                status = cells(
                    nbformat.read(find(run["template"], beside=folder).path, as_version=4), run["params"]
                )
            except Exception as error:
                print(repr(error), file=sys.stderr, flush=True)
            finally:
                os._exit(status)
    for _ in runs[-2:]:
        wait_for_one()
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({"preload": own, "cells": spent.ru_utime + spent.ru_stime}))


def wait_for_one() -> None:
    if os.wait()[1]:
        raise SystemExit("a cell failed")


def cells(notebook: Any, values: dict[str, Any]) -> int:
    """Run a notebook's cells as a kernel would, pictures and tables included; return 0 if all ran."""
    from IPython.core.interactiveshell import InteractiveShell

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    shell = InteractiveShell.instance()
    shell.display_formatter.active_types = shell.display_formatter.format_types
    import matplotlib_inline.backend_inline  # noqa: F401  has that shell show figures

    for cell in [cell for cell in notebook.cells if cell.cell_type == "code"]:
        done = shell.run_cell(cell.source, store_history=True)
        if "parameters" in cell.metadata.get("tags", []):
            shell.user_ns.update(values)
        if not done.success:
            print(repr(done.error_before_exec or done.error_in_exec), file=sys.stderr, flush=True)
            return 1
    return 0


def split(runs: list[dict[str, Any]], folder: Path) -> tuple[float, float]:
    """Return the CPU seconds of the preload and of the notebooks' own cells."""
    (folder / "runs.json").write_text(json.dumps(runs))
    command = [sys.executable, __file__, "cells", str(folder / "runs.json")]
    env = {**os.environ, **_LIKE_A_KERNEL}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env)
    if done.returncode:
        raise SystemExit(done.stdout[-2000:] + done.stderr[:2000])
    found = json.loads(done.stdout.splitlines()[-1])
    return found["preload"], found["cells"]


def side_by_side(title: str, runs: list[dict[str, Any]], folder: Path, faster: float) -> bool:
    """Print the comparison; tell whether it is better than half of each target."""
    file = release(runs, folder)
    command = [*RAIKIT, "run", str(file), "--jobs", "2"]

    def anew() -> tuple[float, float]:
        shutil.rmtree(folder / "outputs", ignore_errors=True)
        return measured(command, folder)[:2]

    first = anew()
    old_wall, old_cpu = loop(runs, folder)
    wall, cpu = sorted([first, anew(), anew()])[1]
    again, again_cpu, _ = measured(command, folder)
    preload, own = split(runs, folder)
    share = max(0.0, cpu - preload - own) / cpu
    print(f"{title}: {len(runs)} runs, two at a time, pages included")
    print(f"  raikit run            {wall:6.1f} s  {cpu:6.1f} CPU-s")
    print(f"  papermill + nbconvert {old_wall:6.1f} s  {old_cpu:6.1f} CPU-s")
    print(f"  ratio                 {old_wall / wall:6.1f}x    {old_cpu / cpu:6.1f}x", end="")
    print(f"   (targets {faster:g}x and 4x)")
    print(
        f"  CPU-s of raikit run   {own:.1f} in the cells, {preload:.1f} of preload, the rest {share:.0%}",
        end="",
    )
    print("  (target at most 25%)")
    print(f"  unchanged, again      {again:6.1f} s  {again_cpu:6.1f} CPU-s  (target under 3 s)", flush=True)
    return old_wall / wall >= faster / 2 and old_cpu / cpu >= 2 and again_cpu < 6 and share <= 0.5


def memory(count: int, folder: Path) -> bool:
    """Print the driver's resident memory while one release runs many notebooks; tell whether it is flat."""
    import psutil

    file = release(small_runs(count, folder), folder)
    driver = subprocess.Popen(
        [*RAIKIT, "run", str(file), "--jobs", "2"], cwd=folder, stderr=subprocess.DEVNULL
    )
    process, seen = psutil.Process(driver.pid), []
    building = folder / "outputs" / ".bench.building"
    while driver.poll() is None:
        done = len(list(building.glob(".*.done"))) if building.is_dir() else 0
        seen.append((done, process.memory_info().rss / 1e6))
        time.sleep(0.5)
    held = {
        part: [size for done, size in seen if done <= part * count][-1] for part in (0.1, 0.25, 0.5, 0.75, 1)
    }
    for part, size in held.items():
        print(f"  after {part * count:4.0f} runs: {size:.0f} MB")
    return held[1] < 1.5 * held[0.25]


def main() -> None:
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(ROOT / "raikit", quiet=1)
    good = []
    if sys.argv[1:2] == ["cells"]:
        run_cells(json.loads(Path(sys.argv[2]).read_text()), Path(sys.argv[2]).parent)
        return
    with tempfile.TemporaryDirectory() as held:
        if sys.argv[1:]:
            raise SystemExit(0 if memory(int(sys.argv[1]), Path(held)) else 1)
        small = small_runs(10, Path(held))
        good.append(side_by_side("A notebook of well under a second", small, Path(held), 8))
    with tempfile.TemporaryDirectory() as held:
        good.append(side_by_side("The demo's templates", demo_runs(10, Path(held)), Path(held), 6))
    raise SystemExit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
