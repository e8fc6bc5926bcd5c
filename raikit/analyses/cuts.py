"""Where a column of numbers is cut: at the reference's deciles, and finer between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from raikit.analyses.number_summaries import quantiles, spans

if TYPE_CHECKING:
    import narwhals as nw
    from numpy.typing import NDArray

    from raikit.sources.table import Table

_TENTHS = tuple(tenth / 10 for tenth in range(1, 10))
_PARTS = 10  # of each tenth, evenly wide: a bin holds about a hundredth of the rows
_NARROW = 1e-9  # a stretch that is narrower, relatively to its limits, is one bin
_TINY = 1e-300  # and so is one by whose width nothing can be divided
_BITS = np.int64(2**63 - 1)


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
    halves : tuple of tuple of float
        The same of either half of the reference's windows; empty where it is not halved.
    limits : tuple of float
        Increasing, from the least to the greatest value of both sides, deciles and ends of spans among them.
    """

    deciles: tuple[float, ...]
    span: tuple[float, float]
    limits: tuple[float, ...]
    halves: tuple[tuple[float, float], ...] = ()

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """What lies between two limits; all bins are numbered through."""
        made: list[Stretch] = []
        for low, high in pairwise(self.limits):
            wide = max(_NARROW * max(abs(low), abs(high)), _TINY) < high - low < np.inf
            first = made[-1].first + made[-1].parts if made else 0
            made.append(Stretch(low, high, _PARTS if wide else 1, first))
        return tuple(made)

    @cached_property
    def fine(self) -> tuple[float, ...]:
        """The limits of all bins, one more than there are bins."""
        return (*self.starts[:-1].tolist(), self.limits[-1])

    @cached_property
    def starts(self) -> NDArray[np.float64]:
        """The least number of each bin by the arithmetic of `bin_expression`, and the least above all."""
        wide = [each for each in self.stretches if each.parts > 1]
        found = _least([each for each in wide for _ in range(1, _PARTS)], [*range(1, _PARTS)] * len(wide))
        above = math.nextafter(self.limits[-1], np.inf)
        return np.sort(np.concatenate([self.limits[:-1], found, [above]]))

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

    def bin_expression(self, value: nw.Expr) -> Any:
        """Return the number of the bin as an expression for any engine.

        Parameters
        ----------
        value : narwhals.Expr
            A float column without NaN.

        Returns
        -------
        narwhals.Expr
            Bin numbers; -1 below the first limit, one more than the last bin above; null for null.
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


def _least(stretches: Sequence[Stretch], parts: Sequence[int]) -> NDArray[np.float64]:
    """Return the least number that arithmetic puts into a part of its stretch, by halving.

    Halved are the numbers' bit patterns, which lie as the numbers do: 64 steps reach the last bit.
    """
    low = np.array([each.low for each in stretches])
    per, wanted = np.array([_per(each) for each in stretches]), np.array(parts, dtype=float)
    below, reached = _pattern(low), _pattern(np.array([each.high for each in stretches]))
    for _ in range(64):
        middle = (below >> 1) + (reached >> 1) + (below & reached & 1)
        enough = np.floor((_number(middle) - low) * per) >= wanted
        below, reached = np.where(enough, below, middle), np.where(enough, middle, reached)
    return _number(reached)


def _pattern(numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return whole numbers in the order of the numbers: their bits, those of negative ones turned over."""
    bits = (numbers + 0.0).view(np.int64)  # no negative zero
    return np.asarray(bits ^ ((bits >> 63) & _BITS), dtype=np.int64)


def _number(patterns: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(patterns ^ ((patterns >> 63) & _BITS), dtype=np.int64).view(np.float64)


def cut(
    reference: Table,
    current: Table,
    features: Sequence[str],
    halves: Sequence[nw.LazyFrame[Any]] = (),
) -> dict[str, Cuts]:
    """Return where columns of numbers are cut, by one pass over either table and half.

    Parameters
    ----------
    reference, current : Table
        The two sets of rows.
    features : sequence of str
        Columns of numbers, of both.
    halves : sequence of narwhals.LazyFrame, default=()
        Parts of the reference's rows, see `raikit.analyses.halves`.

    Returns
    -------
    dict of str to Cuts
        Without columns that have no finite number.

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
    deciles = quantiles(reference, features, _TENTHS)
    ends = [spans(table.lazy, features) for table in (reference, current)]
    parts = [spans(half, features) for half in halves]
    found = {}
    for name in features:
        # Where the reference has no number, all of the current ones are one bin beside the missing values.
        span = ends[0][name] if ends[0][name][0] <= ends[0][name][1] else ends[1][name]
        if span[0] <= span[1]:
            inner = tuple(sorted(set(deciles[name])))
            own = tuple(part[name] for part in parts)
            found[name] = Cuts(inner, span, _limits(inner, (span, *own), ends[1][name]), own)
    return found


def _limits(
    deciles: Sequence[float], known: Sequence[tuple[float, float]], current: tuple[float, float]
) -> tuple[float, ...]:
    """Return the limits; a known span's greatest value lies below the one that ends it."""
    ends = [end for low, high in known if low <= high for end in (low, math.nextafter(high, np.inf))]
    return tuple(sorted({*deciles, *ends, *(current if current[0] <= current[1] else ())}))
