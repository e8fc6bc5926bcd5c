"""A log of 1,000,000 rows, as JSON Lines, to a finished page; beside it DuckDB reading the same file.

The aim: four times what DuckDB needs to read it, plus the start of a kernel, under 1.5 GB. The start of a
kernel, with everything else that doesn't depend on the rows, is the same release on 1,000 rows. Seconds by
the clock ask for a quiet machine; seconds of the processor, over all processes, less so. Each is the best of
three: whatever else the machine does only ever adds to them.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
FEW = 1_000
TIMES = 3


def write(path: Path, rows: int) -> None:
    import duckdb

    duckdb.sql(
        f"""COPY (SELECT 'Prompt number ' || (i // 5) || ' of a suite that was made up for speed' AS prompt,
        'Answer ' || i || ' to it, of about the length that answers have' AS response,
        'category ' || (i // 5 % 12) AS category, 'attack ' || (i // 60 % 5) AS attack,
        CASE WHEN hash(i) % 50 = 0 THEN 'fail' ELSE 'pass' END AS outcome
        FROM range({rows}) t(i)) TO '{path}' (FORMAT json)"""
    )


def bare(path: Path) -> None:
    code = f"import duckdb; duckdb.sql(\"CREATE TABLE t AS FROM read_json('{path}')\")"
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def released(folder: Path) -> None:
    shutil.rmtree(folder / "outputs", ignore_errors=True)
    params = {"log": "log.jsonl", "columns": {"prompt": "prompt"}, "prompt": "item", "expected": "",
              "slices": ["category", "attack"]}  # fmt: skip
    release = {
        "release": "bench", "system": {"name": "bench", "version": "1"}, "policy": "policy.yaml",
        "runs": [{"template": "safety", "params": params}],
    }  # fmt: skip
    (folder / "release.yaml").write_text(yaml.safe_dump(release))
    (folder / "policy.yaml").write_text(yaml.safe_dump({"version": 1, "rules": []}))
    command = [str(Path(sys.executable).parent / "raikit"), "run", "release.yaml"]
    subprocess.run(command, cwd=folder, check=False, capture_output=True)
    assert (folder / "outputs" / "bench" / "safety.html").exists()


def timed(what: str, work: Callable[[], None]) -> tuple[float, float]:
    """Print and return the least seconds by the clock and of the processor that work took."""
    clocks, uses = [], []
    for _ in range(TIMES):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        work()
        clocks.append(time.perf_counter() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        uses.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    print(f"{what:40s} {min(clocks):6.1f} s {min(uses):6.1f} s of the processor", flush=True)
    return min(clocks), min(uses)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        folder, log = Path(place), Path(place) / "log.jsonl"
        write(log, FEW)
        started = timed(f"raikit run, {FEW:,} rows", lambda: released(folder))
        write(log, ROWS)
        print(f"{ROWS:,} rows, {log.stat().st_size / 2**20:.0f} MB")
        read = timed("DuckDB reads them", lambda: bare(log))
        whole = timed("raikit run, to a finished page", lambda: released(folder))
        times = [(each - start) / base for each, start, base in zip(whole, started, read, strict=True)]
        by_clock, used = times
        print(f"beyond the start: {by_clock:.1f} times DuckDB's reading, {used:.1f} times of the processor")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(f"most memory of one process {peak / (2**20 if sys.platform == 'linux' else 2**30):.2f} GB")
