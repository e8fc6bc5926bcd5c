"""Where a column of numbers is cut: at the reference's deciles, and finer between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.sources.table import Table

_TENTHS = tuple(tenth / 10 for tenth in range(1, 10))
_PARTS = 10  # of each tenth, evenly wide: a bin holds about a hundredth of the rows


@dataclass(frozen=True)
class Cuts:
    """Limits of a column's bins.

    Attributes
    ----------
    deciles : tuple of float
        The reference's distinct inner deciles.
    span : tuple of float
        Its least and greatest value.
    fine : tuple of float
        Increasing limits from the least to the greatest value of both sides, the deciles among them.
    """

    deciles: tuple[float, ...]
    span: tuple[float, float]
    fine: tuple[float, ...]

    @property
    def coarse(self) -> tuple[float, ...]:
        """The deciles between the reference's least and greatest value."""
        return tuple(sorted({self.span[0], *self.deciles, self.span[1]}))

    def tenth(self, values: Any) -> NDArray[np.int64]:
        """Return the number of the tenth that each value lies in, from 0.

        Parameters
        ----------
        values : array of float
            A bin is told by its lower limit.

        Returns
        -------
        array of int
            A decile belongs to the tenth above it.
        """
        return np.searchsorted(np.asarray(self.deciles), np.asarray(values, dtype=float), side="right")


def cut(reference: Table, current: Table, features: Sequence[str]) -> dict[str, Cuts]:
    """Return where columns of numbers are cut, by one pass over either table.

    Parameters
    ----------
    reference, current : Table
        The two sets of rows.
    features : sequence of str
        Columns of numbers, of both.

    Returns
    -------
    dict of str to Cuts
        Without columns that have no finite number in the reference.

    Examples
    --------
    >>> import pandas as pd
    >>> from raikit.sources import open_table
    >>> before = open_table(pd.DataFrame({"x": range(101)}))
    >>> after = open_table(pd.DataFrame({"x": range(50, 151)}))
    >>> cuts = cut(before, after, ["x"])["x"]
    >>> cuts.deciles[:2], cuts.span, cuts.fine[-1]
    ((10.0, 20.0), (0.0, 100.0), 150.0)
    """
    if not features:
        return {}
    before, after = _summary(reference, features, _TENTHS), _summary(current, features, ())
    found = {}
    for name in features:
        least, greatest, *inner = before[name]
        if least is None or greatest is None:
            continue
        deciles = tuple(sorted({float(value) for value in inner}))
        ends = [float(value) for value in (least, greatest, *after[name][:2]) if value is not None]
        found[name] = Cuts(deciles, (float(least), float(greatest)), _fine(deciles, min(ends), max(ends)))
    return found


def _fine(deciles: Sequence[float], least: float, greatest: float) -> tuple[float, ...]:
    limits = sorted({least, *deciles, greatest})
    if len(limits) == 1:
        return limits[0], float(np.nextafter(limits[0], np.inf))
    parts = [np.linspace(low, high, _PARTS + 1) for low, high in pairwise(limits)]
    inner = {float(value) for part in parts for value in part[1:-1]}
    return tuple(sorted(inner | set(limits)))


def _summary(table: Table, features: Sequence[str], shares: Sequence[float]) -> dict[str, list[Any]]:
    """Return least and greatest finite value and quantiles of each column, linearly interpolated."""
    if table.lazy.implementation.is_duckdb():
        return _by_duckdb(table, features, shares)
    return {name: _by_narwhals(table, name, shares) for name in features}


def _by_duckdb(table: Table, features: Sequence[str], shares: Sequence[float]) -> dict[str, list[Any]]:
    from raikit.sources.engine import identifier, row

    wanted = []
    for name in features:
        column = f"CAST({identifier(name)} AS DOUBLE)"
        finite = f"FILTER (isfinite({column}))"
        wanted += [f"min({column}) {finite}", f"max({column}) {finite}"]
        if shares:
            wanted.append(f"quantile_cont({column}, {list(shares)}) {finite}")
    answer = row(table.lazy.to_native(), wanted)
    step = 3 if shares else 2
    starts = range(0, len(answer), step)
    return {
        name: [*answer[at : at + 2], *((answer[at + 2] or []) if shares else [])]
        for name, at in zip(features, starts, strict=True)
    }


def _by_narwhals(table: Table, name: str, shares: Sequence[float]) -> list[Any]:
    import narwhals as nw

    column = nw.col(name).cast(nw.Float64)
    frame = table.lazy.filter(~column.is_null()).filter(column.is_finite())
    wanted = [column.min().alias("least"), column.max().alias("greatest")]
    wanted += [column.quantile(share, "linear").alias(f"q{share}") for share in shares]
    found = frame.select(*wanted).collect("pyarrow").to_native().to_pylist()[0]
    return [value for value in found.values() if value is not None] or [None, None]
