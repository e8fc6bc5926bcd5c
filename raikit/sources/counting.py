"""Rows, missing and distinct values of a table, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError
from raikit.sources.column import Column, columns_of
from raikit.sources.engine import duckdb_error, identifier, row, sentence
from raikit.sources.files import ALLOWED
from raikit.sources.reading import collected

if TYPE_CHECKING:
    import narwhals as nw

    from raikit.sources.table import Table

_COUNTED_EXACTLY = 150  # the estimate up to which values are counted: it may be a few per cent off


def counted(frame: nw.LazyFrame[Any], source: str) -> tuple[int, tuple[Column, ...], nw.LazyFrame[Any]]:
    """Count rows, missing and distinct values in one pass.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        Any backend.
    source : str
        What messages call it.

    Returns
    -------
    tuple of int, tuple of Column and narwhals.LazyFrame
        The rows, the columns, and the frame with not-a-number turned into missing.

    Raises
    ------
    InputError
        If there are no columns, no rows, or the rows can't be read.
    """
    import narwhals as nw

    columns = columns_of(frame)
    if not columns:
        raise InputError(f"{source}: no columns; at least one is needed")
    if frame.implementation is not nw.Implementation.DUCKDB:
        return _counted_elsewhere(frame, columns, source)
    expressions = ["count(*)"]
    numbers = {name for name, dtype in frame.collect_schema().items() if dtype.is_float()}
    for each in columns:
        quoted = identifier(each.name)
        some = f"coalesce(count_if(isnan({quoted})), 0)" if each.name in numbers else "0"
        distinct = f"approx_count_distinct({quoted})" if each.type != "other" else "NULL"
        expressions += [f"count({quoted})", some, distinct]
    try:
        rows, *counts = row(frame.to_native(), expressions)
    except duckdb_error() as error:
        raise InputError(f"{source}: can't be read ({sentence(error)}); give {ALLOWED}") from None
    if not rows:
        raise InputError(f"{source}: no rows; at least one is needed")
    present, nans, about = counts[0::3], counts[1::3], counts[2::3]
    levels = [
        None if n is None else min(n - bool(nans[i]), present[i] - nans[i]) for i, n in enumerate(about)
    ]
    exact = _few(frame, columns, levels)
    done = tuple(
        replace(each, missing=rows - present[i] + nans[i], levels=exact.get(each.name, levels[i]))
        for i, each in enumerate(columns)
    )
    with_nan = [each.name for i, each in enumerate(columns) if nans[i]]
    return rows, done, _without_nan(frame, with_nan) if with_nan else frame


def with_levels(table: Table, names: Sequence[str]) -> Table:
    """Return a table that knows how many distinct values some of its columns have.

    Parameters
    ----------
    table : Table
        Opened; an engine other than DuckDB was not asked then, since each column costs it a pass.
    names : sequence of str
        Columns of it; others stay as they are.

    Returns
    -------
    Table
        The same rows; counted are values that are not missing.
    """
    import narwhals as nw

    asked = [each for each in table.columns if each.name in names and each.levels is None]
    asked = [each for each in asked if each.type != "other"]
    if not asked:
        return table
    counts = [nw.col(each.name).n_unique().alias(f"levels {at}") for at, each in enumerate(asked)]
    (found,) = collected(table.lazy.select(*counts)).to_pylist()
    known = {each.name: found[f"levels {at}"] - bool(each.missing) for at, each in enumerate(asked)}
    columns = tuple(replace(each, levels=known.get(each.name, each.levels)) for each in table.columns)
    return replace(table, columns=columns)


def _few(frame: nw.LazyFrame[Any], columns: tuple[Column, ...], levels: list[int | None]) -> dict[str, int]:
    """Count exactly where the estimate is small: there a page shows values by name, so one more matters."""
    names = [
        each.name
        for each, n in zip(columns, levels, strict=True)
        if n is not None and n <= _COUNTED_EXACTLY and each.type != "number"
    ]
    if not names:
        return {}
    found = row(frame.to_native(), [f"count(DISTINCT {identifier(name)})" for name in names])
    return dict(zip(names, found, strict=True))


def _without_nan(frame: nw.LazyFrame[Any], names: list[str]) -> nw.LazyFrame[Any]:
    import narwhals as nw

    return frame.with_columns(
        nw.when(~nw.col(name).is_nan()).then(nw.col(name)).alias(name) for name in names
    )


def _counted_elsewhere(
    frame: nw.LazyFrame[Any], columns: tuple[Column, ...], source: str
) -> tuple[int, tuple[Column, ...], nw.LazyFrame[Any]]:
    """Count on an engine other than DuckDB, by Narwhals; distinct values would cost a shuffle each."""
    import narwhals as nw

    numbers = [name for name, dtype in frame.collect_schema().items() if dtype.is_float()]
    frame = _without_nan(frame, numbers) if numbers else frame
    each = [nw.col(column.name).null_count().alias(f"missing {i}") for i, column in enumerate(columns)]
    (found,) = collected(frame.select(nw.len().alias("rows"), *each)).to_pylist()
    if not found["rows"]:
        raise InputError(f"{source}: no rows; at least one is needed")
    done = tuple(replace(column, missing=found[f"missing {i}"]) for i, column in enumerate(columns))
    return found["rows"], done, frame
