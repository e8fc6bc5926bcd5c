"""How long the tally and its estimates take beside DuckDB's bare GROUP BY, and how much memory.

    python tests/benchmarks/bench_tally.py [ROWS] [--keep FOLDER]

Prints a line a measurement; exits 1 only where a ratio is worse than twice its target. Each time is the best
of several, taken in turns, connections being open; the ratio of processor seconds is printed too, since a
shared machine blurs the clock.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

KEYS = ["sex", "age", "region", "label", "prediction"]
REPEATS = 7

GENERATE = """
COPY (
    SELECT CASE WHEN hash(i) % 2 = 0 THEN 'Male' ELSE 'Female' END AS sex,
           ['18-24', '25-34', '35-44', '45-54', '55-64', '65+'][1 + (hash(i * 7 + 1) % 6)::INT] AS age,
           ['north', 'south', 'east', 'west', 'centre'][1 + (hash(i * 3 + 5) % 5)::INT] AS region,
           (random() < s)::INT AS label, (s > 0.5)::INT AS prediction, s AS score
    FROM (SELECT range AS i, random() AS s FROM range({rows}))
) TO '{path}' (FORMAT parquet)
"""
BARE = """
SELECT sex, age, region, label, prediction, floor(score * 100) AS bin, count(*)
FROM read_parquet('{path}') GROUP BY ALL
"""


def estimates(tally) -> int:
    """Compute every rate of every single feature and intersection, with intervals and all contrasts."""
    from itertools import combinations

    import numpy as np

    from raikit.stats.calibration import calibration_bins, expected_calibration_error
    from raikit.stats.contrasts import simultaneous_critical_value
    from raikit.stats.intervals import difference_limits, wilson_interval
    from raikit.stats.metrics import RATES, confusion

    marginal, made = tally.over(*KEYS), 0
    for size in range(4):
        for by in combinations(KEYS[:3], size):
            groups = confusion(marginal, by)
            first, second = np.triu_indices(len(groups.groups), 1)
            critical = simultaneous_critical_value(max(2, len(groups.groups)))
            for metric in RATES:
                k, n = (counts.astype(float) for counts in groups.counts(metric))
                made += len(wilson_interval(k, n).low)
                made += len(difference_limits(k[first], n[first], k[second], n[second], critical).low)
    bins = calibration_bins(tally)
    expected_calibration_error(bins["n"], bins["k"], bins["s"])
    return made


def timed(function: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of the clock and of the processors."""
    clock, processors = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - clock, time.process_time() - processors


def best(function: Callable[[], object]) -> float:
    return min(timed(function)[0] for _ in range(REPEATS))


def peak(path: Path) -> float:
    """Return the peak memory, GiB, of a fresh process that counts and estimates."""
    child = subprocess.run(
        [sys.executable, __file__, "--count", str(path)], check=True, capture_output=True, text=True
    )
    return float(child.stdout)


def count_file(path: Path, connection: duckdb.DuckDBPyConnection):
    from raikit.stats.tally import count

    return count(connection.read_parquet(str(path)), KEYS, score="score")


def report(name: str, value: float, target: float, unit: str) -> bool:
    kept = value <= 2 * target
    print(f"{name:<58} {value:8.3f} {unit:<4} target {target:g}{'' if value <= target else '  MISSED'}")
    return kept


def measure(rows: int, folder: Path) -> bool:
    from raikit.stats.bootstrap import resampled
    from raikit.stats.metrics import confusion

    path = folder / f"rows_{rows}.parquet"
    if not path.exists():
        duckdb.sql(GENERATE.format(rows=rows, path=path))
    connection = duckdb.connect()
    connection.sql(BARE.format(path=path)).fetchall()
    tally = count_file(path, connection)
    made = estimates(tally)  # imports are timed apart
    bare, counted = [], []
    for _ in range(REPEATS):  # in turns, so that a busy moment hits both
        bare.append(timed(lambda: connection.sql(BARE.format(path=path)).to_arrow_table()))
        counted.append(timed(lambda: estimates(count_file(path, connection))))
    (bare_clock, bare_processors), (clock, processors) = (
        (min(t[0] for t in times), min(t[1] for t in times)) for times in (bare, counted)
    )
    cells = confusion(tally, KEYS[:3]).cells
    replicates = best(lambda: resampled(cells, replicates=1000, seed=1))
    only_estimates = best(lambda: estimates(tally))
    print(f"{rows:,} rows, {len(tally.cells):,} cells, {made:,} estimates; duckdb {duckdb.__version__}")
    print(f"bare GROUP BY {bare_clock:.3f} s; tally and estimates {clock:.3f} s", end="; ")
    print(f"estimates alone {only_estimates:.3f} s; 1,000 replicates {replicates:.3f} s")
    ok = report("tally and estimates / bare GROUP BY", clock / bare_clock, 1.5, "x")
    report("  the same in processor seconds", processors / bare_processors, 1.5, "x")
    ok &= report("1,000 replicates / tally and estimates", replicates / clock, 0.1, "x")
    return ok & report("peak memory of tally and estimates", peak(path), 1.0 if rows <= 10**7 else 2.0, "GiB")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=10_000_000)
    parser.add_argument("--keep", type=Path, help="folder for the generated file, kept for the next run")
    parser.add_argument("--count", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.count:
        estimates(count_file(given.count, duckdb.connect()))
        unit = 2**30 if sys.platform == "darwin" else 2**20
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        return 0 if measure(given.rows, given.keep or Path(temporary)) else 1


if __name__ == "__main__":
    sys.exit(main())
