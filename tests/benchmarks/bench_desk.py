"""The analyst's path on tables of three kinds: `raikit new … --data`, confirm, run all cells, page.

A table of 300 columns, one whose column names hold spaces, quotes and letters of several scripts, and one of
five million rows; each with every template that takes such a table. The target is ten minutes from the file
to the page. `bench_desk.py --rows 100000 drift` makes a smaller large table and runs one template.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

BIN = Path(sys.executable).parent
TARGET = 600  # seconds
TEMPLATES = ("fairness", "performance", "drift", "labels", "safety")
PEOPLE = """
SELECT i AS person_id, DATE '2025-01-01' + (i * 360 // {rows})::INTEGER AS date,
  CASE WHEN hash(i, 1) % 2 = 0 THEN 'Female' ELSE 'Male' END AS sex,
  ['Asian', 'Black', 'White', 'Other'][(hash(i, 2) % 4)::INTEGER + 1] AS race,
  hash(i, 3) % 1000 / 1000.0 AS score,
  (hash(i, 3) % 1000 > 500)::INTEGER AS prediction,
  (hash(i, 4) % 1000 < hash(i, 3) % 1000)::INTEGER AS label,
  'prompt ' || (hash(i, 5) % greatest({rows} // 5, 1)) AS prompt,
  CASE WHEN hash(i, 6) % 20 = 0 THEN 'fail' ELSE 'pass' END AS outcome,
  ['insult', 'threat', 'fraud'][(hash(i, 7) % 3)::INTEGER + 1] AS category,
  {more}
FROM range({rows}) t(i)
"""
# Ratings have their own rows: some thousands, since people made them.
RATINGS = """
SELECT 'i' || i AS item, (hash(i) + (hash(i, 1) % 5 = 0)::INTEGER) % 3 AS {one},
  (hash(i) + (hash(i, 2) % 5 = 0)::INTEGER) % 3 AS {two}, {more} FROM range(2000) t(i)
"""


def columns(count: int) -> str:
    return ", ".join(f"(hash(i, {100 + n}) % 997) / 997.0 AS column_{n}" for n in range(count))


def write(query: str, path: Path, names: dict[str, str] | None = None) -> None:
    chosen = ", ".join(f'"{old}" AS "{new}"' for old, new in (names or {}).items())
    kept = f"* EXCLUDE ({', '.join(names)}), {chosen}" if names else "*"
    duckdb.sql(f"COPY (SELECT {kept} FROM ({query})) TO '{path}' (FORMAT parquet)")


def make_tables(folder: Path, rows: int) -> None:
    ratings = {"one": "rater_1", "two": "rater_2"}
    write(PEOPLE.format(rows=20_000, more=columns(290)), folder / "wide.parquet")
    write(RATINGS.format(more=columns(297), **ratings), folder / "wide-ratings.parquet")
    strange = {
        "sex": "Geschlecht (w/m)",
        "race": "Ethnicité – déclarée",
        "label": "Label № 1",
        "prediction": 'Prediction ""v2""',
        "score": "Score, p̂",
        "date": "Date d'entrée",
        "column_0": "年收入 (万元)",
    }
    write(PEOPLE.format(rows=20_000, more=columns(3)), folder / "names.parquet", strange)
    write(
        RATINGS.format(more=columns(1), **ratings), folder / "names-ratings.parquet",
        {"rater_1": "rater № 1 (Zoë)", "rater_2": 'rater ""2""', "item": "item id"},
    )  # fmt: skip
    write(PEOPLE.format(rows=rows, more=columns(10)), folder / "large.parquet")


def measured(folder: Path, *command: str) -> tuple[float, float, float]:
    """Run a command; return seconds, CPU seconds and the largest process's memory in GB."""
    begun = time.monotonic()
    with (folder / "log").open("w") as log:
        running = subprocess.Popen([str(BIN / command[0]), *command[1:]], cwd=folder, stdout=log, stderr=log)
        _, status, used = os.wait4(running.pid, 0)
    if status:
        raise ChildProcessError(f"{' '.join(command)}: failed\n{(folder / 'log').read_text()[-3000:]}")
    return time.monotonic() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20


def path(folder: Path, template: str, table: str) -> tuple[float, float, float]:
    """Go the whole way; return seconds, CPU seconds and memory in GB."""
    name = f"{table}-{template}"
    new = ("raikit", "new", template, f"{name}.ipynb", "--data", f"{table}.parquet")
    steps = [measured(folder, *new)]
    file = folder / f"{name}.ipynb"
    file.write_text(
        file.read_text("utf-8").replace("confirmed: bool = False", "confirmed: bool = True"), "utf-8"
    )
    steps.append(measured(folder, "papermill", file.name, f"{name}-done.ipynb", "--no-progress-bar"))
    steps.append(measured(folder, "raikit", "render", f"{name}-done.ipynb"))
    return sum(step[0] for step in steps), sum(step[1] for step in steps), max(step[2] for step in steps)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--tables", default="wide,names,large")
    parser.add_argument("templates", nargs="*", default=TEMPLATES)
    asked = parser.parse_args()
    failed = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_tables(folder, asked.rows)
        print("table          template       seconds  CPU s  peak GB")
        for table in asked.tables.split(","):
            for template in asked.templates:
                of_raters = template == "labels" and table != "large"
                if template == "labels" and not of_raters:
                    continue  # nobody rates five million items
                file = f"{table}-ratings" if of_raters else table
                try:
                    seconds, cpu, peak = path(folder, template, file)
                except ChildProcessError as error:
                    print(f"{file:<14} {template:<12}    {error}", flush=True)
                    failed.append(f"{file} {template}: failed")
                    continue
                print(f"{file:<14} {template:<12} {seconds:9.1f} {cpu:6.1f} {peak:8.2f}", flush=True)
                failed += [f"{file} {template}: over {TARGET} s"] if seconds > TARGET else []
    if failed:
        raise SystemExit("\n".join(failed))


if __name__ == "__main__":
    main()
