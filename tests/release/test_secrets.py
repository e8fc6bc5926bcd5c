"""Secrets: resolved in the kernel, and a run that lets one out publishes nothing of it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from raikit.errors import InputError
from raikit.evidence.record import load_record
from raikit.release.secret_scan import leaked
from raikit.sources.references import resolve

VALUE = 'hunter2-"ü"-Zeile'


@pytest.mark.parametrize(
    "form",
    [
        VALUE,
        'hunter2-\\"ü\\"-Zeile',
        "hunter2-&quot;ü&quot;-Zeile",
        "hunter2-%22%C3%BC%22-Zeile",
        base64.b64encode(VALUE.encode()).decode(),
    ],
)
def test_a_value_is_found_as_it_may_be_written(form: str):
    cell = nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("stream", text=f"token: {form}.")])
    notebook = nbformat.v4.new_notebook(cells=[cell])
    assert leaked(notebook, (), {"env:TOKEN": VALUE}) == "env:TOKEN"
    assert leaked(nbformat.v4.new_notebook(), [f"<td>{form}</td>"], {"env:TOKEN": VALUE}) == "env:TOKEN"
    assert leaked(notebook, (), {"env:TOKEN": "another value"}) is None


def test_a_reference_that_stands_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "token").write_text(" abc\n")
    assert resolve("file:token", folder=tmp_path) == "abc"
    monkeypatch.setenv("EMPTY", "")
    for reference in ("env:EMPTY", "env:NO_SUCH", "file:none", "plain", "env:"):
        with pytest.raises(InputError):
            resolve(reference, folder=tmp_path)


def test_a_release_with_secrets(
    project: Callable[..., Path], good: tuple[str, ...], run: Callable, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TOKEN", VALUE)
    uses = ("assert len(evidence.secret('env:TOKEN')) == 17",)
    tells = ("print('the token is', evidence.secret('env:TOKEN'))",)
    raises = ("raise ValueError(evidence.secret('env:TOKEN'))",)
    notebooks = {
        name: (*good[:-1], *cells, good[-1])
        for name, cells in {"uses": uses, "tells": tells, "raises": raises}.items()
    }
    runs = [{"template": f"{name}.ipynb", "params": {"data": "env:PLACE"}} for name in notebooks]
    file = project(notebooks=notebooks, runs=runs, rules=[])
    (file.parent / "where-rows-are.csv").write_text((file.parent / "data.csv").read_text())
    monkeypatch.setenv("PLACE", "where-rows-are.csv")
    summary, folder = run(file, jobs=2)
    states = {item.name: (item.state, item.error) for item in summary.runs}
    assert states["uses"] == ("complete", None)
    said = "an output holds the value of env:TOKEN; nothing that this notebook wrote is published"
    assert states["tells"] == states["raises"] == ("failed", said)
    record = load_record((folder / "uses.json").read_text(), where="uses")
    assert (record.inputs[0].source, record.inputs[0].rows) == ("env:PLACE", 100)
    for path in folder.iterdir():
        assert "hunter2" not in path.read_text(), path.name
    assert summary.exit_status == 3
