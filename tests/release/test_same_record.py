"""By hand, by plain papermill and in a release, a notebook leaves the same record; in any editor."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
import yaml

from raikit.evidence.record import dump_record
from raikit.evidence.scrap import read_record
from raikit.release.desk import new_from_data
from raikit.release.hand_over import write_release
from raikit.release.pages import render_notebook

RAIKIT = str(Path(sys.executable).with_name("raikit"))
LOG = Path(__file__).parents[1] / "references" / "logs" / "inspect.eval"
SOURCES = {
    "fairness": "people.parquet",
    "performance": "people.parquet",
    "drift": "people.parquet",
    "incident": "people.parquet",
    "safety": "answers.eval",
    "labels": "ratings.csv",
}
# What nobody can guess, in the words of the person who confirms.
HERS = {
    "incident": {'signal: str = ""': 'signal: str = "sex=Female"'},
    "labels": {"target_width: float = 0.1": "target_width: float = 0.3"},
}
CONFIRMED = {"confirmed: bool = False": "confirmed: bool = True"}
# Context, times and decisions; whatever a run by hand can't know.
OWN = {"nonce", "run", "system", "agreed", "decisions", "provenance", "state"}


def write_tables(folder: Path) -> None:
    """Write made-up people over half a year, ratings of three raters, and a log of Inspect."""
    chance = np.random.default_rng(5)
    rows = 1200
    score = chance.random(rows).round(3)
    people = {
        "person_id": np.arange(rows),
        "date": pd.Timestamp("2025-01-01") + pd.to_timedelta(np.sort(chance.integers(0, 181, rows)), "D"),
        "sex": chance.choice(["Female", "Male"], rows),
        "income": chance.normal(40, 9, rows).round(1),
        "score": score,
        "prediction": (score > 0.5).astype(int),
        "label": (chance.random(rows) < score).astype(int),
    }
    pd.DataFrame(people).to_parquet(folder / "people.parquet")
    truth = chance.integers(0, 3, 60)
    said = {f"rater_{n}": np.where(chance.random(60) < 0.8, truth, chance.integers(0, 3, 60)) for n in "123"}
    pd.DataFrame({"item": [f"i{n}" for n in range(60)], **said}).to_csv(folder / "ratings.csv", index=False)
    shutil.copy(LOG, folder / "answers.eval")


def without_traces(notebook: Any) -> Any:
    """Return a notebook as a plain editor saves it: no editor's own metadata, only tags and raikit's."""
    for cell in notebook.cells:
        cell.metadata = {"tags": cell.metadata["tags"]} if "tags" in cell.metadata else {}
    notebook.metadata = {"raikit": notebook.metadata["raikit"], "language_info": {"name": "python"}}
    return notebook


# Sentences on the context itself: the policy's alerts, and what a release keeps beside its folder.
OF_CONTEXT = ("No rule of the policy on this run has an alert", "For the retest:", "No suite for the retest")


def shared(record: dict[str, Any]) -> dict[str, Any]:
    """Return what must be equal; findings without their ids, which count the others too."""
    held = {name: value for name, value in record.items() if name not in OWN}
    held["limits"] = [text for text in held["limits"] if not text.startswith(OF_CONTEXT)]
    held["findings"] = [
        {name: value for name, value in each.items() if name != "id"}
        for each in held["findings"]
        if not each["text"].startswith(OF_CONTEXT)
    ]
    return held


def record_of(notebook: Any) -> dict[str, Any]:
    return json.loads(dump_record(read_record(notebook)))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a confirmed copy of every template and one release file of all."""
    folder = tmp_path_factory.mktemp("desk")
    write_tables(folder)
    release: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, source in SOURCES.items():
            path = Path(f"{name}.ipynb")
            new_from_data(name, path, source)
            text = path.read_text(encoding="utf-8").replace(
                "confirmed: bool = False", "confirmed: bool = True"
            )
            for before, after in HERS.get(name, {}).items():
                before, after = json.dumps(before)[1:-1], json.dumps(after)[1:-1]
                assert before in text
                text = text.replace(before, after)
            path.write_text(text, encoding="utf-8")
            write_release(path, Path(f"{name}.yaml"))
            made = yaml.safe_load(Path(f"{name}.yaml").read_text(encoding="utf-8"))
            release = made | {"runs": [*release.get("runs", []), *made["runs"]]}
        Path("all.yaml").write_text(yaml.safe_dump(release | {"release": "all"}), encoding="utf-8")
        yield folder


@pytest.fixture(scope="module")
def released(desk: Path) -> dict[str, dict[str, Any]]:
    """The records of the release of all notebooks."""
    done = subprocess.run([RAIKIT, "run", "all.yaml"], cwd=desk, capture_output=True, text=True, check=False)
    assert (done.returncode, "NO RULES" in done.stdout) == (1, True), done.stdout + done.stderr
    return {
        name: json.loads((desk / "outputs" / "all" / f"{name}.json").read_text("utf-8")) for name in SOURCES
    }


@pytest.mark.parametrize("name", SOURCES)
def test_the_record_is_the_same(
    name: str,
    desk: Path,
    released: dict[str, dict[str, Any]],
    run_notebook: Callable[[Any, Path], Any],
    kernels: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import papermill

    monkeypatch.setenv("RAIKIT_CONTEXT", "")
    held = nbformat.read(desk / f"{name}.ipynb", as_version=4)
    by_hand = run_notebook(without_traces(held), desk)
    manager = kernels.manager({})
    try:
        plain = papermill.execute_notebook(
            desk / f"{name}.ipynb", desk / f"{name}-plain.ipynb", cwd=desk, progress_bar=False, km=manager
        )
    finally:
        kernels.release(manager)
    first = shared(record_of(by_hand))
    assert first["results"]
    assert shared(record_of(plain)) == first
    assert shared(released[name]) == first
    nbformat.write(by_hand, desk / f"{name}-by-hand.ipynb")
    page = render_notebook(desk / f"{name}-by-hand.ipynb").read_text(encoding="utf-8")
    assert "modified from" not in page.casefold()
    assert "<script" not in page
