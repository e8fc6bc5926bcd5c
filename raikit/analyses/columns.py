"""All columns of two tables, counted whole, by segment and by window; the rest follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses import contract as contracts
from raikit.analyses import cuts as cutting
from raikit.analyses.feature_windows import (
    WHOLE,
    WINDOW,
    LevelTable,
    by_label,
    chunks_of,
    days_of,
    labels_of,
    level_table,
)
from raikit.analyses.features import MOST_LEVELS, FeatureCounts, feature_counts, is_binned, unsuited
from raikit.analyses.level_counts import count_levels
from raikit.analyses.repeats import repeat_checks
from raikit.analyses.windows import every_window
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
    """

    each: tuple[ColumnCounts, ...]
    days: tuple[pd.DataFrame, pd.DataFrame]
    skipped: tuple[str, ...]
    names: dict[str, dict[Any, str]]

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
    cuts = cutting.cut(before, after, [name for name in suited if is_binned(before, name)])
    tables, timestamp, segment = (before, after), choices.timestamp, choices.segment
    none = pd.DataFrame(columns=["day", "n", WINDOW])
    days = tuple(days_of(table, timestamp, choices.window) if timestamp else none for table in tables)
    if choices.chunk_rows:
        days = tuple(chunks_of(table.rows, choices.chunk_rows) for table in tables)
    made = _counted(tables, {name: cuts.get(name) for name in suited}, (days[0], days[1]), choices)
    names = {column.whole.feature: labels(column.whole.levels) for column in made if not column.binned}
    if segment:
        names[segment] = labels(
            value for column in made for part in column.parts for value in part.segment.values()
        )
    return Columns(tuple(made), (days[0], days[1]), tuple(filter(None, reasons.values())), names)


def _counted(
    tables: tuple[Table, Table],
    cuts: Mapping[str, cutting.Cuts | None],
    days: tuple[pd.DataFrame, pd.DataFrame],
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
        column_counts(name, (sides[0].pop(name), sides[1].pop(name)), labelled, segment, limits, exact[name])
        for name, limits in cuts.items()
    ]


def column_counts(
    name: str,
    cells: tuple[pd.DataFrame, pd.DataFrame],
    labelled: tuple[dict[int, str], dict[int, str]],
    segment: str,
    limits: cutting.Cuts | None = None,
    exact: bool = True,
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

    Returns
    -------
    ColumnCounts
        Whole, by segment and by window.
    """
    parts = tuple(feature_counts(name, cells, limits, segment, exact=exact))
    windowed = tuple(level_table(cells[1], part, limits, labelled[1]) for part in parts)
    reference = level_table(cells[0], parts[0], limits, labelled[0])
    none = reference if labelled[0] else reference.of(())
    return ColumnCounts(parts, limits, none, windowed[0], windowed)


def contract_of(
    columns: Columns,
    before: Table,
    after: Table,
    choices: DriftChoices,
    calibrated: float | None = None,
) -> contracts.Contract:
    """Return what the current windows break of the reference's contract.

    Parameters
    ----------
    columns : Columns
        From `count_columns`.
    before, after : Table
        The same tables.
    choices : DriftChoices
        With key, min_effect and confidence.
    calibrated : float, optional
        See `raikit.analyses.contract.broken`.

    Returns
    -------
    Contract
        Breaks hold jointly.
    """
    usual = by_label(columns.days[0])
    windows = {WHOLE: after.rows}
    if choices.timestamp:
        held = by_label(columns.days[1])
        windows = {name: held.get(name, 0) for name in every_window(list(held), choices.window)}
    if choices.chunk_rows:
        windows = dict(by_label(columns.days[1]))
    checks = [] if choices.chunk_rows else contracts.volume_checks(usual, windows)
    looked_at = len(checks)
    for column in columns.each:
        found, count = checks_of(column, column.current, column.whole, choices, column.reference)
        checks, looked_at = checks + found, looked_at + count
    if choices.key and choices.timestamp:
        checks += repeat_checks((before, after), columns.days, choices.key, choices.timestamp)
        looked_at += len(windows)
    used = [column.whole.feature for column in columns.each]
    return contracts.Contract(
        windows,
        contracts.broken(checks, looked_at, choices.confidence, calibrated),
        looked_at,
        contracts.schema_changes(before, after, used),
    )


def checks_of(
    column: ColumnCounts,
    table: LevelTable,
    whole: FeatureCounts,
    choices: DriftChoices,
    usual: LevelTable,
) -> tuple[list[contracts.Check], int]:
    """Return a column's checks that may be broken, and how many there are.

    Parameters
    ----------
    column : ColumnCounts
        The column.
    table : LevelTable
        Its windows to be checked.
    whole : FeatureCounts
        With the reference counts that they are checked against.
    choices : DriftChoices
        With min_effect.
    usual : LevelTable
        Windows of the reference.

    Returns
    -------
    tuple of list and int
        Checks, and the number looked at.
    """
    windows = len(table.windows)
    checks = contracts.missing_checks(table, whole, choices.min_effect, usual)
    if column.cuts is not None:
        return checks + contracts.range_checks(table, whole), 2 * windows
    return checks + contracts.level_checks(table, whole), windows * (1 + len(whole.levels))


def reference_in(column: ColumnCounts, windows: Sequence[str]) -> FeatureCounts:
    """Return a column's whole counts with some of the reference's windows as the reference.

    Parameters
    ----------
    column : ColumnCounts
        The column.
    windows : sequence of str
        Which.

    Returns
    -------
    FeatureCounts
        For judging the other windows.
    """
    total = column.reference.of(windows).counts.sum(axis=0)
    return replace(column.whole, reference=np.asarray(total, dtype=np.int64), ordered=None)
