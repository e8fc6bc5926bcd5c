"""Figures in a real kernel: SVG with its words, PNG where nobody described one."""

from __future__ import annotations

import os
from typing import Any

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

# What matplotlib draws as pixels is counted before the first figure is made.
COUNTED = """from matplotlib.backends.backend_agg import FigureCanvasAgg
drawn, draw = [], FigureCanvasAgg.draw
FigureCanvasAgg.draw = lambda canvas, *rest: (drawn.append(canvas), draw(canvas, *rest))[1]
"""
FRAME = """import pandas as pd, raikit
frame = pd.DataFrame({"metric": ["accuracy"], "n": [50], "estimate": [.8], "low": [.67], "high": [.89]})
raikit.interval_chart(frame, metric="accuracy", headline=True)"""


@pytest.fixture(scope="module")
def shown() -> list[list[tuple[set[str], Any]]]:
    """Types and metadata of each cell's pictures, and what it prints."""
    sources = [
        COUNTED + FRAME,
        'raikit.interval_chart(frame, metric="accuracy");',
        "print(len(drawn)); import matplotlib.pyplot as plt; plt.plot([1, 2]);",
        "%config InlineBackend.figure_formats = ['svg']",
        'raikit.interval_chart(frame, metric="accuracy", alt="Mine.");',
    ]
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    outside = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}  # the tests' own
    NotebookClient(notebook, kernel_name="python3", timeout=120).execute(env=outside)
    return [
        [
            (set(out.data), dict(out.metadata)) if out.output_type == "display_data" else out.text.strip()
            for out in cell.outputs
            if out.output_type in ("display_data", "stream")
        ]
        for cell in notebook.cells
    ]


def test_a_chart_is_svg_with_its_words_from_the_first_cell_on(shown: list[Any]) -> None:
    ((types, metadata),) = shown[0]
    assert types == {"image/svg+xml", "text/plain"}
    more = metadata["image/svg+xml"]["raikit"]
    assert more["headline"] is True
    # 3.4 inches of 72 points: the drawing for a phone, estimate and n in the line above the interval
    assert 'width="244.8pt"' in more["narrow"]
    assert ">All: .800 [.670–.890], n 50<" in more["narrow"]
    assert metadata["image/svg+xml"]["alt"].startswith("Dot-and-interval chart of accuracy for 1 group.")
    assert "raikit" not in shown[1][0][1]["image/svg+xml"]  # drawn once


def test_charts_are_not_drawn_as_pixels_too(shown: list[Any]) -> None:
    assert shown[2][0] == "0"  # in pyplot's own way each would be, before it is shown


def test_a_figure_that_nobody_described_stays_png(shown: list[Any]) -> None:
    _, (types, _) = shown[2]
    assert types == {"image/png", "text/plain"}


def test_the_words_survive_a_change_of_format(shown: list[Any]) -> None:
    ((types, metadata),) = shown[4]
    assert types == {"image/svg+xml", "text/plain"}
    assert metadata["image/svg+xml"]["alt"] == "Mine."
