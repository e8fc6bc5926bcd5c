"""Counts at each distinct score: what an exact AUC needs, and no small table can give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from raikit.stats.frames import Request, coded, duckdb_relation, expressions, opened, projection

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class ScoreCells:
    """Rows by key values and exact score.

    Attributes
    ----------
    codes, values : list
        For each key, the position of each cell's value among its distinct values, and these.
    scores, n : array
        Score and number of rows of each cell.
    """

    codes: list[np.ndarray[Any, np.dtype[np.int64]]]
    values: list[list[Any]]
    scores: np.ndarray[Any, np.dtype[np.float64]]
    n: np.ndarray[Any, np.dtype[np.int64]]


def distinct_scores(frame: Any, keys: Sequence[str], score: str) -> ScoreCells:
    """Count rows by key columns and exact score; rows without a score are left out.

    Parameters
    ----------
    frame : narwhals or native frame
        Where the rows are.
    keys : sequence of str
        Columns.
    score : str
        Column of numbers.

    Returns
    -------
    ScoreCells
        In no particular order; a cell for each distinct score.

    Raises
    ------
    InputError
        If a column is absent.
    """
    import narwhals as nw

    request = Request({f"{position}": key for position, key in enumerate(keys)}, score, (), None)
    wrapped = opened(frame, request.columns.values())
    found = duckdb_relation(wrapped, list(dict.fromkeys(request.columns.values())))
    names = list(request.columns)
    if found is not None:
        chosen, by = projection(*found, request), ", ".join(names)
        query = f"SELECT {by}, count(*) AS n FROM (SELECT {chosen} FROM rows) GROUP BY ALL"  # noqa: S608 - quoted
        table = cast("duckdb.DuckDBPyRelation", found[0].query("rows", query)).to_arrow_table()
    else:
        rows = wrapped.lazy().select(*expressions(wrapped.lazy(), request))
        table = rows.group_by(*names).agg(nw.len().alias("n")).collect(backend="pyarrow").to_arrow()
    scores = table.column("x").to_numpy().astype(float)
    present = ~np.isnan(scores)
    pairs = [coded(table.column(name)) for name in names if name != "x"]
    n = table.column("n").to_numpy().astype(np.int64)
    return ScoreCells(
        [codes[present] for codes, _ in pairs], [values for _, values in pairs], scores[present], n[present]
    )
