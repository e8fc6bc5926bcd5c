"""Where a column of numbers is cut: at the reference's deciles, and finer between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import narwhals as nw
    from numpy.typing import NDArray

    from raikit.sources.table import Table

_TENTHS = tuple(tenth / 10 for tenth in range(1, 10))
_PARTS = 10  # of each tenth, evenly wide: a bin holds about a hundredth of the rows
_NARROW = 1e-9  # a stretch that is narrower, relatively to its limits, is one bin


class Stretch(NamedTuple):
    """Values between two limits, in `parts` bins of equal width, the first of which is number `first`."""

    low: float
    high: float
    parts: int
    first: int


@dataclass(frozen=True)
class Cuts:
    """Limits of a column's bins.

    Attributes
    ----------
    deciles : tuple of float
        The reference's distinct inner deciles.
    span : tuple of float
        Its least and greatest value.
    limits : tuple of float
        Increasing, from the least to the greatest value of both sides, deciles and span among them.
    """

    deciles: tuple[float, ...]
    span: tuple[float, float]
    limits: tuple[float, ...]

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """What lies between two limits; all bins are numbered through."""
        made: list[Stretch] = []
        for low, high in pairwise(self.limits):
            narrow = not high - low > _NARROW * max(abs(low), abs(high))
            first = made[-1].first + made[-1].parts if made else 0
            made.append(Stretch(low, high, 1 if narrow else _PARTS, first))
        return tuple(made)

    @property
    def fine(self) -> tuple[float, ...]:
        """The limits of all bins, one more than there are bins."""
        inner = [np.linspace(low, high, parts + 1)[:-1] for low, high, parts, _ in self.stretches]
        return (*np.concatenate(inner).tolist(), self.limits[-1])

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

    def outside(self, values: Any) -> NDArray[np.bool_]:
        """Return which values lie outside the reference's span.

        Parameters
        ----------
        values : array of float
            A bin is told by its lower limit.

        Returns
        -------
        array of bool
            True below the least or above the greatest.
        """
        numbers = np.asarray(values, dtype=float)
        return (numbers < self.span[0]) | (numbers > self.span[1])

    def lower(self, bins: Any) -> NDArray[np.float64]:
        """Return the lower limit of each bin.

        Parameters
        ----------
        bins : array of int
            Numbers of bins; -1 lies below all of them, the number after the last above.

        Returns
        -------
        array of float
            Infinite for these two.
        """
        return np.array([*self.fine[:-1], np.inf, -np.inf])[np.asarray(bins, dtype=np.int64)]

    def bin_sql(self, value: str) -> str:
        """Return DuckDB's SQL for the number of the bin.

        Parameters
        ----------
        value : str
            SQL for a number.

        Returns
        -------
        str
            A SMALLINT; NULL for NULL and NaN, -1 below the first limit, one more than the last bin above.
        """
        stretches = self.stretches
        x = f"CAST({value} AS DOUBLE)"

        def search(first: int, last: int) -> str:
            if first == last:
                low, _, parts, number = stretches[first]
                place = f"floor(({x} - {low!r}::DOUBLE) * {_per(stretches[first])!r}::DOUBLE)"
                return f"{number} + least({place}, {parts - 1})" if parts > 1 else str(number)
            middle = (first + last + 1) // 2
            below, above = search(first, middle - 1), search(middle, last)
            return f"CASE WHEN {x} < {stretches[middle].low!r}::DOUBLE THEN {below} ELSE {above} END"

        outer = f"WHEN {x} < {self.limits[0]!r}::DOUBLE THEN -1 WHEN {x} > {self.limits[-1]!r}::DOUBLE THEN "
        outer += str(len(self.fine) - 1)
        found = f"CASE WHEN {x} IS NULL OR isnan({x}) THEN NULL {outer}"
        return f"CAST({found} ELSE {search(0, len(stretches) - 1)} END AS SMALLINT)"

    def bin_expression(self, value: nw.Expr) -> Any:
        """Return `bin_sql` as an expression for any engine: the same arithmetic, so the same bins.

        Parameters
        ----------
        value : narwhals.Expr
            A float column without NaN.

        Returns
        -------
        narwhals.Expr
            Bin numbers; null for null.
        """
        import narwhals as nw

        stretches = self.stretches

        def search(first: int, last: int) -> Any:
            if first == last:
                low, _, parts, number = stretches[first]
                part = ((value - low) * _per(stretches[first])).floor()
                top = nw.lit(float(number + parts - 1))
                return nw.when(part < parts - 1).then(part + number).otherwise(top)
            middle = (first + last + 1) // 2
            below, above = search(first, middle - 1), search(middle, last)
            return nw.when(value < stretches[middle].low).then(below).otherwise(above)

        inner = search(0, len(stretches) - 1)
        above = nw.when(value > self.limits[-1]).then(nw.lit(float(len(self.fine) - 1))).otherwise(inner)
        found = nw.when(value < self.limits[0]).then(nw.lit(-1.0)).otherwise(above)
        return nw.when(~value.is_null()).then(found)


def _per(stretch: Stretch) -> float:
    return float(stretch.parts / (stretch.high - stretch.low))


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
        found[name] = Cuts(deciles, (float(least), float(greatest)), _limits(deciles, ends, float(greatest)))
    return found


def _limits(deciles: Sequence[float], ends: Sequence[float], greatest: float) -> tuple[float, ...]:
    """Return the limits; the reference's greatest value lies below the one that ends its span."""
    above = float(np.nextafter(greatest, np.inf))
    return tuple(sorted({*deciles, *ends, above} - ({greatest} - set(deciles))))


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
