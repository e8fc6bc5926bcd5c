"""From an evaluation log, whoever wrote it, to a table with one row a graded answer."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError
from raikit.sources import reading
from raikit.sources.anchors import AnchorKey, anchor_key
from raikit.sources.engine import literal, select
from raikit.sources.fingerprint import file_fingerprint
from raikit.sources.logs.doubled import doubled, doubled_plain
from raikit.sources.logs.language import languages
from raikit.sources.logs.plain import open_plain, texts_in_turn
from raikit.sources.logs.recognise import FORMATS, recognise
from raikit.sources.logs.rows import Row, Told, spool
from raikit.sources.table import Table, table_of

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyRelation

_HOME = {name: name.replace("-", "_") for name in FORMATS} | {"inspect": "inspect_ai"}


def open_log(
    log: Any,
    *,
    log_format: str = "auto",
    columns: Mapping[str, str] | None = None,
    anchors: str = "",
    name: str = "log",
) -> Table:
    """Open an evaluation log as a table with one row a graded answer.

    Parameters
    ----------
    log : str, path, list of them, or a table
        Logs of Inspect AI, garak, promptfoo, lm-eval, OpenAI evals, PyRIT or deepeval, told apart by content;
        or plain rows as `open_table` takes them.
    log_format : str, default="auto"
        One of "inspect", "garak", "promptfoo", "lm-eval", "openai-evals", "pyrit", "deepeval", "table".
    columns : mapping of str to str, optional
        For plain rows: which of their columns is `prompt`, `response`, `category`, `attack`, `language`,
        `outcome`, `score`, `grader` … . For logs of tools: `{"grader": NAME}` keeps one grader's rows.
    anchors : str, default=""
        Reference to the key of the anchors; see `raikit.sources.anchors.anchor_key`.
    name : str, default="log"
        What messages call the table.

    Returns
    -------
    Table
        Columns item (an anchor of prompt and variables), prompt, response, category, attack, language,
        outcome ("pass", "fail" or missing, and `why`), score, grader, grader_version, severity, repeat,
        tool_calls, cut, source. Plain rows keep their other columns. What the log lacks or lost is in
        `limits`.

    Raises
    ------
    InputError
        If no file is there, or it is no log that is known; the message says where, what came, what is
        allowed.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "answers.jsonl")
    ...     _ = path.write_text(json.dumps({"question": "How?", "verdict": "pass"}))
    ...     table = open_log(str(path), columns={"prompt": "question", "outcome": "verdict"}, anchors="")
    >>> table.rows, table.column("outcome").type
    (1, 'text')
    """
    if log_format not in ("auto", *FORMATS):
        raise InputError(f"log_format: came {log_format!r}; allowed: auto, {', '.join(FORMATS)}")
    given = dict(columns or {})
    paths = log_files(log)
    form = _format(paths, log_format)
    if form == "table":
        table = open_plain(log, given, anchors, name)
        table = replace(table, limits=(*table.limits, *doubled_plain(table)))
    else:
        table = _read(paths, form, given, anchor_key(anchors), name)
    return replace(table, about=(*table.about, *languages(table)))


def _format(paths: Sequence[Path], log_format: str) -> str:
    formats = {recognise(path) if log_format == "auto" else log_format for path in paths}
    if len(formats) > 1:
        raise InputError(
            f"log: files of several formats ({', '.join(sorted(formats))}); give those of one tool"
        )
    return formats.pop() if formats else "table"


def plain_texts(log: Any, log_format: str = "auto") -> Iterator[pa.Array] | None:
    """Return the texts of a log of plain rows in turn, never all in memory, without its columns' names.

    Parameters
    ----------
    log : str, path or list of them
        As in `open_log`.
    log_format : str, default="auto"
        As in `open_log`.

    Returns
    -------
    iterator of pyarrow.Array, or None
        Of text; None where it is no file of plain rows, or the first ones don't tell which columns hold
        texts. Damage, and rows unlike the first ones, are errors of DuckDB, or of Arrow, on the way.

    Raises
    ------
    InputError
        If it is not there.
    """
    paths = log_files(log)
    return texts_in_turn(log) if paths and _format(paths, log_format) == "table" else None


def log_files(log: Any) -> list[Path]:
    """Return the files that a log is made of.

    Parameters
    ----------
    log : str, path, list of them, or a table
        Globs too.

    Returns
    -------
    list of Path
        Empty for demo data and tables in memory.

    Raises
    ------
    InputError
        If one is not there.
    """
    names = log if isinstance(log, list | tuple) else [log]
    if not all(isinstance(each, str | os.PathLike) for each in names):
        return []
    found: list[Path] = []
    for each in map(os.fspath, names):
        if each.startswith("demo:") or "://" in each:
            return []
        path = Path(each).expanduser()
        if path.is_dir():
            raise InputError(
                f"{each}: a folder; name a log in it or give a glob such as {each.rstrip('/')}/*"
            )
        matches = [path] if path.exists() else sorted(map(Path, glob.glob(str(path), recursive=True)))  # noqa: PTH207
        if not matches:
            raise InputError(f"{each}: no such file; give an evaluation log, a list of them or a glob")
        found += [match for match in matches if match.is_file()]
    return sorted(set(found))


def _read(paths: Sequence[Path], form: str, given: Mapping[str, str], key: AnchorKey, name: str) -> Table:
    unknown = set(given) - {"grader"}
    if unknown:
        raise InputError(
            f"columns: {sorted(unknown)[0]!r} can't be chosen in a log of {form}; allowed: grader"
        )
    told = Told()
    reader = import_module(f"raikit.sources.logs.{_HOME[form]}")

    def rows() -> Iterator[Row]:
        for path in paths:
            for row in reader.read(path, told):
                row.source = path.name
                if "grader" not in given or row.grader in (given["grader"], None):
                    yield row

    path = waiting_room() / "rows.parquet"
    spool(rows(), path, key)
    relation = select(f"FROM read_parquet({literal(str(path))})")
    if not relation.limit(1).select("1").fetchall():
        raise InputError(f"{paths[0]}: no graded answer and no sample in this log of {form}")
    counted = _counts(relation)
    twice = doubled(relation)
    relation = relation.select("* EXCLUDE (answer)")
    source = ", ".join(map(str, paths))
    about, limits = (
        (*dict.fromkeys(told.about), counted[0]),
        (*dict.fromkeys(told.limits), *counted[1:], *twice),
    )
    frame = reading.lazy(relation)
    opened = reading.Opened(source, frame, lambda: file_fingerprint(paths), about, None, limits)
    return table_of(opened, name)


def waiting_room() -> Path:
    """Return a folder that goes when this process ends; 0700, since prompts and replies lie in it.

    Returns
    -------
    Path
        A new one each time.
    """
    import atexit

    folder, pid = Path(tempfile.mkdtemp(prefix="raikit-log-")), os.getpid()
    atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True) if os.getpid() == pid else None)
    return folder


def _counts(relation: DuckDBPyRelation) -> list[str]:
    """Return what the rows came to, and sentences on those that say less."""
    found = relation.aggregate("outcome, why, count(*) AS n", "outcome, why").fetchall()
    total = sum(n for *_, n in found)
    passes, fails = (sum(n for outcome, _, n in found if outcome == each) for each in ("pass", "fail"))
    missing = sorted((why or "ungraded", n) for outcome, why, n in found if outcome is None)
    reasons = ", ".join(f"{n:,} {why}" for why, n in missing)
    said = [
        f"{total:,} rows: {passes:,} pass, {fails:,} fail, {total - passes - fails:,} without an outcome."
    ]
    if missing:
        lacking = total - passes - fails
        said.append(
            f"{lacking:,} of {total:,} rows {'has' if lacking == 1 else 'have'} no outcome ({reasons})."
        )
    cut = relation.filter("cut IS NOT NULL").aggregate("count(*)").fetchall()[0][0]
    if cut:
        said.append(
            f"{cut:,} of {total:,} answers ended early (at a limit or by a filter); their grades stand."
        )
    return said
