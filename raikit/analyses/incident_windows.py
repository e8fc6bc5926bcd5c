"""A log counted by windows of time, signal and segments, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.errors import InputError
from raikit.sources.anchors import labels
from raikit.sources.check import Role, check
from raikit.stats.tally import count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.sources.table import Table

    Floats = NDArray[np.float64]

WINDOWS = {"15min": "15min", "hour": "1h", "6h": "6h", "day": "1D", "week": "7D"}
_MOST = 1000  # windows that "auto" makes: more are slow to search and hold few rows
_ROWS = 20  # a window, on average, that "auto" asks for
_LIMIT = 3000
_CELLS = 300_000  # above that many, each segment is counted by itself
_WINDOW, _SIGNAL, _TIME = "raikit window", "raikit signal", "raikit time"
# Not every engine truncates to these: a larger unit, the field that parts it, its size, and the part's width.
_PARTS: dict[str, tuple[str, str, int, str]] = {
    "15min": ("1h", "minute", 15, "15min"),
    "6h": ("1d", "hour", 6, "6h"),
}
_YES = {1, "1", "true"}


@dataclass(frozen=True)
class Windowed:
    """Counts by window.

    Attributes
    ----------
    starts : pandas.DatetimeIndex
        Every window from the first to the last, in UTC, without zone.
    width : pandas.Timedelta
        Of a window.
    k, n : array of float
        Rows that show the signal, and rows with a known one.
    cells : dict of tuple to pandas.DataFrame
        By one or more segment columns: columns place (of the window), the segments (labels), k, n.
    whole_days : bool
        Whether times are known by the day only.
    unknown : int
        Rows whose signal is unknown.
    undated : int
        Rows without a time.
    """

    starts: pd.DatetimeIndex
    width: pd.Timedelta
    k: Floats
    n: Floats
    cells: dict[tuple[str, ...], pd.DataFrame]
    whole_days: bool
    unknown: int
    undated: int

    def series(self, column: str) -> dict[str, tuple[Floats, Floats]]:
        """Return k and n of each level of a segment, window by window.

        Parameters
        ----------
        column : str
            A segment.

        Returns
        -------
        dict of str to tuple
            By the level's label.
        """
        cells = next(held for columns, held in self.cells.items() if column in columns)
        made = {}
        for level, rows in cells.groupby(column):
            place = rows["place"].to_numpy()
            made[str(level)] = (
                _placed(place, rows["k"], len(self.n)),
                _placed(place, rows["n"], len(self.n)),
            )
        return made

    def text(self, place: float) -> str:
        """Return the instant at which a window, or a part of one, begins.

        Parameters
        ----------
        place : float
            Windows from the first.

        Returns
        -------
        str
            A date where windows are whole days, else date and time.
        """
        held: dict[float, str] = self.__dict__.setdefault("_texts", {})
        if place not in held:
            at = self.starts[0] + self.width * place
            whole = self.width >= pd.Timedelta(days=1) and self.whole_days
            said = at.floor("D").date() if whole else at.floor("min").strftime("%Y-%m-%dT%H:%MZ")
            held[place] = str(said)
        return held[place]

    def place(self, at: pd.Timestamp) -> float:
        """Return an instant in windows from the first.

        Parameters
        ----------
        at : pandas.Timestamp
            Without zone, in UTC.

        Returns
        -------
        float
            May lie outside of the data.
        """
        return float((at - self.starts[0]) / self.width)


def count_windows(
    table: Table, *, timestamp: str, signal: str, segments: Sequence[str], window: str = "auto"
) -> Windowed:
    """Count a log by windows.

    Parameters
    ----------
    table : Table
        One row an interaction.
    timestamp : str
        Column of dates or timestamps; those with a zone are taken to UTC.
    signal : str
        A column of 0 and 1, "column=value", or a condition in DuckDB's SQL.
    segments : sequence of str
        Columns.
    window : str
        "auto" or a name in `WINDOWS`.

    Returns
    -------
    Windowed
        With windows that have no rows among them.

    Raises
    ------
    InputError
        If columns are absent or of the wrong kind, or the signal never or always shows.
    """
    if window not in ("auto", *WINDOWS):
        raise InputError(f"incident: window: came {window!r}; allowed: auto, {', '.join(WINDOWS)}")
    roles = [Role("timestamp", timestamp, "timestamp")]
    roles += [Role("segments", name, "group") for name in segments]
    named, kind = _signal_column(table, signal)
    check(table, [*roles, *([Role("signal", named, kind)] if named else [])])
    frame, whole_days = _timed(table, timestamp)
    if not named:
        frame = _with_condition(frame, signal)
    every, first, last = _span(frame, table.rows, window, whole_days)
    windowed = _bucket(frame, every)
    source = named or _SIGNAL
    parts = _counted(table, windowed, source, signal if kind == "group" else "", list(segments))
    return _arranged(parts, table, timestamp, signal, (first, last, pd.Timedelta(WINDOWS[every])), whole_days)


def _signal_column(table: Table, signal: str) -> tuple[str, str]:
    """Return the column that a signal is read from and its kind; "" for a condition."""
    names = {column.name for column in table.columns}
    column, equals, value = signal.partition("=")
    if signal in names:
        return signal, "label"
    if equals and column in names and value and not value.startswith("="):
        return column, "group"
    if signal.replace("_", "").isalnum():  # a single word that is no column is a column misspelt
        return signal, "label"
    return "", ""


def _timed(table: Table, timestamp: str) -> tuple[Any, bool]:
    """Return the frame with a time in UTC, and whether there are days only."""
    import narwhals as nw

    frame = table.lazy
    kind = frame.collect_schema()[timestamp]
    at = nw.col(timestamp)
    if kind == nw.Date:
        return frame.with_columns(at.cast(nw.Datetime("us")).alias(_TIME)), True
    if getattr(kind, "time_zone", None):
        at = at.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    frame = frame.with_columns(at.cast(nw.Datetime("us")).alias(_TIME))
    clock = frame.filter(nw.col(_TIME).dt.truncate("1d") != nw.col(_TIME)).head(1).collect("pyarrow")
    return frame, not len(clock)


def _with_condition(frame: Any, signal: str) -> Any:
    """Return the frame with a column that tells whether a condition holds."""
    import duckdb
    import narwhals as nw

    from raikit.sources.engine import connection

    native = nw.to_native(frame)
    if not isinstance(native, duckdb.DuckDBPyRelation):
        native = connection().from_arrow(frame.collect("pyarrow").to_arrow())
    try:
        made = native.project(f'*, CAST(({signal}) AS BOOLEAN) AS "{_SIGNAL}"')
    except duckdb.Error as error:
        raise InputError(
            f"incident: signal: {signal!r} is no column and no condition that DuckDB understands "
            f"({str(error).splitlines()[0]}); allowed: a column of 0 and 1, column=value, or a condition "
            "such as 'delay > 15'"
        ) from error
    return nw.from_native(made)


def shown_rows(table: Table, timestamp: str, signal: str, windows: Windowed, inside: Any) -> Any:
    """Return the rows of some windows that show the signal.

    Parameters
    ----------
    table : Table
        All rows.
    timestamp, signal : str
        As for `count_windows`, which has checked them.
    windows : Windowed
        The counts.
    inside : array of bool
        Which windows.

    Returns
    -------
    narwhals.LazyFrame
        Nothing is read yet. Of the first to the last of these windows.
    """
    import narwhals as nw

    frame, shows = with_signal(_timed(table, timestamp)[0], table, signal)
    held = windows.starts[inside]
    first, end = held[0].to_pydatetime(), (held[-1] + windows.width).to_pydatetime()
    at = nw.col(_TIME)
    return frame.filter((at >= first) & (at < end) & shows)


def with_signal(frame: Any, table: Table, signal: str, *, like: Table | None = None) -> tuple[Any, Any]:
    """Return a frame and the expression that tells whether each row shows the signal.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        Rows of the table.
    table : Table
        For its columns.
    signal : str
        As for `count_windows`.
    like : Table, optional
        The table whose columns say how the signal is meant; by default this one.

    Returns
    -------
    tuple of narwhals.LazyFrame and narwhals.Expr
        The frame may have a further column.

    Raises
    ------
    InputError
        If the table lacks the signal's column.
    """
    import narwhals as nw

    named, kind = _signal_column(like or table, signal)
    if not named:
        return _with_condition(frame, signal), nw.col(_SIGNAL)
    if named not in {each.name for each in table.columns}:
        raise InputError(f"incident: {table.name} has no column {named!r}, the signal's")
    said = nw.col(named).cast(nw.String())
    if kind == "group":
        return frame, said == signal.partition("=")[2]
    shows = said.str.to_lowercase().is_in(["1", "1.0", "true"])
    return frame, nw.when(~said.is_null()).then(shows)


def _span(frame: Any, rows: int, window: str, whole_days: bool) -> tuple[str, pd.Timestamp, pd.Timestamp]:
    import narwhals as nw

    at = nw.col(_TIME)
    limits = frame.select(at.min().alias("first"), at.max().alias("last")).collect("pyarrow").to_arrow()
    first, last = (limits.column(name)[0].as_py() for name in ("first", "last"))
    if first is None:
        raise InputError("incident: timestamp: no row has a time")
    if window == "auto":
        sizes = [name for name in WINDOWS if not whole_days or name in ("day", "week")]
        number = {name: (last - first) / pd.Timedelta(WINDOWS[name]) + 1 for name in sizes}
        fit = [name for name in sizes if number[name] <= _MOST and rows / number[name] >= _ROWS]
        window = fit[0] if fit else ("day" if "day" in sizes and number["day"] <= _MOST else sizes[-1])
    if whole_days and window not in ("day", "week"):
        raise InputError(
            f"incident: window: came {window!r}, but times are known by the day; allowed: day, week"
        )
    begins, ends = (pd.Timestamp(at) for at in (first, last))
    if (ends - begins) / pd.Timedelta(WINDOWS[window]) > _LIMIT:
        raise InputError(f"incident: window: {window!r} makes over {_LIMIT:,} windows; choose a longer one")
    return window, begins, ends


def _bucket(frame: Any, every: str) -> Any:
    import narwhals as nw

    at = nw.col(_TIME)
    if every in _PARTS:
        unit, field, size, _ = _PARTS[every]
        part = (getattr(at.dt, field)() // size).cast(nw.Int64())
        return frame.with_columns(at.dt.truncate(unit).alias(_WINDOW), part.alias(_WINDOW + " part"))
    return frame.with_columns(at.dt.truncate("1h" if every == "hour" else "1d").alias(_WINDOW))


def _counted(
    table: Table, frame: Any, source: str, match: str, segments: list[str]
) -> dict[tuple[str, ...], pd.DataFrame]:
    """Count by window, signal and segments, all at once where that makes few cells."""
    import narwhals as nw

    names = frame.collect_schema().names()
    keys = {"window": _WINDOW, "shown": _SIGNAL}
    keys |= {"part": _WINDOW + " part"} if _WINDOW + " part" in names else {}
    if source != _SIGNAL:  # one word of the signal's column, in the engine: its levels may be many
        column = nw.col(source)
        if match:
            value = match.partition("=")[2]
            told = (column.cast(nw.String()) == value).fill_null(False)
            frame = frame.with_columns(told.alias(_SIGNAL))
        else:
            frame = frame.with_columns(column.alias(_SIGNAL))
    sizes = [max(table.column(name).levels or 1, 1) + 1 for name in segments]
    few = np.prod(sizes or [1]) * 2 * 400 <= _CELLS
    together = [tuple(segments)] if few else [(name,) for name in segments]
    made = {}
    for columns in together or [()]:
        cells = count(frame, keys | {f"s{at}": name for at, name in enumerate(columns)}).cells
        cells = cells.rename(columns={f"s{at}": name for at, name in enumerate(columns)})
        for name in columns:
            said = labels(cells[name])
            cells[name] = [said[level] for level in cells[name]]
        made[columns] = cells
    return made


def _arranged(
    parts: dict[tuple[str, ...], pd.DataFrame], table: Table, timestamp: str, signal: str,
    span: tuple[pd.Timestamp, pd.Timestamp, pd.Timedelta], whole_days: bool,
) -> Windowed:  # fmt: skip
    first, last, width = span
    origin = first.floor("D") if width >= pd.Timedelta(hours=6) else first.floor(width)
    number = int((last - origin) // width) + 1
    made, k, n, unknown = {}, np.zeros(number), np.zeros(number), 0
    for columns, cells in parts.items():
        cells = cells[cells["window"].notna()]
        at = pd.to_datetime(cells["window"])
        if "part" in cells:
            at = at + cells["part"].astype(int).to_numpy() * width
        known = cells["shown"].notna()
        unknown = int(cells["n"][~known].sum())
        shows = cells["shown"].isin(_YES) | cells["shown"].astype(str).str.casefold().isin({"1.0", "true"})
        held = pd.DataFrame({name: cells[name] for name in columns})
        held = held.assign(place=((at - origin) // width).astype(int), n=cells["n"].astype(float),
                           k=cells["n"].where(shows, 0).astype(float))[known]  # fmt: skip
        made[columns] = held.groupby(["place", *columns], as_index=False)[["k", "n"]].sum()
        k, n = (_placed(held["place"], held[name], number) for name in ("k", "n"))
    _check_counts(k, n, signal)
    starts = pd.date_range(origin, periods=number, freq=width)
    return Windowed(starts, width, k, n, made, whole_days, unknown, table.column(timestamp).missing or 0)


def _placed(place: Any, counts: Any, number: int) -> Floats:
    summed = np.bincount(np.asarray(place), weights=np.asarray(counts, dtype=float), minlength=number)
    return np.asarray(summed, dtype=np.float64)


def _check_counts(k: Floats, n: Floats, signal: str) -> None:
    if len(n) < 2:
        raise InputError(f"incident: rows in {len(n)} window(s); a change needs at least 2")
    if not k.sum():
        raise InputError(f"incident: signal: no row shows {signal!r}; allowed: a signal that some rows show")
    if k.sum() == n.sum():
        raise InputError(
            f"incident: signal: every row shows {signal!r}; allowed: one that some rows don't show"
        )
