"""Counts of a column's levels in each window of time: a row a window, segment and level, which adds up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.features import FeatureCounts
from raikit.analyses.windows import DAY, count_by_day, window_labels

if TYPE_CHECKING:
    from raikit.analyses.cuts import Cuts
    from raikit.sources.table import Table

WINDOW, LEVEL = "window", "level"


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


def levels_by_window(
    table: Table, feature: str, cuts: Cuts | None, days: pd.DataFrame, timestamp: str, segment: str = ""
) -> pd.DataFrame:
    """Count a column's levels by window, in one pass.

    Parameters
    ----------
    table : Table
        The rows.
    feature : str
        The column.
    cuts : Cuts, optional
        Where its numbers are cut.
    days : pandas.DataFrame
        From `days_of` the same table.
    timestamp, segment : str
        Columns; `segment` may be empty.

    Returns
    -------
    pandas.DataFrame
        Columns window, segment (None without one), level and n. With cuts a level is the number of a bin of
        `Cuts.coarse`: -1 lies below the reference's least value, the last above its greatest.
    """
    keys = {"segment": segment} if segment else {}
    if cuts is not None:
        cells = count_by_day(table, timestamp, keys, score=feature, edges=_limits(cuts)).cells
        cells = cells.rename(columns={"score_bin": LEVEL})
    else:
        cells = count_by_day(table, timestamp, {**keys, LEVEL: feature}).cells
    label = dict(zip(days[DAY], days[WINDOW], strict=True))
    known = cells[cells[DAY].notna()]
    window = [label[pd.Timestamp(day).tz_localize(None)] for day in known[DAY]]
    made = known.assign(window=window, segment=known["segment"] if segment else None)
    columns = [WINDOW, "segment", LEVEL]
    summed = made.groupby(columns, dropna=False, sort=False)["n"].sum().reset_index()
    for name in ("segment", LEVEL):
        summed[name] = pd.Series([None if pd.isna(value) else value for value in summed[name]], dtype=object)
    return summed


def _limits(cuts: Cuts) -> tuple[float, ...]:
    limits = cuts.coarse
    return limits if len(limits) > 1 else (limits[0], float(np.nextafter(limits[0], np.inf)))


def outside(cells: pd.DataFrame, cuts: Cuts) -> pd.Series[Any]:
    """Return which cells of `levels_by_window` lie outside the reference's range.

    Parameters
    ----------
    cells : pandas.DataFrame
        Of a column with cuts.
    cuts : Cuts
        The same.

    Returns
    -------
    pandas.Series of bool
        One a row.
    """
    return cells[LEVEL].isin([-1, len(_limits(cuts)) - 1])


def window_counts(
    cells: pd.DataFrame, whole: FeatureCounts, cuts: Cuts | None
) -> Iterator[tuple[str, FeatureCounts]]:
    """Yield the counts of each window beside those of the whole reference.

    Parameters
    ----------
    cells : pandas.DataFrame
        From `levels_by_window` of the current table.
    whole : FeatureCounts
        Of all windows, from `raikit.analyses.features.count_feature`: one segment, or all rows.
    cuts : Cuts, optional
        Where numbers are cut.

    Yields
    ------
    tuple of str and FeatureCounts
        In order of time.
    """
    places = {level: at for at, level in enumerate(whole.levels)}
    for value in whole.segment.values():
        cells = cells[cells["segment"].isna() if value is None else cells["segment"] == value]
    translated = _levels(cells[LEVEL], cuts) if cuts is not None else list(cells[LEVEL])
    for window, rows in cells.assign(level=pd.Series(translated, dtype=object, index=cells.index)).groupby(
        WINDOW
    ):
        counted = np.zeros(len(whole.levels), dtype=np.int64)
        np.add.at(counted, [places[level] for level in rows[LEVEL]], rows["n"])
        yield str(window), replace(whole, current=counted, ordered=None)


def _levels(bins: pd.Series[Any], cuts: Cuts) -> list[Any]:
    """Return the tenth of each bin of `Cuts.coarse`; what lies outside belongs to the outer ones."""
    limits = _limits(cuts)
    tenth = cuts.tenth([limits[0], *limits])  # bin -1 first; the last lies above the greatest value
    return [None if held is None else int(tenth[int(held) + 1]) for held in bins]


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
