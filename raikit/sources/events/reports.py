"""User reports and escalations: when they came and of what category. Their texts are not read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from raikit.errors import InputError
from raikit.sources.events.changes import events_frame, gathered
from raikit.sources.events.rows import first_of, read_rows

if TYPE_CHECKING:
    import pandas as pd

_TIMES = ("at", "time", "timestamp", "date", "reported_at", "received", "created_at", "created")
_CATEGORIES = ("category", "reason", "topic", "type")
_LONGEST = 64


def read_reports(files: str | Sequence[str]) -> pd.DataFrame:
    """Return user reports in order of time.

    What a user wrote stays in the file: it may name people. Of each report only the time, the id and the
    category are read.

    Parameters
    ----------
    files : str or sequence of str
        Paths of CSV, JSON or JSON Lines files with a time (`at`, `time`, `timestamp`, `reported_at` …) and,
        where there are any, `id`, `category` (or `reason`, `topic`), `source` and `escalated`.

    Returns
    -------
    pandas.DataFrame
        The columns of `read_changes`; kind is "report", entered_by "person", and what the category, with
        "escalated" where the file says so.

    Raises
    ------
    InputError
        Every problem: a time that is none, times with and without a zone, an id that is there twice.
    """
    return events_frame(report_rows(files))


def report_rows(files: str | Sequence[str]) -> list[dict[str, str]]:
    """Return the reports as they were written, checked; without pandas, for a plan.

    Parameters
    ----------
    files : str or sequence of str
        As for `read_reports`.

    Returns
    -------
    list of dict of str to str
        As `events_frame` takes them.

    Raises
    ------
    InputError
        As for `read_reports`.
    """
    given = [files] if isinstance(files, str) else files
    return gathered(given, lambda _, file: _reports(file), each="report")


def _reports(given: str) -> list[dict[str, str]]:
    name = Path(given).name
    made, problems = [], []
    for number, row in enumerate(read_rows(given), start=1):
        place = f"{given} row {number}"
        at = first_of(row, _TIMES)
        if not at:
            problems.append(f"{place}: no time; allowed names: {', '.join(_TIMES)}")
        escalated = row.get("escalated", "").lower() in ("1", "true", "yes", "y")
        category = first_of(row, _CATEGORIES)[:_LONGEST] or "user report"
        made.append(
            {
                "id": row.get("id") or f"{name} {number}",
                "at": at,
                "kind": "report",
                "what": f"{category} (escalated)" if escalated else category,
                "source": row.get("source") or name,
                "entered_by": "person",
                "place": place,
            }
        )
    if problems:
        raise InputError.joined(problems)
    return made
