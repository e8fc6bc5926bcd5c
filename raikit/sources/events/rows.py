"""The rows of a small CSV, JSON or JSON Lines file that a person or another program keeps."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from raikit.errors import InputError

_LARGEST = 50_000_000  # bytes: a log of changes or reports is small; a larger file is another kind of file


def read_rows(given: str) -> list[dict[str, str]]:
    r"""Return a file's rows, names in lower case and values as text.

    Parameters
    ----------
    given : str
        A path that ends in `.csv`, `.json` (an array of objects, or an object that holds one) or `.jsonl`.

    Returns
    -------
    list of dict of str to str
        Empty and missing values as "".

    Raises
    ------
    InputError
        If there is no such file, it is no such form, or it holds no rows.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
    ...     _ = file.write("ID,At\n1,2026-11-02T10:00Z\n")
    ...     file.flush()
    ...     read_rows(file.name)
    [{'id': '1', 'at': '2026-11-02T10:00Z'}]
    """
    path = Path(given).expanduser()
    readers = {".csv": _csv, ".json": _json, ".jsonl": _json_lines, ".ndjson": _json_lines}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{given}: not a form that is read here; allowed: {', '.join(readers)}")
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"{given}: larger than {_LARGEST // 1_000_000} MB; is it the right file?")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{given}: not UTF-8 text") from None
    except OSError as error:
        raise InputError(f"{given}: can't be read: {error.strerror or error}") from None
    rows = [_plain(row) for row in reader(text, given)]
    if not rows:
        raise InputError(f"{given}: no rows")
    return rows


def first_of(row: Mapping[str, str], names: Sequence[str]) -> str:
    """Return the first value of a row that is there under one of several names.

    Parameters
    ----------
    row : mapping of str to str
        As `read_rows` gave it.
    names : sequence of str
        In order of preference.

    Returns
    -------
    str
        "" where none is there.

    Examples
    --------
    >>> first_of({"title": "", "summary": "new prompt"}, ["title", "summary"])
    'new prompt'
    """
    return next((row[name] for name in names if row.get(name)), "")


def _csv(text: str, given: str) -> list[dict[Any, Any]]:
    try:
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise InputError(f"{given}: no CSV that can be read: {error}") from None
    for number, row in enumerate(rows, start=1):
        if None in row:
            raise InputError(f"{given}: row {number} has more cells than the head has names")
    return rows


def _json(text: str, given: str) -> list[dict[Any, Any]]:
    try:
        held = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{given}: no JSON: {error}") from None
    if isinstance(held, dict):
        lists = [value for value in held.values() if isinstance(value, list)]
        held = lists[0] if len(lists) == 1 else held
    if not isinstance(held, list) or not all(isinstance(item, dict) for item in held):
        raise InputError(f"{given}: allowed is an array of objects, or an object that holds one such array")
    return held


def _json_lines(text: str, given: str) -> list[dict[Any, Any]]:
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise InputError(f"{given}: line {number} is no JSON") from None
        if not isinstance(row, dict):
            raise InputError(f"{given}: line {number} is no object; allowed: one object a line")
        rows.append(row)
    return rows


def _plain(row: Mapping[Any, Any]) -> dict[str, str]:
    return {
        str(name).strip().lower(): "" if value is None else " ".join(str(value).split())
        for name, value in row.items()
    }
