"""Drift: raikit beside evidently and nannyml, the wide table, and how often its rules are right.

    python tests/benchmarks/bench_drift.py [--keep FOLDER] [--rows ROWS] [--columns COLUMNS] [--skip NAMES]

- speed: the analysis of ROWS x 40 against ROWS x 40 in a fresh process, and `raikit run` to a finished page,
  beside evidently's data-drift report and nannyml's univariate chunks in environments of their own, made in
  the folder by pip. Memory is the peak of the fresh process, of a command that of its largest process.
- wide: 300 columns x 3,000 rows, in windows of a month, and the time of 300 columns over that of 150.
- rules: COLUMNS columns (numbers, skewed numbers, 10 and 200 levels), a reference of 100,000 rows and windows
  of 1,000 and 100,000, without a shift and with Cohen's w .10: what the template's own rules say.

Prints a line a measurement; exits 1 only where speed or memory is worse than half its target, or a rule's
frequency misses its target.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path

EVIDENTLY = """
import sys, time, warnings, importlib.metadata, resource
warnings.simplefilter("ignore")
import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset
reference, current = (pd.read_parquet(path).drop(columns="day") for path in sys.argv[1:3])
start, busy = time.perf_counter(), time.process_time()
made = Report([DataDriftPreset()]).run(current, reference)
made.save_html(sys.argv[3])
seconds, busy = time.perf_counter() - start, time.process_time() - busy
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print("RESULT", importlib.metadata.version("evidently"), seconds, busy, peak)
"""
NANNYML = """
import sys, time, warnings, importlib.metadata, resource
warnings.simplefilter("ignore")
import pandas as pd
import nannyml
reference, current = (pd.read_parquet(path) for path in sys.argv[1:3])
names = [name for name in reference if name != "day"]
start, busy = time.perf_counter(), time.process_time()
made = nannyml.UnivariateDriftCalculator(column_names=names, timestamp_column_name="day", chunk_period="M")
made.fit(reference).calculate(current).to_df()
seconds, busy = time.perf_counter() - start, time.process_time() - busy
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print("RESULT", importlib.metadata.version("nannyml"), seconds, busy, peak)
"""
POLICY = """
version: 1
rules:
  - {id: moved, run: drift, metric: cohens_w, slice: {feature: c0}, op: "<=", value: 0.1,
     source: "the benchmark"}
"""
RELEASE = """
release: bench
system: {{name: bench, version: "1", owner: bench@example.com, tier: none, purpose: "Measures time"}}
policy: policy.yaml
runs:
  - template: drift
    params: {{reference: "{before}", current: "{after}", timestamp: day, features: [], label: "",
             prediction: "", score: ""}}
"""


def columns(rows: int, count: int, seed: int, tilt: float = 0.0):
    """Return columns of four kinds in turn; with a tilt each is shifted by that Cohen's w (numbers: SD)."""
    import numpy as np
    import pandas as pd

    draw = np.random.default_rng(seed)
    made = {}
    for at in range(count):
        kind = at % 4
        if kind < 2:
            values = draw.normal(size=rows) + tilt
            made[f"c{at}"] = np.exp(values) if kind else values
            continue
        levels = 10 if kind == 2 else 200
        share = np.full(levels, 1 / levels) * (1 + tilt * np.resize([1.0, -1.0], levels))
        names = np.array([f"v{level}" for level in range(levels)])
        made[f"c{at}"] = names[draw.choice(levels, rows, p=share / share.sum())]
    return pd.DataFrame(made)


def write(folder: Path, rows: int, count: int) -> tuple[Path, Path]:
    """Write reference and current rows of half a year each; keep those that are there."""
    import numpy as np
    import pandas as pd

    paths = []
    for name, seed, start in (("before", 1, "2025-01-01"), ("after", 2, "2025-07-01")):
        path = folder / f"{name}_{rows}_{count}.parquet"
        if not path.exists():
            day = pd.Timestamp(start) + pd.to_timedelta(np.arange(rows) * 180 // rows, "D")
            columns(rows, count, seed).assign(day=day).to_parquet(path)
        paths.append(path)
    return paths[0], paths[1]


def report(name: str, value: float, target: float, unit: str, *, least: bool = False) -> bool:
    """Print a figure beside its target; tell whether it is half as good at least."""
    met = value >= target if least else value <= target
    sign = "at least" if least else "at most"
    print(f"{name:<66} {value:12,.3f} {unit:<4} {sign} {target:g}{'' if met else '  MISSED'}", flush=True)
    return value >= target / 2 if least else value <= target * 2


def mebibytes(peak: float) -> float:
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def analysed(paths: tuple[Path, Path]) -> tuple[float, float, float]:
    """Return seconds, processor seconds and peak MiB of a fresh process that analyses two files."""
    command = [sys.executable, __file__, "--analyse", *map(str, paths)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, busy, peak = map(float, done.stdout.split()[-3:])
    return seconds, busy, mebibytes(peak)


def analyse(before: str, after: str) -> None:
    import raikit

    start, busy = time.perf_counter(), time.process_time()
    study = raikit.drift(raikit.open_table(before), raikit.open_table(after), timestamp="day")
    for make in (study.distances, study.measures, study.windows, study.pages, study.breaks):
        make()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(time.perf_counter() - start, time.process_time() - busy, peak)


def peer(name: str, requirement: str, script: str, arguments: list[str], folder: Path) -> tuple[float, float]:
    """Return seconds and peak MiB of another tool, in an environment of its own."""
    home = folder / f"{name}-env"
    python = home / "bin" / "python"
    if not (home / ".made").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        needed = ["pandas<3", "pyarrow", "statsmodels"]  # nannyml imports the last without declaring it
        subprocess.run([*install, requirement, *needed], check=True)
        (home / ".made").touch()
    alone = os.environ | {"NML_DISABLE_USAGE_LOGGING": "1"}  # or nannyml tells a server that it was used
    done = subprocess.run(
        [python, "-c", script, *arguments], env=alone, check=True, capture_output=True, text=True
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT"))
    _, found, seconds, busy, peak = line.split()
    print(f"{name} {found}: {float(seconds):.1f} s ({float(busy):.1f} s of processors)", end=", ")
    print(f"{mebibytes(float(peak)):,.0f} MiB", flush=True)
    return float(seconds), mebibytes(float(peak))


def page(paths: tuple[Path, Path]) -> tuple[float, float, float]:
    """Return seconds, peak MiB and MB of `raikit run` to a finished page."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
        text = RELEASE.format(before=paths[0], after=paths[1])
        (folder / "release.yaml").write_text(text, encoding="utf-8")
        command = [str(Path(sys.executable).with_name("raikit")), "run", "release.yaml", "--outputs", "out"]
        start = time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - start
        if done.returncode not in (0, 1):
            sys.exit(done.stdout + done.stderr)
        size = (folder / "out" / "bench" / "drift.html").stat().st_size / 1e6
    return seconds, mebibytes(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss), size


def speed(folder: Path, rows: int, skip: set[str]) -> bool:
    paths = write(folder, rows, 40)
    of_command, most, size = page(paths)  # before the peers: the peak is that of all children so far
    print(f"raikit run to page: {of_command:.1f} s, {most:,.0f} MiB", flush=True)
    ok = report("page", size, 1, "MB")
    seconds, busy, peak = analysed(paths)
    print(
        f"raikit {version('raikit')}: {seconds:.1f} s ({busy:.1f} s of processors), {peak:,.0f} MiB", end="; "
    )
    print(f"{os.getloadavg()[0]:.1f} processes wanted {os.cpu_count()} processors", flush=True)
    names = list(map(str, paths))
    if "evidently" not in skip:
        other, memory = peer(
            "evidently", "evidently>=0.7,<0.8", EVIDENTLY, [*names, str(folder / "e.html")], folder
        )
        ok &= report("evidently's report / raikit's analysis", other / seconds, 10, "x", least=True)
        ok &= report("evidently's report / raikit run to page", other / of_command, 4, "x", least=True)
        ok &= report("memory: raikit's analysis / evidently's report", peak / memory, 1 / 3, "x")
        ok &= report("memory: raikit run / evidently's report", most / memory, 1 / 3, "x")
    if "nannyml" not in skip:
        other, _ = peer("nannyml", "nannyml>=0.13,<0.14", NANNYML, names, folder)
        ok &= report("nannyml's univariate chunks / raikit's analysis", other / seconds, 1, "x", least=True)
    return ok


def wide(folder: Path) -> bool:
    half, _, _ = analysed(write(folder, 3_000, 150))
    seconds, busy, peak = analysed(write(folder, 3_000, 300))
    print(f"300 columns x 3,000 rows: {busy:.1f} s of processors, {peak:,.0f} MiB", flush=True)
    ok = report("300 columns x 3,000 rows against as many", seconds, 60, "s")
    return ok & report("time of 300 columns / time of 150", seconds / half, 2.2, "x")


def rules(count: int) -> bool:
    import raikit

    ok = True
    before = raikit.open_table(columns(100_000, count, 1))
    for rows in (1_000, 100_000):
        for tilt in (0.0, 0.1):
            current = raikit.open_table(columns(rows, count, 2 + rows, tilt))
            study = raikit.drift(before, current)
            found = Counter(shift.verdict for shift in study.shifts)
            breaks = len(study.contract.breaks)
            print(f"{rows:>7,} rows, w {tilt:g}: {dict(found)}, contract broken {breaks} times", flush=True)
            share = {name: found[name] / count for name in ("material", "immaterial")}
            if not tilt:
                ok &= exact("material without a shift", share["material"], 0.01)
                ok &= exact("contract broken without a shift (a familywise .05)", breaks, 1)
                low = float(study.domain.rows["low"][0])
                ok &= exact("lower limit of the classifier's AUC without a shift", low, 0.51)
            elif rows > 1_000:
                ok &= exact("not material at w .10", 1 - share["material"], 0.05)
            else:
                ok &= exact("immaterial at w .10", share["immaterial"], 0.05)
    return ok


def exact(name: str, value: float, most: float) -> bool:
    """Print a frequency beside the most that it may be; tell whether it is."""
    report(name, value, most, "")
    return value <= most


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--keep", type=Path, help="folder for files and environments, kept for the next run")
    parser.add_argument("--rows", type=int, default=500_000, help="rows of either side of the speed test")
    parser.add_argument("--columns", type=int, default=200, help="columns of the test of the rules")
    parser.add_argument(
        "--skip", default="", help="of speed, evidently, nannyml, wide, rules; commas between"
    )
    parser.add_argument("--analyse", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.analyse:
        analyse(*given.analyse)
        return 0
    skip = set(given.skip.split(","))
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.keep or Path(temporary)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        steps = {
            "speed": lambda: speed(folder, given.rows, skip),
            "wide": lambda: wide(folder),
            "rules": lambda: rules(given.columns),
        }
        kept = [step() for name, step in steps.items() if name not in skip]  # all are run, whatever fails
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
