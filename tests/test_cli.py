"""The command line: exit statuses, one clear sentence an error, quick help."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from raikit import cli

COMMANDS = ("run", "list", "show", "new", "render", "gate", "bundle", "drill")


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Call the command line in this process and return its exit status."""
    monkeypatch.setattr(sys, "argv", ["raikit", *words])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    return int(caught.value.code or 0)


def test_help_explains_each_command():
    shown = CliRunner().invoke(cli.app, ["--help"]).output
    for name in COMMANDS:
        (line,) = [line for line in shown.splitlines() if line.strip().startswith(f"{name} ")]
        assert len(line.split()) > 3
        assert CliRunner().invoke(cli.app, [name, "--help"]).exit_code == 0


def test_the_command_line_imports_nothing_heavy():
    heavy = {"pandas", "numpy", "pydantic", "papermill", "nbconvert", "duckdb", "matplotlib", "yaml"}
    code = "import sys, raikit.cli; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not heavy & set(done.stdout.split())


def test_an_input_error_is_sentences_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert call(monkeypatch, "run", str(tmp_path / "none.yaml")) == 2
    said = capsys.readouterr().err
    assert said == f"{tmp_path / 'none.yaml'}: no such file\n"


def test_debug_shows_the_traceback(tmp_path: Path):
    words = ["run", str(tmp_path / "none.yaml"), "--debug"]
    code = "from raikit.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert "Traceback" in done.stderr


def test_help_explains_each_command_in_a_whole_line() -> None:
    lines = CliRunner().invoke(cli.app, ["--help"], terminal_width=80).output.splitlines()
    commands = lines[lines.index("Commands:") + 1 :]
    assert len(commands) >= len(COMMANDS)
    assert [line for line in commands if not line.endswith(".") or line.endswith("...")] == []


@pytest.mark.parametrize("words", [["run"], ["nonsense"], ["run", "x", "--jobs", "0"], ["show"]])
def test_wrong_usage(words: list[str], monkeypatch: pytest.MonkeyPatch):
    assert call(monkeypatch, *words) == 2


def test_gate_on_a_folder_without_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert call(monkeypatch, "gate", str(tmp_path)) == 2
    assert "no evidence folder" in capsys.readouterr().err


def test_a_notebook_whose_record_cell_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "a.ipynb")
    assert call(monkeypatch, "render", str(tmp_path / "a.ipynb")) == 3
    said = capsys.readouterr().err.strip()
    assert len(said.splitlines()) == 1
    assert "evidence.finish()" in said
    assert [path.name for path in tmp_path.iterdir()] == ["a.ipynb"]


@pytest.mark.parametrize("content", ["", "{}", "[]", "not json"])
def test_render_of_what_is_no_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: str
):
    (tmp_path / "a.ipynb").write_text(content)
    assert call(monkeypatch, "render", str(tmp_path / "a.ipynb")) == 2
    assert "not a Jupyter notebook" in capsys.readouterr().err


def test_show_lists_parameters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    cell = nbformat.v4.new_code_cell("min_n: int = 30  # fewer are marked", metadata={"tags": ["parameters"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "own.ipynb")
    assert call(monkeypatch, "show", str(tmp_path / "own.ipynb")) == 0
    assert "min_n\tint\t30\tfewer are marked" in capsys.readouterr().out.splitlines()


def test_new_then_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    assert call(monkeypatch, "list") == 0
    assert "fairness" in [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()]
    assert call(monkeypatch, "new", "fairness", str(tmp_path / "my.ipynb")) == 0
    assert json.loads((tmp_path / "my.ipynb").read_text())["metadata"]["raikit"]["template"] == "fairness"
    assert call(monkeypatch, "new", "fairness", str(tmp_path / "my.ipynb")) == 2
    assert call(monkeypatch, "new", "fairnes", str(tmp_path / "other.ipynb")) == 2
    assert "did you mean 'fairness'?" in capsys.readouterr().err
