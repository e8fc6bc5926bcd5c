"""Small notebooks and release files of the tests' own, so that no template is needed."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from rich.console import Console

from raikit.release.progress import Display
from raikit.release.run import run_release
from raikit.release.session import Options
from raikit.release.warm import Warm
from raikit.report.summary import ReleaseSummary

PARAMETERS = """\
data: str = "data.csv"  # the table
label: str = "employed"  # what happened, 0 or 1
sensitive_features: list[str] = ["sex"]  # columns to compare by
min_n: int = 2  # fewer are marked
confidence: float = 0.95  # of the intervals
"""
BEGIN = "import raikit\nevidence = raikit.begin('small', globals())"
OPEN = "table = evidence.open('data', data)"
ADD = """\
import pandas as pd
frame = table.to_pandas()
k, n = int(frame[label].sum()), len(frame)
low, high = raikit.stats.intervals.wilson_interval(k, n)[1:]
evidence.add(pd.DataFrame({"metric": ["base_rate"], "n": [n], "estimate": [k / n], "low": [low],
    "high": [high], "confidence": [confidence], "method": ["wilson"], "counts": [[k, n]]}))"""
FINISH = "evidence.finish()"
GOOD = (BEGIN, "import raikit.stats.intervals", OPEN, ADD, FINISH)

DATA = "sex,employed\n" + "Female,1\nMale,1\nFemale,0\nMale,1\n" * 25

RULE = {
    "id": "small.rate", "run": "small", "metric": "base_rate", "op": ">=", "value": 0.5, "source": "a test",
}  # fmt: skip


def _notebook(cells: tuple[str, ...], parameters: str = PARAMETERS) -> nbformat.NotebookNode:
    """A notebook with a parameters cell, then these code cells."""
    made = nbformat.v4.new_notebook()
    for number, source in enumerate((parameters, *cells)):  # ids by number: the same file each time
        made.cells.append(nbformat.v4.new_code_cell(source, id=f"cell-{number}"))
    made.cells[0].metadata["tags"] = ["parameters"]
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return made


@pytest.fixture
def rule() -> dict[str, Any]:
    """The rule that the small notebook's result passes."""
    return dict(RULE)


@pytest.fixture
def notebook() -> Callable[..., nbformat.NotebookNode]:
    """A maker of notebooks: a parameters cell, then the given code cells."""
    return _notebook


@pytest.fixture
def good() -> tuple[str, ...]:
    """The code cells of a notebook that leaves a record."""
    return GOOD


def _project(
    folder: Path,
    cells: tuple[str, ...] = GOOD,
    *,
    rules: list[dict[str, Any]] | None = None,
    policy: dict[str, Any] | None = None,
    notebooks: dict[str, tuple[str, ...]] | None = None,
    parameters: str = PARAMETERS,
    **release: Any,
) -> Path:
    (folder / "data.csv").write_text(DATA)
    for name, content in {"small": cells, **(notebooks or {})}.items():
        nbformat.write(_notebook(content, parameters), folder / f"{name}.ipynb")
    held = {"version": 1, "rules": [RULE] if rules is None else rules, **(policy or {})}
    (folder / "policy.yaml").write_text(yaml.safe_dump(held))
    content = {
        "release": "r1",
        "system": {"name": "test", "version": "1"},
        "policy": "policy.yaml",
        "runs": [{"template": "small.ipynb"}],
        **release,
    }
    (folder / "release.yaml").write_text(json.dumps(content))
    return folder / "release.yaml"


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """A maker of projects: data, notebooks, policy and a release file, whose path it returns."""
    return partial(_project, tmp_path)


@pytest.fixture(scope="session")
def project_in() -> Callable[..., Path]:
    """The same, in a folder that is given."""
    return _project


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ReleaseSummary]:
    """A complete release, made once: its evidence folder, to be copied before it is changed."""
    file = _project(tmp_path_factory.mktemp("released"), defaults={"min_n": 5})
    display = Display(Console(file=io.StringIO()))
    options = Options(fork=False)
    with Warm(options) as kernels:
        summary, folder = run_release(file, file.parent / "outputs", display, options, kernels)
    return folder, summary


@pytest.fixture
def run() -> Callable[..., tuple[ReleaseSummary, Path]]:
    """A runner of release files: to ``outputs`` beside, with ordinary kernels, silently."""

    def start(file: Path, **options: Any) -> tuple[ReleaseSummary, Path]:
        display, chosen = Display(Console(file=io.StringIO())), Options(fork=False, **options)
        with Warm(chosen) as kernels:
            return run_release(file, file.parent / "outputs", display, chosen, kernels)

    return start
