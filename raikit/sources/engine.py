"""The DuckDB connection that reads files: one a process, offline, made when first needed."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

_connections: dict[int, DuckDBPyConnection] = {}
_apart = threading.local()  # a connection of a thread's own, for as long as it reads something large


def connection() -> DuckDBPyConnection:
    """Return this process's connection.

    It is keyed by process id because kernels are forked from a parent that has raikit imported, and a
    connection does not survive a fork.

    Returns
    -------
    duckdb.DuckDBPyConnection
        In memory; never installs or loads an extension, so no address on a network can be read.

    Examples
    --------
    >>> connection() is connection()
    True
    """
    if apart := getattr(_apart, "connection", None):
        held: DuckDBPyConnection = apart
        return held
    pid = os.getpid()
    if pid not in _connections:
        _connections[pid] = _connect()
    return _connections[pid]


@contextmanager
def little_memory(limit: str) -> Iterator[None]:
    """Read what is read in a ``with`` block by a connection of its own, one thread and little memory.

    Its relations keep that connection and its limit, also after the block: rows that wait in a temporary file
    would come back into memory as they are used. They can't be joined with those of other connections.

    Parameters
    ----------
    limit : str
        Of the memory, as DuckDB writes it; what is more waits in its temporary folder.

    Yields
    ------
    None
        While this thread's `connection` is the one apart.

    Examples
    --------
    >>> with little_memory("100MB"):
    ...     rows = select("FROM range(3)")
    >>> rows.aggregate("current_setting('memory_limit')").fetchall()[0][0]
    '95.3 MiB'
    """
    made = _connect()
    made.execute(f"SET memory_limit = {literal(limit)}")
    made.execute("SET threads = 1")  # each thread holds on to what it reads
    _apart.connection = made
    try:
        yield
    finally:
        _apart.connection = None
        made.execute("RESET threads")


def _connect() -> DuckDBPyConnection:
    import tempfile
    from pathlib import Path

    import duckdb

    made = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            # In memory DuckDB would spill to a folder in the working directory, beside the user's files.
            "temp_directory": str(Path(tempfile.gettempdir()) / f"raikit-duckdb-{uuid4().hex}"),
        },
    )
    with suppress(duckdb.InvalidInputException):  # a kernel without ipywidgets has no bar to switch off
        made.execute("SET enable_progress_bar = false")  # it would print into a notebook's outputs
    made.execute("SET python_enable_replacements = false")  # a misspelt name must not read a Python variable
    made.execute("SET TimeZone = 'UTC'")  # the same file gives the same timestamps on every machine
    return made


def duckdb_error() -> type[Exception]:
    """Return the class of DuckDB's errors.

    Returns
    -------
    type
        For `except` clauses: DuckDB is imported only when something is read.
    """
    import duckdb

    return duckdb.Error


def identifier(name: str) -> str:
    """Return `name` quoted as a SQL identifier.

    Parameters
    ----------
    name : str
        Any text: a column name from data is hostile until quoted.

    Returns
    -------
    str
        Safe in any DuckDB statement.

    Examples
    --------
    >>> identifier('two "quoted" words')
    '"two ""quoted"" words"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return `text` quoted as a SQL string.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Safe in any DuckDB statement.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def sentence(error: BaseException) -> str:
    r"""Return what DuckDB complains about in one line, without its advice on SQL options.

    Parameters
    ----------
    error : BaseException
        As raised by DuckDB.

    Returns
    -------
    str
        At most 200 characters.

    Examples
    --------
    >>> sentence(ValueError("Invalid Input Error: File 'a.parquet' too small\n\nPossible solution: ..."))
    "File 'a.parquet' too small"
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    first = lines[0]
    if first.startswith(("Invalid Input Error: ", "IO Error: ", "Conversion Error: ", "Binder Error: ")):
        first = first.split(": ", 1)[1]
    if first.startswith("CSV Error on Line") and len(lines) > 1:
        # The next line quotes the row itself: values from data do not belong in a message.
        reason = next((x for x in lines[1:] if not x.startswith(("Original Line", "Possible"))), "")
        first = f"{first.removeprefix('CSV Error on ').lower()}: {reason}"
    return first[:200].rstrip(". ")


def select(sql: str) -> DuckDBPyRelation:
    """Return the relation of a SQL query on this process's connection.

    Parameters
    ----------
    sql : str
        Built by raikit only, with `identifier` and `literal` around everything that came from outside.

    Returns
    -------
    duckdb.DuckDBPyRelation
        Lazy.

    Examples
    --------
    >>> select("SELECT 1 + 1 AS two").fetchall()
    [(2,)]
    """
    return connection().sql(sql)


def row(relation: DuckDBPyRelation, expressions: list[str]) -> tuple[Any, ...]:
    """Return the one row of an aggregation over a relation.

    Parameters
    ----------
    relation : duckdb.DuckDBPyRelation
        Where the rows are; one pass over it is made.
    expressions : list of str
        Aggregates in SQL.

    Returns
    -------
    tuple
        A value for each expression.

    Examples
    --------
    >>> row(select("SELECT unnest([1, 2, 3]) AS x"), ["max(x)", "count(*)"])
    (3, 3)
    """
    (found,) = relation.aggregate(", ".join(expressions)).fetchall()
    return tuple(found)


def in_turn(relation: DuckDBPyRelation, rows: int = 10_000) -> pa.RecordBatchReader:
    """Return the rows of a relation in batches, which are never all in memory.

    Parameters
    ----------
    relation : duckdb.DuckDBPyRelation
        No other query may be made on its connection before the last batch.
    rows : int, default=10_000
        Of a batch.

    Returns
    -------
    pyarrow.RecordBatchReader
        In the order of the rows.

    Examples
    --------
    >>> [batch.num_rows for batch in in_turn(select("FROM range(3)"))]
    [3]
    """
    # Where DuckDB 2.0 is the first to load pyarrow it lists "leaked" types when Python ends; not after this.
    import pyarrow.dataset  # noqa: F401

    return relation.to_arrow_reader(rows)
