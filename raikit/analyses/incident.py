"""Incident: when a signal changed, for how many rows, and what changed with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from raikit.analyses.calibration import Dispersion, measured_dispersion
from raikit.analyses.windows import DAY, count_by_day
from raikit.errors import InputError
from raikit.sources.anchors import labels
from raikit.sources.check import Role, check
from raikit.stats.changes import chance_of_change, change_point
from raikit.stats.intervals import difference_limits, score_limits, wilson_interval

if TYPE_CHECKING:
    from raikit.sources.table import Table

_METHOD = "score, 7-day blocks"


@dataclass(frozen=True)
class Onset:
    """When the change began.

    Attributes
    ----------
    day, low, high : pandas.Timestamp
        First day of the change and the limits of its interval.
    chance : float
        How often a scan finds as large a change when whole fortnights are shuffled; NaN when a person gave
        the day, or there are too few fortnights.
    given : bool
        Whether a person gave the day.
    """

    day: pd.Timestamp
    low: pd.Timestamp
    high: pd.Timestamp
    chance: float
    given: bool


@dataclass(frozen=True)
class IncidentStudy:
    """What `incident` returns: tidy results, and what the generated sentences are made of.

    Attributes
    ----------
    signal : str
        As given: "column" or "column=value".
    days : pandas.DataFrame
        Columns day, n, k: rows with a known signal, and those that show it.
    onset : Onset
        When it changed.
    end : pandas.Timestamp or None
        The first day that no longer counts as after, if a person gave one.
    levels : dict of str to pandas.DataFrame
        For each segmenting column, and the signal's own when it names a value: day, level (a label), n, k.
    events : dict of str to pandas.Timestamp
        Changes that people recorded.
    dispersion : Dispersion
        Of weekly counts around the rates before and after.
    undated : int
        Rows without a time.
    """

    question: ClassVar[str] = "incident"

    signal: str
    days: pd.DataFrame
    onset: Onset
    end: pd.Timestamp | None
    levels: dict[str, pd.DataFrame]
    events: dict[str, pd.Timestamp]
    dispersion: Dispersion
    undated: int
    confidence: float
    min_n: int

    def before_after(self) -> pd.DataFrame:
        """Return the signal's rate before and after the onset, its change, and the rows in excess.

        Returns
        -------
        pandas.DataFrame
            Result form: `signal_rate` with slice {"period": …}, `signal_rate_change` (after minus before) and
            `excess_rows` (observed minus expected at the earlier rate).
        """
        parts = {name: self._period(self.days, name)[["k", "n"]].sum() for name in ("before", "after")}
        critical, factor = self.dispersion.critical_value(self.confidence), self.dispersion.factor
        rows = []
        for name, part in parts.items():
            limits = score_limits(np.array(part["k"] / factor), np.array(part["n"] / factor), critical)
            rows.append(self._row("signal_rate", {"period": name}, part["n"], limits, [part["k"], part["n"]]))
        after, before = parts["after"], parts["before"]
        counts = [after["k"], after["n"], before["k"], before["n"]]
        effective = np.array(counts, dtype=float) / factor
        gap = difference_limits(effective[0], effective[1], effective[2], effective[3], critical)
        rows.append(self._row("signal_rate_change", {}, min(after["n"], before["n"]), gap, counts))
        excess = [float(limit) * float(after["n"]) for limit in gap]
        rows.append(self._row("excess_rows", {}, after["n"], excess, None))
        return pd.DataFrame(rows)

    def by_level(self, column: str) -> pd.DataFrame:
        """Return how much each level of a column changed at the onset, the largest change first.

        Parameters
        ----------
        column : str
            A segmenting column: the change of the signal's rate within each level; or the signal's own
            column: the change of each level's share.

        Returns
        -------
        pandas.DataFrame
            Result form, metric `share_change` or `signal_rate_change`, slice {column: level}; intervals hold
            for all levels together (Bonferroni).

        Raises
        ------
        InputError
            If the column is none of these.
        """
        if column not in self.levels:
            known = ", ".join(self.levels) or "none was named"
            raise InputError(f"incident: no segment {column!r}; allowed: {known}")
        held = self.levels[column]
        sums = {
            name: self._period(held, name).groupby("level")[["k", "n"]].sum() for name in ("before", "after")
        }
        names = sorted({*sums["before"].index, *sums["after"].index})
        after, before = (sums[name].reindex(names, fill_value=0) for name in ("after", "before"))
        critical, factor = self.dispersion.critical_value(self.confidence, len(names)), self.dispersion.factor
        counts = np.array([after["k"], after["n"], before["k"], before["n"]], dtype=float)
        parts = counts / factor
        gap = difference_limits(parts[0], parts[1], parts[2], parts[3], critical)
        metric = "share_change" if column == self.signal.partition("=")[0] else "signal_rate_change"
        rows = [
            self._row(metric, {column: name}, min(counts[1, at], counts[3, at]), [part[at] for part in gap],
                      counts[:, at])
            for at, name in enumerate(names)
        ]  # fmt: skip
        made = pd.DataFrame(rows)
        order = made["estimate"].abs().sort_values(ascending=False, na_position="last").index
        return made.loc[order].reset_index(drop=True)

    def daily(self) -> pd.DataFrame:
        """Return the signal's rate of each day, for a chart.

        Returns
        -------
        pandas.DataFrame
            Result form, metric `signal_rate`, slice {"day": …}, Wilson intervals of the day alone.
        """
        k, n = self.days["k"].to_numpy(int), self.days["n"].to_numpy(int)
        interval = wilson_interval(k, n, confidence=self.confidence)
        slices = [{"day": day.strftime("%Y-%m-%d")} for day in self.days[DAY]]
        made = pd.DataFrame(
            {"metric": "signal_rate", "slice": pd.Series(slices), "n": n, **interval._asdict()}
        )
        status = np.where(n < self.min_n, "small", "ok")
        return made.assign(compared=None, confidence=self.confidence, method="wilson", status=status)

    def marks(self) -> dict[str, str]:
        """Return what a chart over days marks: the onset and the recorded changes.

        Returns
        -------
        dict of str to str
            ISO date by name.
        """
        shown = {"onset": self.onset.day.strftime("%Y-%m-%d")}
        others = {name: day.strftime("%Y-%m-%d") for name, day in self.events.items()}
        return shown | {name: day for name, day in others.items() if day != shown["onset"]}

    def coincident(self) -> pd.DataFrame:
        """Return the recorded changes by how near they lie to the onset; nearness is no cause.

        Returns
        -------
        pandas.DataFrame
            Columns change, date, "days from the onset's interval" (0 inside, negative before).
        """
        rows = []
        for name, day in self.events.items():
            away = min((day - self.onset.low).days, 0) + max((day - self.onset.high).days, 0)
            rows.append((name, day.strftime("%Y-%m-%d"), away))
        rows.sort(key=lambda row: (abs(row[2]), row[1]))
        return pd.DataFrame(rows, columns=["change", "date", "days from the onset's interval"])

    def _period(self, days: pd.DataFrame, name: str) -> pd.DataFrame:
        if name == "before":
            return days[days[DAY] < self.onset.day]
        later = days[days[DAY] >= self.onset.day]
        return later if self.end is None else later[later[DAY] < self.end]

    def _row(
        self, metric: str, slice_: dict[str, str], n: float, interval: Sequence[Any], counts: Any
    ) -> dict[str, Any]:
        estimate, low, high = (float(part) for part in interval)
        status = "undefined" if np.isnan(estimate) else "small" if n < self.min_n else "ok"
        return {
            "metric": metric, "slice": slice_, "compared": None, "n": int(n), "estimate": estimate,
            "low": low, "high": high, "confidence": self.confidence, "method": _METHOD, "status": status,
            "counts": None if counts is None else [int(count) for count in counts],
            "group": " × ".join(slice_.values()),
        }  # fmt: skip


def incident(
    table: Table,
    *,
    timestamp: str,
    signal: str,
    segments: Sequence[str] = (),
    onset: str = "",
    mitigated: str = "",
    changes: Mapping[str, str] | None = None,
    confidence: float = 0.95,
    min_n: int = 30,
    seed: int = 7,
) -> IncidentStudy:
    """Find when a signal changed, and count what changed with it.

    Parameters
    ----------
    table : Table
        The log: one row an interaction.
    timestamp : str
        Column of dates or timestamps.
    signal : str
        A column of 0 and 1, or "column=value": the rows that have the value.
    segments : sequence of str
        Columns by whose levels the change is reported.
    onset, mitigated : str
        Days as people know them; without an onset it is searched.
    changes : mapping of str to str
        What was changed, and on which day.
    confidence, min_n
        Of the intervals; results on fewer rows are marked small.
    seed : int
        For shuffling fortnights.

    Returns
    -------
    IncidentStudy
        Results as data frames; `Evidence.state` words them.

    Raises
    ------
    InputError
        If columns are absent or of the wrong kind, the signal never or always shows, or days don't fit the
        data.

    Notes
    -----
    One change of level is searched, the one that fits best. How much weeks vary around the two levels widens
    the intervals; whether the change stands out is judged against shuffled fortnights.

    Examples
    --------
    >>> from raikit.sources import open_table
    >>> days = pd.date_range("2025-01-01", periods=100).repeat(20)
    >>> rows = pd.DataFrame({"day": days, "code": (["US"] + ["AA"] * 19) * 60 + ["AA"] * 800})
    >>> study = incident(open_table(rows), timestamp="day", signal="code=US")
    >>> str(study.onset.day.date()), int(study.days["k"].sum())
    ('2025-03-02', 60)
    """
    column, _, value = signal.partition("=")
    roles = [Role("timestamp", timestamp, "timestamp"), Role("signal", column, "group" if value else "label")]
    check(table, [*roles, *(Role("segments", name, "group") for name in segments)])
    days = _shown(count_by_day(table, timestamp, {"value": column}).cells, value)
    days = days.groupby(DAY, as_index=False)[["n", "k"]].sum()
    _check_days(days, signal)
    found, dispersion = _onset(days, onset, confidence, seed)
    of_levels = dict.fromkeys([column, *segments] if value else segments)
    return IncidentStudy(
        signal=signal, days=days, onset=found, end=_end(mitigated, found.day),
        levels={name: _levels(table, timestamp, column, value, name) for name in of_levels},
        events={name: _day("changes", text) for name, text in (changes or {}).items()},
        dispersion=dispersion, undated=table.column(timestamp).missing or 0,
        confidence=confidence, min_n=min_n,
    )  # fmt: skip


def _end(mitigated: str, onset: pd.Timestamp) -> pd.Timestamp | None:
    if not mitigated:
        return None
    end = _day("mitigated", mitigated)
    if end <= onset:
        raise InputError(f"incident: mitigated: {mitigated} is not after the onset, {onset.date()}")
    return end


def _shown(cells: pd.DataFrame, value: str) -> pd.DataFrame:
    """Return the cells with known day and signal: n rows, of which k show it."""
    known = cells[cells[DAY].notna() & (cells["value"].notna() | bool(value))]
    shows = known["value"].astype(str) == value if value else known["value"].isin([1, True, "1", "true"])
    made = known.assign(n=known["n"].astype(float), k=known["n"].where(shows, 0).astype(float))
    return made.assign(**{DAY: pd.to_datetime(made[DAY])})


def _check_days(days: pd.DataFrame, signal: str) -> None:
    total, shown = days["n"].sum(), days["k"].sum()
    if len(days) < 2:
        raise InputError(f"incident: rows on {len(days)} day(s); a change needs at least 2 days")
    if shown == 0:
        raise InputError(f"incident: signal: no row shows {signal!r}; allowed: a signal that some rows show")
    if shown == total:
        raise InputError(
            f"incident: signal: every row shows {signal!r}; allowed: one that some rows don't show"
        )


def _day(parameter: str, text: str) -> pd.Timestamp:
    day = pd.to_datetime(text, errors="coerce", format="ISO8601")
    if pd.isna(day):
        raise InputError(f"incident: {parameter}: came {text!r}; allowed: a date such as '2015-07-01'")
    return pd.Timestamp(day).tz_localize(None).normalize()


def _onset(days: pd.DataFrame, given: str, confidence: float, seed: int) -> tuple[Onset, Dispersion]:
    if given:
        day = _day("onset", given)
        if not days[DAY].min() < day <= days[DAY].max():
            raise InputError(
                f"incident: onset: {given} lies outside the data, {days[DAY].min().date()} to "
                f"{days[DAY].max().date()}; allowed: a day with rows before and after"
            )
        return Onset(day, day, day, float("nan"), True), _dispersion(days, days[DAY] < day)
    k, n = days["k"].to_numpy(), days["n"].to_numpy()
    first = change_point(k, n, confidence=confidence)
    dispersion = _dispersion(days, np.arange(len(days)) < first.at)
    found = change_point(k, n, dispersion=dispersion.factor, confidence=confidence)
    day, low, high = (days[DAY].iloc[place] for place in found[:3])
    return Onset(day, low, high, chance_of_change(k, n, seed=seed), False), dispersion


def _dispersion(days: pd.DataFrame, before: Any) -> Dispersion:
    """Measure how weeks vary around their rates before and after; a side without variation is left out."""
    sides = []
    for side in (days[before], days[~before]):
        rate = side["k"].sum() / max(side["n"].sum(), 1.0)
        if 0 < rate < 1:
            sides.append(side.assign(s=side["n"] * rate))
    return measured_dispersion(pd.concat(sides)) if sides else Dispersion(1.0, 0)


def _levels(table: Table, timestamp: str, column: str, value: str, segment: str) -> pd.DataFrame:
    """Return day, level, n and k: rows of a level that show the signal; of its own column the level's."""
    if segment != column:
        cells = _shown(count_by_day(table, timestamp, {"value": column, "level": segment}).cells, value)
        shown = labels(cells["level"])
        named = cells.assign(level=[shown[level] for level in cells["level"]])
        return named.groupby([DAY, "level"], as_index=False)[["n", "k"]].sum()
    cells = count_by_day(table, timestamp, {"level": column}).cells
    cells = cells[cells[DAY].notna()]
    shown = labels(cells["level"])
    names = [shown[level] for level in cells["level"]]
    held = pd.DataFrame({DAY: pd.to_datetime(cells[DAY]), "level": names, "k": cells["n"].to_numpy(float)})
    # Each level is counted on every day, also on those where it has no row.
    wide = held.pivot_table(index=DAY, columns="level", values="k", aggfunc="sum", fill_value=0.0)
    long = wide.reset_index().melt(id_vars=DAY, var_name="level", value_name="k")
    return long.assign(n=long.groupby(DAY)["k"].transform("sum"))
