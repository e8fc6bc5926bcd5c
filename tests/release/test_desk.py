"""A copy guessed from a table, a copy behind its template, a release file made of a notebook."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest

from raikit.errors import InputError
from raikit.release import templates
from raikit.release.desk import new_from_data, standing
from raikit.release.hand_over import write_release
from raikit.release.pages import render_notebook
from raikit.sources.demo import fetch

LOGS = Path(__file__).parents[1] / "references" / "logs"


def parameters_cell(path: Path) -> str:
    cells = nbformat.read(path, as_version=4).cells
    return next(cell.source for cell in cells if "parameters" in cell.metadata.get("tags", []))


def change(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def confirm(path: Path) -> None:
    change(path, "confirmed: bool = False", "confirmed: bool = True")


@pytest.fixture
def execute(run_notebook: Callable[[Any, Path], Any]) -> Callable[[Path], Any]:
    """Run a notebook as Restart-and-Run-All does, in its folder, and save it."""

    def run(path: Path) -> Any:
        notebook = nbformat.read(path, as_version=4)
        try:
            return run_notebook(notebook, path.parent)
        finally:
            nbformat.write(notebook, path)

    return run


@pytest.fixture
def loans(tmp_path: Path) -> Path:
    """The mortgage applications as an analyst would have them: a file in her folder."""
    path = tmp_path / "loans.parquet"
    import duckdb

    duckdb.sql(fetch("demo:loanapp").query).write_parquet(str(path))
    return path


@pytest.fixture
def made(loans: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(loans.parent)
    new_from_data("fairness", Path("my.ipynb"), "loans.parquet")
    return loans.parent / "my.ipynb"


def test_each_line_has_its_reason(made: Path) -> None:
    lines = {line.partition(":")[0]: line for line in parameters_cell(made).splitlines()}
    assert lines["data"].startswith('data: str = "loans.parquet"  # ')
    assert lines["label"].startswith('label: str = "approved"  # guessed: its name says approved')
    assert '= ["race", "sex", "marital_status"]  # guessed: ' in lines["sensitive_features"]
    assert lines["confirmed"].startswith("confirmed: bool = False  # ")
    assert "# 'application' is left out" in parameters_cell(made)


def test_nothing_runs_on_a_guess_and_the_error_is_one_clear_sentence(
    made: Path, execute: Callable[[Path], Any]
) -> None:
    from nbclient.exceptions import CellExecutionError

    with pytest.raises(CellExecutionError):
        execute(made)
    outputs = [
        output for cell in nbformat.read(made, as_version=4).cells for output in cell.get("outputs", [])
    ]
    (error,) = [output for output in outputs if output["output_type"] == "error"]
    assert len(error["traceback"]) == 1
    assert error["traceback"][0].startswith("InputError: fairness: confirmed: came False")
    with pytest.raises(InputError, match="confirmed: is False"):
        write_release(made, made.with_suffix(".yaml"))


def test_what_she_adds_is_on_the_page_with_the_difference(made: Path, execute: Callable[[Path], Any]) -> None:
    confirm(made)
    notebook = nbformat.read(made, as_version=4)
    last = len(notebook.cells) - 1
    added = "ax = raikit.interval_chart(rates, metric='base_rate', alt='Approved, by race and by sex.')"
    added += "\nax.set_title('Hers');"
    notes = "evidence.note('Fair here means that nobody is refused for what he is.', author='Ada')"
    notebook.cells[last:last] = [nbformat.v4.new_code_cell(added), nbformat.v4.new_code_cell(notes)]
    nbformat.write(notebook, made)
    execute(made)
    page = render_notebook(made).read_text(encoding="utf-8")
    assert "modified from fairness" in page.casefold()
    assert "2 cells" in page
    assert "Approved, by race and by sex." in page
    assert "nobody is refused" in page
    assert "ax.set_title" in page


@pytest.mark.parametrize("template", ["drift", "performance", "incident"])
def test_other_templates_take_a_table_too(tmp_path: Path, template: str) -> None:
    new_from_data(template, tmp_path / "my.ipynb", "demo:flights")
    values = {item.name: item.default for item in templates.read(tmp_path / "my.ipynb").parameters}
    assert values["confirmed"] is False
    assert "demo:flights" in (values.get("data"), values.get("reference"))
    if template == "drift":
        assert (values["current"], values["split"], values["timestamp"]) == ("", "2015-07-02", "date")


@pytest.mark.parametrize(
    ("template", "source"), [("safety", "demo:refusals"), ("labels", "demo:harm-ratings")]
)
def test_templates_of_texts(tmp_path: Path, template: str, source: str) -> None:
    new_from_data(template, tmp_path / "my.ipynb", source)
    values = {item.name: item.default for item in templates.read(tmp_path / "my.ipynb").parameters}
    assert source in (values.get("data"), values.get("log"))
    assert values.get("population", "") == ""  # what rows stand for is for a person to say


@pytest.mark.parametrize(
    ("log", "slices"),
    [
        ("inspect.eval", ["category"]),
        ("garak.report.jsonl", ["category", "attack"]),
        ("promptfoo.json", []),
        ("lm-eval-words.jsonl", []),  # all of its answers fail: the grades are those of any log
        ("pyrit-scores.db", ["category"]),
        ("deepeval.json", []),
    ],
)
def test_a_log_of_a_tool_is_read_and_no_answer_is_a_slice(
    tmp_path: Path, log: str, slices: list[str]
) -> None:
    new_from_data("safety", tmp_path / "my.ipynb", str(LOGS / log))
    values = {item.name: item.default for item in templates.read(tmp_path / "my.ipynb").parameters}
    assert (values["log"], values["confirmed"]) == (str(LOGS / log), False)
    assert (values["prompt"], values["outcome"], values["passed"]) == ("prompt", "outcome", "pass")
    assert (values["slices"], values["expected"]) == (slices, "")


def test_300_columns_and_strange_names(tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    rows = pd.DataFrame(chance.random((200, 300)), columns=[f'größe № {n} "x" #\n\\' for n in range(300)])
    rows["Geschlecht "] = ["w", "m"] * 100
    rows.to_parquet(tmp_path / "wide table.parquet")
    for template in ("drift", "fairness"):
        path = tmp_path / f"{template}.ipynb"
        new_from_data(template, path, str(tmp_path / "wide table.parquet"))
        values = {item.name: item.default for item in templates.read(path).parameters}
        named = values["features"] if template == "drift" else values["sensitive_features"]
        assert set(named) <= set(rows.columns)
        assert len(named) == (301 if template == "drift" else 1)
        assert max(map(len, parameters_cell(path).splitlines())) < 400


def test_nothing_is_written_when_the_table_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        new_from_data("fairness", tmp_path / "my.ipynb", str(tmp_path / "none.parquet"))
    assert not list(tmp_path.iterdir())


def test_a_copy_behind_its_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from raikit.cli import _print_standings

    copy = tmp_path / "my.ipynb"
    templates.copy("fairness", copy)
    change(copy, "study.describe()", "study.describe().head()")  # hers, and no news of the template's
    assert standing(copy).state == "as the template"
    shipped = tmp_path / "templates"
    shipped.mkdir()
    newer = (templates.folder() / "fairness.ipynb").read_text(encoding="utf-8")
    held = json.loads(newer)
    (concluding,) = [cell for cell in held["cells"] if "".join(cell["source"]) == "evidence.conclude(policy)"]
    concluding["source"] = ["evidence.conclude(policy, 1)"]
    held["metadata"]["raikit"]["version"] = "9.9"
    newer = json.dumps(held)
    (shipped / "fairness.ipynb").write_text(newer, encoding="utf-8")
    monkeypatch.setattr(templates, "folder", lambda: shipped)
    found = standing(copy)
    assert found.state == "behind, now 9.9"
    assert found.changes == (
        f"{concluding['id']}: changed in the template",
        "@@ -1 +1 @@",
        "-evidence.conclude(policy)",
        "+evidence.conclude(policy, 1)",
    )
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "own.ipynb")
    assert _print_standings([tmp_path]) == 1
    said = capsys.readouterr().out
    assert "no copy of a template" in said
    assert "+evidence.conclude(policy, 1)" in said


def test_a_release_file_elsewhere_finds_the_same_files(made: Path) -> None:
    import yaml

    confirm(made)
    change(made, 'policy: str = \\"\\"', 'policy: str = \\"rules/policy.yaml\\"')
    (made.parent / "rules").mkdir()
    (made.parent / "rules" / "policy.yaml").write_text("version: 1\nrules: []\n", encoding="utf-8")
    path = made.parent / "params" / "my.yaml"
    assert write_release(made, path) == [path]
    held = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert (held["policy"], held["runs"][0]["template"]) == ("../rules/policy.yaml", "../my.ipynb")
    assert held["runs"][0]["params"]["data"] == "../loans.parquet"
    from raikit.release.plan import make_plan

    assert make_plan(path, made.parent / "outputs").runs[0].template.name == "fairness"
    with pytest.raises(InputError, match="is there already"):
        write_release(made, path)


def test_files_among_words_are_found_from_the_release_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import yaml

    monkeypatch.chdir(tmp_path)
    new_from_data("incident", Path("my.ipynb"), "demo:flights")
    confirm(Path("my.ipynb"))
    said = "2015-07-01 data: two codes became one"
    (tmp_path / "changes.csv").write_text("at,what,kind\n2015-07-01,x,data\n", encoding="utf-8")
    change(
        Path("my.ipynb"), "changes: list[str] = []", f'changes: list[str] = [\\"changes.csv\\", \\"{said}\\"]'
    )
    write_release(Path("my.ipynb"), Path("params/my.yaml"))
    held = yaml.safe_load(Path("params/my.yaml").read_text(encoding="utf-8"))["runs"][0]["params"]
    assert (held["changes"], held["data"]) == (["../changes.csv", said], "demo:flights")
