"""Label Studio's JSON exports as a table: one row an annotation, a column for each question.

Both forms are read: JSON (tasks with their annotations) and JSON-MIN (one flat object an annotation). Answers
about a whole item are kept (choices, ratings, numbers, taxonomies); marked regions and free text are not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

_ALLOWED = "Label Studio's export as JSON or JSON-MIN: a list of tasks with their annotations"
_ANSWERS = ("choices", "rating", "number", "taxonomy")
_TIMES = ("created_at", "updated_at")


def export_table(paths: Sequence[Path], given: str) -> pa.Table:
    """Return the annotations of export files.

    Parameters
    ----------
    paths : sequence of Path
        JSON files.
    given : str
        What messages start with.

    Returns
    -------
    pyarrow.Table
        Columns item, annotation, annotator, created_at, seconds, one for each question, and the plain values
        of the task's data. Cancelled annotations are left out.

    Raises
    ------
    InputError
        If a file is no JSON or no such export.
    """
    rows: list[dict[str, Any]] = []
    for path in paths:
        rows += _rows(_tasks(path, given), given)
    if not rows:
        raise InputError(f"{given}: no annotation in any task; allowed: {_ALLOWED}")
    return _table(rows)


def _tasks(path: Path, given: str) -> list[Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        place = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "not UTF-8"
        raise InputError(f"{given}: can't be read as JSON ({place}); allowed: {_ALLOWED}") from None
    if not isinstance(found, list) or not all(isinstance(task, dict) for task in found):
        raise InputError(f"{given}: not a list of tasks; allowed: {_ALLOWED}")
    return found


def _rows(tasks: Sequence[Mapping[str, Any]], given: str) -> list[dict[str, Any]]:
    rows = []
    for task in tasks:
        if "annotation_id" in task:
            rows.append(_flat(task))
        elif isinstance(task.get("annotations"), list):
            rows += [_row(task, each) for each in task["annotations"] if not each.get("was_cancelled")]
        else:
            raise InputError(f"{given}: a task has no annotations; allowed: {_ALLOWED}")
    return rows


def _row(task: Mapping[str, Any], annotation: Mapping[str, Any]) -> dict[str, Any]:
    """Return an annotation of the JSON export."""
    answers: dict[str, list[str]] = {}
    single: dict[str, Any] = {}
    for result in annotation.get("result") or []:
        kind = result.get("type")
        if kind in _ANSWERS:
            name, value = str(result.get("from_name")), (result.get("value") or {}).get(kind)
            answers.setdefault(name, []).append(_words(value))
            single[name] = value
    said = {
        name: single[name] if isinstance(single[name], int | float) and len(words) == 1 else ", ".join(words)
        for name, words in answers.items()
    }
    data = {name: value for name, value in (task.get("data") or {}).items() if _plain(value)}
    own = {
        "item": task.get("id"),
        "annotation": annotation.get("id"),
        "annotator": _person(annotation.get("completed_by")),
        "created_at": annotation.get("created_at"),
        "seconds": annotation.get("lead_time"),
    }
    return data | own | said


def _flat(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return an annotation of the JSON-MIN export, under the same names."""
    names = {"id": "item", "annotation_id": "annotation", "lead_time": "seconds"}
    held = {names.get(name, name): value for name, value in task.items()}
    held["annotator"] = _person(held.get("annotator"))
    lists = {
        name: _words(value.get("choices") if isinstance(value, dict) else value)
        for name, value in held.items()
        if isinstance(value, list) or (isinstance(value, dict) and "choices" in value)
    }
    return {name: value for name, value in held.items() if _plain(value)} | lists


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _person(value: Any) -> Any:
    """Return who annotated: exports hold a number, or an object with it."""
    return (value.get("id") or value.get("email")) if isinstance(value, dict) else value


def _words(value: Any) -> str:
    """Return an answer as text: several choices in alphabetical order, a taxonomy's path with ›."""
    if isinstance(value, list):
        parts = [" › ".join(map(str, each)) if isinstance(each, list) else str(each) for each in value]
        return ", ".join(sorted(parts))
    return str(value)


def _table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    import pandas as pd
    import pyarrow as pa

    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        if name in _TIMES:
            times = pd.to_datetime(
                pd.Series(values, dtype=object), utc=True, errors="coerce", format="ISO8601"
            )
            columns[name] = pa.array(times.dt.tz_localize(None))
        else:
            columns[name] = pa.array(values if _alike(values) else [_text(value) for value in values])
    return pa.table(columns)


def _alike(values: Sequence[Any]) -> bool:
    kinds = {type(value) for value in values if value is not None}
    return len(kinds) <= 1 or kinds == {int, float}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
