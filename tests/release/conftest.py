"""Small notebooks and release files of the tests' own, so that no template is needed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

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


def notebook(cells: tuple[str, ...], parameters: str = PARAMETERS) -> nbformat.NotebookNode:
    """A notebook with a parameters cell, then these code cells."""
    first = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    made = nbformat.v4.new_notebook(cells=[first, *(nbformat.v4.new_code_cell(cell) for cell in cells)])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return made


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """Return a maker of projects: data, notebook, policy and a release file, whose path it returns."""

    def make(
        cells: tuple[str, ...] = GOOD,
        *,
        rules: list[dict[str, Any]] | None = None,
        policy: dict[str, Any] | None = None,
        notebooks: dict[str, tuple[str, ...]] | None = None,
        parameters: str = PARAMETERS,
        **release: Any,
    ) -> Path:
        (tmp_path / "data.csv").write_text(DATA)
        for name, content in {"small": cells, **(notebooks or {})}.items():
            nbformat.write(notebook(content, parameters), tmp_path / f"{name}.ipynb")
        held = {"version": 1, "rules": [RULE] if rules is None else rules, **(policy or {})}
        (tmp_path / "policy.yaml").write_text(json.dumps(held))
        content = {
            "release": "r1",
            "system": {"name": "test", "version": "1"},
            "policy": "policy.yaml",
            "runs": [{"template": "small.ipynb"}],
            **release,
        }
        (tmp_path / "release.yaml").write_text(json.dumps(content))
        return tmp_path / "release.yaml"

    return make
