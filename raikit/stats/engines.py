"""The one pass over rows: a GROUP BY in the engine that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.errors import InputError
from raikit.stats.frames import Request, coded, duckdb_relation, expressions, opened, projection
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


def _as_pandas(table: pa.Table, request: Request) -> pd.DataFrame:
    """Return the engine's answer with plain Python values as the categories of the key columns."""
    columns: dict[str, Any] = {
        name: _values(table.column(name)) for name in request.columns if name not in ("v", "x")
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


def _values(column: pa.ChunkedArray) -> pd.Categorical:
    """Return Python values, made once for each distinct one (cells are many, values few)."""
    codes, distinct = coded(column)
    present = [value for value in distinct if value is not None]  # what stands for missing comes last
    categories = pd.Index(present, dtype=object)
    return pd.Categorical.from_codes(np.where(codes >= len(present), -1, codes), categories=categories)


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
