"""Plain rows as a log: under the tidy names, with anchors; the engine holds, groups and counts them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from raikit.errors import InputError
from raikit.sources import memory, reading
from raikit.sources.anchors import AnchorKey, anchor_key
from raikit.sources.column import no_such_column
from raikit.sources.engine import connection, identifier, in_turn, little_memory, select
from raikit.sources.files import find
from raikit.sources.json_lines import SAMPLE
from raikit.sources.logs.items import with_items
from raikit.sources.logs.rows import COLUMNS
from raikit.sources.table import Table, table_of

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyRelation

TIDY = tuple(name for name in COLUMNS if name not in ("variables", "answer"))
_LARGE = 256 * 2**20  # bytes of files: memory counts for more than speed
_LIMIT = "200MB"  # of the engine's memory then


def open_plain(log: Any, given: Mapping[str, str], anchors: str, name: str) -> Table:
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

    Returns
    -------
    Table
        With `item` where a prompt is named.

    Raises
    ------
    InputError
        If a name is wrong or the rows can't be read.
    """
    with little_memory(_LIMIT) if _is_large(log) else nullcontext():
        opened = reading.read(log, whole=False) if reading.is_named(log) else memory.read(log)
        columns = opened.frame.collect_schema().names()
        _refuse(given, columns)
        if not given:
            return table_of(opened, name)
        rows = _native(opened, named=reading.is_named(log))
        if "prompt" in given and "item" not in {each.casefold() for each in (*columns, *given)}:
            rows = _with_items(rows, opened.table, given["prompt"], anchor_key(anchors, source=opened.source))
        parts = [f"{identifier(theirs)} AS {identifier(own)}" for own, theirs in given.items()]
        taken = {*given.values(), *given}
        rest = (identifier(each) for each in rows.columns if each not in taken)
        tidy = reading.lazy(rows.select(", ".join([*parts, *rest])))
        return table_of(replace(opened, frame=tidy), name)


def _with_items(rows: DuckDBPyRelation, table: str, prompt: str, key: AnchorKey) -> DuckDBPyRelation:
    """Return the rows with anchors; where no table holds them yet, one is made."""
    held = table or f"raikit_{uuid4().hex}"
    if not table:
        rows.create(held)
    return with_items(held, prompt, key)


def texts_in_turn(log: Any) -> Iterator[pa.Array] | None:
    """Return the texts of files in turn; see `raikit.sources.logs.opening.plain_texts`.

    Parameters
    ----------
    log : str, path or list of them
        Parquet, CSV or JSON Lines.

    Returns
    -------
    iterator of pyarrow.Array, or None
        Of text; None where a column has no value in the first rows: later ones would be passed over.
    """
    rows = select(find(log).query(sample=SAMPLE))
    if '"NULL"' in map(str, rows.types):
        return None
    # Numbers too: a text among them is an error only where their column is read.
    texts = rows.select("COLUMNS(*)::VARCHAR")
    return (column for batch in in_turn(texts) for column in batch.columns)


def _is_large(log: Any) -> bool:
    names = log if isinstance(log, list | tuple) else [log]
    if not reading.is_named(log) or any(
        str(each).startswith("demo:") or "://" in str(each) for each in names
    ):
        return False
    return sum(path.stat().st_size for path in find(log).paths) > _LARGE


def _native(opened: reading.Opened, *, named: bool) -> DuckDBPyRelation:
    """Return the rows on this process's own connection, where their anchors will be."""
    if not named:
        return connection().from_arrow(reading.collected(opened.frame))
    relation: DuckDBPyRelation = opened.frame.to_native()
    return relation


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
