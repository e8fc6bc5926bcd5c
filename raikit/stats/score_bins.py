"""Which score bin a row falls in, in an engine's own language, as comparing with each edge would say.

For edges at equal distances DuckDB bins by one multiplication, rounded up, and the least score of each cell
tells whether that was right; only if it wasn't (or for unequal edges) does it compare with the edges.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import narwhals as nw
    from numpy.typing import NDArray


def quick_bin_sql(value: str, edges: Sequence[float]) -> str | None:
    """Return SQL for a first guess at the bin, which is never too low.

    Parameters
    ----------
    value : str
        SQL for a DOUBLE.
    edges : sequence of float
        Increasing limits.

    Returns
    -------
    str or None
        SQL for a DOUBLE: whole, NaN or NULL; to be settled by `settled_bins`. None unless the edges are
        equally spaced but for rounding.
    """
    limits, bins = np.asarray(edges), len(edges) - 1
    if not np.allclose(limits, np.linspace(limits[0], limits[-1], bins + 1), rtol=0,
                       atol=1e-12 * (limits[-1] - limits[0])):  # fmt: skip
        return None
    per_unit, lift = bins / (edges[-1] - edges[0]), bins * 2.0**-50
    # Each step is increasing even when rounded: what holds at the edges holds for every score above them.
    if (np.floor((limits - limits[0]) * per_unit + lift) < np.arange(bins + 1)).any():
        return None
    above = value if edges[0] == 0 else f"({value} - {edges[0]!r}::DOUBLE)"
    return f"floor({above} * {per_unit!r}::DOUBLE + {lift!r}::DOUBLE)"


def settled_bins(
    guess: NDArray[np.float64],
    least: NDArray[np.float64],
    greatest: float | None,
    edges: Sequence[float],
) -> NDArray[np.float64] | None:
    """Return the bins of cells whose guess is right for each of their scores, or None if one isn't.

    A guess is never too low, so that the least score of a cell tells whether it is right for all of them.

    Parameters
    ----------
    guess, least : array of float
        By cell: the guess, and its least score; NaN where the score is missing.
    greatest : float or None
        The greatest score of those guessed to lie just above the last edge, if there are any: the last bin
        holds its upper limit.
    edges : sequence of float
        Increasing limits.

    Returns
    -------
    array of float or None
        Bin numbers (NaN: missing), -1 below the first edge, len(edges) - 1 above the last.
    """
    bins = len(edges) - 1
    absent = np.isnan(guess) | np.isnan(least)
    meant = np.clip(np.where(absent, -1.0, guess), -1, bins)
    starts = np.array([*edges, -np.inf])[meant.astype(int)]  # place -1 is the last: nothing to undercut
    if not (absent | (least >= starts)).all():
        return None
    at_top = ~absent & (guess == bins)
    if at_top.any():
        if greatest == edges[-1]:
            meant = np.where(at_top, bins - 1, meant)
        elif (least[at_top] == edges[-1]).any():
            return None
    return np.where(absent, np.nan, meant)


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
