"""Counts of a column's levels in each window of time: a small table that adds up and can be stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.level_counts import LEVEL, SEGMENT
from raikit.analyses.windows import (
    DAY,
    PERIOD,
    count_by_day,
    days_between,
    period_of,
    window_labels,
    window_name,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.analyses.cuts import Cuts
    from raikit.analyses.features import FeatureCounts
    from raikit.sources.table import Table

WINDOW = "window"
WHOLE = "current"  # the one window of tables without times


def days_of(table: Table, timestamp: str, window: str) -> pd.DataFrame:
    """Return the rows of each day and the window that it falls into.

    Parameters
    ----------
    table : Table
        The rows.
    timestamp, window : str
        See `raikit.analyses.windows`.

    Returns
    -------
    pandas.DataFrame
        Columns day, n, window; rows without a time are left out.
    """
    cells = count_by_day(table, timestamp, {}).cells
    known = cells[cells[DAY].notna()].reset_index(drop=True)
    known[DAY] = [pd.Timestamp(day).tz_localize(None) for day in known[DAY]]
    if known.empty:
        return known.assign(window=pd.Series(dtype=str))
    return known.assign(window=window_labels(known[DAY], window).to_numpy())


def partial_windows(days: pd.DataFrame, window: str) -> list[str]:
    """Return the first and last window where the data doesn't begin and end with them.

    Parameters
    ----------
    days : pandas.DataFrame
        From `days_of`.
    window : str
        The same.

    Returns
    -------
    list of str
        Windows that have not all of their days, or those of a remainder too.

    Examples
    --------
    >>> days = pd.Series(pd.date_range("2025-01-01", "2025-03-20"))
    >>> partial_windows(pd.DataFrame({"day": days, "window": window_labels(days, "month")}), "month")
    ['2025-03']
    """
    if days.empty:
        return []
    first, last = days[DAY].min(), days[DAY].max()
    found = []
    for day, label, whole in (
        (first, days[WINDOW].min(), days_between(first, window)[0] == first),
        (last, days[WINDOW].max(), days_between(last, window)[1] == last),
    ):
        if not whole or window_name(day, window) != label:
            found.append(str(label))
    return list(dict.fromkeys(found))


def chunks_of(rows: int, size: int) -> pd.DataFrame:
    """Return the chunks of a table, in the form of `days_of`.

    Parameters
    ----------
    rows : int
        Of the table, at least 1.
    size : int
        Rows of a chunk, at least 1.

    Returns
    -------
    pandas.DataFrame
        Columns day (missing), n, window; what is left over belongs to the last chunk, and is never judged
        alone.

    Examples
    --------
    >>> chunks_of(2_500, 1_000)[["window", "n"]].values.tolist()
    [['chunk 1', 1000], ['chunk 2', 1500]]
    """
    count = max(rows // size, 1)
    sizes = np.full(count, size, dtype=np.int64)
    sizes[-1] = rows - size * (count - 1)
    width = len(str(count))  # the labels sort as the chunks do
    labels = [f"chunk {at:0{width}}" for at in range(1, count + 1)]
    days = pd.Series([pd.NaT] * count, dtype="datetime64[ns]")
    return pd.DataFrame({DAY: days, "n": sizes, WINDOW: pd.Series(labels, dtype=object)})


def labels_of(days: pd.DataFrame, window: str) -> dict[int, str]:
    """Return the label of each period.

    Parameters
    ----------
    days : pandas.DataFrame
        From `days_of` or `chunks_of`.
    window : str
        The same.

    Returns
    -------
    dict of int to str
        Number of the period, see `raikit.analyses.windows.period_of` -> label of its window.
    """
    if not len(days):
        return {}
    if days[DAY].isna().all():  # chunks are numbered in their order
        return dict(enumerate(days[WINDOW]))
    return dict(zip(period_of(days[DAY], window).tolist(), days[WINDOW], strict=True))


@dataclass(frozen=True)
class LevelTable:
    """Counts of a column's levels in windows: what is left of a column's rows.

    Attributes
    ----------
    windows : tuple of str
        In order of time, those that have rows.
    counts : array of int, shape (windows, levels)
        In the order of the levels of the column's counts of all rows.
    outside : array of int, shape (windows,)
        How many numbers lie outside the span of what judges the window; 0 for others.
    """

    windows: tuple[str, ...]
    counts: NDArray[np.int64]
    outside: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Rows of each window."""
        return np.asarray(self.counts.sum(axis=1), dtype=np.int64)

    def of(self, windows: Sequence[str]) -> LevelTable:
        """Return some of the windows.

        Parameters
        ----------
        windows : sequence of str
            Labels; those without rows are passed over.

        Returns
        -------
        LevelTable
            In the same order.
        """
        wanted = set(windows)
        at = [place for place, name in enumerate(self.windows) if name in wanted]
        return LevelTable(tuple(self.windows[place] for place in at), self.counts[at], self.outside[at])


def level_table(
    cells: pd.DataFrame,
    whole: FeatureCounts,
    cuts: Cuts | None,
    labels: Mapping[int, str],
    spans: Mapping[str, tuple[float, float]] | None = None,
) -> LevelTable:
    """Add up a column's cells by window.

    Parameters
    ----------
    cells : pandas.DataFrame
        From `raikit.analyses.level_counts.count_levels`.
    whole : FeatureCounts
        Of all windows and both tables: of all rows, or of one segment.
    cuts : Cuts, optional
        Where numbers are cut.
    labels : mapping of int to str
        From `labels_of`; empty for one window of all rows.
    spans : mapping of str to tuple of float, optional
        Window -> the span that its numbers are judged by; by default that of the whole reference.

    Returns
    -------
    LevelTable
        Rows without a time are left out.
    """
    for value in whole.segment.values():
        cells = cells[cells[SEGMENT].isna() if value is None else cells[SEGMENT] == value]
    if labels:
        cells = cells[cells[PERIOD].notna()]
    named = [labels[int(at)] for at in cells[PERIOD]] if labels else [WHOLE] * len(cells)
    windows, place = np.unique(np.array(named, dtype=object).astype(str), return_inverse=True)
    codes, distinct = pd.factorize(cells[LEVEL].to_numpy(dtype=object), use_na_sentinel=True)
    known, lower = translated(distinct.tolist(), cuts, whole.exact)
    at = {level: number for number, level in enumerate(whole.levels)}
    columns = np.array([*(at[level] for level in known), at.get(None, 0)], dtype=np.int64)
    counts = np.zeros((len(windows), len(whole.levels)), dtype=np.int64)
    n = cells["n"].to_numpy(dtype=np.int64)
    np.add.at(counts, (place, columns[codes]), n)
    outside = np.zeros(len(windows), dtype=np.int64)
    if cuts is not None and len(windows):
        least, greatest = np.array([(spans or {}).get(str(name), cuts.span) for name in windows])[place].T
        value = np.append(lower, np.nan)[codes]  # a missing one, whose code is -1, lies nowhere
        np.add.at(outside, place, n * ((value < least) | (value > greatest)))
    return LevelTable(tuple(windows.tolist()), counts, outside)


def translated(
    levels: Sequence[Any], cuts: Cuts | None, exact: bool
) -> tuple[Sequence[Any], NDArray[np.float64]]:
    """Return the level of each counted value, and the least number that it stands for.

    Parameters
    ----------
    levels : sequence
        Values, or numbers of bins; none missing.
    cuts : Cuts, optional
        Where numbers are cut.
    exact : bool
        Whether values of a cut column were counted, not bins.

    Returns
    -------
    tuple of sequence and array of float
        Tenths of cut columns, else the values; the numbers are NaN for columns that are not cut.
    """
    if cuts is None or not len(levels):
        return levels, np.full(len(levels), np.nan)
    lower = np.asarray(levels, dtype=float) if exact else cuts.lower(np.asarray(levels, dtype=np.int64))
    return cuts.tenth(lower).tolist(), lower


def by_label(days: pd.DataFrame) -> Mapping[str, int]:
    """Return the rows of each window, in order of time.

    Parameters
    ----------
    days : pandas.DataFrame
        From `days_of`.

    Returns
    -------
    mapping of str to int
        Window -> rows.
    """
    return {str(name): int(n) for name, n in days.groupby(WINDOW)["n"].sum().items()}
