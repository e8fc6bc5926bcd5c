"""Figures in a real kernel: SVG with its words, PNG where nobody described one."""

from __future__ import annotations

import os
from typing import Any

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

FRAME = """import pandas as pd, raikit
frame = pd.DataFrame({"metric": ["accuracy"], "n": [50], "estimate": [.8], "low": [.67], "high": [.89]})
raikit.interval_chart(frame, metric="accuracy", headline=True)"""


@pytest.fixture(scope="module")
def shown() -> list[list[tuple[set[str], Any]]]:
    """Types and metadata of each cell's pictures."""
    sources = [
        FRAME,
        'raikit.interval_chart(frame, metric="accuracy");',
        "import matplotlib.pyplot as plt; plt.plot([1, 2]);",
        "%config InlineBackend.figure_formats = ['svg']",
        'raikit.interval_chart(frame, metric="accuracy", alt="Mine.");',
    ]
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    outside = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}  # the tests' own
    NotebookClient(notebook, kernel_name="python3", timeout=120).execute(env=outside)
    return [
        [(set(out.data), dict(out.metadata)) for out in cell.outputs if out.output_type == "display_data"]
        for cell in notebook.cells
    ]


def test_a_chart_is_svg_with_its_words_from_the_first_cell_on(shown: list[Any]) -> None:
    ((types, metadata),) = shown[0]
    assert types == {"image/svg+xml", "text/plain"}
    assert metadata["image/svg+xml"]["raikit"] == {"headline": True}
    assert metadata["image/svg+xml"]["alt"].startswith("Dot-and-interval chart of accuracy for 1 group.")
    assert "raikit" not in shown[1][0][1]["image/svg+xml"]


def test_a_figure_that_nobody_described_stays_png(shown: list[Any]) -> None:
    ((types, _),) = shown[2]
    assert types == {"image/png", "text/plain"}


def test_the_words_survive_a_change_of_format(shown: list[Any]) -> None:
    ((types, metadata),) = shown[4]
    assert types == {"image/svg+xml", "text/plain"}
    assert metadata["image/svg+xml"]["alt"] == "Mine."
