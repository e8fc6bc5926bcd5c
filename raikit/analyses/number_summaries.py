"""Least and greatest numbers and exact quantiles of many columns, before these are cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.sources.engine import identifier, row

if TYPE_CHECKING:
    import narwhals as nw
    from numpy.typing import NDArray

    from raikit.sources.table import Table

    Span = tuple[float, float]

NOTHING = (float("inf"), float("-inf"))  # the span of no number
_AT_ONCE = 2**23  # numbers sorted at once, where that is more than one column: 64 MiB


def spans(frame: nw.LazyFrame[Any], features: Sequence[str]) -> dict[str, Span]:
    """Return the least and greatest finite number of each column.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        The rows.
    features : sequence of str
        Columns of numbers.

    Returns
    -------
    dict of str to tuple of float
        `NOTHING` for a column without a finite number.
    """
    if frame.implementation.is_duckdb():
        relation = frame.to_native()
        numbers = {name: f"CAST({identifier(name)} AS DOUBLE)" for name in features}
        found = _ends(relation, numbers)
        endless = {name: numbers[name] for name, ends in found.items() if np.isinf(ends).any()}
        return found | _ends(relation, endless, finite=True)
    return {name: _span(frame, name) for name in features}


def _ends(relation: Any, numbers: Mapping[str, str], *, finite: bool = False) -> dict[str, Span]:
    """Return least and greatest number of each column; without a filter a file's own figures will do."""
    if not numbers:
        return {}
    only = {sql: f" FILTER (isfinite({sql}))" if finite else "" for sql in numbers.values()}
    answer = row(relation, [f"{end}({sql}){only[sql]}" for sql in numbers.values() for end in ("min", "max")])
    pairs = zip(answer[::2], answer[1::2], strict=True)
    return {name: NOTHING if None in ends else ends for name, ends in zip(numbers, pairs, strict=True)}


def _span(frame: nw.LazyFrame[Any], name: str) -> Span:
    import narwhals as nw

    column = nw.col(name).cast(nw.Float64)
    finite = frame.filter(~column.is_null()).filter(column.is_finite())
    found = finite.select(column.min().alias("least"), column.max().alias("greatest")).collect("pyarrow")
    ends = found.to_native().to_pylist()[0]
    return NOTHING if ends["least"] is None else (float(ends["least"]), float(ends["greatest"]))


def quantiles(table: Table, features: Sequence[str], shares: Sequence[float]) -> dict[str, list[float]]:
    """Return exact quantiles of the finite numbers of each column, linearly interpolated.

    Parameters
    ----------
    table : Table
        The rows.
    features : sequence of str
        Columns of numbers.
    shares : sequence of float
        In [0, 1].

    Returns
    -------
    dict of str to list of float
        In the order of the shares; empty for a column without a finite number. The numbers of a few columns
        at a time, or of one, are in memory.
    """
    if not table.lazy.implementation.is_duckdb():
        return {name: _quantiles(table.lazy, name, shares) for name in features}
    found: dict[str, list[float]] = {}
    step = max(_AT_ONCE // table.rows, 1)
    for start in range(0, len(features), step):
        part = features[start : start + step]
        chosen = ", ".join(f"CAST({identifier(name)} AS DOUBLE) AS c{at}" for at, name in enumerate(part))
        query = f"SELECT {chosen} FROM rows"  # noqa: S608 - identifiers
        held = table.lazy.to_native().query("rows", query).to_arrow_table()
        for at, name in enumerate(part):
            values = np.sort(held.column(f"c{at}").to_numpy())  # NaN, which stands for missing, comes last
            first, last = np.searchsorted(values, -np.inf, "right"), np.searchsorted(values, np.inf)
            found[name] = _interpolated(values[first:last], shares)
    return found


def _interpolated(values: NDArray[np.float64], shares: Sequence[float]) -> list[float]:
    if not len(values):
        return []
    place = np.asarray(shares) * (len(values) - 1)
    under = np.floor(place).astype(np.int64)
    step = np.diff(values, append=values[-1])[under]
    return [float(value) for value in values[under] + (place - under) * step]


def _quantiles(frame: nw.LazyFrame[Any], name: str, shares: Sequence[float]) -> list[float]:
    import narwhals as nw

    column = nw.col(name).cast(nw.Float64)
    wanted = [column.quantile(share, "linear").alias(f"q{share}") for share in shares]
    finite = frame.filter(~column.is_null()).filter(column.is_finite())
    found = finite.select(*wanted).collect("pyarrow").to_native().to_pylist()[0]
    return [float(value) for value in found.values() if value is not None]
