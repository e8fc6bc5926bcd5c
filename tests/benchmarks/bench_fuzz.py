"""Sixty seconds of damaged logs for every reader: `… [SECONDS [SEED]]`.

Golden logs and plain rows are damaged at random: bytes flipped, pieces cut out, doubled or replaced, the end
cut off, hostile pieces put in. A damaged log opens, or is refused by an `InputError` that names the file;
anything else is printed with its seed and fails.
"""

from __future__ import annotations

import io
import json
import os
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from raikit.errors import InputError
from raikit.sources.logs.opening import open_log

LOGS = Path(__file__).parents[1] / "references" / "logs"
HOSTILE = (
    b"</script><script>alert(1)</script>", b"\xff\xfe\xed\xa0", b"[" * 5_000, b'{"a":' * 5_000,
    b"\0" * 64, b"1e999", b"NaN", b"-Infinity", b'"' + b"x" * 100_000 + b'"', b"\n\n\r", b"null",
    b'"\\ud800"',
)  # fmt: skip
ROWS = [{"prompt": f"Question {place}?", "outcome": "pass", "score": place / 7} for place in range(40)]


def golden() -> dict[str, bytes]:
    """Return the logs that are damaged, by name."""
    held = {path.name: path.read_bytes() for path in LOGS.iterdir() if path.suffix != ".md"}
    held["plain.jsonl"] = "\n".join(map(json.dumps, ROWS)).encode()
    held["plain.csv"] = "\n".join(
        [",".join(ROWS[0]), *(",".join(map(str, row.values())) for row in ROWS)]
    ).encode()
    made = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), made)
    return dict(sorted((held | {"plain.parquet": made.getvalue()}).items()))


def damaged(whole: bytes, draw: random.Random) -> bytes:
    """Return a log after one to eight accidents."""
    held = bytearray(whole)
    for _ in range(draw.randint(1, 8)):
        a, b = sorted(draw.randrange(len(held) + 1) for _ in range(2))
        b = min(b, a + draw.choice([1, 8, 200, 5_000]))
        kind = draw.randrange(6)
        if kind == 0 and a < len(held):
            held[a] = draw.randrange(256)
        elif kind == 1:
            del held[a:b]
        elif kind == 2:
            held[a:a] = held[a:b]
        elif kind == 3:
            held[a:b] = draw.choice(HOSTILE)
        elif kind == 4 and draw.random() < 0.2:
            del held[a:]
        elif kind == 5:
            held[a:b] = bytes(draw.randrange(256) for _ in range(b - a))
    return bytes(held)


def tried(path: Path) -> str:
    """Return what came of a log: "opened" or "refused"; any other error is raised."""
    try:
        table = open_log(str(path), anchors="env:KEY_OF_THE_BENCH")
    except InputError as error:
        if path.name not in str(error):
            raise AssertionError(f"no file is named: {error}") from error
        return "refused"
    if len(table.to_pandas()) != table.rows:
        raise AssertionError("rows were lost after they were counted")
    return "opened"


def run(seconds: float, seed: int) -> Counter[str]:
    """Return how often logs opened, were refused or broke."""
    os.environ["KEY_OF_THE_BENCH"] = "0123456789abcdef"
    logs = golden()
    names = list(logs)
    found: Counter[str] = Counter()
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end:
            draw = random.Random(seed)
            name = names[seed % len(names)]
            path = Path(folder) / f"log{Path(name).suffix}"
            path.write_bytes(damaged(logs[name], draw))
            try:
                found[tried(path)] += 1
            except Exception:
                found["broken"] += 1
                print(f"seed {seed}, {name}: {traceback.format_exc(limit=-3)}", flush=True)
            seed += 1
    return found


if __name__ == "__main__":
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    done = run(seconds, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    print(", ".join(f"{n:,} {what}" for what, n in done.items()))
    sys.exit(bool(done["broken"]))
