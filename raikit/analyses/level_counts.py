"""How often each level of many columns occurs, by window and segment: a few passes, whatever their number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.bin_counts import count_bins
from raikit.analyses.chunks import own_chunk
from raikit.analyses.windows import PERIOD, own_period
from raikit.stats.frames import coded

if TYPE_CHECKING:
    from raikit.analyses.cuts import Cuts
    from raikit.sources.table import Table

LEVEL, SEGMENT = "level", "segment"
_AT_ONCE = 30  # columns a query, which is a pass over the rows


def count_levels(
    table: Table,
    columns: Mapping[str, Cuts | None],
    *,
    timestamp: str = "",
    window: str = "",
    segment: str = "",
    chunk_rows: int = 0,
) -> dict[str, pd.DataFrame]:
    """Count the levels of columns by period and segment.

    Parameters
    ----------
    table : Table
        The rows.
    columns : mapping of str to Cuts or None
        Column -> where its numbers are cut into bins; None counts value by value.
    timestamp, window : str
        Column and length of the periods; empty for one period.
    segment : str, default=""
        A column; empty for none.
    chunk_rows : int, default=0
        Rows of a chunk, where chunks are the periods; 0 for none.

    Returns
    -------
    dict of str to pandas.DataFrame
        For each column a row a combination that occurs: period (see `raikit.analyses.windows.period_of`; NaN
        without a time), segment, level (None for missing; the number of a bin of `Cuts.fine`) and n.

    Examples
    --------
    >>> from raikit.sources import open_table
    >>> table = open_table(pd.DataFrame({"code": ["AA", "US", "US", None], "x": [1, 2, 2, 2]}))
    >>> found = count_levels(table, {"code": None, "x": None})
    >>> found["code"].sort_values("n")[["level", "n"]].values.tolist()[-1], len(found["x"])
    (['US', 2], 2)
    """
    timed = bool(timestamp or chunk_rows)
    if chunk_rows:
        frame = own_chunk(table, chunk_rows)
    else:
        frame = own_period(table.lazy, timestamp, window) if timestamp else table.lazy
    if frame.implementation.is_duckdb():
        return dict(_by_duckdb(frame.to_native(), columns, timed, segment))
    return {name: _by_narwhals(frame, name, cuts, timed, segment) for name, cuts in columns.items()}


def _by_duckdb(
    relation: Any, columns: Mapping[str, Cuts | None], timed: bool, segment: str
) -> Iterator[tuple[str, pd.DataFrame]]:
    from raikit.sources.engine import identifier

    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    period = identifier(PERIOD) if timed else "NULL::BIGINT"
    by_segment = _value_sql(identifier(segment), types[segment]) if segment else "NULL::VARCHAR"
    binned = {name: cuts for name, cuts in columns.items() if cuts is not None}
    named = {"p": PERIOD, "s": SEGMENT, "v": LEVEL}
    for name, cells in count_bins(relation, binned, period, by_segment).items():
        yield name, cells.rename(columns=named)
    alike: dict[str, list[str]] = {}
    for name in columns.keys() - binned.keys():
        alike.setdefault(types[name], []).append(name)
    for kind, group in alike.items():
        values = {name: _value_sql(identifier(name), kind) for name in group}
        for start in range(0, len(group), _AT_ONCE):
            part = group[start : start + _AT_ONCE]
            found = relation.query("rows", _levels_sql([values[name] for name in part], period, by_segment))
            yield from _parted(found.to_arrow_table(), part)


def _levels_sql(values: Sequence[str], period: str, segment: str) -> str:
    """Return SQL that counts the levels of columns of one type, each a grouping set of one pass."""
    names = [f"v{at}" for at in range(len(values))]
    held = ", ".join(f"{value} AS {name}" for value, name in zip(values, names, strict=True))
    sets = ", ".join(f"(p, s, {name})" for name in names)
    columns = ", ".join(names)
    # In a grouping set all values but its own are NULL, and its own bit of grouping() is the one that is 0.
    return (
        f"SELECT grouping({columns}) AS f, p, s, coalesce({columns}) AS v, count(*) AS n "  # noqa: S608
        f"FROM (SELECT {period} AS p, {segment} AS s, {held} FROM rows) GROUP BY GROUPING SETS ({sets})"
    )


def _value_sql(quoted: str, kind: str) -> str:
    return f"CASE WHEN isnan({quoted}) THEN NULL ELSE {quoted} END" if kind in ("FLOAT", "DOUBLE") else quoted


def _parted(found: Any, names: Sequence[str]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows of each column of one query's answer, with plain Python values."""
    bits = 2 ** np.arange(len(names))[::-1]  # grouping() gives its first column the highest bit
    which = len(names) - 1 - np.searchsorted(bits[::-1], bits.sum() - found.column("f").to_numpy())
    order = np.argsort(which, kind="stable")
    cells = {PERIOD: found.column("p").to_numpy().astype(float)[order]}
    for name, column in ((SEGMENT, "s"), (LEVEL, "v")):
        codes, distinct = coded(found.column(column))
        cells[name] = np.array([*distinct, None], dtype=object)[:-1][codes][order]
    cells["n"] = found.column("n").to_numpy().astype(np.int64)[order]
    limits = np.searchsorted(which[order], np.arange(len(names) + 1))
    for at, name in enumerate(names):
        inside = slice(limits[at], limits[at + 1])
        yield name, pd.DataFrame({key: values[inside] for key, values in cells.items()})


def _by_narwhals(frame: Any, name: str, cuts: Cuts | None, timed: bool, segment: str) -> pd.DataFrame:
    """Count one column with an engine's own group-by."""
    import narwhals as nw

    number = frame.collect_schema()[name].is_float()
    value = nw.when(~nw.col(name).is_nan()).then(nw.col(name)) if number else nw.col(name)
    if cuts is not None:
        value = cuts.bin_expression(value.cast(nw.Float64))
    by = [value.alias("v"), nw.lit(1).alias("one")]
    by += [nw.col(PERIOD).alias("p")] if timed else []
    by += [nw.col(segment).alias("s")] if segment else []
    keys = ["v", *(["p"] if timed else []), *(["s"] if segment else [])]
    counted = frame.select(*by).group_by(*keys).agg(nw.col("one").sum().alias("n"))
    found = counted.collect("pyarrow").to_native()
    cells = {PERIOD: found.column("p").to_numpy().astype(float) if timed else np.full(len(found), np.nan)}
    for label, column in ((SEGMENT, "s"), (LEVEL, "v")):
        held = found.column(column).to_pylist() if column in keys else [None] * len(found)
        if cuts is not None and label == LEVEL:
            held = [None if each is None else int(each) for each in held]
        cells[label] = np.array([*held, None], dtype=object)[:-1]
    return pd.DataFrame(cells | {"n": found.column("n").to_numpy().astype(np.int64)})
