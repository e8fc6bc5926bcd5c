"""Files by path, list or glob: which there are, and the SQL that reads them."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from raikit.errors import InputError
from raikit.sources.csv_text import csv_header, csv_options
from raikit.sources.engine import literal, select

Format = Literal["parquet", "csv", "jsonl", "json"]

ALLOWED = (
    "a Parquet, CSV or JSON Lines file (.parquet, .pq, .csv, .csv.gz, .jsonl, .ndjson, .jsonl.gz), or a "
    "Label Studio export (.json)"
)
_ENDINGS: dict[str, Format] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".csv.gz": "csv",
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson": "jsonl",
    ".ndjson.gz": "jsonl",
    ".json": "json",
}


@dataclass(frozen=True)
class Files:
    """Files of one format that make up one table, and the query that reads them.

    Parameters
    ----------
    given : str
        The source in the words of whoever named it; messages use it.
    format : {"parquet", "csv", "jsonl", "json"}
        By the ending of the names.
    paths : tuple of Path
        Sorted; at least one; each exists.
    """

    given: str
    format: Format
    paths: tuple[Path, ...]

    def query(self, *, sample: int = -1) -> str:
        """Return the SELECT that reads the rows.

        Parameters
        ----------
        sample : int, default=-1
            Rows from which CSV and JSON Lines types are inferred; -1 for all rows, so that no row met
            later can contradict a type.

        Returns
        -------
        str
            SQL for DuckDB.

        Raises
        ------
        InputError
            If a CSV file has no usable header.
        """
        names = paths_sql(self.paths)
        union = "union_by_name = true" if len(self.paths) > 1 else "union_by_name = false"
        if self.format == "parquet":
            # `literal` quotes whatever came from outside; Python's quotes check can't see that.
            return f"SELECT * FROM read_parquet({names}, {union}, hive_partitioning = false)"  # noqa: S608
        if self.format == "jsonl":
            options = f"format = 'newline_delimited', sample_size = {sample}, hive_partitioning = false"
            return f"SELECT * FROM read_json({names}, {union}, {options})"  # noqa: S608
        delimiter, _ = csv_header(self.paths[0], self.given)
        options = csv_options(delimiter, sample)
        return f"SELECT * FROM read_csv({names}, {union}, hive_partitioning = false, {options})"  # noqa: S608


def paths_sql(paths: Sequence[Path]) -> str:
    """Return paths as a SQL list.

    Parameters
    ----------
    paths : sequence of Path
        As they are; quotes in them are escaped.

    Returns
    -------
    str
        For DuckDB's readers.

    Examples
    --------
    >>> paths_sql([Path("it's.csv")])
    "['it''s.csv']"
    """
    return "[" + ", ".join(literal(str(path)) for path in paths) + "]"


def find(source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> Files:
    """Return the files that a path, a glob or a list of either names.

    Parameters
    ----------
    source : str, path or sequence of them
        `~` stands for the home folder; `**` in a glob for any depth.

    Returns
    -------
    Files
        Existing files of one format.

    Raises
    ------
    InputError
        If nothing is there, a name is an address or a folder, or the formats differ; every problem on a
        line of its own.

    Examples
    --------
    >>> find("nowhere.parquet")
    Traceback (most recent call last):
    raikit.errors.InputError: nowhere.parquet: no such file; give a Parquet, CSV or JSON Lines file ...
    """
    one = isinstance(source, str | os.PathLike)
    names = [os.fspath(source)] if one else [os.fspath(each) for each in source]  # type: ignore[arg-type, union-attr]
    if not names:
        raise InputError(f"[]: an empty list of files; give at least one of {ALLOWED}")
    problems: list[str] = []
    paths: list[Path] = []
    for name in names:
        try:
            paths += _matches(name)
        except InputError as error:
            problems.append(str(error))
    if problems:
        raise InputError.joined(problems)
    given = names[0] if one else ", ".join(names)
    paths = sorted(set(paths))
    formats = {_format(path) for path in paths}
    if len(formats) > 1:
        raise InputError(
            f"{given}: files of several formats ({', '.join(sorted(formats))}); give files of one"
        )
    return Files(given, formats.pop(), tuple(paths))


def _matches(name: str) -> list[Path]:
    """Return the files that one name stands for."""
    if "://" in name:
        raise InputError(
            f"{name}: an address on a network; raikit reads local files only: download it and name the file"
        )
    path = Path(name).expanduser()
    if path.is_dir():
        raise InputError(
            f"{name}: a folder; name a file in it or give a glob such as {name.rstrip('/')}/*.parquet"
        )
    if path.exists():
        _format(path, name)
        if not os.access(path, os.R_OK):
            raise InputError(f"{name}: the file can't be read by this user; change its permissions")
        return [path]
    if not glob.has_magic(name):
        raise InputError(f"{name}: no such file; give {ALLOWED}, a list of them or a glob")
    matches = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
    found = [Path(each) for each in matches if Path(each).is_file()]
    if not found:
        raise InputError(f"{name}: no file matches this pattern; give {ALLOWED}, a list of them or a glob")
    for each in found:
        _format(each, str(each))
    return found


def _format(path: Path, name: str = "") -> Format:
    """Return the format by the ending of a file's name."""
    lower = path.name.lower()
    for ending in sorted(_ENDINGS, key=len, reverse=True):
        if lower.endswith(ending):
            return _ENDINGS[ending]
    raise InputError(f"{name or path}: not a format that raikit reads; give {ALLOWED}")


def names_in(files: Files) -> dict[Path, list[str]]:
    """Return the top-level column names that each Parquet or CSV file really has.

    DuckDB renames columns that repeat or differ only by case; what the file says is needed to notice.

    Parameters
    ----------
    files : Files
        Nothing is returned for JSON Lines, where every row brings its own keys.

    Returns
    -------
    dict of Path to list of str
        In file order.
    """
    if files.format == "csv":
        return {path: csv_header(path, files.given)[1] for path in files.paths}
    if files.format == "jsonl":
        return {}
    names = paths_sql(files.paths)
    sql = f"SELECT file_name, name, num_children FROM parquet_schema({names})"  # noqa: S608
    rows = select(sql).fetchall()
    elements: dict[str, list[tuple[str, int]]] = {}
    for file_name, name, children in rows:
        elements.setdefault(file_name, []).append((name, children or 0))
    return {Path(file): list(_top_level(iter(each))) for file, each in elements.items()}


def _top_level(elements: Iterator[tuple[str, int]]) -> Iterator[str]:
    """Yield the names right below the root of a Parquet schema, which lists its tree depth first."""

    def skip(children: int) -> None:
        for _ in range(children):
            skip(next(elements)[1])

    _, columns = next(elements)
    for _ in range(columns):
        name, children = next(elements)
        skip(children)
        yield name


def name_problems(files: Files) -> list[str]:
    """Return what is wrong with the column names of the files.

    Parameters
    ----------
    files : Files
        Each file's header or schema is read, no rows.

    Returns
    -------
    list of str
        A sentence for names that repeat or differ only by case, and for files that differ in columns.
    """
    problems: list[str] = []
    first: tuple[Path, list[str]] | None = None
    for path, names in names_in(files).items():
        where = files.given if len(files.paths) == 1 else str(path)
        problems += repeated(names, where)
        first = first or (path, names)
        lacking, extra = set(first[1]) - set(names), set(names) - set(first[1])
        if lacking or extra:
            said = [f"lacks {sorted(lacking)}"] * bool(lacking) + [f"adds {sorted(extra)}"] * bool(extra)
            problems.append(
                f"{where}: {' and '.join(said)} compared with {first[0]}; files read as one table "
                "must have the same columns"
            )
    return problems


def repeated(names: Sequence[str], where: str) -> list[str]:
    """Return a sentence for each name that is there twice, also when only the case differs.

    Parameters
    ----------
    names : sequence of str
        Column names.
    where : str
        What the message starts with.

    Returns
    -------
    list of str
        Empty when all differ.

    Examples
    --------
    >>> repeated(["sex", "Sex", "age"], "a.csv")
    ["a.csv: columns 'sex' and 'Sex' have the same name but for case; rename one"]
    """
    seen: dict[str, str] = {}
    problems = []
    for name in names:
        before = seen.get(name.casefold())
        seen.setdefault(name.casefold(), name)
        if before is None:
            continue
        problems.append(
            f"{where}: column {name!r} is there twice; rename one"
            if before == name
            else f"{where}: columns {before!r} and {name!r} have the same name but for case; rename one"
        )
    return problems
