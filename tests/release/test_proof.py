"""Proof of completion, on notebooks made by hand as kernels leave them."""

from __future__ import annotations

import json
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raikit.errors import RunError
from raikit.release.proof import cell_error, plain, proven_record, without_data

RECORD = {
    "schema": "raikit.record/1", "template": "t", "run": "r", "nonce": "n",
    "provenance": {"raikit": "0", "python": "3", "started": "a", "finished": "b"},
}  # fmt: skip


def executed(*sources: str, record: dict[str, Any] | None = RECORD) -> nbformat.NotebookNode:
    made = nbformat.v4.new_notebook()
    for number, source in enumerate(sources):
        made.cells.append(nbformat.v4.new_code_cell(source, execution_count=number + 1))
    if record is not None:
        # The form that scrapbook 0.5 documents for a glued text.
        data = {"name": "raikit.record", "data": json.dumps(record), "encoder": "text", "version": 1}
        output = nbformat.v4.new_output(
            "display_data",
            data={"application/scrapbook.scrap.text+json": data},
            metadata={"scrapbook": {"name": "raikit.record", "data": True, "display": False}},
        )
        made.cells[-1].outputs.append(output)
    return made


def raised(name: str, value: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("error", ename=name, evalue=value, traceback=[])


def test_a_complete_run_is_believed():
    assert proven_record(executed("a", "b"), run="r", nonce="n").template == "t"


def test_a_blank_last_cell_is_no_failure():
    notebook = executed("a")
    notebook.cells += [nbformat.v4.new_code_cell(" \n"), nbformat.v4.new_markdown_cell("end")]
    assert proven_record(notebook, run="r", nonce="n").run == "r"


def test_a_cell_without_an_execution_count():
    notebook = executed("a", "b")
    notebook.cells[0].execution_count = None
    with pytest.raises(RunError, match="code cell 1 of 2 was not executed: a"):
        proven_record(notebook, run="r", nonce="n")


def test_an_error_output_even_where_papermill_went_on():
    notebook = executed("a", "b")
    notebook.cells[0].outputs.append(raised("KeyError", "'\x1b[31memployed\x1b[0m'"))
    with pytest.raises(RunError, match="code cell 1 of 2 raised KeyError: 'employed'"):
        proven_record(notebook, run="r", nonce="n")


def test_sys_exit_is_named():
    notebook = executed("a", "b")
    notebook.cells[0].outputs.append(raised("SystemExit", "0"))
    assert cell_error(notebook) == "code cell 1 of 2 left by sys.exit(0), and nothing after it ran"


@pytest.mark.parametrize("change", [{"nonce": "other"}, {"nonce": None}, {"run": "other"}])
def test_a_record_of_another_run(change: dict[str, Any]):
    with pytest.raises(RunError, match="not of this run"):
        proven_record(executed("a", record={**RECORD, **change}), run="r", nonce="n")


def test_no_record():
    with pytest.raises(RunError, match=r"holds no record; end it with a cell that calls `evidence\.finish"):
        proven_record(executed("a", record=None), run="r", nonce="n")


@given(st.text())
def test_messages_are_one_short_line_without_control_characters(text: str):
    shown = plain("\x1b[1;31m" + text)
    assert len(shown) <= 400
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in shown)


def test_what_an_error_quotes_is_not_published():
    quoted = "could not convert string to float: 'Jane Roe, 12 Elm St' at \"row 7\", don't ask"
    outputs = [
        raised("ValueError", quoted),
        raised("InputError", "data: no column 'sxe'; did you mean 'sex'?"),
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=outputs)])
    without_data(notebook)
    first, second = notebook.cells[0].outputs
    assert first.evalue == "could not convert string to float: '…' at \"…\", don't ask"
    assert "Jane" not in str(first)
    assert "by hand" in first.traceback[1]
    assert second.evalue == "data: no column 'sxe'; did you mean 'sex'?"
