"""From a source that has a name (a path, a glob, a database, demo data) to a lazy frame."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from raikit.errors import InputError
from raikit.sources.column import Column, columns_of
from raikit.sources.csv_text import csv_header, ragged
from raikit.sources.database import is_database, parsed, rows_of
from raikit.sources.engine import connection, duckdb_error, identifier, row, select, sentence
from raikit.sources.files import ALLOWED, Files, find, name_problems, repeated
from raikit.sources.fingerprint import canonical, file_fingerprint, table_fingerprint
from raikit.sources.json_lines import SAMPLE, read_lines, refuse_strange_rows

if TYPE_CHECKING:
    import narwhals as nw
    import pyarrow as pa
    from duckdb import DuckDBPyRelation

_LARGE = 128 * 2**20  # bytes of CSV files


@dataclass(frozen=True)
class Opened:
    """A source on its way to becoming a `Table`.

    Parameters
    ----------
    source : str
        As messages and records call it.
    frame : narwhals.LazyFrame
        The rows, nothing counted.
    fingerprint : callable
        Computes the digest; called once the table is known to be readable.
    about, system, limits
        As in `Table`.
    table : str
        Of this process's connection, with the rows under these names; empty where there is none.
    """

    source: str
    frame: nw.LazyFrame[Any]
    fingerprint: Callable[[], str]
    about: tuple[str, ...] = ()
    system: dict[str, str] | None = None
    limits: tuple[str, ...] = ()
    table: str = ""


def is_named(source: object) -> bool:
    """Tell a path, a list of paths or `demo:…` from a table in memory.

    Parameters
    ----------
    source : object
        What a person gave as data.

    Returns
    -------
    bool
        True when it is a name that has to be read.

    Examples
    --------
    >>> is_named("a.csv"), is_named(["a.csv", "b.csv"]), is_named({"x": [1]})
    (True, True, False)
    """
    if isinstance(source, list | tuple):
        return all(isinstance(each, str | os.PathLike) for each in source)
    return isinstance(source, str | os.PathLike)


def read(source: Any, *, whole: bool = True) -> Opened:
    """Read a named source.

    Parameters
    ----------
    source : str, path or list of them
        See `open_table`.
    whole : bool, default=True
        Infer the types of CSV files from all rows. False for whoever must keep memory small: of a large one
        from its first 20,000, since DuckDB would hold all of it to guess them from all; a later row that
        contradicts them is an error.

    Returns
    -------
    Opened
        By DuckDB.

    Raises
    ------
    InputError
        If it isn't there or isn't readable.
    """
    if isinstance(source, str) and source.startswith("demo:"):
        return _read_demo(source)
    if is_database(source):
        return _read_database(source)
    files = find(source)
    table = f"raikit_{uuid4().hex}" if files.format in ("csv", "jsonl") else ""
    relation = _relation(files, sample=SAMPLE if _is_large(files) and not whole else -1, table=table)
    held = table if table and select(f"FROM {table}").columns == relation.columns else ""
    return Opened(files.given, lazy(relation), lambda: file_fingerprint(files.paths), table=held)


def _read_demo(source: str) -> Opened:
    from raikit.sources.demo import fetch

    demo = fetch(source)
    frame = lazy(select(demo.query))

    def digest() -> str:
        return table_fingerprint(collected(frame))

    return Opened(source, frame, digest, demo.about, demo.system, demo.limits)


def _read_database(source: str) -> Opened:
    rows = canonical(rows_of(parsed(source)))
    return Opened(source, lazy(connection().from_arrow(rows)), lambda: table_fingerprint(rows))


def head(source: str | list[str]) -> tuple[str, tuple[Column, ...]]:
    """Return names and types of a named source, reading as little of it as possible.

    Parameters
    ----------
    source : str, path or list of them
        See `open_table`. Demo data is fetched when it isn't in the cache yet.

    Returns
    -------
    tuple of str and tuple of Column
        The source as messages call it, and its columns. CSV and JSON Lines types come from the first
        20,000 rows of each file.

    Raises
    ------
    InputError
        If it isn't there, isn't readable or has no rows.
    """
    if isinstance(source, str) and source.startswith("demo:"):
        from raikit.sources.demo import fetch

        given, relation = source, select(fetch(source).query)
    elif isinstance(source, str) and is_database(source):
        given, relation = source, connection().from_arrow(canonical(rows_of(parsed(source), glance=True)))
    else:
        files = find(source)
        given, relation = files.given, _relation(files, sample=SAMPLE)
    try:
        # A constant in place of the columns: values may be of types that don't reach Python here.
        if not relation.limit(1).select("1").fetchall():
            raise InputError(f"{given}: no rows; at least one is needed")
    except duckdb_error() as error:
        raise InputError(f"{given}: can't be read ({sentence(error)}); give {ALLOWED}") from None
    return given, columns_of(lazy(relation))


def _relation(files: Files, *, sample: int, table: str = "") -> DuckDBPyRelation:
    """Return the rows of files, or raise the one sentence that says why not; without a table at a glance."""
    empty = [path for path in files.paths if not path.stat().st_size]
    if empty:
        where = files.given if len(files.paths) == 1 else str(empty[0])
        raise InputError(f"{where}: an empty file (0 bytes); give {ALLOWED}")
    if files.format == "json":
        return _export(files)
    try:
        problems = name_problems(files)
        if problems:
            raise InputError.joined(problems)
        if files.format == "parquet":
            return select(files.query())
        relation = _loaded(files, sample, table) if table else select(files.query(sample=sample))
        if files.format == "csv":
            return _with_booleans(_named_as_in(files, relation), whole=bool(table))
        refuse_strange_rows(files, relation.columns)
        return relation
    except duckdb_error() as error:
        reason = _ragged(files) or sentence(error)
        raise InputError(f"{files.given}: can't be read ({reason}); give {ALLOWED}") from None


def _is_large(files: Files) -> bool:
    return files.format == "csv" and sum(path.stat().st_size for path in files.paths) > _LARGE


def _export(files: Files) -> DuckDBPyRelation:
    """Return the annotations of a Label Studio export, which is no table before it is unnested."""
    from raikit.sources.label_studio import export_table

    table = export_table(files.paths, files.given)
    problems = repeated(table.column_names, files.given)
    if problems:
        raise InputError.joined(problems)
    return connection().from_arrow(table)


def _ragged(files: Files) -> str | None:
    """Return the line of a CSV file that doesn't fit, in words."""
    paths = files.paths if files.format == "csv" else ()
    found = ((path, ragged(path, files.given)) for path in paths)
    first = next(((path, said) for path, said in found if said), None)
    if first is None:
        return None
    return first[1] if len(paths) == 1 else f"{first[0]}, {first[1]}"


def _named_as_in(files: Files, relation: DuckDBPyRelation) -> DuckDBPyRelation:
    """Return the rows under the names of the CSV header: DuckDB strips blanks from them."""
    names = csv_header(files.paths[0], files.given)[1]
    if names == relation.columns:
        return relation
    pairs = zip(relation.columns, names, strict=True)
    return relation.select(", ".join(f"{identifier(old)} AS {identifier(new)}" for old, new in pairs))


def _with_booleans(relation: DuckDBPyRelation, *, whole: bool) -> DuckDBPyRelation:
    """Return text columns that hold nothing but true and false, in any case, as booleans.

    DuckDB's own guess would take yes and no, t and f, too.
    """
    texts = [i for i, kind in enumerate(relation.types) if str(kind) == "VARCHAR"]
    if not texts:
        return relation
    quoted = [identifier(name) for name in relation.columns]
    found = row(relation.limit(SAMPLE), [f"bool_and(lower({quoted[i]}) IN ('true', 'false'))" for i in texts])
    likely = [i for i, yes in zip(texts, found, strict=True) if yes]
    if whole and likely:
        found = row(relation, [f"bool_and(lower({quoted[i]}) IN ('true', 'false'))" for i in likely])
        likely = [i for i, yes in zip(likely, found, strict=True) if yes]
    if not likely:
        return relation
    return relation.select(
        ", ".join(f"{name}::BOOLEAN AS {name}" if i in likely else name for i, name in enumerate(quoted))
    )


def _loaded(files: Files, sample: int, table: str) -> DuckDBPyRelation:
    """Return text files as a DuckDB table, so that they are parsed once and not on every pass."""

    def load(query: str) -> None:
        connection().execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")

    if files.format == "jsonl":
        read_lines(files, load)
    else:
        load(files.query(sample=sample))
    return select(f"FROM {table}")


def collected(frame: nw.LazyFrame[Any]) -> pa.Table:
    """Return the rows of a lazy frame in memory.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        Any engine.

    Returns
    -------
    pyarrow.Table
        As the engine lays them out.
    """
    # Where DuckDB 2.0 is the first to load pyarrow, it lists "leaked" types of its own on standard error when
    # Python ends; with pyarrow's data set module loaded before, it doesn't (a test watches that).
    import pyarrow.dataset  # noqa: F401

    return frame.collect("pyarrow").to_native()


def lazy(relation: DuckDBPyRelation) -> nw.LazyFrame[Any]:
    """Return a relation as a Narwhals frame, in the few types that the analyses know.

    Parameters
    ----------
    relation : duckdb.DuckDBPyRelation
        On any connection.

    Returns
    -------
    narwhals.LazyFrame
        Enumerations and identifiers become text; timestamps with a zone become UTC without one.
    """
    import narwhals as nw

    casts = {
        "TIMESTAMP WITH TIME ZONE": "{} AT TIME ZONE 'UTC'",
        "TIMESTAMPTZ_NS": "CAST({} AS TIMESTAMP WITH TIME ZONE) AT TIME ZONE 'UTC'",
        "UUID": "{}::VARCHAR",
        '"NULL"': "{}::VARCHAR",
        "JSON": "{}::VARCHAR",
    }
    kinds = [
        ("{}::VARCHAR" if str(kind).startswith("ENUM") else casts.get(str(kind), "{}"))
        for kind in relation.types
    ]
    if any(kind != "{}" for kind in kinds):
        quoted = [identifier(name) for name in relation.columns]
        relation = relation.select(
            ", ".join(f"{kind.format(name)} AS {name}" for kind, name in zip(kinds, quoted, strict=True))
        )
    return nw.from_native(relation)
