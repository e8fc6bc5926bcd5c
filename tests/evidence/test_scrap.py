"""The record in a notebook, and what was modified."""

from __future__ import annotations

from typing import Any

import nbformat.v4 as v4
import pytest

from raikit.errors import RunError
from raikit.evidence.record import Provenance, Record, dump_record
from raikit.evidence.scrap import modifications, read_record, write_record

RECORD = Record(
    schema="raikit.record/1",
    template="fairness",
    run="fairness",
    provenance=Provenance(raikit="0", python="3", started="a", finished="b"),
)


def notebook(*sources: str, glued: bool = False, parameters: str = "min_n: int = 30") -> Any:
    cells = [v4.new_markdown_cell("# Question"), v4.new_code_cell(parameters)]
    cells[1].metadata["tags"] = ["parameters"]
    cells += [v4.new_code_cell(source) for source in sources]
    if glued:
        bundle = {"name": "raikit.record", "data": dump_record(RECORD), "encoder": "text", "version": 1}
        data = {"application/scrapbook.scrap.text+json": bundle}
        cells[-1].outputs = [v4.new_output("display_data", data=data)]
    return v4.new_notebook(cells=cells)


def test_the_record_is_replaced_in_place() -> None:
    held = notebook("evidence.finish()", glued=True)
    write_record(held, RECORD.model_copy(update={"run": "other"}))
    assert read_record(held).run == "other"


def test_without_a_record_the_sentence_names_the_fix() -> None:
    with pytest.raises(RunError, match=r"x\.ipynb: holds no record; end it with .*evidence\.finish"):
        read_record(notebook("1 + 1"), where="x.ipynb")


def test_parameter_values_are_no_modification_but_names_are() -> None:
    template = notebook("a", "b")
    assert modifications(notebook("a", "b", parameters="min_n: int = 5  # mine"), template).cells == 0
    assert modifications(notebook("a", "b", parameters="min_n: int = 5\nx: int = 1"), template).cells == 1
    assert modifications(notebook("a", "b", parameters="min_n: int = 5\nimport os"), template).cells == 1


def test_injected_parameters_and_blank_cells_are_no_modification() -> None:
    edited = notebook("a", "b", "  ")
    injected = v4.new_code_cell("min_n = 5")
    injected.metadata["tags"] = ["injected-parameters"]
    edited.cells.insert(2, injected)
    assert modifications(edited, notebook("a", "b")).cells == 0


@pytest.mark.parametrize(
    ("sources", "cells", "line"),
    [
        (("a", "new", "b"), 1, "+new"),
        (("a",), 1, "-b"),
        (("a", "B"), 1, "+B"),
        (("x", "y"), 2, "+x"),
    ],
)
def test_cells_are_counted_and_shown(sources: tuple[str, ...], cells: int, line: str) -> None:
    found = modifications(notebook(*sources), notebook("a", "b"))
    assert found.cells == cells
    assert line in found.difference
