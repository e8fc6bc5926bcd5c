"""A tally: how many rows have each combination of values. What follows never sees a row again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.stats.engines import SCORE_BIN, aggregate
from raikit.stats.frames import Request

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_MOST_PLACES = 2**62  # combinations of key values that one integer can tell apart
_MANY = 10_000  # texts that Arrow sorts faster than Python

# Columns of `Tally.cells` that hold sums; a key can't have the name of one that is there.
SUMS = ("n", "w", "w2", "s", "s2")


@dataclass(frozen=True)
class Tally:
    """Counts of rows for each combination of the keys' values that occurs.

    Attributes
    ----------
    keys : tuple of str
        Names of the key columns of `cells`.
    cells : pandas.DataFrame
        One row a combination, sorted by the keys with missing values (None) last. Columns: the keys (plain
        Python values), `n` (rows), with a weight `w` (sum of weights) and `w2` (sum of squared weights), with
        a score `s` and `s2` (sums of the score and of its square, times the weight where there is one).
    edges : tuple of float or None
        Limits of the score bins, if there are any: bin i holds edges[i] <= score < edges[i + 1], the last one
        its upper limit too; -1 and len(edges) - 1 stand for scores outside.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"sex": ["m", "f", "f", None], "label": [1, 0, 1, 1]})
    >>> tally = count(frame, ["sex", "label"])
    >>> tally.cells
        sex label  n
    0     f     0  1
    1     f     1  1
    2     m     1  1
    3  None     1  1
    >>> tally.over("label").cells
      label  n
    0     0  1
    1     1  3
    >>> (tally + tally).total
    8
    """

    keys: tuple[str, ...]
    cells: pd.DataFrame
    edges: tuple[float, ...] | None = None

    @property
    def total(self) -> int:
        """The number of rows."""
        return int(self.cells["n"].sum())

    @property
    def sums(self) -> tuple[str, ...]:
        """The names of the columns of `cells` that hold sums."""
        return tuple(name for name in SUMS if name in self.cells.columns and name not in self.keys)

    def values(self, key: str) -> list[Any]:
        """Return the values of a key, each once and without the missing one.

        Parameters
        ----------
        key : str
            One of the keys.

        Returns
        -------
        list
            In the order of the cells.
        """
        return [value for value in self.cells[key].unique() if value is not None]

    def over(self, *keys: str) -> Tally:
        """Return the marginal tally of some of the keys.

        Parameters
        ----------
        *keys : str
            The keys to keep, in the order wanted; none gives the grand total.

        Returns
        -------
        Tally
            Counts summed over all other keys.

        Raises
        ------
        ValueError
            If a key isn't one of the tally's.
        """
        unknown = [key for key in keys if key not in self.keys]
        if unknown:
            raise ValueError(f"tally: no key {unknown}; keys: {list(self.keys)}")
        return replace(self, keys=keys, cells=_summed(self.cells, keys, self.sums))

    def pooled(self, pools: Mapping[str, Mapping[Any, Any]]) -> Tally:
        """Return the tally with some values of keys replaced, and cells that became alike added up.

        Parameters
        ----------
        pools : mapping of str to mapping
            Of each key concerned: value -> the value that stands in its place; others stay as they are.

        Returns
        -------
        Tally
            With the same keys and the same total.
        """
        cells = self.cells.copy()
        for key, pool in pools.items():
            codes, distinct = pd.factorize(cells[key].to_numpy(dtype=object), use_na_sentinel=True)
            put = np.array([pool.get(value, value) for value in [*distinct, None]], dtype=object)
            cells[key] = pd.Series(put[codes], dtype=object, index=cells.index)
        return replace(self, cells=cells).over(*self.keys)

    def __add__(self, other: Tally) -> Tally:
        """Return the tally of the rows of both: chunks, files and machines add up."""
        if (self.keys, self.edges, self.sums) != (other.keys, other.edges, other.sums):
            raise ValueError(
                f"tallies of {list(self.keys)} with {list(self.sums)} and of {list(other.keys)} with "
                f"{list(other.sums)} can't be added: keys, edges and sums must be the same"
            )
        cells = pd.concat([self.cells, other.cells], ignore_index=True)
        return replace(self, cells=_summed(cells, self.keys, self.sums))


def count(
    frame: Any,
    keys: Sequence[str] | Mapping[str, str],
    *,
    score: str | None = None,
    edges: ArrayLike | None = None,
    weight: str | None = None,
) -> Tally:
    """Count rows by the values of some columns, in one pass of the engine that holds the rows.

    Every intersection of the keys is a marginal (`Tally.over`) of this one pass. Rows with a missing value
    (NULL or NaN) in a key are a group of their own. The counts are the same integers from every engine.

    Parameters
    ----------
    frame : narwhals frame or native frame
        DuckDB relation, pandas, Polars or Arrow table (all counted by DuckDB), or anything else that narwhals
        knows, such as a PySpark or Ibis table (counted by its own engine).
    keys : sequence of str, or mapping of str to str
        Columns to count by; a mapping gives each key a name of its own: {"label": "employed"}.
    score : str, optional
        Column of numbers to be binned; the bin becomes the last key, named "score_bin".
    edges : array of float, optional
        Increasing limits of the score bins; by default 100 equal bins between 0 and 1.
    weight : str, optional
        Column of weights, none negative or missing.

    Returns
    -------
    Tally
        Counts; weighted sums are exact to 1e-12, relatively.

    Raises
    ------
    ValueError
        If a column is absent (InputError lists the columns), a key has the name of a sum, edges don't
        increase, or a weight is negative or missing.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"employed": [1, 0, 1], "p": [0.25, 0.75, 1.0]})
    >>> count(frame, {"label": "employed"}, score="p", edges=[0, 0.5, 1]).cells
      label score_bin  n     s      s2
    0     0         1  1  0.75  0.5625
    1     1         0  1  0.25  0.0625
    2     1         1  1  1.00  1.0000
    """
    named = dict(keys) if isinstance(keys, Mapping) else {key: key for key in keys}
    limits = _checked_edges(edges) if score is not None else None
    sums = ["n", *(["w", "w2"] if weight is not None else []), *(["s", "s2"] if score is not None else [])]
    clash = sorted({*named} & {*sums, *([SCORE_BIN] if score is not None else [])})
    if clash:
        raise ValueError(f"keys: {clash} name sums of the tally; give such a key another name by a mapping")
    cells = aggregate(frame, Request(named, score, limits or (), weight))
    all_keys = (*named, SCORE_BIN) if score is not None else tuple(named)
    return Tally(all_keys, _summed(cells, all_keys, sums), limits)


def _checked_edges(edges: ArrayLike | None) -> tuple[float, ...]:
    limits = np.linspace(0, 1, 101) if edges is None else np.asarray(edges, dtype=float)
    if (
        limits.ndim != 1
        or len(limits) < 2
        or not (np.diff(limits) > 0).all()
        or not np.isfinite(limits).all()
    ):
        raise ValueError(f"edges: {edges!r}; allowed are two or more finite numbers that increase")
    return tuple(limits.tolist())


def coded_cells(frame: Any, keys: Mapping[str, str]) -> pd.DataFrame:
    """Return the cells of `count` with each key as a categorical: for keys of very many values.

    Parameters
    ----------
    frame : narwhals frame or native frame
        As in `count`.
    keys : mapping of str to str
        Name of a key -> column.

    Returns
    -------
    pandas.DataFrame
        One row a combination, sorted; categories are plain Python values in order, each of them in a cell.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = coded_cells(pd.DataFrame({"sex": ["m", "f", None, "m"]}), {"who": "sex"})
    >>> cells["who"].cat.codes.to_list(), cells["n"].to_list()
    ([0, 1, -1], [1, 2, 1])
    """
    return _coded(aggregate(frame, Request(keys, None, (), None)), tuple(keys), ["n"])


def _summed(cells: pd.DataFrame, keys: Sequence[str], sums: Sequence[str]) -> pd.DataFrame:
    """Add up cells that agree in the keys, and sort them: missing values last."""
    added = _coded(cells, keys, sums)
    for key in keys:
        held = added[key].array
        values = np.array([*held.categories, None], dtype=object)  # a code of -1 is the last
        added[key] = pd.Series(values[held.codes], dtype=object)
    return added


def _coded(cells: pd.DataFrame, keys: Sequence[str], sums: Sequence[str]) -> pd.DataFrame:
    held = {key: _in_order(cells[key]) for key in keys}
    first, position = combined([places(each) for each in held.values()], len(cells))
    columns: dict[str, Any] = {key: each.take(first) for key, each in held.items()}
    for name in sums:
        columns[name] = _added(cells[name].to_numpy(), position, len(first))
    return pd.DataFrame(columns)


def places(values: pd.Categorical) -> tuple[NDArray[np.int64], int]:
    """Return the codes of values, missing ones last, and how many codes there are.

    Parameters
    ----------
    values : pandas.Categorical
        Of any categories.

    Returns
    -------
    tuple of (array of int, int)
        For `combined`.
    """
    codes, size = values.codes.astype(np.int64), len(values.categories)
    return np.where(codes < 0, size, codes), size + 1


def combined(
    columns: Sequence[tuple[NDArray[np.int64], int]], rows: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which rows agree in all of some columns of codes.

    Parameters
    ----------
    columns : sequence of (array of int, int)
        Codes from 0, and how many there are.
    rows : int
        Length of the columns.

    Returns
    -------
    first, position : array of int
        Of each combination that occurs, in order, the first row; and for each row its combination.

    Examples
    --------
    >>> first, position = combined([(np.array([1, 0, 1]), 2), (np.array([0, 2, 0]), 3)], 3)
    >>> first.tolist(), position.tolist()
    ([1, 0], [1, 0, 1])
    """
    position, places = np.zeros(rows, dtype=np.int64), 1
    for codes, size in columns:
        if places * size >= _MOST_PLACES:
            found, position = np.unique(position, return_inverse=True)
            places = len(found)
        position, places = position * size + codes, places * size
    _, first, position = np.unique(position, return_index=True, return_inverse=True)
    return first, position


def _added(values: NDArray[Any], position: NDArray[np.intp], size: int) -> NDArray[Any]:
    if values.dtype.kind in "iu":
        total = np.zeros(size, dtype=np.int64)  # whole numbers stay exact beyond 2**53
        np.add.at(total, position, values)
        return total
    return np.bincount(position, weights=values, minlength=size)


def _in_order(values: pd.Series) -> pd.Categorical:
    """Return values as a categorical whose categories are the distinct ones in order."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes, distinct = values.cat.codes.to_numpy(dtype=np.int64), values.cat.categories.to_numpy()
    else:
        codes, distinct = pd.factorize(values.to_numpy(dtype=object), use_na_sentinel=True)
    order = _order(list(distinct))
    rank = np.full(len(distinct) + 1, -1, dtype=np.int64)
    rank[order] = np.arange(len(distinct))  # a missing value, coded as -1, stays one
    return pd.Categorical.from_codes(rank[codes], categories=pd.Index(distinct[order], dtype=object))


def _order(values: list[Any]) -> NDArray[np.intp]:
    """Return the positions that sort values; values of several types sort by type name, then as text."""
    if len(values) > _MANY and all(type(value) is str for value in values):
        import pyarrow as pa
        import pyarrow.compute as pc

        with suppress(UnicodeEncodeError):  # a lone surrogate; all else has one order as UTF-8 and in Python
            return np.asarray(pc.sort_indices(pa.array(values)))
    try:
        order = sorted(range(len(values)), key=values.__getitem__)
    except TypeError:
        order = sorted(range(len(values)), key=lambda i: (type(values[i]).__name__, str(values[i])))
    return np.asarray(order, dtype=np.intp)
