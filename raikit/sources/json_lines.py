"""JSON Lines as text: the keys that the rows really have.

DuckDB renames keys that differ only by case, and makes a column of lines that are no objects; both would pass
unnoticed.
"""

from __future__ import annotations

from collections.abc import Sequence

from raikit.errors import InputError
from raikit.sources.engine import select
from raikit.sources.files import Files, paths_sql, repeated


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
