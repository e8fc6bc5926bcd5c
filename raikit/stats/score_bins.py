"""Which score bin a row falls in, in an engine's own language, as comparing with each edge would say.

For edges at equal distances DuckDB bins by one multiplication, whose rounding is checked by the least and
the greatest score of each cell; only if that fails (or for unequal edges) does it compare with the edges.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import narwhals as nw
    from numpy.typing import NDArray


def equally_spaced(edges: Sequence[float]) -> bool:
    """Tell whether edges are equally spaced but for rounding.

    Parameters
    ----------
    edges : sequence of float
        Increasing limits.

    Returns
    -------
    bool
        Whether `quick_bin_sql` may be tried.
    """
    even = np.linspace(edges[0], edges[-1], len(edges))
    return bool(np.allclose(edges, even, rtol=0, atol=1e-12 * (edges[-1] - edges[0])))


def quick_bin_sql(value: str, edges: Sequence[float]) -> str:
    """Return SQL for a first guess at the bin; a score on an edge is rounded up to it.

    Parameters
    ----------
    value : str
        SQL for a DOUBLE.
    edges : sequence of float
        Increasing limits at equal distances.

    Returns
    -------
    str
        SQL for a DOUBLE: whole, NaN or NULL; to be settled by `settled_bins`.
    """
    bins = len(edges) - 1
    per_unit = bins / (edges[-1] - edges[0])
    above = value if edges[0] == 0 else f"({value} - {edges[0]!r}::DOUBLE)"
    return f"floor({above} * {per_unit!r}::DOUBLE + {bins * 2.0**-50!r}::DOUBLE)"


def settled_bins(
    guess: NDArray[np.float64],
    least: NDArray[np.float64],
    greatest: NDArray[np.float64],
    edges: Sequence[float],
) -> NDArray[np.float64] | None:
    """Return the bins of cells whose guess is right for each of their scores, or None if one isn't.

    Parameters
    ----------
    guess, least, greatest : array of float
        By cell: the guess, and the limits of its scores; NaN where the score is missing.
    edges : sequence of float
        Increasing limits.

    Returns
    -------
    array of float or None
        Bin numbers (NaN: missing), -1 below the first edge, len(edges) - 1 above the last.
    """
    first, last = bin_of(least, edges), bin_of(greatest, edges)
    bins = len(edges) - 1
    meant = np.clip(guess, -1, bins)
    meant = np.where((meant == bins) & (greatest == edges[-1]), bins - 1, meant)
    right = (first == last) & (first == meant) | np.isnan(guess) | np.isnan(least)
    return np.where(np.isnan(guess) | np.isnan(least), np.nan, meant) if right.all() else None


def bin_of(values: NDArray[np.float64], edges: Sequence[float]) -> NDArray[np.float64]:
    """Return bin numbers by comparison with the edges.

    Parameters
    ----------
    values : array of float
        Scores.
    edges : sequence of float
        Increasing limits; the last bin holds its upper limit.

    Returns
    -------
    array of float
        Bin numbers, -1 below the first edge, len(edges) - 1 above the last, NaN for NaN.

    Examples
    --------
    >>> bin_of(np.array([-1, 0.0, 0.5, 1.0, 1.1]), [0.0, 0.5, 1.0]).tolist()
    [-1.0, 0.0, 1.0, 1.0, 2.0]
    """
    place = (np.searchsorted(np.asarray(edges), values, side="right") - 1).astype(float)
    place[values == edges[-1]] -= 1
    return np.where(np.isnan(values), np.nan, place)


def compared_bin_sql(value: str, edges: Sequence[float]) -> str:
    """Return SQL that finds the bin by halving, for edges at any distances.

    Parameters
    ----------
    value : str
        SQL for a DOUBLE.
    edges : sequence of float
        Increasing limits.

    Returns
    -------
    str
        SQL for an integer; NULL for NULL and NaN.
    """

    def search(first: int, last: int) -> str:
        if last == first:
            return str(first - 1)
        middle = (first + last) // 2
        sign = "<=" if middle == len(edges) - 1 else "<"
        below, above = search(first, middle), search(middle + 1, last)
        return f"CASE WHEN {value} {sign} {edges[middle]!r}::DOUBLE THEN {below} ELSE {above} END"

    return f"CASE WHEN {value} IS NULL OR isnan({value}) THEN NULL ELSE {search(0, len(edges))} END"


def compared_bin(value: nw.Expr, edges: Sequence[float]) -> Any:
    """Return `compared_bin_sql` as an expression for any engine.

    Parameters
    ----------
    value : narwhals.Expr
        A float column without NaN.
    edges : sequence of float
        Increasing limits.

    Returns
    -------
    narwhals.Expr
        Bin numbers; null for null.
    """
    import narwhals as nw

    def search(first: int, last: int) -> Any:
        if last == first:
            return nw.lit(first - 1)
        middle = (first + last) // 2
        below = value <= edges[middle] if middle == len(edges) - 1 else value < edges[middle]
        return nw.when(below).then(search(first, middle)).otherwise(search(middle + 1, last))

    return nw.when(~value.is_null()).then(search(0, len(edges)))
