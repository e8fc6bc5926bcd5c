"""Chunks of so many rows in the order of the file, for tables that name no time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raikit.analyses.windows import PERIOD
from raikit.errors import InputError

if TYPE_CHECKING:
    from raikit.sources.table import Table


def own_chunk(table: Table, size: int) -> Any:
    """Return a table's rows with the number of each row's chunk, from 0, as `PERIOD`.

    Parameters
    ----------
    table : Table
        The rows.
    size : int
        Rows of a chunk.

    Returns
    -------
    narwhals.LazyFrame
        By DuckDB.

    Raises
    ------
    InputError
        If another engine holds the rows: a table spread over machines has no order of rows.
    """
    import narwhals as nw

    frame = table.lazy
    if not frame.implementation.is_duckdb():
        raise InputError(
            f"drift: chunk_rows: {table.name} is held by {frame.implementation.name.lower()}, which keeps no "
            "order of rows; allowed: files and data frames in memory, or windows of time"
        )
    last = max(table.rows // size, 1) - 1
    number = f"least((row_number() OVER () - 1) // {int(size)}, {int(last)})"
    query = f'SELECT *, {number} AS "{PERIOD}" FROM rows'  # noqa: S608 - numbers and a name of ours
    return nw.from_native(frame.to_native().query("rows", query))
