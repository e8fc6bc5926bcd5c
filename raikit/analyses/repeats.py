"""Rows that stand twice: values of a key that should be unique."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from raikit.analyses.contract import Check
from raikit.analyses.feature_windows import WINDOW
from raikit.analyses.windows import DAY

if TYPE_CHECKING:
    from raikit.sources.table import Table

_TIMES, _LAST = "raikit times", "raikit last day"


def repeats_by_day(table: Table, key: str, timestamp: str) -> pd.Series[int]:
    """Return how many rows repeat the key of another, by the day of the last of them.

    Parameters
    ----------
    table : Table
        The rows; those without a key are left out.
    key, timestamp : str
        Columns.

    Returns
    -------
    pandas.Series of int
        Indexed by day; empty when every key is unique.
    """
    import narwhals as nw

    rows = table.lazy.filter(~nw.col(key).is_null()).select(
        nw.col(key), nw.col(timestamp).cast(nw.Date).alias(_LAST)
    )
    times = rows.group_by(key).agg(nw.len().alias(_TIMES), nw.col(_LAST).max())
    repeated = times.filter(nw.col(_TIMES) > 1)
    found = repeated.group_by(_LAST).agg((nw.col(_TIMES).sum() - nw.len()).alias("extra")).collect("pyarrow")
    pairs = found.to_native().to_pylist()
    extra = {pd.Timestamp(each[_LAST]): int(each["extra"]) for each in pairs if each[_LAST] is not None}
    return pd.Series(extra, dtype="int64")


def repeats_by_window(table: Table, days: pd.DataFrame, key: str, timestamp: str) -> dict[str, int]:
    """Return how many rows of each window repeat the key of another row of the table.

    Parameters
    ----------
    table : Table
        The rows.
    days : pandas.DataFrame
        From `raikit.analyses.feature_windows.days_of`.
    key, timestamp : str
        Columns.

    Returns
    -------
    dict of str to int
        Window -> rows; those without repeats among them.
    """
    extra = days[DAY].map(repeats_by_day(table, key, timestamp)).fillna(0).astype(int)
    return {str(window): int(again) for window, again in extra.groupby(days[WINDOW]).sum().items()}


def repeat_checks(
    rows: tuple[Mapping[str, int], Mapping[str, int]],
    again: tuple[Mapping[str, int], Mapping[str, int]],
    key: str,
) -> list[Check]:
    """Check each window for more repeated keys than the share of the windows that judge it explains.

    Parameters
    ----------
    rows, again : tuple of mapping of str to int
        Rows, and repeated keys, of the windows that judge and of those that are judged.
    key : str
        The column.

    Returns
    -------
    list of Check
        One a window with repeats.
    """
    from scipy.stats import hypergeom

    before, total = sum(again[0].get(name, 0) for name in rows[0]), sum(rows[0].values())
    checks = []
    for window, size in rows[1].items():
        if found := again[1].get(window, 0):
            chance = float(hypergeom.sf(found - 1, total + size, before + found, size))
            checks.append(Check(window, key, "duplicates", None, found, size, before / max(total, 1), chance))
    return checks
