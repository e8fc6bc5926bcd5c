"""Incident: a 10M-row log to finished tallies against DuckDB's read of its columns; claims in quiet draws.

Run ``python tests/benchmarks/bench_incident.py [ROWS] [DRAWS]``; it prints CPU seconds, which a busy machine
changes less than the clock, and exits 1 when a target is missed: three times the read, eight claims of 100.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

import raikit
from raikit.analyses.incident_windows import count_windows

TIMES, CLAIMS = 3.0, 8


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def made(path: Path, rows: int) -> None:
    duckdb.sql(
        f"""COPY (
        SELECT TIMESTAMP '2026-01-01' + INTERVAL 1 SECOND * CAST(i * 2592000.0 / {rows} AS BIGINT) AS "at",
        (hash(i) % 100 < 5)::INT AS unsafe, 'category ' || (hash(i + 7) % 12) AS category,
        'channel ' || (hash(i + 9) % 4) AS channel FROM range({rows}) t(i)) TO '{path}' (FORMAT parquet)"""
    )


def tallies(rows: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.parquet"
        made(path, rows)
        read = 'SELECT max("at"), sum(unsafe), max(category), max(channel) FROM read_parquet(?)'
        took = {"read": [], "tallies": []}
        table = raikit.open_table(str(path))
        for _ in range(3):
            start = cpu()
            duckdb.execute(read, [str(path)]).fetchall()
            took["read"].append(cpu() - start)
            start = cpu()
            windows = count_windows(table, timestamp="at", signal="unsafe", segments=["category", "channel"])
            took["tallies"].append(cpu() - start)
        assert windows.n.sum() == rows
    best = {name: min(seconds) for name, seconds in took.items()}
    ratio = best["tallies"] / best["read"]
    print(f"{rows:,} rows: read {best['read']:.2f} CPU s, tallies {best['tallies']:.2f}: {ratio:.1f} times")
    return ratio <= TIMES


def quiet_draws(draws: int) -> bool:
    """Count claims in half-years put together from seven-day blocks of July to October."""
    rows = raikit.open_table("demo:flights").to_pandas(["date", "cancelled", "airline"])
    rows["date"] = pd.to_datetime(rows["date"])
    quiet = rows[(rows["date"] >= "2015-07-01") & (rows["date"] < "2015-11-01")]
    by_day = dict(list(quiet.groupby("date")))
    days, claims = sorted(by_day), 0
    for seed in range(draws):
        random = np.random.default_rng(seed)
        starts = random.integers(0, len(days) - 6, size=26)
        drawn = [by_day[days[at + step]] for at in starts for step in range(7)]
        log = pd.concat(
            [
                day.assign(date=pd.Timestamp("2015-01-01") + pd.Timedelta(days=at))
                for at, day in enumerate(drawn)
            ]
        )
        study = raikit.incident(
            raikit.open_table(log), timestamp="date", signal="cancelled", segments=["airline"], features=[],
            quiet="2015-01-01..2015-05-02", seed=seed,
        )  # fmt: skip
        claims += study.episode is not None
    print(f"{draws} quiet draws: {claims} claims (at most {CLAIMS} of 100)")
    return claims <= CLAIMS * max(draws, 100) / 100


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    fine = [tallies(given[0] if given else 10_000_000), quiet_draws(given[1] if len(given) > 1 else 100)]
    sys.exit(0 if all(fine) else 1)
