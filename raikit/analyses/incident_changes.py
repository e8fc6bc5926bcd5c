"""Recorded changes by how they fall against the onset; nearness in time is no cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from raikit.errors import InputError

if TYPE_CHECKING:
    from raikit.analyses.incident_search import Episode
    from raikit.analyses.incident_windows import Windowed

COLUMNS = ["id", "at", "kind", "what", "source", "entered_by"]
_CONFIRM = {
    "deploy": "run the version before it on the same rows, or give it back to part of the traffic",
    "data": "score the same rows with the data of before",
    "configuration": "set the old configuration for part of the traffic",
    "flag": "switch the flag off for part of the traffic",
}
_OTHERWISE = "find rows that it did not reach: they should not have changed"
_NO_CHANGE = ("alert", "ticket", "report", "mitigation")  # tell of an incident; they don't begin it


def recorded_changes(given: Sequence[str]) -> pd.DataFrame:
    """Return changes from files, git folders, or lines that a person wrote.

    Parameters
    ----------
    given : sequence of str
        "2015-07-01 data: what was changed" (a time, a kind, what), or what
        `raikit.sources.events.changes.read_changes` takes.

    Returns
    -------
    pandas.DataFrame
        Columns id, at (UTC), kind, what, source, entered_by.

    Raises
    ------
    InputError
        If a file can't be read.

    Examples
    --------
    >>> held = recorded_changes(["2015-07-01 data: AA and US report as AA"])
    >>> held[["id", "kind", "entered_by"]].values.tolist()
    [['line 1', 'data', 'person']]
    """
    from raikit.sources.events.changes import read_changes

    return checked_changes(read_changes(given)) if given else checked_changes(None)


def checked_changes(changes: pd.DataFrame | None) -> pd.DataFrame:
    """Return recorded changes, with times in UTC without zone.

    Parameters
    ----------
    changes : pandas.DataFrame or None
        Columns id, at, kind, what, source, entered_by.

    Returns
    -------
    pandas.DataFrame
        In order of time.

    Raises
    ------
    InputError
        If a column is missing, an id is there twice, or a time is none.
    """
    if changes is None or changes.empty:
        return pd.DataFrame(columns=COLUMNS)
    if missing := [name for name in COLUMNS if name not in changes]:
        raise InputError(f"incident: changes: no column {missing[0]!r}; needed: {', '.join(COLUMNS)}")
    twice = changes["id"][changes["id"].duplicated()].astype(str).unique().tolist()
    if twice:
        raise InputError(
            f"incident: changes: the id {twice[0]!r} is there more than once; ids must be unique"
        )
    at = pd.to_datetime(changes["at"], utc=True, errors="coerce", format="ISO8601")
    if at.isna().any():
        wrong = changes["id"][at.isna()].iloc[0]
        raise InputError(f"incident: changes: {wrong!r} has no time; allowed: a date or time (ISO 8601)")
    held = changes.assign(at=at.dt.tz_localize(None))
    return held.sort_values("at", kind="stable").reset_index(drop=True)[COLUMNS]


def ranked_changes(changes: pd.DataFrame, windows: Windowed, episode: Episode | None) -> pd.DataFrame:
    """Return the changes, those that may have begun the episode first.

    Parameters
    ----------
    changes : pandas.DataFrame
        From `checked_changes`.
    windows : Windowed
        The counts.
    episode : Episode or None
        What they are held against.

    Returns
    -------
    pandas.DataFrame
        Columns change, kind, at, falls, entered by, "what would confirm it": those within the onset's
        interval first, then those before it, the latest first, then those after it, which can't have begun
        it. Alerts, tickets, reports and mitigations tell of an incident and are left out.
    """
    columns = ["change", "kind", "at", "falls", "entered by", "what would confirm it"]
    rows: list[tuple[Any, ...]] = []
    for each in _records(changes[~changes["kind"].isin(_NO_CHANGE)]):
        rank, falls = (
            ((3, 0.0), "") if episode is None else _falls(windows.place(each["at"]), windows, episode)
        )
        confirm = _CONFIRM.get(each["kind"], _OTHERWISE) if rank[0] < 2 else ""
        rows.append((rank, each["what"], each["kind"], _said(each["at"]), falls, each["entered_by"], confirm))
    rows.sort(key=lambda row: (row[0], row[3]))
    return pd.DataFrame([row[1:] for row in rows], columns=columns)


def change_rows(
    changes: pd.DataFrame, windows: Windowed, episode: Episode, confidence: float
) -> pd.DataFrame:
    """Return how far each change lies from the onset, in windows.

    Parameters
    ----------
    changes : pandas.DataFrame
        From `checked_changes`.
    windows : Windowed
        The counts.
    episode : Episode
        What they are held against.
    confidence : float
        Of the onset's interval.

    Returns
    -------
    pandas.DataFrame
        Result form, metric `change_distance`, slice {"change": id, "at", "kind", "what", "source",
        "entered by"}: from the likeliest onset (negative: before it), limits from those of its interval.
    """
    rows = []
    for each in _records(changes):
        at = windows.place(each["at"])
        change = episode.change
        slice_ = {"change": str(each["id"]), "at": f"{each['at'].isoformat()}Z", "kind": str(each["kind"]),
                  "what": str(each["what"]), "source": str(each["source"]),
                  "entered by": str(each["entered_by"])}  # fmt: skip
        rows.append({"metric": "change_distance", "slice": slice_, "compared": None, "n": len(windows.n),
                     "estimate": at - change.at, "low": at - change.high, "high": at - change.low,
                     "confidence": confidence, "method": "windows from the onset", "status": "ok",
                     "counts": None, "group": str(each["what"])})  # fmt: skip
    return pd.DataFrame(rows)


def _records(changes: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in changes.to_dict("records")]


def _falls(at: float, windows: Windowed, episode: Episode) -> tuple[tuple[int, float], str]:
    """Return the rank of an instant and where it falls; a window counts as one instant."""
    low, high = episode.change.low, episode.change.high
    end = high + 1 if windows.whole_days else high
    if low <= at < end or at == high:
        return (0, abs(at - episode.change.at)), "within the onset's interval"
    if at < low:
        return (1, low - at), f"{_span(low - at, windows)} before the onset's interval"
    return (2, at - end), f"{_span(at - high, windows)} after it: too late to have begun it"


def _span(windows_apart: float, windows: Windowed) -> str:
    apart = windows.width * windows_apart
    hours = apart / pd.Timedelta(hours=1)
    if windows.whole_days or hours >= 48:
        days = max(round(hours / 24), 1)
        return f"{days:,} day{'s' if days != 1 else ''}"
    return f"{hours:.1f} hours" if hours >= 2 else f"{round(hours * 60)} minutes"


def _said(at: pd.Timestamp) -> str:
    return str(at.date()) if at == at.normalize() else at.strftime("%Y-%m-%d %H:%M UTC")
