"""Rows where they are, and the columns that a pass over them reads: as SQL, or as narwhals expressions."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.errors import InputError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


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
