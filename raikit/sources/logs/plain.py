"""Plain rows as a log: under the tidy names, with anchors, taken in turn so that memory stays small."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError
from raikit.sources import memory, reading
from raikit.sources.anchors import AnchorKey, anchor_key
from raikit.sources.column import no_such_column
from raikit.sources.engine import connection, duckdb_error, identifier, in_turn, literal, select, sentence
from raikit.sources.files import find
from raikit.sources.logs.items import anchored
from raikit.sources.logs.rows import COLUMNS
from raikit.sources.table import Table, table_of

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyRelation

TIDY = tuple(name for name in COLUMNS if name != "variables")
_ROWS = 2_048  # taken at a time: what the engine works in
_GROUP = 8 * 2**20  # bytes, about, that are written together
_LARGE = 256 * 2**20  # bytes of files: memory counts for more than speed


def open_plain(log: Any, given: Mapping[str, str], anchors: str, name: str, folder: Path) -> Table:
    """Open plain rows under the tidy names; their other columns stay as they are.

    Parameters
    ----------
    log : str, path, list of them, or a table
        As `open_table` takes it.
    given : mapping of str to str
        Tidy name to the log's own.
    anchors : str
        Reference to the key of the anchors.
    name : str
        What messages call the table.
    folder : Path
        Where the rows of text files wait, as Parquet: they are parsed once and never all in memory.

    Returns
    -------
    Table
        With `item` where a prompt is named.

    Raises
    ------
    InputError
        If a name is wrong or the rows can't be read.
    """
    opened = reading.read(log, whole=False) if reading.is_named(log) else memory.read(log)
    columns = opened.frame.collect_schema().names()
    _refuse(given, columns)
    hashed = "prompt" in given and "item" not in given
    if not hashed and not (given or _is_text(log)):
        return table_of(opened, name)
    parts = [f"{identifier(theirs)} AS {identifier(own)}" for own, theirs in given.items()]
    taken = {*given.values(), *given}
    rows = _native(opened).select(
        ", ".join([*parts, *(identifier(each) for each in columns if each not in taken)])
    )
    if hashed or _is_text(log):
        key = anchor_key(anchors, source=opened.source) if hashed else None
        with _few_threads(log):
            _written(rows, folder / "rows.parquet", key, log)
        rows = select(f"FROM read_parquet({literal(str(folder / 'rows.parquet'))})")
    return table_of(replace(opened, frame=reading.lazy(rows)), name)


def _is_text(log: Any) -> bool:
    """Tell text files, which would be parsed anew on every pass."""
    return _is_local(log) and find(log).format in ("csv", "jsonl")


def _is_local(log: Any) -> bool:
    names = log if isinstance(log, list | tuple) else [log]
    return reading.is_named(log) and not any(
        str(each).startswith("demo:") or "://" in str(each) for each in names
    )


@contextmanager
def _few_threads(log: Any) -> Iterator[None]:
    """Have a large file read by one thread: each holds on to what it reads."""
    size = sum(path.stat().st_size for path in find(log).paths) if _is_local(log) else 0
    if size < _LARGE:
        yield
        return
    connection().execute("SET threads = 1")
    try:
        yield
    finally:
        connection().execute("RESET threads")


def _native(opened: reading.Opened) -> DuckDBPyRelation:
    import narwhals as nw

    if opened.frame.implementation is nw.Implementation.DUCKDB:
        relation: DuckDBPyRelation = opened.frame.to_native()
        return relation
    return connection().from_arrow(reading.collected(opened.frame))


def _refuse(given: Mapping[str, str], columns: list[str]) -> None:
    problems = [
        f"columns: {own!r} is no column of a log; allowed: {', '.join(TIDY)}"
        for own in given
        if own not in (*TIDY, "item")
    ]
    problems += [
        f"columns: {own}: {no_such_column(theirs, columns)}"
        for own, theirs in given.items()
        if theirs not in columns
    ]
    if problems:
        raise InputError.joined(problems)


def _written(rows: DuckDBPyRelation, path: Path, key: AnchorKey | None, log: Any) -> None:
    """Write the rows as Parquet; with a key, each with the anchor of its prompt."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        batches = iter(_groups(rows))
        first = _with_items(next(batches), key)
        with pq.ParquetWriter(path, first.schema, compression="lz4") as writer:
            writer.write_table(first)
            for batch in batches:
                writer.write_table(_with_items(batch, key))
    except StopIteration:
        raise InputError(f"{log}: no rows; at least one is needed") from None
    except (*_engine_errors(), pa.ArrowInvalid) as error:
        if reading.is_named(log):
            reading.read(log)  # says what is wrong with the file in better words
        raise InputError(f"{log}: can't be read ({sentence(error).partition(chr(39))[0]})") from None


def _engine_errors() -> tuple[type[Exception], ...]:
    return (duckdb_error(), OSError)  # Arrow hands DuckDB's errors on as its own


def _groups(rows: DuckDBPyRelation) -> Iterator[pa.Table]:
    """Yield the rows in turn, about as many bytes at a time."""
    import pyarrow as pa

    waiting: list[pa.RecordBatch] = []
    size = 0
    for batch in in_turn(rows, _ROWS):
        waiting.append(batch)
        size += batch.nbytes
        if size > _GROUP:
            yield pa.Table.from_batches(waiting)
            waiting, size = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting)


def _with_items(rows: pa.Table, key: AnchorKey | None) -> pa.Table:
    if key is None:
        return rows
    import pyarrow as pa

    texts = rows["prompt"].cast(pa.string()).combine_chunks()
    return rows.append_column("item", anchored(key, texts))
