"""Which tool wrote a log? Told from the content; the name of a file may be any."""

from __future__ import annotations

import zipfile
from itertools import islice
from pathlib import Path

from raikit.errors import InputError
from raikit.sources.csv_text import csv_header
from raikit.sources.logs.text import Unreadable, parsed, top_level

_HEAD = 2**20  # bytes looked at
_KEYS = 40  # members of a JSON object looked at
FORMATS = ("inspect", "garak", "promptfoo", "lm-eval", "openai-evals", "pyrit", "deepeval", "table")


def recognise(path: Path) -> str:
    """Return the format of a log.

    Parameters
    ----------
    path : Path
        An existing file.

    Returns
    -------
    str
        One of `FORMATS`; "table" for plain rows, whose columns have to be named.

    Raises
    ------
    InputError
        If it is empty, a hit log of garak, or none that is known.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip():
        raise InputError(f"{path}: an empty file; give an evaluation log")
    if head.startswith(b"PK\x03\x04"):
        return _zip(path)
    if head.startswith(b"SQLite format 3"):
        return "pyrit"
    if head.startswith((b"PAR1", b"\x1f\x8b")):
        return "table"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start in (b"{", b"["):
        return _json(path, head)
    if b"\0" in head:
        raise InputError(
            f"{path}: neither text nor a format that raikit knows; allowed: {', '.join(FORMATS)}"
        )
    return "pyrit" if _exported(set(csv_header(path, str(path))[1])) else "table"


def _exported(names: set[str]) -> bool:
    """Tell whether these are members of a message that PyRIT exported."""
    return {"role", "conversation_id"} <= names and bool({"converted_value", "original_value"} & names)


def _zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, RuntimeError):
        raise InputError(f"{path}: a zip file that can't be opened; it may be cut off") from None
    if not names & {"header.json", "_journal/start.json"}:
        raise InputError(f"{path}: a zip file, and not an Inspect log (no header.json in it)")
    return "inspect"


def _json(path: Path, head: bytes) -> str:
    for line in head.splitlines()[:20]:  # the first lines of a JSON Lines file may be damaged
        first = parsed(line)
        if isinstance(first, dict):
            return _lines(path, first)
    keys = list(dict.fromkeys(name for name, _ in islice(top_level(path, *_ARRAYS), _KEYS)))
    if {"eval", "plan", "samples"} & set(keys) and "status" in keys:
        return "inspect"
    if "evalId" in keys or {"results/results", "results/stats"} & set(keys):
        return "promptfoo"
    if {"testCases", "test_cases", "conversationalTestCases", "test_results"} & set(keys):
        return "deepeval"
    if keys and keys[0] == "":
        found = next((held for name, held in top_level(path)), None)
        if isinstance(found, dict) and {"metrics_data", "metricsData"} & found.keys():
            return "deepeval"
        if isinstance(found, dict) and _exported(set(found)):
            return "pyrit"
        if isinstance(found, Unreadable):
            raise InputError(f"{path}: {found.reason}")
    raise InputError(
        f"{path}: JSON of no evaluation tool that raikit knows; allowed: {', '.join(FORMATS)}; give plain "
        "rows as JSON Lines, CSV or Parquet"
    )


_ARRAYS = ("samples", "results/results", "testCases", "test_cases", "conversationalTestCases", "test_results")


def _lines(path: Path, first: dict[str, object]) -> str:
    names = first.keys()
    if "entry_type" in names:
        return "garak"
    if {"attempt_id", "generator", "trigger"} <= names or {"goal", "detector", "probe", "score"} <= names:
        raise InputError(
            f"{path}: a hit log of garak; it holds the hits only, so no rate can be computed from it. "
            "Give the report.jsonl of the same run"
        )
    if "doc_id" in names and ("filtered_resps" in names or "resps" in names):
        return "lm-eval"
    if "spec" in names or {"run_id", "event_id", "sample_id", "type", "data"} <= names:
        return "openai-evals"
    if {"eval", "version", "status"} <= names:
        return "inspect"
    if "evalId" in names:
        return "promptfoo"
    return "deepeval" if {"testCases", "test_cases", "test_results"} & names else "table"
