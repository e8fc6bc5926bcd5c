"""A random sample of rows, the same each time: for what can't be done with counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from raikit.sources.engine import identifier

if TYPE_CHECKING:
    import narwhals as nw
    import pandas as pd

    from raikit.sources.table import Table


def sample(table: Table, columns: Sequence[str], most: int, *, seed: int) -> pd.DataFrame:
    """Return some columns of at most so many rows, drawn at random.

    Where DuckDB holds far more rows than are wanted, rows are first thinned by a hash of their values, so
    that a small part of them comes into memory; other engines bring all rows.

    Parameters
    ----------
    table : Table
        The rows.
    columns : sequence of str
        Columns of it.
    most : int
        Rows wanted.
    seed : int
        Of the draw: the same rows of the same table each time.

    Returns
    -------
    pandas.DataFrame
        A new index from 0, in the table's order.

    Examples
    --------
    >>> import pandas as pd
    >>> from raikit import open_table
    >>> len(sample(open_table(pd.DataFrame({"x": range(1000)})), ["x"], 10, seed=7))
    10
    """
    names = [table.column(name).name for name in dict.fromkeys(columns)]
    return drawn(table.lazy, names, most, seed=seed, rows=table.rows)


def drawn(
    frame: nw.LazyFrame[Any], columns: Sequence[str], most: int, *, seed: int, rows: int = 0
) -> pd.DataFrame:
    """Return some columns of at most so many rows of a frame, drawn at random.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        The rows.
    columns : sequence of str
        Columns of it.
    most : int
        Rows wanted.
    seed : int
        Of the draw.
    rows : int, default=0
        Rows that the frame has; counted where it is 0.

    Returns
    -------
    pandas.DataFrame
        As `sample` returns it.
    """
    import narwhals as nw
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    from raikit.sources.reading import collected

    names = list(dict.fromkeys(columns))
    size = rows or collected(frame.select(nw.len().alias("rows"))).to_pylist()[0]["rows"]
    thin = size // (4 * most)
    if thin > 1 and frame.implementation.is_duckdb():
        hashed = ", ".join(identifier(name) for name in frame.collect_schema().names())
        frame = nw.from_native(frame.to_native().filter(f"hash({hashed}, {int(seed)}) % {thin} = 0"))
    held = collected(frame.select(*names))
    if len(held) > most:
        chosen = np.zeros(len(held), dtype=bool)
        chosen[pd.RangeIndex(len(held)).to_series().sample(most, random_state=seed)] = True
        held = held.filter(pa.array(chosen))
    made: pd.DataFrame = held.to_pandas()
    return made.reset_index(drop=True)
