"""Incident: when a signal left its quiet level, who was affected, what changed, and whether it is over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.incident_changes import checked_changes, recorded_changes
from raikit.analyses.incident_contract import before_and_during
from raikit.analyses.incident_recovery import recovery
from raikit.analyses.incident_rerun import pairing, rerun_of
from raikit.analyses.incident_search import Episode, Search, instant, quiet_windows, search
from raikit.analyses.incident_study import IncidentStudy, People
from raikit.analyses.incident_users import count_users
from raikit.analyses.incident_who import excess_row
from raikit.analyses.incident_windows import Windowed, count_windows
from raikit.errors import InputError
from raikit.sources.check import Role, check

if TYPE_CHECKING:
    from raikit.sources.table import Table


def incident(
    table: Table, *, timestamp: str, signal: str, segments: Sequence[str] = (), quiet: str = "",
    window: str = "auto", onset: str = "", aware: str = "", triaged: str = "", mitigated: str = "",
    changes: pd.DataFrame | Sequence[str] | None = None, reports: str = "",
    features: Sequence[str] | None = None, user: str = "", recovery_margin: float = 0.0,
    rerun: Table | None = None, item: str = "", rerun_margin: float = 0.9,
    confidence: float = 0.95, min_n: int = 30, suppress_below: int = 10, seed: int = 7,
) -> IncidentStudy:  # fmt: skip
    """Find when a signal left its quiet level, and count who was affected.

    Parameters
    ----------
    table : Table
        The log: one row an interaction.
    timestamp : str
        Column of dates or timestamps; those with a zone are taken to UTC.
    signal : str
        A column of 0 and 1, "column=value" (the rows that have the value), or a condition in DuckDB's SQL
        such as "delay > 15".
    segments : sequence of str
        Columns by whose levels is searched and counted.
    quiet : str
        The period that stands for normal, "2015-07-01..2015-10-31"; empty: what lies before `onset` less one
        window, else the first half of the windows.
    window : {"auto", "15min", "hour", "6h", "day", "week"}
        How the log is counted; "auto" takes the shortest that makes at most 1,000 windows of at least twenty
        rows on average.
    onset, aware, triaged, mitigated : str
        Times as people entered them, ISO 8601; without a zone they count as UTC. `onset` is a suspicion: the
        episode nearest to it is looked at.
    changes : sequence of str or pandas.DataFrame, optional
        What was changed: files, `git:FOLDER`, or lines such as "2015-07-01 data: what"; see
        `raikit.analyses.incident_changes.recorded_changes`. Or a frame with the columns id, at, kind, what,
        source, entered_by.
    reports : str
        File of what people reported; see `raikit.sources.events.reports.read_reports`.
    features : sequence of str, optional
        Columns whose contract and distribution are compared before and after; by default all that no other
        parameter names; none for an empty sequence.
    user : str
        Column of user ids: how many people the episode looked at touched is counted; ids are never shown.
    recovery_margin : float
        What counts as back to normal, in the rate's unit; 0 for a quarter of the episode's change.
    rerun : Table, optional
        Failing rows run again, or the suite for the retest: with the signal's column, and paired by `item`.
    item : str
        Column that names the same item in the log and in its rerun; empty for prompt or item.
    rerun_margin : float
        Share of the failing items that has to pass now: the exact interval's lower limit must reach it.
    confidence, min_n
        Of the intervals; results on fewer rows are marked small.
    suppress_below : int
        Numbers of users below it are not shown.
    seed : int
        Of the resamples.

    Returns
    -------
    IncidentStudy
        Results as data frames; `Evidence.state` words them. In a record the metric `incident_excess` has a
        row for each claimed episode, its slice says from, to, and the onset's interval; `segment_excess`
        names the segments in order; `incident_chance` is how often a scan of quiet windows finds as much.

    Raises
    ------
    InputError
        If columns are absent or of the wrong kind, the signal never or always shows, or times don't fit the
        data.

    Notes
    -----
    Every stretch of windows is scanned, over all rows and within each segment, for a rate that the quiet
    windows don't explain; what chance finds is told by scans of seven-day blocks of quiet windows put
    together anew, so that ordinary bad days are no incident.

    Examples
    --------
    >>> from raikit.sources import open_table
    >>> days = pd.date_range("2025-01-01", periods=100).repeat(20)
    >>> rows = pd.DataFrame({"day": days, "code": (["US"] + ["AA"] * 19) * 60 + ["AA"] * 800})
    >>> study = incident(open_table(rows), timestamp="day", signal="code=US", features=[])
    >>> study.listing()[["first window", "last window"]].values.tolist()
    [['2025-03-02', '2025-04-10']]
    """
    paired = "" if rerun is None else pairing(table, rerun, item, rerun_margin)
    check(table, [Role("user", user, "any")] if user else [])
    times = _times(onset=onset, aware=aware, triaged=triaged, mitigated=mitigated)
    windows = count_windows(table, timestamp=timestamp, signal=signal, segments=segments, window=window)
    _check_times(times, windows)
    held = quiet_windows(windows, quiet, times.get("onset"))
    found = search(windows, held, segments=segments, confidence=confidence, seed=seed, given=bool(quiet))
    chosen = _looked_at(found, windows, times.get("onset"))
    inside = _inside(windows, found, chosen, times)
    judged: dict[str, Any] = {"confidence": confidence, "min_n": min_n}
    before, users, again = None, None, None
    if chosen is not None:
        names = _features(table, timestamp, signal) if features is None else list(features)
        before = before_and_during(table, timestamp, names, windows, held, inside, **judged)
    if chosen is not None and user:
        users = count_users(table, user, timestamp=timestamp, signal=signal, windows=windows, inside=inside,
                            smallest=suppress_below)  # fmt: skip
    if chosen is not None and rerun is not None:
        again = rerun_of(table, rerun, paired, timestamp=timestamp, signal=signal, windows=windows,
                         inside=inside, margin=rerun_margin, confidence=confidence)  # fmt: skip
    change = excess_row(windows, held, inside, slice_={}, **judged)["change"][0]
    over = recovery(
        windows, held, mitigated=times.get("mitigated"), change=change, margin=recovery_margin, **judged
    )
    return IncidentStudy(
        signal=signal, windows=windows, search=found, episode=chosen, inside=inside, segments=tuple(segments),
        changes=_changes(changes), reports=_reports(reports), times=times, before=before, recovery=over,
        users=users, rerun=again, rerun_given=rerun is not None,
        people=People(table.rows, windows.unknown, windows.undated), seed=seed, **judged,
    )  # fmt: skip


def _features(table: Table, timestamp: str, signal: str) -> list[str]:
    """Return the columns to compare: all but the time, and those that a condition on the signal names."""
    column, _, value = signal.partition("=")
    names = [each.name for each in table.columns if each.name != timestamp]
    if value and column in names:
        return names
    return [name for name in names if not re.search(rf"\b{re.escape(name)}\b", signal)]


def _changes(given: pd.DataFrame | Sequence[str] | None) -> pd.DataFrame:
    return checked_changes(given) if isinstance(given, pd.DataFrame) else recorded_changes(given or [])


def _reports(file: str) -> pd.DataFrame:
    from raikit.sources.events.reports import read_reports

    return checked_changes(read_reports(file)) if file else checked_changes(None)


def _times(**given: str) -> dict[str, pd.Timestamp]:
    times = {name: instant(name, text) for name, text in given.items() if text}
    if {"onset", "mitigated"} <= set(times) and times["mitigated"] <= times["onset"]:
        raise InputError(
            f"incident: mitigated: {given['mitigated']} is not after the onset, {given['onset']}; allowed: a "
            "later time"
        )
    return times


def _check_times(times: dict[str, pd.Timestamp], windows: Windowed) -> None:
    if "onset" in times and not 0 <= windows.place(times["onset"]) < len(windows.n):
        raise InputError(
            f"incident: onset: {times['onset']} lies outside the data, {windows.text(0)} to "
            f"{windows.text(len(windows.n) - 1)}; allowed: a time with rows before and after"
        )


def _looked_at(found: Search, windows: Windowed, suspected: pd.Timestamp | None) -> Episode | None:
    """Return the episode that a suspicion means, else the largest."""
    if suspected is None or not found.episodes:
        return found.episodes[0] if found.episodes else None
    at = windows.place(suspected)

    def away(each: Episode) -> tuple[float, int]:
        first, end = min(each.change.low, each.stretch.first), each.stretch.end
        return max(first - at, at - (end - 1), 0.0), each.number

    return min(found.episodes, key=away)


def _inside(
    windows: Windowed, found: Search, chosen: Episode | None, times: dict[str, pd.Timestamp]
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return the windows of the episode; without one those since the suspicion, else all but the quiet."""
    place = np.arange(len(windows.n))
    if chosen is not None:
        return (place >= chosen.stretch.first) & (place < chosen.stretch.end)
    first = np.floor(windows.place(times["onset"])) if "onset" in times else 0
    end = windows.place(times["mitigated"]) if "mitigated" in times else len(place)
    inside = (place >= first) & (place < end) & ~found.quiet
    return inside if windows.n[inside].sum() else place >= first
