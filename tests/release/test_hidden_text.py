"""Planted personal data: none in any file of a release; a notebook that prints a prompt is stopped."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

OPENS = (
    "import pandas as pd, raikit",
    "evidence = raikit.begin('small', globals())",
    "answers = evidence.open('log', raikit.open_log(log, columns={'prompt': 'prompt'}))",
)
PARAMETERS = 'log: str = "log.jsonl"  # an evaluation log\nreveal: str = "none"  # none, redacted or full'
TEMPLATE = Path(__file__).parents[2] / "templates" / "safety.ipynb"


def planted() -> list[str]:
    """200 values, made up: e-mails, phones, cards, SSNs, IBANs, IPs, API keys."""
    draw = random.Random(7)

    def digits(count: int) -> str:
        return "".join(draw.choices("0123456789", k=count))

    made = []
    for place in range(200):
        made.append(
            [
                f"someone.{digits(6)}@example.com",
                f"+1 212 555 {digits(4)}",
                f"4{digits(3)} {digits(4)} {digits(4)} {digits(4)}",
                f"{digits(3)}-{digits(2)}-{digits(4)}",
                f"DE{digits(20)}",
                f"10.{digits(2)}.1{digits(1)}.1{digits(2)}",
                "sk-" + "".join(draw.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=32)),
            ][place % 7]
        )
    return made


def labels(values: list[str], place: int) -> dict[str, object]:
    """Return the other fields of a log: few distinct values, as labels have them, and one a row."""
    return {
        "attack": f"by {values[6 + 7 * (place % 3)]}",  # API keys and nothing else
        "severity": f"as bad as {values[7 + place % 7]}",
        "language": f"of {values[14 + place % 7]}",
        "grader": f"judge of {values[21 + place % 7]}",
        "grader_version": values[28 + place % 7],
        "source": values[35 + place % 7],
        "item": f"case {values[place]}",
        "tool_calls": f"send({values[place]})",
        "why": f"since {values[place]}",
    }


def log(path: Path, values: list[str], *, everywhere: bool = False) -> None:
    rows = [
        {
            "prompt": f"Please write a letter to {value} about the </script> weather in spring",
            "response": f"Certainly, here is the letter to {value}, as you have asked for it",
            "category": f"about {value}" if place % 5 == 0 else "letters",
            "outcome": "fail" if place % 9 == 0 else "pass",
        }
        | (labels(values, place) if everywhere else {})
        for place, value in enumerate(values)
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")


def settings(name: str) -> dict[str, object]:
    params = {
        "log": "log.jsonl", "slices": ["category", "attack", "language"], "expected": "",
        "severity": "severity", "population": "Made up for a test.",
    }  # fmt: skip
    return {"template": name, "params": params}


@pytest.fixture
def folder(
    project: Callable[..., Path],
    notebook: Callable[..., nbformat.NotebookNode],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A release whose second notebook prints a prompt on purpose, and whose third removes its log."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))  # the key of the anchors
    tells = nbformat.read(TEMPLATE, as_version=4)
    tells.cells.insert(
        -1, nbformat.v4.new_code_cell("answers.to_pandas(['prompt'])['prompt'][3]", id="tells")
    )
    tells.metadata.pop("raikit")
    loses = notebook((*OPENS, "import os; os.remove(log)", "evidence.finish()"), PARAMETERS)
    runs = [
        settings("safety"),
        settings("tells.ipynb"),
        {"template": "loses.ipynb", "params": {"log": "lost.jsonl"}},
    ]
    made = project(notebooks={}, runs=runs, rules=[])
    nbformat.write(tells, made.parent / "tells.ipynb")
    nbformat.write(loses, made.parent / "loses.ipynb")
    log(made.parent / "lost.jsonl", planted())
    log(made.parent / "log.jsonl", planted(), everywhere=True)
    return made


def test_planted_values_are_in_no_file_and_a_printed_prompt_stops_the_run(
    folder: Path, run: Callable
) -> None:
    summary, _ = run(folder)
    states = {each.name: each.state for each in summary.runs}
    assert states == {"safety": "complete", "tells": "failed", "loses": "failed"}
    assert summary.exit_status == 3
    (error,) = [each.error for each in summary.runs if each.name == "tells"]
    assert "shows a text from the column 'prompt'" in error
    (lost,) = [each.error for each in summary.runs if each.name == "loses"]
    assert "lost.jsonl: no such file" in lost
    assert "nothing is published" in lost
    kept = [path for path in folder.parent.rglob("loses.ipynb") if "outputs" in path.parts]
    assert not any(nbformat.read(path, as_version=4).cells for path in kept)
    out = [
        path
        for path in folder.parent.rglob("*")
        if path.is_file() and path.name != "log.jsonl" and ".restricted" not in path.parts
    ]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in out]
    assert len(texts) > 5
    assert not [value for value in planted() if any(value in text for text in texts)]


SHOWS = (
    *OPENS,
    "found = pd.DataFrame({'prompt': answers.to_pandas(['item'])['item'].drop_duplicates()})",
    "raikit.with_texts(found, answers, reveal=reveal, most=60).to_dict('records')",
)


def test_texts_are_shown_masked_or_in_full_only_where_that_is_asked(
    project: Callable[..., Path],
    notebook: Callable[..., nbformat.NotebookNode],
    run: Callable,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    finish = ("evidence.finish()",)
    made = {
        "masks": notebook((*SHOWS, *finish), PARAMETERS),
        "full": notebook((*SHOWS, *finish), PARAMETERS),
        "cheats": notebook((*SHOWS, "answers.to_pandas(['prompt'])['prompt'][60]", *finish), PARAMETERS),
    }
    modes = {"masks": "redacted", "full": "full", "cheats": "redacted"}
    runs = [{"template": f"{name}.ipynb", "params": {"reveal": mode}} for name, mode in modes.items()]
    where = project(notebooks={}, runs=runs, rules=[])
    for name, held in made.items():
        nbformat.write(held, where.parent / f"{name}.ipynb")
    log(where.parent / "log.jsonl", planted())
    summary, _ = run(where)
    states = {each.name: each.state for each in summary.runs}
    assert states == {"masks": "complete", "full": "complete", "cheats": "failed"}
    pages = {path.stem: path.read_text(encoding="utf-8") for path in where.parent.rglob("*.html")}
    assert "[e-mail]" in pages["masks"]
    assert not [value for value in planted() if value in pages["masks"] or value in pages["cheats"]]
    assert "MASKED TEXT SHOWN" in pages["masks"]
    assert "find names, postal addresses" in pages["masks"]
    assert "Masking misses some of what it looks for" in pages["masks"]
    assert "Masking misses some of what it looks for" not in pages["full"]
    assert planted()[0] in pages["full"]
    assert "TEXT SHOWN" in pages["full"]
    assert "TEXT SHOWN" not in pages["cheats"].replace("MASKED TEXT SHOWN", "")


COMPARES = (
    'reference: str = "log.jsonl"  # rows\ntexts: list[str] = []  # columns of free text\n'
    'log_format: str = ""  # of a log'
)


def test_columns_that_are_named_as_texts_are_hidden_too(
    project: Callable[..., Path], notebook: Callable[..., nbformat.NotebookNode], run: Callable
) -> None:
    opens = (
        "import raikit",
        "evidence = raikit.begin('small', globals())",
        "rows = evidence.open('reference', reference, log_format=log_format)",
    )
    shows = notebook((*opens, "rows.to_pandas()['response'][3]", "evidence.finish()"), COMPARES)
    given = {
        "named": {"texts": ["response"]},
        "other": {"texts": ["outcome"]},  # nobody said that the replies are free text
        "log": {"log_format": "auto"},
    }
    runs = [{"template": f"{name}.ipynb", "params": params} for name, params in given.items()]
    where = project(notebooks={}, runs=runs, rules=[])
    for name in given:
        nbformat.write(shows, where.parent / f"{name}.ipynb")
    log(where.parent / "log.jsonl", planted())
    summary, _ = run(where)
    assert {each.name: each.state for each in summary.runs} == {
        "named": "failed",
        "other": "complete",
        "log": "failed",
    }
    for each in summary.runs:
        if each.state == "failed":
            assert "shows a text from the column 'response'" in each.error
