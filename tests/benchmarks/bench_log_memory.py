"""The most memory each reader takes for a log grown from the golden ones: `… [MEGABYTES [NAME …]]`.

The aim: a log of 1 GB under 500 MB, with Python, DuckDB and Arrow in it; each in a process of its own.
"""

from __future__ import annotations

import copy
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

LOGS = Path(__file__).parents[1] / "references" / "logs"
SIZE = int(sys.argv[1] if len(sys.argv) > 1 else 1000) * 2**20
TEXT = "A sentence of a made-up answer, of some length, that is no two times the same: {}. " * 25
READ = """
import resource, sys, time
from raikit.sources.logs.opening import open_log
start = time.perf_counter()
given = {"prompt": "prompt"} if "plain" in sys.argv[1] else {}
table = open_log(sys.argv[1], columns=given, anchors="env:KEY")
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peak /= 1024 if sys.platform == "linux" else 2**20
print(table.rows, round(peak), round(time.perf_counter() - start, 1))
"""


def told(place: int) -> str:
    return TEXT.format(*[place * 31 % 1_000_003] * 25)


def lines(
    source: str, changed: Callable[[dict, int], None], kept: Callable[[dict], bool]
) -> Callable[[Path], None]:
    """Return a writer that repeats some lines of a golden log, changed, until the file is large."""

    def write(path: Path) -> None:
        held = [json.loads(line) for line in (LOGS / source).read_text("utf-8").splitlines()]
        with path.open("w", encoding="utf-8") as file:
            for one in held:
                file.write(json.dumps(one) + "\n")
            for place in grown(file.tell):
                for one in (one for one in held if kept(one)):
                    changed(one, place)
                    file.write(json.dumps(one) + "\n")

    return write


def grown(size: Callable[[], int]) -> Iterator[int]:
    place = 0
    while size() < SIZE:
        yield place
        place += 1


def garak(one: dict, place: int) -> None:
    one["uuid"] = f"{one['uuid'][:20]}{place}-{one['status']}"
    for said in one["outputs"]:
        if isinstance(said, dict):
            said["text"] = told(place)


def lm_eval(one: dict, place: int) -> None:
    one["doc_id"], one["filtered_resps"] = place, [told(place)]
    one["arguments"] = {"gen_args_0": {"arg_0": f"Question {place}?"}}


def openai_evals(one: dict, place: int) -> None:
    one["sample_id"] = f"grown.{place}.{one['sample_id']}"
    if one["type"] == "sampling":
        one["data"]["sampled"] = [told(place)]


def document(
    source: str, array: tuple[str, ...], changed: Callable[[dict, int], None]
) -> Callable[[Path], None]:
    """Return a writer of a JSON document whose array of results is repeated."""

    def write(path: Path) -> None:
        whole = json.loads((LOGS / source).read_text("utf-8"))
        held = whole
        for name in array[:-1]:
            held = held[name]
        results, held[array[-1]] = held[array[-1]], ["HERE"]
        before, after = json.dumps(whole).split('"HERE"')
        with path.open("w", encoding="utf-8") as file:
            file.write(before + json.dumps(results[0]))
            for place in grown(file.tell):
                for one in copy.deepcopy(results):
                    changed(one, place)
                    file.write(",\n" + json.dumps(one))
            file.write(after)

    return write


def promptfoo(one: dict, place: int) -> None:
    one["prompt"]["raw"], one["response"] = f"Answer: {place}", {"output": told(place)}


def deepeval(one: dict, place: int) -> None:
    one["input"], one["actualOutput"] = f"Question {place}?", told(place)


def inspect(one: dict, place: int) -> None:
    one["id"], one["input"] = f"q{place}", f"Question {place}?"
    one["messages"] = [{"role": "assistant", "content": told(place)}] * 2
    if one.get("output", {}).get("choices"):
        one["output"]["choices"][0]["message"]["content"] = told(place)


def inspect_eval(path: Path) -> None:
    unpacked = 0
    with (
        zipfile.ZipFile(LOGS / "inspect-deflate.eval") as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as made,  # what lies in it is as large as the file
    ):
        made.writestr("header.json", source.read("header.json"))
        sample = json.loads(source.read("samples/q0_epoch_1.json"))
        place = -1
        while unpacked < SIZE:
            place += 1
            inspect(sample, place)
            data = json.dumps(sample).encode()
            unpacked += len(data)
            made.writestr(f"samples/q{place}_epoch_1.json", data)


def pyrit(path: Path) -> None:
    path.write_bytes((LOGS / "pyrit-scores.db").read_bytes())
    with closing(sqlite3.connect(path)) as memory:
        names = [row[1] for row in memory.execute("PRAGMA table_info(PromptMemoryEntries)")]
        query = "SELECT * FROM PromptMemoryEntries WHERE role = ?"
        ask, say = (
            dict(zip(names, memory.execute(query, (role,)).fetchone(), strict=True))
            for role in ("user", "assistant")
        )
        marks = f"INSERT INTO PromptMemoryEntries VALUES ({', '.join('?' * len(names))})"
        for place in grown(lambda: path.stat().st_size):
            rows = []
            for number in range(200):
                for held in (ask, say):
                    name = f"{held['role']}-{place}-{number}"
                    more = {"id": name, "original_prompt_id": name, "conversation_id": f"c-{place}-{number}"}
                    rows.append(
                        tuple((held | more | {"converted_value": told(place * 200 + number)}).values())
                    )
            memory.executemany(marks, rows)
            memory.commit()


def plain(ending: str, options: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        import duckdb

        rows = SIZE // 2000
        duckdb.sql(
            f"COPY (SELECT 'Question ' || i || '?' AS prompt, 'category ' || i % 9 AS category, "
            f"repeat('answer ' || hash(i) || ' ', 70) AS response, 'pass' AS outcome "
            f"FROM range({rows}) t(i)) TO '{path}' ({options})"
        )

    return write


WRITERS: dict[str, Callable[[Path], None]] = {
    "garak.report.jsonl": lines("garak.report.jsonl", garak, lambda one: one.get("status") == 2),
    "lm-eval.jsonl": lines("lm-eval-words.jsonl", lm_eval, lambda one: True),
    "openai-evals.jsonl": lines("openai-evals-matched.jsonl", openai_evals, lambda one: "sample_id" in one),
    "promptfoo.json": document("promptfoo.json", ("results", "results"), promptfoo),
    "deepeval.json": document("deepeval.json", ("testCases",), deepeval),
    "inspect.json": document("inspect.json", ("samples",), inspect),
    "inspect.eval": inspect_eval,
    "pyrit.db": pyrit,
    "plain.jsonl": plain("jsonl", "FORMAT json"),
    "plain.csv": plain("csv", "FORMAT csv, HEADER"),
    "plain.parquet": plain("parquet", "FORMAT parquet, COMPRESSION uncompressed, ROW_GROUP_SIZE 20000"),
}  # fmt: skip


if __name__ == "__main__":
    only = sys.argv[2:] or WRITERS
    for name in only:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            WRITERS[name](path)
            size, start = path.stat().st_size / 2**20, time.perf_counter()
            environment = os.environ | {"KEY": "0123456789abcdef"}
            done = subprocess.run(
                [sys.executable, "-c", READ, str(path)],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            said = done.stdout.split() or [done.stderr.strip().splitlines()[-1]]
            print(f"{name:20s} {size:6.0f} MB: rows, MB at most, seconds: {' '.join(said)}", flush=True)
