"""Fairness of 1M rows, six groups, five metrics: raikit beside fairlearn and aequitas, 100M rows, and a page.

    python tests/benchmarks/bench_fairness.py [--keep FOLDER] [--huge ROWS] [--skip NAMES]

- fairlearn's MetricFrame is measured with 1 and with 2 bootstrap replicates and scaled from there to 1,000.
- aequitas, which gives no intervals, runs in an environment of its own, made in the folder by pip.
- 100M rows are written in chunks; memory is the peak of a fresh process.
- A page: `raikit run` on 1M rows, from the first cell that runs to the end of the process.

Times are the best of several but for fairlearn's and the page's. Prints a line a measurement; exits 1 only
where a ratio is worse than half its target.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

RACES = ("White", "Black", "Asian", "Hispanic", "Native", "Other")
KEYS = ["race", "label", "prediction"]
METRICS = (
    "selection_rate", "true_positive_rate", "false_positive_rate", "positive_predictive_value", "accuracy",
)  # fmt: skip
CHUNK = 10_000_000

GENERATE = """
COPY (
    SELECT {races}[1 + (hash(i) % 6)::INT] AS race, (random() < s)::INT AS label,
           (s > 0.5)::INT AS prediction, s AS score
    FROM (SELECT range AS i, random() AS s FROM range({start}, {stop}))
) TO '{path}' (FORMAT parquet)
"""
AEQUITAS = """
import sys, time, warnings, importlib.metadata
import pandas as pd
warnings.simplefilter("ignore")
from aequitas.group import Group
names = {"label": "label_value", "prediction": "score"}
frame = pd.read_parquet(sys.argv[1], columns=["race", *names]).rename(columns=names)
best = float("inf")
for _ in range(5):
    start = time.perf_counter()
    Group().get_crosstabs(frame, attr_cols=["race"])
    best = min(best, time.perf_counter() - start)
print(importlib.metadata.version("aequitas"), best)
"""
POLICY = """
version: 1
rules:
  - {id: gap, run: fairness, metric: true_positive_rate_difference, slice: race, op: "<=", value: 0.05,
     source: "the benchmark"}
"""
RELEASE = """
release: bench
system: {name: bench, version: "1", owner: bench@example.com, tier: none, purpose: "Measures time"}
policy: policy.yaml
runs:
  - template: fairness
    params: {data: rows.parquet, label: label, prediction: prediction, score: score,
             sensitive_features: [race]}
"""


def write(folder: Path, rows: int) -> list[Path]:
    """Write rows as Parquet files of at most ten million; keep those that are there."""
    import duckdb

    paths = []
    for start in range(0, rows, CHUNK):
        stop = min(start + CHUNK, rows)
        path = folder / f"rows_{start}_{stop}.parquet"
        if not path.exists():
            duckdb.sql(GENERATE.format(races=list(RACES), start=start, stop=stop, path=path))
        paths.append(path)
    return paths


def best(function: Callable[[], object], repeats: int = 5) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def report(name: str, value: float, target: float, unit: str, *, least: bool = False) -> bool:
    """Print a figure beside its target; tell whether it is half as good at least."""
    met = value >= target if least else value <= target
    sign = "at least" if least else "at most"
    print(f"{name:<66} {value:12,.3f} {unit:<4} {sign} {target:g}{'' if met else '  MISSED'}", flush=True)
    return value >= target / 2 if least else value <= target * 2


def with_intervals(frame) -> int:
    """Count, and give each metric by group its interval and 1,000 bootstrap replicates."""
    from raikit.stats.bootstrap import resampled
    from raikit.stats.intervals import wilson_interval
    from raikit.stats.metrics import confusion, rate_counts
    from raikit.stats.tally import count

    groups = confusion(count(frame, KEYS), ["race"])
    draws = resampled(groups.cells, replicates=1000, seed=7)
    made = 0
    for metric in METRICS:
        made += len(wilson_interval(*groups.counts(metric)).low)
        k, n = rate_counts(metric, draws)
        made += (k / n).size
    return made


def fairlearn_seconds(frame, replicates: int | None) -> float:
    """Return the seconds of one MetricFrame; no replicates for None."""
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
    from sklearn.metrics import accuracy_score, precision_score

    functions = (selection_rate, true_positive_rate, false_positive_rate, precision_score, accuracy_score)
    drawn = {"n_boot": replicates, "ci_quantiles": [0.025, 0.975], "random_state": 7} if replicates else {}
    start = time.perf_counter()
    made = MetricFrame(
        metrics={function.__name__: function for function in functions}, y_true=frame["label"],
        y_pred=frame["prediction"], sensitive_features=frame["race"], **drawn,
    )  # fmt: skip
    assert made.by_group.shape == (len(RACES), len(functions))
    return time.perf_counter() - start


def beside_fairlearn(frame, ours: float) -> bool:
    one, two = (fairlearn_seconds(frame, replicates) for replicates in (1, 2))
    scaled = two + 998 * (two - one) if two > one else 500 * two
    print(f"fairlearn {version('fairlearn')}: {one:.1f} s with 1 replicate, {two:.1f} s with 2", end="; ")
    print(f"scaled to 1,000: {scaled:,.0f} s")
    return report("fairlearn, 1,000 replicates (scaled) / raikit", scaled / ours, 10_000, "x", least=True)


def beside_aequitas(path: Path, folder: Path, ours: float) -> bool:
    home = folder / "aequitas-env"
    python = home / "bin" / "python"
    if not (home / ".made").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "aequitas"]
        subprocess.run(install, check=True)
        (home / ".made").touch()
    done = subprocess.run([python, "-c", AEQUITAS, path], check=True, capture_output=True, text=True)
    name, seconds = done.stdout.split()[-2:]
    print(f"aequitas {name}, without intervals: {float(seconds):.3f} s")
    return report("aequitas without intervals / raikit with", float(seconds) / ours, 1, "x", least=True)


def counted_afresh(paths: list[Path]) -> tuple[float, float]:
    """Return seconds and peak GiB of a fresh process that counts and estimates."""
    command = [sys.executable, __file__, "--count", *map(str, paths)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak = map(float, done.stdout.split())
    return seconds, peak


def huge(folder: Path, rows: int) -> bool:
    paths = write(folder, rows)
    small, _ = min(counted_afresh(paths[:1]) for _ in range(3))
    seconds, peak = min(counted_afresh(paths) for _ in range(2))
    print(f"{min(CHUNK, rows):,} rows: {small:.3f} s; {rows:,} rows: {seconds:.3f} s")
    ratio = seconds / small / len(paths)
    ok = report(f"time of {rows:,} rows / time of as many parts alone", ratio, 1.2, "x")
    return ok & report(f"peak memory of {rows:,} rows", peak, 2, "GiB")


def page(path: Path) -> bool:
    """Time `raikit run`: from the first cell, kernel and imports being there, to the end of the process."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "rows.parquet").symlink_to(path)
        (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
        (folder / "release.yaml").write_text(RELEASE, encoding="utf-8")
        command = [Path(sys.executable).with_name("raikit"), "run", "release.yaml", "--outputs", "out"]
        begun = time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        end, whole = time.time(), time.perf_counter() - begun
        if done.returncode not in (0, 1):
            sys.exit(done.stdout + done.stderr)
        notebook = json.loads((folder / "out" / "bench" / "fairness.ipynb").read_text(encoding="utf-8"))
    timed = [cell["metadata"]["papermill"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    first = min(dt.datetime.fromisoformat(each["start_time"]).timestamp() for each in timed)
    last = max(dt.datetime.fromisoformat(each["end_time"]).timestamp() for each in timed)
    busy = f"{os.getloadavg()[0]:.1f} processes wanted {os.cpu_count()} processors"
    print(f"raikit run to page: {whole:.2f} s in all, with kernel start and imports; {busy}")
    print(f"cells {last - first:.2f} s, record, decisions and page {end - last:.2f} s")
    return report("raikit run, 1M rows: from the first cell to the end", end - first, 3, "s")


def count(paths: list[str]) -> None:
    import duckdb

    connection = duckdb.connect()
    with_intervals(connection.read_parquet(paths[0]).limit(1000))  # imports are timed apart
    start = time.perf_counter()
    with_intervals(connection.read_parquet(paths))
    seconds = time.perf_counter() - start
    unit = 2**30 if sys.platform == "darwin" else 2**20
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)


def measure(folder: Path, rows: int, skip: set[str]) -> bool:
    import duckdb

    (path,) = write(folder, 1_000_000)
    frame = duckdb.sql(f"FROM '{path}'").df()
    with_intervals(frame)
    ours = best(lambda: with_intervals(frame))
    made = with_intervals(frame)
    from_file = best(lambda: with_intervals(duckdb.connect().read_parquet(str(path))))
    print(f"raikit {version('raikit')}: {made:,} numbers of 1M rows in {ours:.3f} s from pandas", end=", ")
    print(f"{from_file:.3f} s from Parquet")
    steps = {
        "fairlearn": lambda: beside_fairlearn(frame, ours),
        "aequitas": lambda: beside_aequitas(path, folder, ours),
        "huge": lambda: huge(folder, rows),
        "page": lambda: page(path),
    }
    kept = [step() for name, step in steps.items() if name not in skip]  # all are run, whatever fails
    return all(kept)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--keep", type=Path, help="folder for files and aequitas, kept for the next run")
    parser.add_argument("--huge", type=int, default=100_000_000, help="rows of the large measurement")
    parser.add_argument("--skip", default="", help="of fairlearn, aequitas, huge, page; with commas between")
    parser.add_argument("--count", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.count:
        count(given.count)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        return 0 if measure(folder.absolute(), given.huge, set(given.skip.split(","))) else 1


if __name__ == "__main__":
    sys.exit(main())
