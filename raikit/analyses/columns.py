"""All columns of two tables, counted whole, by segment and by window; the rest follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses import contract as contracts
from raikit.analyses.cuts import Cuts, cut
from raikit.analyses.feature_windows import LEVEL, WINDOW, by_label, days_of, levels_by_window, window_counts
from raikit.analyses.features import FeatureCounts, count_feature, is_binned, unsuited
from raikit.analyses.repeats import repeat_checks
from raikit.analyses.windows import every_window
from raikit.sources.anchors import labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raikit.analyses.drift_choices import DriftChoices
    from raikit.sources.table import Table

_WHOLE = "current"  # the one window of tables without times


@dataclass(frozen=True)
class ColumnCounts:
    """What is known of one column.

    Attributes
    ----------
    parts : tuple of FeatureCounts
        All rows first, then a segment each.
    cuts : Cuts or None
        Where its numbers are cut.
    reference, current : pandas.DataFrame
        By window, see `raikit.analyses.feature_windows.levels_by_window`; no reference without times.
    """

    parts: tuple[FeatureCounts, ...]
    cuts: Cuts | None
    reference: pd.DataFrame
    current: pd.DataFrame

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
            for part in column.parts:
                for window, counts in window_counts(column.current, part, column.cuts):
                    yield self.slice(part, window), counts


def count_columns(before: Table, after: Table, features: Sequence[str], choices: DriftChoices) -> Columns:
    """Count all columns.

    Parameters
    ----------
    before, after : Table
        Reference and current rows.
    features : sequence of str
        Columns of both.
    choices : DriftChoices
        With timestamp, window and segment.

    Returns
    -------
    Columns
        A pass or two over each column of either table.
    """
    reasons = {name: unsuited(before, after, name) for name in features}
    suited = [name for name in features if not reasons[name]]
    cuts = cut(before, after, [name for name in suited if is_binned(before, name)])
    tables, timestamp, segment = (before, after), choices.timestamp, choices.segment
    none = pd.DataFrame(columns=["day", "n", WINDOW])
    days = tuple(days_of(table, timestamp, choices.window) if timestamp else none for table in tables)
    made = []
    for name in suited:
        parts = tuple(count_feature(before, after, name, cuts.get(name), segment))
        if timestamp:
            sides = [
                levels_by_window(table, name, cuts.get(name), of, timestamp, segment)
                for table, of in zip(tables, days, strict=True)
            ]
        else:
            cells = {WINDOW: _WHOLE, "segment": None, LEVEL: pd.Series(parts[0].levels, dtype=object)}
            current = pd.DataFrame({**cells, "n": parts[0].current})
            sides = [current[:0], current[current["n"] > 0]]
        made.append(ColumnCounts(parts, cuts.get(name), *sides))
    names = {column.whole.feature: labels(column.whole.levels) for column in made if not column.binned}
    if segment:
        names[segment] = labels(
            value for column in made for part in column.parts for value in part.segment.values()
        )
    return Columns(tuple(made), (days[0], days[1]), tuple(filter(None, reasons.values())), names)


def contract_of(columns: Columns, before: Table, after: Table, choices: DriftChoices) -> contracts.Contract:
    """Return what the current windows break of the reference's contract.

    Parameters
    ----------
    columns : Columns
        From `count_columns`.
    before, after : Table
        The same tables.
    choices : DriftChoices
        With key, min_effect and confidence.

    Returns
    -------
    Contract
        Breaks hold jointly.
    """
    usual = by_label(columns.days[0])
    windows = {_WHOLE: after.rows}
    if choices.timestamp:
        held = by_label(columns.days[1])
        windows = {name: held.get(name, 0) for name in every_window(list(held), choices.window)}
    checks = contracts.volume_checks(usual, windows)
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
        contracts.broken(checks, looked_at, choices.confidence),
        looked_at,
        contracts.schema_changes(before, after, used),
    )


def checks_of(
    column: ColumnCounts,
    cells: pd.DataFrame,
    whole: FeatureCounts,
    choices: DriftChoices,
    usual: pd.DataFrame,
) -> tuple[list[contracts.Check], int]:
    """Return a column's checks that may be broken, and how many there are.

    Parameters
    ----------
    column : ColumnCounts
        The column.
    cells : pandas.DataFrame
        Its windows to be checked.
    whole : FeatureCounts
        With the reference counts that they are checked against.
    choices : DriftChoices
        With min_effect.
    usual : pandas.DataFrame
        Windows of the reference.

    Returns
    -------
    tuple of list and int
        Checks, and the number looked at.
    """
    windows = cells[WINDOW].nunique()
    checks = contracts.missing_checks(cells, whole, choices.min_effect, usual)
    if column.cuts is not None:
        timed = len(column.reference) > 0  # without times cells are tenths, whose outer ones have no end
        return checks + (contracts.range_checks(cells, whole, column.cuts) if timed else []), 2 * windows
    return checks + contracts.level_checks(cells, whole), windows * (1 + len(whole.levels))


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
    held = column.reference[column.reference[WINDOW].isin(windows)].assign(window=_WHOLE)
    counted = [counts.current for _, counts in window_counts(held, column.whole, column.cuts)]
    total = counted[0] if counted else np.zeros(len(column.whole.levels), dtype=np.int64)
    return replace(column.whole, reference=total, ordered=None)
