"""Windows of time: every row is counted by its day, and windows are sums of days.

Days are the smallest windows, so that one small tally serves months, weeks and blocks of seven days alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from raikit.errors import InputError
from raikit.sources.engine import identifier
from raikit.stats.tally import Tally, count

if TYPE_CHECKING:
    from raikit.sources.table import Table

WINDOWS = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}
_NAMED = {"day": "%Y-%m-%d", "month": "%Y-%m", "quarter": "%Y-Q%q", "year": "%Y"}
_PERIOD_SQL = {
    "month": "year({day}) * 12 + month({day}) - 1",
    "quarter": "year({day}) * 4 + quarter({day}) - 1",
    "year": "year({day})",
} | dict.fromkeys(("day", "week"), "year({day}) * 1000 + dayofyear({day})")
DAY = "day"
# Columns beside the user's; spaces keep them apart from theirs.
_OWN_DAY, PERIOD = "raikit day of the row", "raikit period of the row"


def count_by_day(
    table: Table,
    timestamp: str,
    keys: Mapping[str, str],
    *,
    score: str | None = None,
    edges: Sequence[float] | None = None,
) -> Tally:
    """Count rows by day and by other columns, in one pass.

    Parameters
    ----------
    table : Table
        The rows.
    timestamp : str
        A column of dates or timestamps.
    keys : mapping of str to str
        Name in the tally -> column.
    score : str, optional
        Column of numbers, in [0, 1] without edges, summed as `s` and `s2`.
    edges : sequence of float, optional
        Increasing limits of bins; the bin of the score becomes the last key, "score_bin".

    Returns
    -------
    Tally
        With the further key "day" (pandas.Timestamp at midnight, UTC where the column has a zone; None
        where the time is missing).

    Examples
    --------
    >>> import datetime as dt
    >>> from raikit.sources import open_table
    >>> rows = {"at": [dt.datetime(2015, 7, 1, 9), dt.datetime(2015, 7, 1, 17)], "x": ["a", "a"]}
    >>> count_by_day(open_table(pd.DataFrame(rows)), "at", {"x": "x"}).cells
                       day  x  n
    0  2015-07-01 00:00:00  a  2
    """
    frame = own_day(table.lazy, timestamp)
    limits = None if score is None else edges or [0.0, 1.0]
    tally = count(frame, {DAY: _OWN_DAY, **keys}, score=score, edges=limits)
    kept = tally if edges else tally.over(DAY, *keys)
    midnight = {day: pd.Timestamp(day).normalize() for day in kept.values(DAY)}
    kept.cells[DAY] = pd.Series([midnight.get(day) for day in kept.cells[DAY]], dtype=object)
    return kept


def own_day(frame: Any, timestamp: str) -> Any:
    """Return a frame with each row's day beside its columns.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        Rows.
    timestamp : str
        A column of dates or timestamps.

    Returns
    -------
    narwhals.LazyFrame
        In the same engine.
    """
    import narwhals as nw

    if frame.implementation.is_duckdb():
        return _beside(frame, f"CAST({identifier(timestamp)} AS DATE)", _OWN_DAY)
    return frame.with_columns(nw.col(timestamp).cast(nw.Date).alias(_OWN_DAY))


def _beside(frame: Any, sql: str, name: str) -> Any:
    """Return a frame of DuckDB's with a further column; Narwhals would name all the others one by one."""
    import narwhals as nw

    query = f"SELECT *, {sql} AS {identifier(name)} FROM rows"  # noqa: S608 - identifiers
    return nw.from_native(frame.to_native().query("rows", query))


def own_period(frame: Any, timestamp: str, window: str) -> Any:
    """Return a frame with the number of each row's calendar period, as `period_of` gives it.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        Rows.
    timestamp, window : str
        A column of dates or timestamps; one of `WINDOWS`.

    Returns
    -------
    narwhals.LazyFrame
        With the further column `PERIOD`, by the arithmetic of `period_of`.
    """
    import narwhals as nw

    if frame.implementation.is_duckdb():
        sql = _PERIOD_SQL[window].format(day=f"CAST({identifier(timestamp)} AS DATE)")
        return _beside(frame, sql, PERIOD)
    day = nw.col(_OWN_DAY)
    year, month = day.dt.year().cast(nw.Int64), day.dt.month().cast(nw.Int64) - 1
    of_day = year * 1000 + day.dt.ordinal_day().cast(nw.Int64)
    number = {"month": year * 12 + month, "quarter": year * 4 + month // 3, "year": year}.get(window, of_day)
    return own_day(frame, timestamp).with_columns(number.alias(PERIOD))


def period_of(days: pd.Series[Any], window: str) -> pd.Series[Any]:
    """Return the number of the calendar period that each day lies in.

    Parameters
    ----------
    days : pandas.Series of pandas.Timestamp
        No missing values.
    window : str
        One of `WINDOWS`.

    Returns
    -------
    pandas.Series of int
        The year; months and quarters since the year 0; for days and weeks, whose days are told apart, the
        year times 1,000 plus the day's number in it.

    Examples
    --------
    >>> period_of(pd.Series(pd.to_datetime(["2015-01-31", "2015-02-01"])), "week").tolist()
    [2015031, 2015032]
    """
    day = pd.to_datetime(days).dt
    numbers = {
        "month": day.year * 12 + day.month - 1,
        "quarter": day.year * 4 + day.quarter - 1,
        "year": day.year,
    }
    return numbers.get(window, day.year * 1000 + day.day_of_year)


def window_labels(days: pd.Series[Any], window: str) -> pd.Series[Any]:
    """Return the label of the window that each day falls into.

    Windows at either end of which less than half has data are remainders: they join their neighbour, so that
    ten rows are never judged as a month. A week is named by its Monday.

    Parameters
    ----------
    days : pandas.Series of pandas.Timestamp
        No missing values.
    window : {"day", "week", "month", "quarter", "year"}
        Length in the calendar.

    Returns
    -------
    pandas.Series of str
        ISO dates, or their beginning: "2015-07-01", "2015-07", "2015-Q3", "2015".

    Raises
    ------
    InputError
        If `window` is none of these.

    Examples
    --------
    >>> days = pd.Series(pd.to_datetime(["2015-05-02", "2015-06-01", "2015-06-30", "2015-07-01"]))
    >>> window_labels(days, "month").tolist()  # one day of July is no month
    ['2015-05', '2015-06', '2015-06', '2015-06']
    """
    if window not in WINDOWS:
        raise InputError(f"window: came {window!r}; allowed: {', '.join(WINDOWS)}")
    periods = pd.to_datetime(days).dt.to_period(WINDOWS[window])
    first, last = periods.min(), periods.max()
    if first != last:
        begins, ends = pd.to_datetime(days).min(), pd.to_datetime(days).max()
        if (first.end_time.normalize() - begins).days + 1 < _length(first) / 2:
            periods = periods.where(periods != first, first + 1)
        if (ends - last.start_time).days + 1 < _length(last) / 2 and first + 1 <= last - 1:
            periods = periods.where(periods != last, last - 1)
    if window == "week":
        return periods.dt.start_time.dt.strftime("%Y-%m-%d")
    return periods.dt.strftime(_NAMED[window])


def window_name(day: pd.Timestamp, window: str) -> str:
    """Return the label of the calendar's window that a day lies in, whatever other rows there are.

    Parameters
    ----------
    day : pandas.Timestamp
        Without a zone.
    window : str
        One of `WINDOWS`.

    Returns
    -------
    str
        As `window_labels` writes it.

    Examples
    --------
    >>> day = pd.Timestamp("2015-08-05 14:00")
    >>> [window_name(day, window) for window in ("day", "week", "month", "quarter")]
    ['2015-08-05', '2015-08-03', '2015-08', '2015-Q3']
    """
    period = pd.Period(day, freq=WINDOWS[window])
    return period.start_time.strftime("%Y-%m-%d") if window == "week" else period.strftime(_NAMED[window])


def days_between(day: pd.Timestamp, window: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first and last day of the calendar's window that a day lies in.

    Parameters
    ----------
    day : pandas.Timestamp
        Without a zone.
    window : str
        One of `WINDOWS`.

    Returns
    -------
    tuple of pandas.Timestamp
        At midnight.

    Examples
    --------
    >>> [str(end.date()) for end in days_between(pd.Timestamp("2025-02-10"), "month")]
    ['2025-02-01', '2025-02-28']
    """
    period = pd.Period(day, freq=WINDOWS[window])
    return period.start_time, period.end_time.normalize()


def _length(period: pd.Period) -> int:
    return int((period.end_time.normalize() - period.start_time).days) + 1


def span(days: pd.Series[Any]) -> str:
    """Return the first and last of several days in words.

    Parameters
    ----------
    days : pandas.Series of pandas.Timestamp
        Missing ones are passed over.

    Returns
    -------
    str
        "2015-01-01 to 2015-07-01"; empty when there is none.

    Examples
    --------
    >>> span(pd.Series(pd.to_datetime(["2015-07-01", "2015-01-01"])))
    '2015-01-01 to 2015-07-01'
    """
    known = days.dropna()
    if known.empty:
        return ""
    first, last = (pd.Timestamp(day).strftime("%Y-%m-%d") for day in (known.min(), known.max()))
    return first if first == last else f"{first} to {last}"


def every_window(labels: Sequence[str], window: str) -> list[str]:
    """Return the labels of all windows from the first to the last, those without rows among them.

    Parameters
    ----------
    labels : sequence of str
        From `window_labels`, in order of time.
    window : str
        Their length.

    Returns
    -------
    list of str
        In order of time.

    Examples
    --------
    >>> every_window(["2015-01", "2015-04"], "month")
    ['2015-01', '2015-02', '2015-03', '2015-04']
    """
    if not labels:
        return []
    periods = pd.period_range(_period(labels[0], window), _period(labels[-1], window))
    if window == "week":
        return [period.start_time.strftime("%Y-%m-%d") for period in periods]
    return [period.strftime(_NAMED[window]) for period in periods]


def _period(label: str, window: str) -> pd.Period:
    return pd.Period(label.replace("-Q", "Q"), WINDOWS[window])
