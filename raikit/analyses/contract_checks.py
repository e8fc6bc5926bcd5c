"""The checks of the contract, for windows of the current rows or for those of half a reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from raikit.analyses import contract as contracts
from raikit.analyses.feature_windows import WHOLE, by_label, partial_windows
from raikit.analyses.repeats import repeat_checks
from raikit.analyses.windows import every_window

if TYPE_CHECKING:
    import pandas as pd

    from raikit.analyses.columns import ColumnCounts, Columns
    from raikit.analyses.drift_choices import DriftChoices
    from raikit.analyses.feature_windows import LevelTable
    from raikit.analyses.features import FeatureCounts
    from raikit.sources.table import Table


def contract_of(
    columns: Columns,
    before: Table,
    after: Table,
    choices: DriftChoices,
    calibrated: Mapping[str, float] | None = None,
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
    calibrated : mapping of str to float, optional
        See `raikit.analyses.contract.broken`.

    Returns
    -------
    Contract
        Breaks hold jointly.
    """
    windows = {WHOLE: after.rows}
    partial: tuple[list[str], list[str]] = [], []
    checks: list[contracts.Check] = []
    looked_at = 0
    if choices.timestamp:
        usual, windows = (_every(days, choices.window) for days in columns.days)
        partial = (
            partial_windows(columns.days[0], choices.window),
            partial_windows(columns.days[1], choices.window),
        )
        repeats = columns.repeats[0], columns.repeats[1]
        checks, looked_at = table_checks((usual, windows), partial, repeats, choices.key)
    if choices.chunk_rows:
        windows = dict(by_label(columns.days[1]))
    for column in columns.each:
        found, count = checks_of(column, column.current, column.whole, choices, column.reference)
        checks, looked_at = checks + found, looked_at + count
    used = [column.whole.feature for column in columns.each]
    return contracts.Contract(
        windows,
        contracts.broken(checks, looked_at, choices.confidence, calibrated),
        looked_at,
        contracts.schema_changes(before, after, used),
        tuple(partial[1]),
    )


def _every(days: pd.DataFrame, window: str) -> dict[str, int]:
    """Return the rows of each window from the first to the last, 0 where there are none."""
    held = by_label(days)
    return {name: held.get(name, 0) for name in every_window(list(held), window)}


def table_checks(
    rows: tuple[Mapping[str, int], Mapping[str, int]],
    partial: tuple[Sequence[str], Sequence[str]],
    repeats: tuple[Mapping[str, int], Mapping[str, int]],
    key: str,
) -> tuple[list[contracts.Check], int]:
    """Return the checks of the table's rows that may be broken, and how many there are.

    Parameters
    ----------
    rows, repeats : tuple of mapping of str to int
        Rows, and repeated keys, of the windows that judge and of those that are judged.
    partial : tuple of sequence of str
        Windows of either that have not all of their days: their volume neither judges nor is judged.
    key : str
        The column that should be unique; empty for none.

    Returns
    -------
    tuple of list and int
        Checks, and the number looked at.
    """
    usual, judged = (
        {name: n for name, n in side.items() if name not in left}
        for side, left in zip(rows, partial, strict=True)
    )
    checks = contracts.volume_checks(usual, judged)
    looked_at = len(checks)
    if key:
        checks, looked_at = checks + repeat_checks(rows, repeats, key), looked_at + len(rows[1])
    return checks, looked_at


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
    return checks + contracts.level_checks(table, whole, usual), windows * (1 + len(whole.levels))


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
