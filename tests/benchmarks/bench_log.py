"""A log of 1,000,000 rows, as JSON Lines, to a finished page; beside it DuckDB reading the same file.

The aim: four times what DuckDB needs to read it, plus the start of a kernel, under 1.5 GB.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000


def write(path: Path) -> None:
    import duckdb

    duckdb.sql(
        f"""COPY (SELECT 'Prompt number ' || (i // 5) || ' of a suite that was made up for speed' AS prompt,
        'Answer ' || i || ' to it, of about the length that answers have' AS response,
        'category ' || (i // 5 % 12) AS category, 'attack ' || (i // 60 % 5) AS attack,
        CASE WHEN hash(i) % 50 = 0 THEN 'fail' ELSE 'pass' END AS outcome
        FROM range({ROWS}) t(i)) TO '{path}' (FORMAT json)"""
    )


def bare(path: Path) -> float:
    start = time.perf_counter()
    code = f"import duckdb; duckdb.sql(\"CREATE TABLE t AS FROM read_json('{path}')\")"
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


def released(folder: Path) -> float:
    params = {"log": "log.jsonl", "columns": {"prompt": "prompt"}, "prompt": "item", "expected": "",
              "slices": ["category", "attack"]}  # fmt: skip
    release = {
        "release": "bench", "system": {"name": "bench", "version": "1"}, "policy": "policy.yaml",
        "runs": [{"template": "safety", "params": params}],
    }  # fmt: skip
    (folder / "release.yaml").write_text(yaml.safe_dump(release))
    (folder / "policy.yaml").write_text(yaml.safe_dump({"version": 1, "rules": []}))
    start = time.perf_counter()
    command = [sys.executable, "-m", "raikit.cli", "run", "release.yaml"]
    if (Path(sys.executable).parent / "raikit").exists():
        command = [str(Path(sys.executable).parent / "raikit"), "run", "release.yaml"]
    subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL, env=os.environ)
    assert (folder / "outputs" / "bench" / "safety.html").exists()
    return time.perf_counter() - start


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        log = Path(place) / "log.jsonl"
        write(log)
        print(f"{ROWS:,} rows, {log.stat().st_size / 2**20:.0f} MB")
        print(f"DuckDB reads it                {bare(log):6.1f} s")
        print(f"raikit run, to a finished page {released(Path(place)):6.1f} s")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(
            f"most memory of one process     {peak / (2**20 if sys.platform == 'linux' else 2**30):6.2f} GB"
        )
