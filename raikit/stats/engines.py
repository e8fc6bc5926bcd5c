"""The one pass over rows: a GROUP BY in the engine that holds them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.errors import InputError
from raikit.stats.score_bins import (
    compared_bin,
    compared_bin_sql,
    quick_bin_sql,
    settled_bins,
)

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

SCORE_BIN = "score_bin"

# By-products of the weights (v) and scores (x) that only serve to check them.
# Weights may differ by orders of magnitude and are summed with compensation; scores are alike, and sum() is
# a tenth of the whole pass faster. Each further sum costs a twentieth of the pass.
_WEIGHT_SUMS = {"w": "fsum(v)", "w2": "fsum(v * v)", "least": "min(v)", "present": "count(v)"}
_SCORE_SUMS = {"low": "min(x)"}
_CHECKS = ("least", "present", "low")


@dataclass(frozen=True)
class Request:
    """What is to be counted: see `raikit.stats.tally.count`.

    Attributes
    ----------
    keys : mapping
        Name in the result -> column.
    score, weight : str or None
        Columns to sum.
    edges : sequence of float
        Limits of the score bins; empty without a score.
    """

    keys: Mapping[str, str]
    score: str | None
    edges: Sequence[float]
    weight: str | None

    @property
    def columns(self) -> dict[str, str]:
        """What the pass reads: the name within the pass (k0, k1, … v, x) -> column."""
        named = {f"k{position}": column for position, column in enumerate(self.keys.values())}
        if self.weight is not None:
            named["v"] = self.weight
        if self.score is not None:
            named["x"] = self.score
        return named

    @property
    def factor(self) -> str:
        """SQL for what a score is multiplied with before it is summed."""
        return "v * x" if self.weight is not None else "x"


def aggregate(frame: Any, request: Request) -> pd.DataFrame:
    """Group rows by key columns and score bin, count and sum.

    Parameters
    ----------
    frame : narwhals or native frame
        Where the rows are.
    request : Request
        What is to be counted.

    Returns
    -------
    pandas.DataFrame
        One or more rows a combination, in no particular order.

    Raises
    ------
    InputError
        If a column is absent, or a weight is negative or missing.
    """
    wrapped = opened(frame, request.columns.values())
    found = duckdb_relation(wrapped, list(dict.fromkeys(request.columns.values())))
    cells = _by_duckdb(*found, request) if found is not None else _by_narwhals(wrapped.lazy(), request)
    named = {f"k{position}": key for position, key in enumerate(request.keys)} | {"bin": SCORE_BIN}
    return _checked(cells, request).rename(columns=named)


def opened(frame: Any, columns: Iterable[str]) -> Any:
    """Return the frame as narwhals sees it, after looking for the columns.

    Parameters
    ----------
    frame : narwhals or native frame
        Where the rows are.
    columns : iterable of str
        What will be read.

    Returns
    -------
    narwhals frame
        Lazy or not.

    Raises
    ------
    InputError
        If a column is absent, or there twice.
    """
    import narwhals as nw

    wrapped = nw.from_native(nw.to_native(frame, pass_through=True))
    names = list(wrapped.columns if isinstance(wrapped, nw.DataFrame) else wrapped.collect_schema().names())
    absent = sorted({name for name in columns if names.count(name) != 1})
    if absent:
        raise InputError(f"count: column(s) {absent} not found, or found twice; columns: {names}")
    return wrapped


def duckdb_relation(frame: Any, columns: list[str]) -> tuple[duckdb.DuckDBPyRelation, dict[str, str]] | None:
    """Return the rows as a DuckDB relation, where that costs little.

    Parameters
    ----------
    frame : narwhals frame
        From `opened`.
    columns : list of str
        What will be read.

    Returns
    -------
    tuple or None
        The relation, and the name of each column in it; None if another engine holds the rows.
    """
    engine = frame.implementation
    if engine.is_duckdb():
        return frame.to_native(), {name: name for name in columns}
    # DuckDB's names ignore case: renamed, "Sex" and "sex" can live in one table. A table needs a column.
    renamed = {name: f"c{position}" for position, name in enumerate(columns or frame.columns[:1])}
    if engine.is_pandas():
        native = frame.to_native()[list(renamed)]
        return _connection(os.getpid()).cursor().from_df(
            native.set_axis(list(renamed.values()), axis=1)
        ), renamed
    if engine.is_polars() or engine.is_pyarrow():
        table = frame.lazy().select(list(renamed)).collect(backend="pyarrow").to_arrow()
        return _connection(os.getpid()).cursor().from_arrow(
            table.rename_columns(list(renamed.values()))
        ), renamed
    return None


@lru_cache(maxsize=1)
def _connection(process: int) -> duckdb.DuckDBPyConnection:
    """Return one connection a process: opening takes longer than many a count, and none survives a fork."""
    import duckdb

    return duckdb.connect()


def _by_duckdb(
    relation: duckdb.DuckDBPyRelation, name_of: Mapping[str, str], request: Request
) -> pd.DataFrame:
    sums = {"n": "count(*)", **(_WEIGHT_SUMS if request.weight is not None else {})}
    if request.score is not None:
        sums |= _SCORE_SUMS | {"s": f"sum({request.factor})", "s2": f"sum({request.factor} * x)"}
    keys = [f"k{position}" for position in range(len(request.keys))]

    rows = relation.project(projection(relation, name_of, request))

    def run(bin_sql: str | None) -> pd.DataFrame:
        parts = [*keys, *([f"{bin_sql} AS bin"] if bin_sql else [])]
        parts += [f"{sql} AS {name}" for name, sql in sums.items()]
        return _as_pandas(rows.aggregate(", ".join(parts)).to_arrow_table(), request)

    if request.score is None:
        return run(None)
    guess = quick_bin_sql("x", request.edges)
    if guess is not None:
        cells = run(guess)
        at_top = f"{guess} = {len(request.edges) - 1}"
        bins, least = cells["bin"].to_numpy(), cells["low"].to_numpy()
        above = (bins == len(request.edges) - 1).any()
        greatest = rows.filter(at_top).aggregate("max(x)").fetchall()[0][0] if above else None
        settled = settled_bins(bins, least, greatest, request.edges)
        if settled is not None:
            cells["bin"] = settled
            return cells
    return run(compared_bin_sql("x", request.edges))


def projection(relation: duckdb.DuckDBPyRelation, name_of: Mapping[str, str], request: Request) -> str:
    """Return SQL for the columns that a pass reads, named as within the pass.

    Parameters
    ----------
    relation, name_of : relation and mapping
        From `duckdb_relation`.
    request : Request
        What is to be counted.

    Returns
    -------
    str
        The part between SELECT and FROM.
    """
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    chosen = [
        f"{_column_sql(name_of[column], name, types[name_of[column]])} AS {name}"
        for name, column in request.columns.items()
    ]
    return ", ".join(chosen) or "1"


def _column_sql(column: str, name: str, kind: str) -> str:
    """Return SQL for a column: a weight or score as DOUBLE; NaN in a key is a missing value."""
    quoted = '"' + column.replace('"', '""') + '"'
    if name in ("v", "x"):
        return f"CAST({quoted} AS DOUBLE)"
    return f"CASE WHEN isnan({quoted}) THEN NULL ELSE {quoted} END" if kind in ("FLOAT", "DOUBLE") else quoted


def _by_narwhals(frame: Any, request: Request) -> pd.DataFrame:
    """Count with an engine's own group-by; the column names v, x, … are those of the SQL above."""
    import narwhals as nw

    x, v = nw.col("x"), nw.col("v")
    rows = frame.select(*expressions(frame, request), nw.lit(1).alias("one"))
    keys = [f"k{position}" for position in range(len(request.keys))]
    made, sums = [], [nw.col("one").sum().alias("n")]
    if request.weight is not None:
        made.append((v * v).alias("vv"))
        sums += [v.sum().alias("w"), nw.col("vv").sum().alias("w2")]
        sums += [v.min().alias("least"), v.count().alias("present")]
    if request.score is not None:
        fx = v * x if request.weight is not None else x
        made += [compared_bin(x, request.edges).alias("bin"), fx.alias("fx"), (fx * x).alias("fxx")]
        sums += [nw.col("fx").sum().alias("s"), nw.col("fxx").sum().alias("s2")]
        keys.append("bin")
    rows = rows.with_columns(*made) if made else rows
    grouped = rows.group_by(*keys).agg(*sums) if keys else rows.select(*sums)
    return _as_pandas(grouped.collect(backend="pyarrow").to_arrow(), request)


def expressions(frame: Any, request: Request) -> list[Any]:
    """Return `projection` as narwhals expressions.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        Where the rows are.
    request : Request
        What is to be counted.

    Returns
    -------
    list of narwhals.Expr
        One a column.
    """
    import narwhals as nw

    schema = frame.collect_schema()

    def column(name: str, source: str) -> Any:
        values = nw.col(source)
        if schema[source].is_float():
            values = nw.when(~values.is_nan()).then(values)
        return (values.cast(nw.Float64()) if name in ("v", "x") else values).alias(name)

    return [column(*item) for item in request.columns.items()]


def _as_pandas(table: pa.Table, request: Request) -> pd.DataFrame:
    """Return the engine's answer with plain Python values in the key columns."""
    columns: dict[str, Any] = {
        name: pd.Series(_values(table.column(name)), dtype=object)
        for name in request.columns
        if name not in ("v", "x")
    }
    if request.score is not None:
        columns["bin"] = table.column("bin").to_numpy().astype(float)
    for name in table.column_names:
        if name not in ("bin", *request.columns):
            numbers = table.column(name).to_numpy().astype(float)
            columns[name] = np.rint(np.nan_to_num(numbers)).astype(np.int64) if name == "n" else numbers
    return pd.DataFrame(columns)


def _bins(numbers: np.ndarray[Any, np.dtype[np.float64]]) -> pd.Series:
    absent = np.isnan(numbers)
    whole = np.clip(np.where(absent, 0, numbers), -1e15, 1e15).astype(np.int64).astype(object)
    whole[absent] = None
    return pd.Series(whole, dtype=object)


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Return Python values, made once for each distinct one (cells are many, values few)."""
    codes, distinct = coded(column)
    return list(np.array([*distinct, None], dtype=object)[:-1][codes])


def coded(column: pa.ChunkedArray) -> tuple[np.ndarray[Any, np.dtype[np.int64]], list[Any]]:
    """Return each row's position among the distinct values of its column.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        Of any type.

    Returns
    -------
    tuple
        Positions, and the distinct values, the last of which is None for missing.
    """
    import pyarrow as pa

    plain = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    if not plain.num_chunks:
        return np.zeros(0, dtype=np.int64), [None]
    coded = pa.concat_arrays(plain.chunks).dictionary_encode()
    distinct = [*coded.dictionary.to_pylist(), None]
    indices = coded.indices.fill_null(len(distinct) - 1).to_numpy(zero_copy_only=False)
    return indices.astype(np.int64), distinct


def _checked(cells: pd.DataFrame, request: Request) -> pd.DataFrame:
    """Check the weights; drop what served only to check."""
    if request.score is not None:
        absent = cells["bin"].isna().to_numpy()
        if absent.any():
            cells.loc[absent, ["s", "s2"]] = 0.0  # a cell of missing scores adds nothing
        cells["bin"] = _bins(cells["bin"].to_numpy())
    if request.weight is not None:
        missing = int((cells["n"] - cells["present"].fillna(0)).sum())
        least = np.nanmin([*cells["least"], np.inf])
        cells[["w", "w2"]] = cells[["w", "w2"]].where(cells["n"] > 0, 0.0)
        if missing or least < 0 or not np.isfinite(cells["w2"]).all():
            raise InputError(
                f"weight: column {request.weight!r} has {missing:,} missing values, the least is {least:g}; "
                "allowed are finite numbers of at least 0, none missing"
            )
    return cells.drop(columns=[name for name in _CHECKS if name in cells])
