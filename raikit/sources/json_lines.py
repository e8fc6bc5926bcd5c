"""JSON Lines as text: the keys that the rows really have, and the types that all of them bear out.

DuckDB renames keys that differ only by case, and makes a column of lines that are no objects; both would pass
unnoticed. To infer types from every row costs it a pass as long as reading them, so they are inferred from
the first rows, and from all only where a later one contradicts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from raikit.errors import InputError
from raikit.sources.engine import duckdb_error, identifier, literal, row, select
from raikit.sources.files import Files, paths_sql, repeated

SAMPLE = 20_000  # rows from which types are inferred first
# A later value of another type is an error for DuckDB in a column of these; text takes it as it stands.
_STRICT = ("VARCHAR", "DATE", "TIME", "TIMESTAMP", "UUID")
# Into these it is cast without a word: 1.5 to 2, true to 1. Conditions on the value as text.
_CAST = {
    "BIGINT": "TRY_CAST({0} AS BIGINT)::VARCHAR = {0}",
    "BOOLEAN": "{0} IN ('true', 'false')",
    "DOUBLE": "TRY_CAST({0} AS DOUBLE) IS NOT NULL AND regexp_matches({0}, '^-?[0-9]')",
}


def read_lines(files: Files, take: Callable[[str], Any]) -> Any:
    """Read JSON Lines under types that every row bears out.

    Parameters
    ----------
    files : Files
        JSON Lines files.
    take : callable
        Given a SELECT, reads all its rows; called a second time where the first rows' types don't hold. What
        it did the first time is then void.

    Returns
    -------
    object
        What `take` returned. A column of values of several kinds is text: each value as it stands.

    Raises
    ------
    duckdb.Error
        If the lines can't be read.
    """
    try:
        kinds = _kinds(files.query(sample=SAMPLE))
        if all(kind in (*_STRICT, *_CAST) for kind in kinds.values()):
            taken = take(files.query(sample=SAMPLE))
            if _borne_out(files, kinds):
                return taken
    except duckdb_error():  # a key or a value that the first rows don't have; or damage, which is met again
        pass
    kinds = _kinds(files.query())
    if list(kinds) == ["json"] or "JSON" not in kinds.values():
        return take(files.query())
    return take(_as(files, {name: "VARCHAR" if kind == "JSON" else kind for name, kind in kinds.items()}))


def _kinds(query: str) -> dict[str, str]:
    relation = select(query)
    return dict(zip(relation.columns, map(str, relation.types), strict=True))


def _as(files: Files, kinds: Mapping[str, str]) -> str:
    columns = ", ".join(f"{identifier(name)}: {literal(kind)}" for name, kind in kinds.items())
    options = f"format = 'newline_delimited', columns = {{{columns}}}, hive_partitioning = false"
    return f"SELECT * FROM read_json({paths_sql(files.paths)}, {options})"  # noqa: S608 - all of it quoted


def _borne_out(files: Files, kinds: Mapping[str, str]) -> bool:
    """Tell whether every number and boolean is one in the file, too."""
    cast = {name: kind for name, kind in kinds.items() if kind in _CAST}
    if not cast:
        return True
    rows = select(_as(files, dict.fromkeys(cast, "VARCHAR")))
    others = [
        f"count({identifier(name)}) FILTER (coalesce({_CAST[kind].format(identifier(name))}, false) IS FALSE)"
        for name, kind in cast.items()
    ]
    return not any(row(rows, others))


def refuse_strange_rows(files: Files, columns: Sequence[str]) -> None:
    """Raise when lines are no objects, or keys differ only by case.

    The keys are gone through only when the columns' names give cause to: it costs a second parse.

    Parameters
    ----------
    files : Files
        JSON Lines files.
    columns : sequence of str
        The names that DuckDB gave.

    Raises
    ------
    InputError
        One sentence a problem.
    """
    lower = {name.casefold() for name in columns}
    renamed = any(name.casefold().rpartition("_")[0] in lower for name in columns if name[-1:].isdigit())
    if not renamed and list(columns) != ["json"]:
        return
    lines = f"read_json_objects({paths_sql(files.paths)}, format = 'newline_delimited')"
    keys = [key for (key,) in select(f"SELECT DISTINCT unnest(json_keys(json)) FROM {lines}").fetchall()]  # noqa: S608
    if not any(keys) and select(f"FROM {lines} LIMIT 1").fetchall():
        raise InputError(
            f"{files.given}: its lines are not objects with named values; allowed: one JSON object a line"
        )
    problems = repeated(sorted(keys), files.given)
    if problems:
        raise InputError.joined(problems)
