"""Rows that stand twice: values of a key that should be unique."""

from __future__ import annotations

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


def repeat_checks(
    tables: tuple[Table, Table], days: tuple[pd.DataFrame, pd.DataFrame], key: str, timestamp: str
) -> list[Check]:
    """Check each window for more repeated keys than the reference's share explains.

    Parameters
    ----------
    tables : tuple of Table
        Reference and current.
    days : tuple of pandas.DataFrame
        From `raikit.analyses.feature_windows.days_of`.
    key, timestamp : str
        Columns.

    Returns
    -------
    list of Check
        One a window with repeats.
    """
    from scipy.stats import hypergeom

    before = int(repeats_by_day(tables[0], key, timestamp).sum())
    total = int(days[0]["n"].sum())
    extra = repeats_by_day(tables[1], key, timestamp)
    found = days[1].assign(extra=days[1][DAY].map(extra).fillna(0).astype(int))
    checks = []
    for window, rows in found.groupby(WINDOW):
        size, again = int(rows["n"].sum()), int(rows["extra"].sum())
        if again:
            chance = float(hypergeom.sf(again - 1, total + size, before + again, size))
            share = before / max(total, 1)
            checks.append(Check(str(window), key, "duplicates", None, again, size, share, chance))
    return checks
