"""Templates: found, read, copied."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest

from raikit.errors import InputError
from raikit.release import templates

LINES = """\
data: str = "a.parquet"  # the table
min_n: int = 30  # fewer are marked
shares: list[float] = [0.5, 0.5]
pool: dict = {}  # groups to pool
fast: bool = False
"""


@pytest.fixture
def write(notebook: Callable[..., Any]) -> Callable[[Path, str], Path]:
    def make(folder: Path, parameters: str) -> Path:
        path = folder / "own.ipynb"
        nbformat.write(notebook(("pass",), parameters), path)
        return path

    return make


def test_parameters_are_those_that_papermill_reads(tmp_path: Path, write: Callable[[Path, str], Path]):
    path = write(tmp_path, LINES)
    theirs = papermill.inspect_notebook(path)
    ours = {item.name: item for item in templates.read(path).parameters}
    assert list(ours) == list(theirs)
    for name, item in ours.items():
        assert item.type == theirs[name]["inferred_type_name"]
        assert item.help == theirs[name]["help"]
        assert json.loads(json.dumps(item.default)) == eval(theirs[name]["default"])


def test_an_own_notebook_does_not_pass_for_a_shipped_template(tmp_path: Path, notebook: Callable[..., Any]):
    nbformat.write(notebook(("pass",)), tmp_path / "fairness.ipynb")
    assert templates.read(tmp_path / "fairness.ipynb").name == "fairness.ipynb"
    assert not templates.read(tmp_path / "fairness.ipynb").shipped


def test_a_line_that_papermill_drops_is_read(tmp_path: Path, write: Callable[[Path, str], Path]):
    path = write(tmp_path, 'data: str = "demo:acs-employment?year=2018"  # = the default\n')
    assert papermill.inspect_notebook(path) == {}
    (parameter,) = templates.read(path).parameters
    assert (parameter.default, parameter.help) == ("demo:acs-employment?year=2018", "= the default")


def test_a_default_over_several_lines(tmp_path: Path, write: Callable[[Path, str], Path]):
    path = write(tmp_path, "features: list[str] = [\n    'a',  # first\n    'b',\n]  # columns\n")
    (parameter,) = templates.read(path).parameters
    assert (parameter.default, parameter.help) == (["a", "b"], "columns")


def test_no_parameters_cell(tmp_path: Path):
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "bare.ipynb")
    assert templates.read(tmp_path / "bare.ipynb").parameters == ()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"nbformat": 3, "worksheets": []}'])
def test_not_a_notebook(tmp_path: Path, content: str):
    (tmp_path / "x.ipynb").write_text(content)
    with pytest.raises(InputError, match="not a Jupyter notebook"):
        templates.read(tmp_path / "x.ipynb")


def test_a_parameters_cell_that_is_no_python(tmp_path: Path, write: Callable[[Path, str], Path]):
    with pytest.raises(InputError, match="'parameters' is not Python"):
        templates.read(write(tmp_path, "x: int = = 3"))


def test_misspelt_template(tmp_path: Path):
    with pytest.raises(InputError, match="did you mean 'fairness'"):
        templates.find("fairnes")
    with pytest.raises(InputError, match="no such notebook"):
        templates.find("nothing.ipynb", beside=tmp_path)


def test_copy_remembers_its_origin(tmp_path: Path):
    name = templates.shipped()[0].name
    made = templates.copy(name, tmp_path / "my.ipynb")
    copied = nbformat.read(tmp_path / "my.ipynb", as_version=4)
    nbformat.validate(copied)
    assert copied.metadata.raikit.template == name
    assert copied.metadata.raikit.sha256 == made.sha256
    assert copied.cells == nbformat.read(made.path, as_version=4).cells


def test_copy_overwrites_nothing(tmp_path: Path):
    name = templates.shipped()[0].name
    (tmp_path / "my.ipynb").write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        templates.copy(name, tmp_path / "my.ipynb")
    with pytest.raises(InputError, match="can't be written"):
        templates.copy(name, tmp_path / "no" / "my.ipynb")
    with pytest.raises(InputError, match=r"ends in \.ipynb"):
        templates.copy(name, tmp_path / "my.txt")
    assert (tmp_path / "my.ipynb").read_text() == "mine"
