"""All columns of two tables, counted whole, by segment and by window; the rest follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from raikit.analyses import cuts as cutting
from raikit.analyses.feature_windows import (
    WINDOW,
    LevelTable,
    chunks_of,
    days_of,
    labels_of,
    level_table,
)
from raikit.analyses.features import MOST_LEVELS, FeatureCounts, feature_counts, is_binned, unsuited
from raikit.analyses.halves import Half, halves
from raikit.analyses.level_counts import count_levels
from raikit.analyses.repeats import repeats_by_window
from raikit.sources.anchors import labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raikit.analyses.drift_choices import DriftChoices
    from raikit.sources.table import Table


@dataclass(frozen=True)
class ColumnCounts:
    """What is known of one column.

    Attributes
    ----------
    parts : tuple of FeatureCounts
        All rows first, then a segment each.
    cuts : cutting.Cuts or None
        Where its numbers are cut.
    reference, current : LevelTable
        Of all rows by window; no reference window without times.
    windowed : tuple of LevelTable
        Of each part, by current window.
    """

    parts: tuple[FeatureCounts, ...]
    cuts: cutting.Cuts | None
    reference: LevelTable
    current: LevelTable
    windowed: tuple[LevelTable, ...]

    @property
    def whole(self) -> FeatureCounts:
        """The counts of all rows."""
        return self.parts[0]

    @property
    def binned(self) -> bool:
        """Whether it was cut into tenths."""
        return self.cuts is not None


@dataclass(frozen=True)
class Columns:
    """All columns that can be compared.

    Attributes
    ----------
    each : tuple of ColumnCounts
        In the order asked for.
    days : tuple of pandas.DataFrame
        Of reference and current, see `raikit.analyses.feature_windows.days_of`; empty without times.
    skipped : tuple of str
        Why others can't be compared, a sentence each.
    names : dict
        Column -> value -> label.
    halves : tuple of Half
        Of the reference's windows; empty where these are too few, or chunks.
    repeats : tuple of dict
        Of reference and current, window -> rows whose key another row has; empty without key and times.
    """

    each: tuple[ColumnCounts, ...]
    days: tuple[pd.DataFrame, pd.DataFrame]
    skipped: tuple[str, ...]
    names: dict[str, dict[Any, str]]
    halves: tuple[Half, ...] = ()
    repeats: tuple[Mapping[str, int], ...] = ({}, {})

    def slice(self, counts: FeatureCounts, window: str = "") -> dict[str, str]:
        """Return what a result of some counts is called.

        Parameters
        ----------
        counts : FeatureCounts
            Of a feature, or of one of its segments.
        window : str, default=""
            The window, if it is one.

        Returns
        -------
        dict of str to str
            The slice of the result.
        """
        segment = {column: self.names[column][value] for column, value in counts.segment.items()}
        return {"feature": counts.feature, **segment, **({"window": window} if window else {})}

    def windowed(self) -> Iterator[tuple[dict[str, str], FeatureCounts]]:
        """Yield slice and counts of each feature, segment and window; nothing without times.

        Yields
        ------
        tuple of dict and FeatureCounts
            Feature by feature.
        """
        for column in self.each if len(self.days[1]) else ():
            for part, table in zip(column.parts, column.windowed, strict=True):
                for window, counts in zip(table.windows, table.counts, strict=True):
                    yield self.slice(part, window), replace(part, current=counts, ordered=None)


def count_columns(before: Table, after: Table, features: Sequence[str], choices: DriftChoices) -> Columns:
    """Count all columns.

    Parameters
    ----------
    before, after : Table
        Reference and current rows.
    features : sequence of str
        Columns of both.
    choices : DriftChoices
        With timestamp and window or chunk_rows, and segment.

    Returns
    -------
    Columns
        A pass over each column of either table, many columns at once.
    """
    reasons = {name: unsuited(before, after, name) for name in features}
    suited = [name for name in features if not reasons[name]]
    tables, timestamp, segment = (before, after), choices.timestamp, choices.segment
    days = _days(tables, choices)
    parts = halves(days[0], choices.window) if timestamp and len(days[0]) else ()
    numbers = [name for name in suited if is_binned(before, after, name)]
    cuts = cutting.cut(before, after, numbers, [half.rows(before.lazy, timestamp) for half in parts])
    made = _counted(tables, {name: cuts.get(name) for name in suited}, days, parts, choices)
    names = {column.whole.feature: labels(column.whole.levels) for column in made if not column.binned}
    if segment:
        names[segment] = labels(
            value for column in made for part in column.parts for value in part.segment.values()
        )
    repeats: tuple[Mapping[str, int], ...] = ({}, {})
    if choices.key and timestamp:
        both = zip(tables, days, strict=True)
        repeats = tuple(repeats_by_window(table, own, choices.key, timestamp) for table, own in both)
    return Columns(tuple(made), days, tuple(filter(None, reasons.values())), names, parts, repeats)


def _days(tables: tuple[Table, Table], choices: DriftChoices) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return days and windows of either table; chunks where rows are the windows, nothing without either."""
    if choices.chunk_rows:
        first, second = (chunks_of(table.rows, choices.chunk_rows) for table in tables)
    elif choices.timestamp:
        first, second = (days_of(table, choices.timestamp, choices.window) for table in tables)
    else:
        first, second = (pd.DataFrame(columns=["day", "n", WINDOW]) for _ in tables)
    return first, second


def _counted(
    tables: tuple[Table, Table],
    cuts: Mapping[str, cutting.Cuts | None],
    days: tuple[pd.DataFrame, pd.DataFrame],
    parts: Sequence[Half],
    choices: DriftChoices,
) -> list[ColumnCounts]:
    timestamp, segment = choices.timestamp, choices.segment
    window = choices.window if timestamp else ""
    exact = {
        name: limits is None or all((t.column(name).levels or 0) <= MOST_LEVELS for t in tables)
        for name, limits in cuts.items()
    }
    asked = {name: None if exact[name] else limits for name, limits in cuts.items()}
    given = {"timestamp": timestamp, "window": window, "segment": segment}
    sides = [count_levels(t, asked, **given, chunk_rows=choices.chunk_rows) for t in tables]
    labelled = labels_of(days[0], window), labels_of(days[1], window)
    return [
        column_counts(
            name, (sides[0].pop(name), sides[1].pop(name)), labelled, segment, limits, exact[name], parts
        )
        for name, limits in cuts.items()
    ]


def column_counts(
    name: str,
    cells: tuple[pd.DataFrame, pd.DataFrame],
    labelled: tuple[dict[int, str], dict[int, str]],
    segment: str,
    limits: cutting.Cuts | None = None,
    exact: bool = True,
    halved: Sequence[Half] = (),
) -> ColumnCounts:
    """Put together what is known of one column from its counts.

    Parameters
    ----------
    name : str
        The column.
    cells : tuple of pandas.DataFrame
        Of reference and current, from `raikit.analyses.level_counts.count_levels`.
    labelled : tuple of dict
        The label of each period of either side, from `raikit.analyses.feature_windows.labels_of`.
    segment : str
        Column whose values were counted apart; empty for none.
    limits, exact
        As for `raikit.analyses.features.feature_counts`.
    halved : sequence of Half, optional
        Of the reference's windows, each judged by the span of the other.

    Returns
    -------
    ColumnCounts
        Whole, by segment and by window.
    """
    parts = tuple(feature_counts(name, cells, limits, segment, exact=exact))
    windowed = tuple(level_table(cells[1], part, limits, labelled[1]) for part in parts)
    reference = level_table(cells[0], parts[0], limits, labelled[0], _judging_spans(limits, halved))
    none = reference if labelled[0] else reference.of(())
    return ColumnCounts(parts, limits, none, windowed[0], windowed)


def _judging_spans(cuts: cutting.Cuts | None, parts: Sequence[Half]) -> dict[str, tuple[float, float]]:
    """Return for each window of the reference the span of the half that it doesn't belong to."""
    pairs = zip(parts, cuts.halves[::-1], strict=True) if cuts is not None else ()
    return {window: span for half, span in pairs for window in half.windows}
