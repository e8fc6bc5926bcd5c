"""The record inside a notebook: one JSON text carried by scrapbook; and what was modified in it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from raikit.errors import RunError
from raikit.evidence.parameters import CONFIRMED, declared_in
from raikit.evidence.record import SCRAP, Record, dump_record, load_record

_MIME = "application/scrapbook.scrap.text+json"


@dataclass(frozen=True)
class Modifications:
    """How a notebook differs from the template it came from.

    Attributes
    ----------
    cells : int
        Cells added, removed or changed; values in the parameters cell are not counted.
    difference : tuple of str
        Lines of a unified difference, template to notebook.
    """

    cells: int
    difference: tuple[str, ...]


def read_record(notebook: Any, *, where: str = "the notebook") -> Record:
    """Return the record that an executed notebook carries.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Executed.
    where : str
        Named in the error.

    Returns
    -------
    Record
        The last one glued.

    Raises
    ------
    RunError
        If there is none, or it is not valid.
    """
    bundles = list(_bundles(notebook))
    if not bundles:
        raise RunError(
            f"{where}: holds no record; end it with a cell that calls `evidence.finish()` on what "
            "`evidence = raikit.begin(…, globals())` returned, and run it to the end"
        )
    return load_record(bundles[-1]["data"], where=where)


def write_record(notebook: Any, record: Record) -> None:
    """Replace the record that an executed notebook carries.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Changed in place.
    record : Record
        The new one.

    Raises
    ------
    RunError
        If the notebook carries none.
    """
    bundles = list(_bundles(notebook))
    if not bundles:
        raise RunError("the notebook holds no record that could be replaced")
    bundles[-1]["data"] = dump_record(record)


def _bundles(notebook: Any) -> Any:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            bundle = output.get("data", {}).get(_MIME)
            if isinstance(bundle, dict) and bundle.get("name") == SCRAP:
                yield bundle


def modifications(notebook: Any, template: Any) -> Modifications:
    """Compare a notebook with the template that it came from.

    Parameters
    ----------
    notebook, template : nbformat.NotebookNode
        The executed notebook and the shipped template.

    Returns
    -------
    Modifications
        Zero cells when the sources are the same but for parameter values.
    """
    ours, theirs = _sources(template), _sources(notebook)
    matcher = difflib.SequenceMatcher(a=ours, b=theirs, autojunk=False)
    changed = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    cells = sum(max(i2 - i1, j2 - j1) for _, i1, i2, j1, j2 in changed)
    lines: list[str] = []
    for _, i1, i2, j1, j2 in changed:
        before, after = "\n\n".join(ours[i1:i2]), "\n\n".join(theirs[j1:j2])
        parts = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
        lines += [f"cell {j1 + 1}:", *list(parts)[2:]]
    return Modifications(cells, tuple(lines))


def _sources(notebook: Any) -> list[str]:
    sources = []
    for cell in notebook.cells:
        tags = cell.get("metadata", {}).get("tags", [])
        if "injected-parameters" in tags or not cell.source.strip():
            continue
        if "parameters" in tags and (declared := declared_in(cell.source)):
            # Values are there to be changed; the names and types are the template's. A cell with guesses
            # has one line more, by which a person confirms them.
            lines = [f"{name}: {kind}" for name, kind in declared.items() if name != CONFIRMED]
            sources.append("\n".join(lines))
        else:
            sources.append(cell.source.strip())
    return sources
