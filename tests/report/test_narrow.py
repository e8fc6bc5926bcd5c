"""The drawing for a phone: as wide as its screen, nothing lost, nothing on top of each other."""

from __future__ import annotations

import re
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from raikit.report import display
from raikit.report.body import render_body
from raikit.report.figures import interval_chart, time_chart
from raikit.report.narrow import WIDTH, shrunk, stacked
from raikit.report.readings import readings_of

POINTS = 72


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    plt.close("all")


def rates() -> pd.DataFrame:
    names = [{}, {"sex": "Female"}, {"sex": "Male"}, {"race": "Native Hawaiian or other Pacific Islander"}]
    held = {
        "metric": "accuracy",
        "confidence": 0.95,
        "estimate": 0.6,
        "low": 0.53,
        "high": 0.67,
        "status": "ok",
    }
    return pd.DataFrame([held | {"slice": name, "n": 200 + at} for at, name in enumerate(names)])


def narrow(figure: Any) -> str:
    return display._narrow_svg(figure, display._NARROW[figure])


def test_rows_stand_below_their_labels_and_long_labels_take_two_lines() -> None:
    places = stacked(list(readings_of(rates(), "accuracy")))
    said = [text for _, text, heading in places.labels if not heading]
    assert [text for _, text, heading in places.labels if heading] == ["sex", "race"]
    numbers = ".600 [.530–.670], n 203".replace(" ", "\u00a0")
    assert said[-1] == f"Native Hawaiian or other Pacific Islander:\n{numbers}"
    tops = [at for at, _, heading in places.labels if not heading]
    lines = [text.count("\n") + 1 for text in said]
    for top, row, tall, following in zip(tops, places.rows, lines, [*tops[1:], places.bottom], strict=True):
        assert top + tall < row < following


def test_an_interval_chart_says_the_same_in_a_phones_width() -> None:
    figure: Any = interval_chart(rates(), metric="accuracy", margin=0.5, headline=True).figure
    svg = narrow(figure)
    assert float(re.findall(r'width="([\d.]+)pt"', svg)[0]) == pytest.approx(WIDTH * POINTS)
    for text in ("Female: ", "Native Hawaiian", "n 203", "dashed: margin at .5", ">race<"):
        assert text in svg
    assert plt.get_fignums() == [figure.number]  # a second one would be shown by itself at a cell's end


def _rounded(svg: str) -> str:
    """To a hundredth of a point; names of clipping paths come from their places to the last digit."""
    svg = re.sub(r"#?p[0-9a-f]{10}", "", svg)
    return re.sub(r"\d+\.\d+", lambda found: f"{float(found[0]):.2f}", svg)


def test_other_charts_are_shrunk_and_are_afterwards_as_before() -> None:
    frame = pd.DataFrame(
        {"metric": "late_rate", "slice": [{"window": f"window {at}"} for at in range(9)], "n": 500,
         "confidence": 0.95, "estimate": 0.2, "low": 0.17, "high": 0.24, "status": "ok"}
    )  # fmt: skip
    title = "How often it came late, by the window in which it left"
    axes: Any = time_chart(frame, x="window", metric="late_rate", title=title, headline=True)
    display.svg_of(axes.figure)  # the first drawing finds the margins
    wide = display.svg_of(axes.figure)
    svg = narrow(axes.figure)
    assert float(re.findall(r'width="([\d.]+)pt"', svg)[0]) == pytest.approx(WIDTH * POINTS)
    assert title not in svg
    assert ">How often it came late, by" in svg
    assert _rounded(display.svg_of(axes.figure)) == _rounded(wide)
    with pytest.raises(ZeroDivisionError), shrunk(axes.figure):
        _ = 1 / 0
    assert _rounded(display.svg_of(axes.figure)) == _rounded(wide)


@pytest.mark.parametrize(
    ("drawn", "shown"),
    [
        ('<svg xmlns="http://www.w3.org/2000/svg"/>', True),
        ("<svg onload='x()'/>", False),
        (["</svg>"], False),
        ("", False),
    ],
)
def test_a_page_takes_the_narrow_drawing_if_it_only_draws(drawn: Any, shown: bool) -> None:
    from nbformat.v4 import new_code_cell, new_notebook, new_output

    more = {"image/svg+xml": {"alt": "Dots.", "raikit": {"narrow": drawn}}}
    wide = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>'
    output = new_output("display_data", data={"image/svg+xml": wide}, metadata=more)
    page = "".join(render_body(new_notebook(cells=[new_code_cell("x", outputs=[output])]), title="t").parts)
    assert ("<picture><source media=" in page) is shown
    assert ('class="scroll"' in page) is not shown
    assert page.count('alt="Dots."') == 1
