"""Curves and calibration: what is drawn is what is in the frame, and is said in words."""

from __future__ import annotations

import math
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from raikit.errors import InputError
from raikit.report import display
from raikit.report.curves import calibration_chart, curve_chart


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    plt.close("all")


def curves() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "threshold": [0.0, 0.5, 1.0],
            "false_positive_rate": [1.0, 0.2, 0.0],
            "true_positive_rate": [1.0, 0.8, 0.0],
            "positive_predictive_value": [0.4, 0.7, math.nan],
        }
    )


def bins() -> pd.DataFrame:
    columns = ["slice", "n", "estimate", "low", "high", "mean_score"]
    rows = [
        ({"score": "0.2–0.3"}, 80, 0.3, 0.21, 0.41, 0.25),
        ({"score": "0.7–0.8"}, 90, 0.6, 0.5, 0.7, 0.75),
        ({"sex": "F", "score": "0.2–0.3"}, 40, 0.4, 0.26, 0.55, 0.24),
    ]
    return pd.DataFrame(rows, columns=columns).assign(metric="observed_rate", status="ok")


def words_of(ax: Any) -> str:
    described = display._described(ax.get_figure())
    assert described is not None
    return str(described[1]["alt"])


POINT = {"threshold": 0.5, "false_positive_rate": 0.2, "true_positive_rate": 0.8}


def test_a_curve_is_the_frame_with_the_operating_point() -> None:
    ax = curve_chart(
        curves(),
        x="false_positive_rate",
        y="true_positive_rate",
        point=POINT,
        diagonal=True,
        title="ROC curve",
    )
    diagonal, curve, dot = ax.get_lines()
    assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]
    assert curve.get_xydata().tolist() == [[1, 1], [0.2, 0.8], [0, 0]]
    assert dot.get_xydata().tolist() == [[0.2, 0.8]]
    said = words_of(ax)
    assert "The system operates at false positive rate .200, true positive rate .800." in said
    assert ".800 at .200" in said


def test_several_lines_have_names_and_one_threshold() -> None:
    columns = ["true_positive_rate", "positive_predictive_value"]
    ax = curve_chart(curves(), x="threshold", y=columns, point=POINT | {"positive_predictive_value": 0.7})
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "True positive rate",
        "Positive predictive value",
    ]
    assert "operates here (.500)" in [text.get_text() for text in ax.texts]


def test_an_unknown_threshold_marks_nothing() -> None:
    ax = curve_chart(curves(), x="threshold", y="true_positive_rate", point=POINT | {"threshold": math.nan})
    assert len(ax.get_lines()) == 1
    assert not ax.texts


def test_calibration_is_drawn_with_intervals_for_everybody_or_groups() -> None:
    ax = calibration_chart(bins())
    dots = ax.get_lines()[-1]
    assert dots.get_xydata().tolist() == [[0.25, 0.3], [0.75, 0.6]]
    said = words_of(ax)
    assert "All: in 1 of 2 bins the mean score lies outside" in said
    assert "furthest at a mean score of .750, where the rate is .600 (.500–.700, n 90)" in said
    by_sex = calibration_chart(bins(), by="sex")
    assert by_sex.get_lines()[-1].get_xydata().tolist() == [[0.24, 0.4]]
    assert by_sex.get_title(loc="left") == "How often it happened, by the score, by sex"


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda: curve_chart(curves(), x="threshold", y="f1"), "curve_chart: no column 'f1'"),
        (lambda: curve_chart(curves(), x="threshold", y=["threshold"] * 5), "at most 4 are told apart"),
        (lambda: curve_chart(curves().iloc[:0], x="threshold", y="threshold"), "nothing to draw"),
        (lambda: calibration_chart(bins(), by="race"), "no 'observed_rate' with a mean score by 'race'"),
    ],
)
def test_nothing_to_draw_is_said(draw: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        draw()
