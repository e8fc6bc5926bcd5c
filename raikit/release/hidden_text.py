"""Texts from an evaluation log in a run's outputs: prompts and replies must not be in what is published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError
from raikit.release.parameters import columns_in, located
from raikit.release.shared_text import Published
from raikit.sources.anchors import LONGEST, MOST_LEVELS, personal_data
from raikit.sources.engine import duckdb_error, identifier, in_turn, sentence
from raikit.sources.masking import spans

if TYPE_CHECKING:
    import pyarrow as pa

    from raikit.release.plan import PlannedRun
    from raikit.sources.table import Table

_LOGS = ("log", "audit", "baseline_log")  # parameters that may name a table with texts
_COMPARED = ("reference", "current")  # tables, of which `texts` names columns of free text; or logs
_TEXTS = (*_LOGS, *_COMPARED, "columns", "audit_columns", "prompt", "response", "item", "text", "texts",
          "reveal")  # fmt: skip
_OF_A_LOG = ("prompt", "response", "category", "attack", "language", "severity")


def shown_hidden_text(run: PlannedRun, folder: Path, notebook: Any, texts: Iterable[str]) -> str | None:
    """Return the column of the run's log whose text is in an output.

    Parameters
    ----------
    run : PlannedRun
        Without a parameter `log` or columns that `texts` names nothing is looked for.
    folder : pathlib.Path
        Where relative paths start.
    notebook : nbformat.NotebookNode
        Executed; its outputs are looked at, not its source.
    texts : iterable of str
        The record and whatever else will be published.

    Returns
    -------
    str or None
        The column; None when no passage of 30 or more characters is shown. What whoever asked has written
        (parameters, the notebook's source) and labels of groups may be shown; where texts are revealed
        masked, what doesn't look like personal data or a secret; where they are revealed in full, everything.

    Raises
    ------
    InputError
        If a log can't be read again: then nobody knows what the outputs show.
    """
    if not has_texts(run):
        return None
    named, reveal = _named(run), str(run.values.get("reveal") or "none")
    outputs = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    shown = [*_strings(outputs), *texts]
    asked = [*_strings([run.values, run.system, run.agreed]), *_written(notebook), *_hazards()]
    published = Published(shown, asked)
    for name, source in named.items():
        if _shares_nothing(located(source, folder), _form(name, run), published):
            continue
        log = _opened(name, located(source, folder), run)
        try:
            hidden = _hidden_names(name, log, run)
            found = _shown_column(log, hidden, _shown_names(run), shown, asked, masks=reveal == "redacted")
        except duckdb_error() as error:
            raise InputError(f"{name}: {sentence(error)}") from None
        if found:
            return found
    return None


def has_texts(run: PlannedRun) -> bool:
    """Tell whether a run reads texts that its outputs must not show.

    Parameters
    ----------
    run : PlannedRun
        With all its parameters.

    Returns
    -------
    bool
        False where `reveal` is "full" too: a page that shows everything says so.
    """
    return bool({"log", "reference"} & _named(run).keys()) and run.values.get("reveal") != "full"


def _named(run: PlannedRun) -> dict[str, Any]:
    return {name: held for name in _wanted(run) if (held := run.values.get(name)) and _is_source(held)}


def _is_source(held: Any) -> bool:
    return isinstance(held, str | list)


def _wanted(run: PlannedRun) -> tuple[str, ...]:
    compares = run.values.get("texts") or run.values.get("log_format")
    return (*_LOGS, *_COMPARED) if compares else _LOGS


def _form(name: str, run: PlannedRun) -> str:
    """Return the format of a log; empty for a table that is compared."""
    given = str(run.values.get("log_format") or "")
    if name in _COMPARED:
        return given
    return given or "auto" if name == "log" else "auto"


def _opened(name: str, source: Any, run: PlannedRun) -> Table:
    from raikit.sources.logs.opening import open_log
    from raikit.sources.table import open_table

    form = _form(name, run)
    return open_log(source, log_format=form) if form else open_table(source, name=name)


def _hidden_names(name: str, log: Table, run: PlannedRun) -> list[str]:
    """Return the columns whose texts are not to be shown, unless they are labels."""
    names = [each.name for each in log.columns if each.type in ("text", "other")]
    if not _form(name, run):  # of a table, what is said to be free text
        return [each for each in columns_in(run.values.get("texts")) if each in names]
    if {"item", "why", "cut", "grader_version", "source"} <= set(
        names
    ):  # a tool's: the rest is its own words
        return [each for each in names if each in _OF_A_LOG]
    return names


def _shares_nothing(source: Any, form: str, published: Published) -> bool:
    """Tell of plain rows, gone through once and not kept, that no text of theirs is published: the usual end.

    Whatever is met, or can't be read in this way, is looked at again with the columns' names and labels.
    """
    from raikit.sources.logs.opening import plain_texts

    try:
        texts = plain_texts(source, form) if form else None
        return texts is not None and not any(published.passage_of(each) for each in texts)
    except (InputError, duckdb_error(), OSError):  # Arrow hands DuckDB's errors on as its own
        return False


def _shown_names(run: PlannedRun) -> set[str]:
    """Return the columns that parameters name for something else than their texts."""
    given = run.values.get("columns")
    renamed = given if isinstance(given, Mapping) else {}
    parts = [value.split("×") for name, value in run.values.items() if name not in _TEXTS
             for value in _strings(value)]  # fmt: skip
    names = {part.strip() for each in parts for part in each}
    return names | {str(renamed[name]) for name in names if name in renamed}


def _shown_column(
    log: Table, names: list[str], named: set[str], shown: list[str], asked: list[str], *, masks: bool = False
) -> str | None:
    """Return the first hidden column that shares a passage with what is shown."""
    known = {name: _labels(log, name) for name in names if name in named}
    labels = [value for held in known.values() for value in held]
    hidden = [name for name in names if not known.get(name)]
    published = Published(shown, [*asked, *labels])
    rows = log.lazy.to_native().select(
        ", ".join(f"{identifier(name)}::VARCHAR AS {identifier(name)}" for name in hidden)
    )
    for batch in in_turn(rows) if hidden else ():
        for name, column in zip(hidden, batch.columns, strict=True):
            if published.passage_of(column) and not (masks and _is_masked(column, published, shown)):
                return name
    return None


def _is_masked(texts: pa.Array, published: Published, shown: list[str]) -> bool:
    """Tell whether nothing that is to be masked in a text that is shown stands in an output."""
    for at, text in enumerate(texts.to_pylist()):
        values = {text[span.start : span.end] for span in spans(text)} if text else set()
        if any(value in each for value in values for each in shown) and published.passage_of(
            texts[at : at + 1]
        ):
            return False
    return True


def _labels(log: Table, name: str) -> list[str]:
    """Return the values of a column that are shown by name: few, short and without personal data."""
    levels = log.column(name).levels
    if levels is None or levels > MOST_LEVELS:
        return []
    found = log.lazy.to_native().select(f"{identifier(name)}::VARCHAR AS said").distinct().fetchall()
    values = [value for (value,) in found if value is not None]
    fine = all(len(value) <= LONGEST and not personal_data(value) for value in values)
    return values if fine else []


def _written(notebook: Any) -> Iterator[str]:
    """Yield the lines of a notebook's source, which is published as it is."""
    for cell in notebook.cells:
        yield from str(cell.source).splitlines()


def _hazards() -> Iterator[str]:
    """Yield the words of the published taxonomies, which prompts may quote."""
    import json
    from importlib.resources import files

    for each in files("raikit.analyses.taxonomies").iterdir():
        if each.name.endswith(".json"):
            yield from _strings(json.loads(each.read_text("utf-8")))


def _strings(value: Any, key: str = "") -> Iterator[str]:
    """Yield the texts of outputs, pictures in base64 apart."""
    if isinstance(value, str):
        if not key.startswith("image/") or "svg" in key:
            yield value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _strings(item, str(name))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item, key)
