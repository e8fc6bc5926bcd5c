"""The analyst's desk: a copy with parameters guessed from her table, a copy that is behind its template."""

from __future__ import annotations

import difflib
import json
import os
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError
from raikit.release import templates

if TYPE_CHECKING:
    from raikit.sources.guesses.seen import Guess, Guesses
    from raikit.sources.table import Table

_TABLE_PARAMETERS = ("data", "log", "reference")
_CONFIRMED = "confirmed: bool = False  # True once you have read the lines above: nothing runs on a guess"
# What a template sets for its demo data, and nobody can guess for other data.
_OWN_WORDS: dict[str, tuple[Any, str]] = {
    "population": ("", "say what the rows stand for"),
    "level": ("nominal", "the level that assumes least"),
    "positive": ([], "not guessed"),
    "current": ("", "all rows are in one table: split divides them"),
    "changes": ([], "not guessed"),
    "quiet": ("", "not guessed"),
}
_MOST_LEFT_OUT = 12


def new_from_data(name: str, path: Path, source: str) -> tuple[templates.Template, Guesses]:
    """Copy a template with a parameters cell that is guessed from a table.

    The copy runs nothing until its parameter `confirmed` is True. One word to change, after reading, is what
    keeps a wrong guess harmless; values in comments would have to be typed again one by one.

    Parameters
    ----------
    name : str
        A shipped template's name.
    path : pathlib.Path
        The new notebook; must not exist.
    source : str
        A file, a glob or demo data; for a template that takes a log, an evaluation log too. A relative path
        starts from the working directory.

    Returns
    -------
    tuple of Template and Guesses
        What was copied, and what was guessed.

    Raises
    ------
    InputError
        If the table can't be opened, the template takes none, or the copy can't be written.
    """
    from raikit.sources.guess import guess
    from raikit.sources.logs.opening import open_log
    from raikit.sources.table import open_table

    template = templates.find(name)
    names = [parameter.name for parameter in template.parameters]
    place = next((name for name in _TABLE_PARAMETERS if name in names), None)
    if place is None:
        raise InputError(f"{name}: has no parameter for a table; allowed: {', '.join(_TABLE_PARAMETERS)}")
    table = open_log(source, name="--data") if place == "log" else open_table(source, name="--data")
    # Features that a template leaves empty would switch on an analysis that nobody asked for.
    asked = [each.name for each in template.parameters if each.name != "features" or each.default]
    guesses = guess(table, asked)
    values = {each.parameter: (each.value, _reason(each)) for each in guesses.made}
    values |= {name: said for name, said in _OWN_WORDS.items() if name in names}
    values[place] = (_from_folder(source, Path.cwd(), path.parent), "")
    if "split" in names and (day := _middle(table, values.get("timestamp", ("", ""))[0])):
        values["split"] = (day, "guessed: the middle of the dates")
    templates.copy(name, path)
    _rewrite(path, _cell(template, values, guesses.left_out))
    return template, guesses


def _reason(guess: Guess) -> str:
    if guess.value:
        return f"guessed: {guess.reason}"
    return "" if guess.reason == "not guessed" else guess.reason


def _from_folder(source: str, start: Path, folder: Path) -> str:
    """Return a relative path as seen from another folder; other sources as they are."""
    if Path(source).is_absolute() or re.match(r"[a-z][a-z0-9+.-]+:", source, re.IGNORECASE):
        return source
    return Path(os.path.relpath(start / source, folder)).as_posix()


def _middle(table: Table, timestamp: Any) -> str:
    """Return the day in the middle between the first and the last; "" where there are no dates."""
    import narwhals as nw

    if not timestamp:
        return ""
    column = nw.col(str(timestamp))
    found = table.lazy.select(column.min().alias("first"), column.max().alias("last")).collect("pyarrow")
    first, last = found.row(0)
    day = first + (last - first) / 2
    return str(day.date() if hasattr(day, "date") else day)


def _cell(
    template: templates.Template, values: Mapping[str, tuple[Any, str]], left_out: tuple[str, ...]
) -> str:
    lines = []
    for parameter in template.parameters:
        value, reason = values.get(parameter.name, (parameter.default, ""))
        said = " | ".join(filter(None, [reason, parameter.help]))
        lines.append(_line(parameter, value, said))
    more = len(left_out) - _MOST_LEFT_OUT
    lines += [f"# {said}" for said in left_out[:_MOST_LEFT_OUT]]
    lines += [f"# and {more} more columns are left out: identifiers and free text"] if more > 0 else []
    return "\n".join([*lines, _CONFIRMED])


def _line(parameter: templates.Parameter, value: Any, said: str) -> str:
    head = f"{parameter.name}: {parameter.type} = "
    text = _written(value)
    if isinstance(value, list) and len(head + text) > 100:
        body = textwrap.wrap(
            ", ".join(_written(item).replace(" ", "\0") for item in value),
            width=100,
            initial_indent="    ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        text = "\n".join(["[", *body, "]"]).replace("\0", " ")
    return f"{head}{text}  # {said}"


def _written(value: Any) -> str:
    """Return a value as Python, texts in the quotes that the templates use where they can be."""
    if isinstance(value, str):
        plain = value.isprintable() and not set(value) & {'"', "\\"}
        return f'"{value}"' if plain else repr(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_written(key)}: {_written(item)}" for key, item in value.items()) + "}"
    return repr(value)


def _rewrite(path: Path, source: str) -> None:
    notebook = json.loads(path.read_bytes())
    for cell in notebook["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            cell["source"] = source.splitlines(keepends=True)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Standing:
    """How a copied notebook stands to the template that it came from.

    Parameters
    ----------
    path : pathlib.Path
        The notebook.
    template : str
        Name and version that it was copied from; "" when it names none.
    state : str
        "as the template", "behind, now VERSION", "its template is not here" or "no copy of a template".
    changes : tuple of str
        What the template changed since: a line a cell, each with the difference to the cell in the notebook.
    """

    path: Path
    template: str
    state: str
    changes: tuple[str, ...] = ()


def standing(path: Path) -> Standing:
    """Tell whether a copied notebook is behind its template, and what the template changed since.

    Parameters
    ----------
    path : pathlib.Path
        A notebook.

    Returns
    -------
    Standing
        Her own changes are not listed: those are on the page.

    Raises
    ------
    InputError
        If the file is no notebook.
    """
    templates.read(path)
    notebook = json.loads(path.read_bytes())
    about = notebook["metadata"].get("raikit", {})
    name, version = str(about.get("template", "")), str(about.get("version", ""))
    if not name:
        return Standing(path, "", "no copy of a template")
    origin = f"{name} {version}".strip()
    shipped = {template.name: template for template in templates.shipped()}
    if name not in shipped:
        return Standing(path, origin, "its template is not here")
    if about.get("sha256") == shipped[name].sha256:
        return Standing(path, origin, "as the template")
    theirs = json.loads(shipped[name].path.read_bytes())
    changes = tuple(_changes(notebook, theirs, about.get("cells", {})))
    return Standing(path, origin, f"behind, now {shipped[name].version}", changes)


def _changes(notebook: Any, template: Any, copied: Mapping[str, str]) -> list[str]:
    """Return what changed in the template's cells since the copy, which kept a digest of each."""
    ours = {cell.get("id"): "".join(cell["source"]) for cell in notebook["cells"]}
    lines: list[str] = []
    for cell in template["cells"]:
        name = cell.get("id", "")
        if copied.get(name) == templates.source_digest(cell):
            continue
        lines.append(f"{name}: {'changed' if name in copied else 'new'} in the template")
        before, after = ours.get(name, "").splitlines(), "".join(cell["source"]).splitlines()
        lines += list(difflib.unified_diff(before, after, lineterm="", n=1))[2:]
    there = {cell.get("id") for cell in template["cells"]}
    return lines + [f"{name}: no longer in the template" for name in copied if name not in there]
