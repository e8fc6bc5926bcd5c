"""Modified templates: found by comparison with the shipped one."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from raikit.evidence.record import Provenance
from raikit.release import templates
from raikit.release.origin import with_origin

BARE = Provenance(raikit="0", python="3", started="a", finished="b")


@pytest.fixture
def copied(tmp_path: Path) -> nbformat.NotebookNode:
    templates.copy("fairness", tmp_path / "my.ipynb")
    return nbformat.read(tmp_path / "my.ipynb", as_version=4)


def test_an_untouched_copy(copied: nbformat.NotebookNode):
    found = with_origin(BARE, copied)
    assert found.modified_cells == 0
    assert found.template_version == copied.metadata.raikit.version


def test_other_parameter_values_are_no_modification(copied: nbformat.NotebookNode):
    (cell,) = [cell for cell in copied.cells if "parameters" in cell.metadata.get("tags", [])]
    cell.source = cell.source.replace("0.95", "0.9")
    copied.cells.insert(3, nbformat.v4.new_code_cell("x = 1", metadata={"tags": ["injected-parameters"]}))
    assert with_origin(BARE, copied).modified_cells == 0


def test_an_added_and_a_changed_cell(copied: nbformat.NotebookNode):
    copied.cells[-1].source += "\nprint('more')"
    copied.cells.insert(0, nbformat.v4.new_markdown_cell("mine"))
    assert with_origin(BARE, copied).modified_cells == 2


def test_a_copy_of_another_version_cannot_be_compared(copied: nbformat.NotebookNode):
    copied.metadata.raikit.version = "0.0"
    assert with_origin(BARE, copied).modified_cells is None


def test_a_notebook_of_ones_own():
    assert with_origin(BARE, nbformat.v4.new_notebook()) == BARE
    assert json.loads(BARE.model_dump_json())["modified_cells"] is None
