"""Change logs: deploys, data and configuration changes, flags, alerts, tickets; a git folder's tags."""

from __future__ import annotations

import datetime as dt
import difflib
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from raikit.errors import InputError
from raikit.sources.events.rows import first_of, read_rows
from raikit.sources.events.times import utc_times

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("deploy", "data", "configuration", "flag", "alert", "ticket", "report", "mitigation", "other")
_SYNONYMS = {
    "deployment": "deploy", "release": "deploy", "rollout": "deploy", "data change": "data",
    "dataset": "data", "config": "configuration", "prompt": "configuration", "feature flag": "flag",
    "alarm": "alert", "page": "alert", "issue": "ticket", "escalation": "report", "user report": "report",
    "fix": "mitigation", "rollback": "mitigation", "": "other",
}  # fmt: skip
_TIMES = ("at", "time", "timestamp", "date", "when", "created_at", "created")
_TITLES = ("what", "title", "summary", "description", "message", "name")
_LONGEST = 200
_COLUMNS = ["id", "at", "kind", "what", "source", "entered_by"]
GIT = "git:"
_LINE = re.compile(rf"(\d{{4}}-\S+) ({'|'.join(KINDS)}): (.+)")


def read_changes(files: Sequence[str]) -> pd.DataFrame:
    """Return the changes that files and git folders tell of, in order of time.

    Parameters
    ----------
    files : sequence of str
        Paths of CSV, JSON or JSON Lines files with a time (`at`, `time`, `timestamp`, `date`) and, where
        there are any, `id`, `kind`, `what` (or `title`, `summary`), `source` and `entered_by`; or
        `git:FOLDER` for that folder's tags; or a change in words, "2015-07-01 data: codes were joined".

    Returns
    -------
    pandas.DataFrame
        Columns id, at (UTC), kind, what, source, entered_by ("person" or "machine"). A row that doesn't say
        who entered it counts as a person's. ``attrs["zoned"]`` tells whether the times named their zones.

    Raises
    ------
    InputError
        Every problem: a time that is none, times with and without a zone, an id that is there twice, a kind
        that isn't known, a file that can't be read.
    """
    return events_frame(change_rows(files))


def change_rows(files: Sequence[str]) -> list[dict[str, str]]:
    """Return the changes as they were written, checked; without pandas, for a plan.

    Parameters
    ----------
    files : sequence of str
        As for `read_changes`.

    Returns
    -------
    list of dict of str to str
        As `events_frame` takes them.

    Raises
    ------
    InputError
        As for `read_changes`.
    """
    return gathered(files, _told, each="change")


def gathered(
    files: Sequence[str], read: Callable[[int, str], list[dict[str, str]]], *, each: str
) -> list[dict[str, str]]:
    """Return the events of several files, checked together.

    Parameters
    ----------
    files : sequence of str
        What `read` takes.
    read : callable
        From an entry's number, from 1, and the entry to its events.
    each : str
        What an event is called in messages.

    Returns
    -------
    list of dict of str to str
        As `events_frame` takes them.

    Raises
    ------
    InputError
        Every problem.
    """
    rows: list[dict[str, str]] = []
    problems: list[str] = []
    for number, given in enumerate(files, start=1):
        try:
            rows += read(number, given)
        except InputError as error:
            problems.append(str(error))
    if not problems:
        problems = twice(rows, each)
    if problems:
        raise InputError.joined(problems)
    times_of(rows)
    return rows


def _told(number: int, given: str) -> list[dict[str, str]]:
    if line := _LINE.fullmatch(given.strip()):
        return [_in_words(number, *line.groups())]
    return _tags(given) if given.startswith(GIT) else _changes(given)


def times_of(rows: Sequence[Mapping[str, str]]) -> tuple[list[dt.datetime], bool]:
    """Return the times of rows in UTC, and whether they name their zones.

    Parameters
    ----------
    rows : sequence of mapping
        With `at` and `place`.

    Returns
    -------
    list of datetime.datetime and bool
        As `utc_times` gives them.

    Raises
    ------
    InputError
        If times are none, or can't be put in order.
    """
    return utc_times([row["at"] for row in rows], [row["place"] for row in rows])


def is_in_words(given: str) -> bool:
    """Tell whether a change is written out, rather than a file that holds some.

    Parameters
    ----------
    given : str
        One of the entries that `read_changes` takes.

    Returns
    -------
    bool
        Whether it begins with a time and a kind.

    Examples
    --------
    >>> is_in_words("2015-07-01 data: codes were joined"), is_in_words("changes.csv")
    (True, False)
    """
    return _LINE.fullmatch(given.strip()) is not None


def events_frame(rows: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """Return events in order of time.

    Parameters
    ----------
    rows : sequence of mapping
        With `place`, `at` as text, and the other columns; from `change_rows`, for example.

    Returns
    -------
    pandas.DataFrame
        As `read_changes` returns it; no rows give no rows.

    Raises
    ------
    InputError
        If times are none, or can't be put in order.
    """
    import pandas as pd

    times, zoned = times_of(rows)
    frame = pd.DataFrame([{**row, "at": at} for row, at in zip(rows, times, strict=True)], columns=_COLUMNS)
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    frame = frame.sort_values(["at", "id"], kind="stable", ignore_index=True)
    frame.attrs["zoned"] = zoned
    return frame


def twice(rows: Sequence[Mapping[str, str]], each: str) -> list[str]:
    """Return a sentence for each id that is there more than once.

    Parameters
    ----------
    rows : sequence of mapping
        With `id` and `place`.
    each : str
        What a row is called.

    Returns
    -------
    list of str
        Each names the places.

    Examples
    --------
    >>> twice([{"id": "C1", "place": "a.csv row 1"}, {"id": "C1", "place": "b.csv row 4"}], "change")
    ["b.csv row 4: id 'C1' is there already (a.csv row 1); give each change an id of its own"]
    """
    counts = Counter(row["id"] for row in rows)
    first: dict[str, str] = {}
    problems = []
    for row in rows:
        if counts[row["id"]] > 1 and row["id"] in first:
            problems.append(
                f"{row['place']}: id {row['id']!r} is there already ({first[row['id']]}); "
                f"give each {each} an id of its own"
            )
        first.setdefault(row["id"], row["place"])
    return problems


def _changes(given: str) -> list[dict[str, str]]:
    name = Path(given).name
    made, problems = [], []
    for number, row in enumerate(read_rows(given), start=1):
        place = f"{given} row {number}"
        kind, wrong = _kind(row.get("kind") or row.get("type") or "", place)
        by, unknown = _entered_by(row.get("entered_by", ""), place)
        problems += [*wrong, *unknown]
        at = first_of(row, _TIMES)
        if not at:
            problems.append(f"{place}: no time; allowed names: {', '.join(_TIMES)}")
        made.append(
            {
                "id": row.get("id") or f"{name} {number}",
                "at": at,
                "kind": kind,
                "what": first_of(row, _TITLES)[:_LONGEST],
                "source": row.get("source") or name,
                "entered_by": by,
                "place": place,
            }
        )
    if problems:
        raise InputError.joined(problems)
    return made


def _in_words(number: int, at: str, kind: str, what: str) -> dict[str, str]:
    """Return a change that a person wrote in the release file itself."""
    return {
        "id": f"line {number}", "at": at, "kind": kind, "what": what[:_LONGEST],
        "source": "parameter changes", "entered_by": "person", "place": f"changes: line {number}",
    }  # fmt: skip


def _kind(text: str, place: str) -> tuple[str, list[str]]:
    plain = text.lower().replace("_", " ").replace("-", " ")
    kind = _SYNONYMS.get(plain, plain)
    if kind in KINDS:
        return kind, []
    close = difflib.get_close_matches(kind, KINDS, n=1)
    hint = f" did you mean {close[0]!r}?" if close else ""
    return "other", [f"{place}: kind {text!r} is not known;{hint} allowed: {', '.join(KINDS)}"]


def _entered_by(text: str, place: str) -> tuple[str, list[str]]:
    """Return who entered a row: a person unless it says that a machine did."""
    plain = text.lower()
    if plain in ("", "person", "human", "people"):
        return "person", []
    if plain in ("machine", "automatic", "system", "bot"):
        return "machine", []
    return "person", [f"{place}: entered_by is {text!r}; allowed: person, machine"]


def _tags(given: str) -> list[dict[str, str]]:
    """Return a git folder's tags: the time of an annotated tag, else that of its commit."""
    folder = Path(given.removeprefix(GIT)).expanduser()
    form = "%(refname:short)%09%(creatordate:iso-strict)%09%(subject)"
    words = ["git", "-C", str(folder), "for-each-ref", f"--format={form}", "refs/tags"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired, ValueError):
        raise InputError(f"{given}: git can't be run") from None
    if done.returncode:
        raise InputError(f"{given}: no folder that git knows")
    lines = [line.split("\t", 2) for line in done.stdout.splitlines() if line.count("\t") >= 2]
    source = f"git tags of {folder.resolve().name}"
    return [
        {
            "id": tag, "at": at, "kind": "deploy", "what": f"tag {tag}: {said}"[:_LONGEST],
            "source": source, "entered_by": "machine", "place": f"{given} tag {tag}",
        }
        for tag, at, said in lines
    ]  # fmt: skip
