"""What a release's plan needs to know of a table: its columns, and that it has rows."""

from __future__ import annotations

from typing import Any

from raikit.errors import InputError
from raikit.sources.column import Column, columns_of


def peek(source: Any) -> tuple[Column, ...]:
    """Return names and types of a table without going through its rows.

    Parameters
    ----------
    source : str, path, list of them, or a table in memory
        As for `open_table`. Demo data is fetched into the cache when it isn't there yet.

    Returns
    -------
    tuple of Column
        `missing` and `levels` are None. CSV and JSON Lines types come from the first rows only.

    Raises
    ------
    InputError
        If it isn't there, can't be read, or has no rows.

    Examples
    --------
    >>> import pandas as pd
    >>> peek(pd.DataFrame({"hired": [1, 0]}))
    (Column(name='hired', type='integer', missing=None, levels=None),)
    """
    from raikit.sources import memory, reading

    if reading.is_named(source):
        return reading.head(source)[1]
    opened = memory.read(source)
    if not opened.frame.head(1).collect("pyarrow").shape[0]:
        raise InputError(f"{opened.source}: no rows; at least one is needed")
    return columns_of(opened.frame)
