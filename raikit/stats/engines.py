"""The one pass over rows: a GROUP BY in the engine that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from raikit.errors import InputError

if TYPE_CHECKING:
    import duckdb
    import narwhals as nw
    import pyarrow as pa

SCORE_BIN = "score_bin"
_FLOATS = ("FLOAT", "DOUBLE")


def aggregate(
    frame: Any,
    keys: Mapping[str, str],
    *,
    score: str | None,
    edges: Sequence[float] | None,
    weight: str | None,
) -> pd.DataFrame:
    """Group rows by key columns (and score bin), and sum; see `raikit.stats.tally.count`.

    Parameters
    ----------
    frame : narwhals or native frame
        Where the rows are.
    keys : mapping
        Name in the result -> column.
    score, weight : str or None
        Columns to sum.
    edges : sequence of float or None
        Limits of the score bins.

    Returns
    -------
    pandas.DataFrame
        One row a combination, in no particular order.

    Raises
    ------
    InputError
        If a column is absent or a weight is negative or missing.
    """
    import narwhals as nw

    wrapped = nw.from_native(nw.to_native(frame, pass_through=True))
    columns = list(dict.fromkeys([*keys.values(), *(name for name in (score, weight) if name is not None)]))
    names = list(wrapped.columns if isinstance(wrapped, nw.DataFrame) else wrapped.collect_schema().names())
    absent = [name for name in columns if names.count(name) != 1]
    if absent:
        raise InputError(f"count: column(s) {absent} not found, or found twice; columns: {names}")
    relation, name_of = _duckdb_relation(wrapped, columns)
    if relation is not None:
        table = _by_duckdb(relation, name_of, keys, score, edges, weight)
    else:
        table = _by_narwhals(wrapped.lazy(), keys, score, edges, weight)
    return _checked(_as_pandas(table, keys, score), weight)


def _duckdb_relation(frame: Any, columns: list[str]) -> tuple[duckdb.DuckDBPyRelation | None, dict[str, str]]:
    """Return the rows as a DuckDB relation where that costs little, and the name of each column in it."""
    import duckdb

    implementation = frame.implementation
    if implementation.is_duckdb():
        return frame.to_native(), {name: name for name in columns}
    # DuckDB's names ignore case: renamed, "Sex" and "sex" can live in one table.
    renamed = {name: f"c{position}" for position, name in enumerate(columns)} or {frame.columns[0]: "c0"}
    if implementation.is_pandas():
        native = frame.to_native()[list(renamed)]
        return duckdb.connect().from_df(native.set_axis(list(renamed.values()), axis=1)), renamed
    if implementation.is_polars() or implementation.is_pyarrow():
        chosen = frame.select(list(renamed))
        chosen = chosen.collect() if implementation.is_polars() and hasattr(chosen, "collect") else chosen
        table = chosen.to_arrow().rename_columns(list(renamed.values()))
        return duckdb.connect().from_arrow(table), renamed
    return None, {}


def _by_duckdb(
    relation: duckdb.DuckDBPyRelation,
    name_of: Mapping[str, str],
    keys: Mapping[str, str],
    score: str | None,
    edges: Sequence[float] | None,
    weight: str | None,
) -> pa.Table:
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))

    def column(name: str) -> str:
        quoted = '"' + name_of[name].replace('"', '""') + '"'
        return (
            f"CASE WHEN isnan({quoted}) THEN NULL ELSE {quoted} END"
            if types[name_of[name]] in _FLOATS
            else quoted
        )

    parts = [f"{column(name)} AS k{position}" for position, name in enumerate(keys.values())]
    factor = "1.0"
    if weight is not None:
        factor = f"CAST({column(weight)} AS DOUBLE)"
        parts += [f"coalesce(fsum({factor}), 0) AS w", f"coalesce(fsum({factor} * {factor}), 0) AS w2"]
        parts += [f"coalesce(min({factor}), 0) AS least", f"count({factor}) AS present"]
    if score is not None and edges is not None:
        value = f"CAST({column(score)} AS DOUBLE)"
        parts += [f"{bin_sql(value, edges)} AS k{len(keys)}"]
        times = f"{factor} * " if weight is not None else ""
        parts += [f"coalesce(fsum({times}{value}), 0) AS s"]
        parts += [f"coalesce(fsum({times}{value} * {value}), 0) AS s2"]
    chosen = ", ".join([*parts, "count(*) AS n"])
    answer = relation.query("rows", f"SELECT {chosen} FROM rows GROUP BY ALL")  # noqa: S608 - names are quoted
    return cast("duckdb.DuckDBPyRelation", answer).to_arrow_table()


def bin_sql(value: str, edges: Sequence[float]) -> str:
    """Return SQL for the number of the score bin, exactly as comparisons with each edge would give it.

    Parameters
    ----------
    value : str
        SQL for a DOUBLE that may be NULL.
    edges : sequence of float
        Increasing limits.

    Returns
    -------
    str
        SQL for a SMALLINT: equal bins by a division whose rounding is mended, others by nested comparisons
        (three times as slow with 100 bins).
    """
    bins = len(edges) - 1
    low, step = float(edges[0]), (edges[-1] - edges[0]) / bins
    if not np.array_equal(low + np.arange(bins) * step, np.asarray(edges[:-1])):
        return f"CASE WHEN {value} IS NULL THEN NULL ELSE {_compared(value, edges, 0, bins)} END"

    def number(constant: float) -> str:
        return f"{constant!r}::DOUBLE"

    def edge(index: str) -> str:
        return f"({number(low)} + {index} * {number(step)})"

    guess = f"least(CAST(floor(({value} - {number(low)}) / {number(step)}) AS SMALLINT), {bins - 1})"
    above = f"{guess} < {bins - 1} AND {value} >= {edge(f'({guess} + 1)')}"
    mended = f"{guess} + CAST({above} AS SMALLINT) - CAST({value} < {edge(guess)} AS SMALLINT)"
    return (
        f"CASE WHEN {value} IS NULL THEN NULL WHEN {value} < {number(low)} THEN -1 "
        f"WHEN {value} > {number(edges[-1])} THEN {bins} ELSE {mended} END"
    )


def _compared(value: str, edges: Sequence[float], first: int, last: int) -> str:
    """Return SQL that finds a bin by halving, for edges at any distances."""
    if last - first == 1:
        below = f"WHEN {value} < {edges[0]!r}::DOUBLE THEN -1 " if first == 0 else ""
        above = f"WHEN {value} > {edges[-1]!r}::DOUBLE THEN {last} " if last == len(edges) - 1 else ""
        return f"CASE {below}{above}ELSE {first} END" if below or above else str(first)
    middle = (first + last) // 2
    left, right = _compared(value, edges, first, middle), _compared(value, edges, middle, last)
    return f"CASE WHEN {value} < {edges[middle]!r}::DOUBLE THEN {left} ELSE {right} END"


def _by_narwhals(
    frame: nw.LazyFrame[Any],
    keys: Mapping[str, str],
    score: str | None,
    edges: Sequence[float] | None,
    weight: str | None,
) -> pa.Table:
    import narwhals as nw

    schema = frame.collect_schema()

    def column(name: str) -> nw.Expr:
        values = nw.col(name)
        return nw.when(~values.is_nan()).then(values) if schema[name].is_float() else values

    chosen = [column(name).alias(f"k{position}") for position, name in enumerate(keys.values())]
    if weight is not None:
        chosen.append(column(weight).cast(nw.Float64()).alias("v"))
    if score is not None:
        chosen.append(column(score).cast(nw.Float64()).alias("x"))
    rows = frame.select(*chosen, nw.lit(1).alias("one"))
    by = [f"k{position}" for position in range(len(keys))]
    sums = [nw.len().alias("n")]
    if weight is not None:
        squared = (nw.col("v") * nw.col("v")).alias("vv")
        rows = rows.with_columns(squared)
        sums += [nw.col("v").sum().alias("w"), nw.col("vv").sum().alias("w2")]
        sums += [nw.col("v").min().alias("least"), nw.col("v").count().alias("present")]
    if score is not None and edges is not None:
        factor = nw.col("v") if weight is not None else nw.lit(1.0)
        by.append(f"k{len(keys)}")
        rows = rows.with_columns(
            _bin_expression(edges, 0, len(edges) - 1).alias(by[-1]),
            (factor * nw.col("x")).alias("fx"),
            (factor * nw.col("x") * nw.col("x")).alias("fxx"),
        )
        sums += [nw.col("fx").sum().alias("s"), nw.col("fxx").sum().alias("s2")]
    grouped = rows.group_by(*by).agg(*sums) if by else rows.select(*sums)
    return grouped.collect(backend="pyarrow").to_arrow()


def _bin_expression(edges: Sequence[float], first: int, last: int) -> nw.Expr:
    """Return `_compared` as an expression; a missing score has no bin."""
    import narwhals as nw

    x = nw.col("x")
    if last - first == 1:
        low, high = (edges[0] if first == 0 else None), (edges[-1] if last == len(edges) - 1 else None)
        found: nw.Expr = nw.when(~x.is_null()).then(nw.lit(first))
        if high is not None:
            found = nw.when(x > high).then(nw.lit(last)).otherwise(found)
        return found if low is None else nw.when(x < low).then(nw.lit(-1)).otherwise(found)
    middle = (first + last) // 2
    return (
        nw.when(x < edges[middle])
        .then(_bin_expression(edges, first, middle))
        .otherwise(_bin_expression(edges, middle, last))
    )


def _as_pandas(table: pa.Table, keys: Mapping[str, str], score: str | None) -> pd.DataFrame:
    """Return the engine's answer with plain Python values in the key columns."""
    names = [*keys, *([SCORE_BIN] if score is not None else [])]
    columns: dict[str, Any] = {
        name: pd.Series(_values(table.column(f"k{position}")), dtype=object)
        for position, name in enumerate(names)
    }
    for name in ("n", "w", "w2", "s", "s2", "least", "present"):
        if name in table.column_names:
            numbers = table.column(name).to_numpy()
            kind = np.int64 if name in ("n", "present") else np.float64
            columns[name] = numbers.astype(kind)
    return pd.DataFrame(columns)


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Return Python values, made once for each distinct one (cells are many, values few)."""
    import pyarrow as pa

    plain = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    coded = plain.dictionary_encode().combine_chunks()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.chunk(0) if coded.num_chunks else pa.array([], plain.type).dictionary_encode()
    distinct = np.array([*coded.dictionary.to_pylist(), None], dtype=object)
    codes = coded.indices.fill_null(len(distinct) - 1).to_numpy(zero_copy_only=False)
    return list(distinct[codes])


def _checked(cells: pd.DataFrame, weight: str | None) -> pd.DataFrame:
    """Check the weights by the sums' by-products."""
    if weight is None:
        return cells
    missing = int((cells["n"] - cells["present"]).sum())
    least = cells["least"].min()
    if missing or least < 0 or not np.isfinite(cells["w2"]).all():
        raise InputError(
            f"weight: column {weight!r} has {missing:,} missing values, the least is {least}; "
            "allowed are finite numbers of at least 0, none missing"
        )
    return cells.drop(columns=["least", "present"])
