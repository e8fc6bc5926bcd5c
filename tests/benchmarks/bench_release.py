"""A release beside the loop of papermill and nbconvert that it replaces: wall time and CPU, in one session.

The same notebooks, parameters and data, two at a time, pages included: ten runs of a notebook whose own
analysis takes well under a second, then ten of the demo's templates. Each release is run again unchanged.
`bench_release.py 300` measures instead the driver's memory over that many runs.
"""

from __future__ import annotations

import json
import os
import resource
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


def demo_runs(count: int) -> list[dict[str, Any]]:
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


def side_by_side(title: str, runs: list[dict[str, Any]], folder: Path) -> None:
    file = release(runs, folder)
    command = [*RAIKIT, "run", str(file), "--jobs", "2"]
    wall, cpu, _ = measured(command, folder)
    spent = [
        item["seconds"] for item in json.loads((folder / "outputs/bench/manifest.json").read_text())["runs"]
    ]
    again, again_cpu, _ = measured(command, folder)
    old_wall, old_cpu = loop(runs, folder)
    print(f"{title}: {len(runs)} runs, two at a time, pages included")
    print(f"  raikit run            {wall:6.1f} s  {cpu:6.1f} CPU-s  (notebooks {sum(spent):.1f} s in all)")
    print(f"  papermill + nbconvert {old_wall:6.1f} s  {old_cpu:6.1f} CPU-s")
    print(f"  ratio                 {old_wall / wall:6.1f}x    {old_cpu / cpu:6.1f}x", end="")
    print("   (targets 6x and 4x; 8x where the analysis is under 1 s)")
    print(f"  unchanged, again      {again:6.1f} s  {again_cpu:6.1f} CPU-s  (target under 3 s)", flush=True)


def memory(count: int, folder: Path) -> None:
    """The driver's resident memory while one release runs many notebooks."""
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
    for part in (0.1, 0.25, 0.5, 0.75, 1):
        held = [size for done, size in seen if done <= part * count]
        print(f"  after {part * count:4.0f} runs: {held[-1]:.0f} MB")


def main() -> None:
    os.environ["PYTHONPATH"] = str(ROOT)
    with tempfile.TemporaryDirectory() as held:
        if sys.argv[1:]:
            memory(int(sys.argv[1]), Path(held))
            return
        side_by_side("A notebook of well under a second", small_runs(10, Path(held)), Path(held))
    with tempfile.TemporaryDirectory() as held:
        side_by_side("The demo's templates", demo_runs(10), Path(held))


if __name__ == "__main__":
    main()
