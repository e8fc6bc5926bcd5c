"""Proof of completion: what has to be seen before a run is believed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from raikit.errors import RunError
from raikit.evidence.scrap import read_record

if TYPE_CHECKING:
    from raikit.evidence.record import Record

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LONGEST = 400
# An error of another library may quote a value from the data: could not convert string to float: 'a name'.
_QUOTED = re.compile(r"""(?<![\w])(['"`])(?:(?!\1).)+\1""", re.DOTALL)
_OURS = frozenset({"InputError", "RunError", "RaikitError", "SystemExit"})
_LEFT_OUT = (
    "Quoted values and the traceback are left out: they may come from the data. Run the notebook by hand."
)


def proven_record(notebook: Any, *, run: str, nonce: str) -> Record:
    """Return the record of a notebook that papermill ran to its end.

    papermill's own metadata is no proof: it says "completed" after ``sys.exit(0)`` too.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        As papermill returned it.
    run, nonce : str
        What the record must name.

    Returns
    -------
    Record
        As the notebook glued it.

    Raises
    ------
    RunError
        With the first reason not to believe it: a cell's error, a cell that was not executed, no
        record, or a record of another run.
    """
    error = cell_error(notebook)
    if error:
        raise RunError(error)
    cells = code_cells(notebook)
    for index, cell in enumerate(cells):
        if cell.get("execution_count") is None:
            raise RunError(f"code cell {index + 1} of {len(cells)} was not executed: {_first_line(cell)}")
    record = read_record(notebook, where=run)
    if record.nonce != nonce or record.run != run:
        raise RunError(
            f"the record in the notebook is not of this run: it names run {record.run!r} and another nonce"
        )
    return record


def cell_error(notebook: Any) -> str | None:
    """Return which cell raised what, in words.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Executed, perhaps in part.

    Returns
    -------
    str or None
        None when no cell has an error output.
    """
    cells = code_cells(notebook)
    for index, cell in enumerate(cells):
        for output in cell.get("outputs", []):
            if output.get("output_type") == "error":
                name, value = str(output.get("ename")), plain(str(output.get("evalue")))
                place = f"code cell {index + 1} of {len(cells)}"
                if name == "SystemExit":
                    return f"{place} left by sys.exit({value}), and nothing after it ran"
                return f"{place} raised {plain(name)}: {value}" if value else f"{place} raised {plain(name)}"
    return None


def without_data(notebook: Any) -> None:
    """Take out of a failed notebook what an error quotes: it may be data.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Changed in place; raikit's own errors name no value from the data and stay as they are.
    """
    for cell in code_cells(notebook):
        for output in cell.get("outputs", []):
            if output.get("output_type") == "error" and output.get("ename") not in _OURS:
                said = _QUOTED.sub(r"\1…\1", plain(str(output.get("evalue"))))
                output.update(evalue=said, traceback=[f"{output.get('ename')}: {said}", _LEFT_OUT])


def code_cells(notebook: Any) -> list[Any]:
    """Return the cells that have to be executed: a blank one never is, and is no failure.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Any.

    Returns
    -------
    list of nbformat.NotebookNode
        In order.
    """
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def plain(text: str) -> str:
    r"""Return a message without terminal codes, on one line, shortened.

    Parameters
    ----------
    text : str
        From a kernel; hostile until proven otherwise.

    Returns
    -------
    str
        At most 400 characters.

    Examples
    --------
    >>> plain("\x1b[31mno such\x1b[0m\ncolumn")
    'no such column'
    """
    clean = " ".join(_CONTROL.sub("", _ANSI.sub("", text).replace("\r", "\n")).split())
    return clean if len(clean) <= _LONGEST else clean[: _LONGEST - 1] + "…"


def _first_line(cell: Any) -> str:
    return plain(cell.source.strip().splitlines()[0][:80])
