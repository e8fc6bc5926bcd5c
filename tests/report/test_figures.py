"""What is drawn is what is in the frame, and what is said of it too."""

from __future__ import annotations

import math
from typing import Any
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from raikit.errors import InputError
from raikit.report import display
from raikit.report.figures import describe_figure, interval_chart, time_chart


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    plt.close("all")


def rates(**changes: Any) -> pd.DataFrame:
    rows = [
        {"slice": {}, "n": 200, "estimate": 0.6, "low": 0.53, "high": 0.67, "status": "ok"},
        {"slice": {"sex": "Female"}, "n": 1200, "estimate": 0.7, "low": 0.67, "high": 0.73, "status": "ok"},
        {"slice": {"sex": "Male"}, "n": 12, "estimate": 0.5, "low": 0.25, "high": 0.75, "status": "small"},
        {
            "slice": {"sex": "Other"},
            "n": None,
            "estimate": math.nan,
            "low": math.nan,
            "high": math.nan,
            "status": "suppressed",
        },
        {
            "slice": {"sex": "None"},
            "n": 0,
            "estimate": math.nan,
            "low": math.nan,
            "high": math.nan,
            "status": "undefined",
        },
    ]
    return pd.DataFrame([{"metric": "accuracy", "confidence": 0.95} | row | changes for row in rows])


def windows(labels: list[str], **more: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "metric": "late_rate",
            "slice": [{"window": label, **more} for label in labels],
            "n": 500,
            "confidence": 0.95,
        }
        | {"estimate": 0.2, "low": 0.17, "high": 0.24, "status": "ok"}
    )


def alt_of(ax: Any) -> str:
    return " ".join(alt for alt, _ in display._ABOUT[ax.get_figure(root=True)])


def texts(ax: Any) -> list[str]:
    svg = display.svg_of(ax.get_figure(root=True))
    return [
        "".join(item.itertext()) for item in ElementTree.fromstring(svg).iter() if item.tag.endswith("}text")
    ]


def test_each_group_has_a_row_with_n_and_interval() -> None:
    shown = texts(interval_chart(rates(), metric="accuracy"))
    assert ".700 [.670–.730], n 1,200" in shown
    assert {"All", "Female", "Male", "Other", "None"} <= set(shown)


def test_a_hidden_or_undefined_row_is_words_not_a_zero() -> None:
    ax = interval_chart(rates(), metric="accuracy")
    assert {"hidden: small groups", "undefined: no cases"} <= set(texts(ax))
    dots = [line for line in ax.get_lines() if line.get_marker() == "o"]
    assert [at for dot in dots for at in dot.get_xdata()] == [0.6, 0.7, 0.5]


def test_a_small_group_has_a_hollow_dot() -> None:
    ax = interval_chart(rates(), metric="accuracy")
    dots = [line for line in ax.get_lines() if line.get_marker() == "o"]
    assert [at for dot in dots if dot.get_markerfacecolor() == "white" for at in dot.get_xdata()] == [0.5]


def test_alt_text_says_extremes_with_n_and_interval_and_what_is_hidden() -> None:
    alt = alt_of(interval_chart(rates(), metric="accuracy", margin=0.05, reference=0.6))
    assert "Lowest: Male .500 (95% interval .250–.750, n 12)" in alt
    assert "Highest: Female .700 (95% interval .670–.730, n 1,200)" in alt
    assert "Hidden to protect small groups: Other." in alt
    assert "Undefined, no cases: None." in alt
    assert "Margin drawn at .550 and .650." in alt


def test_a_given_alt_text_stands() -> None:
    assert alt_of(interval_chart(rates(), metric="accuracy", alt="Mine.")) == "Mine."


@pytest.mark.parametrize(
    ("metric", "margin", "lines"),
    [
        ("accuracy_difference", 0.05, [0.0, -0.05, 0.05]),
        ("accuracy_ratio", 0.8, [1.0, 0.8]),
        ("accuracy", 0.9, [0.9]),
    ],
)
def test_margin_and_reference_lines(metric: str, margin: float, lines: list[float]) -> None:
    ax = interval_chart(rates(metric=metric), metric=metric, margin=margin)
    drawn = [
        line.get_xdata()[0]
        for line in ax.get_lines()
        if len(set(line.get_xdata())) == 1 and len(line.get_xdata()) == 2
    ]
    assert drawn == pytest.approx(lines)


def test_a_comparison_is_named_by_its_two_groups() -> None:
    pair = pd.DataFrame(
        {
            "metric": ["rate_difference"],
            "slice": [{"sex": "F"}],
            "compared": [[{"sex": "F"}, {"sex": "M"}]],
            "n": [9],
            "estimate": [0.1],
            "low": [0.0],
            "high": [0.2],
        }
    )
    assert "F − M" in texts(interval_chart(pair, metric="rate_difference"))


@pytest.mark.parametrize("name", ["$\\frac{a", "<b>&", "\x1b[31mred", "a\nb", "名前", "x" * 200, "_", ""])
def test_no_name_of_a_group_breaks_a_chart(name: str) -> None:
    frame = rates()
    frame["slice"] = [{name: name}, *frame["slice"][1:]]
    ax = interval_chart(frame, metric="accuracy")
    root = ElementTree.fromstring(display.svg_of(ax.get_figure(root=True)))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"


def test_all_rows_hidden_still_draws() -> None:
    frame = rates(estimate=math.nan, low=math.nan, high=math.nan, status="suppressed")
    assert "hidden: small groups" in texts(interval_chart(frame, metric="accuracy"))


def test_an_unknown_metric_is_one_sentence() -> None:
    with pytest.raises(InputError, match=r"no result of 'acuracy'; metrics in the frame: accuracy"):
        interval_chart(rates(), metric="acuracy")


def test_a_chart_may_be_drawn_into_given_axes() -> None:
    figure, (left, right) = plt.subplots(1, 2)
    assert interval_chart(rates(), metric="accuracy", ax=left) is left
    interval_chart(rates(), metric="accuracy", ax=right, alt="Right.")
    assert alt_of(left).endswith("Right.")
    assert plt.get_fignums() == [figure.number]


def test_dates_are_a_time_axis_and_an_event_stands_at_its_date() -> None:
    ax = time_chart(
        windows(["2015-01", "2015-02", "2015-03"]),
        x="window",
        metric="late_rate",
        events={"Merger": "2015-02-10"},
    )
    assert "Merger" in texts(ax)
    assert "Marked: Merger." in alt_of(ax)


def test_labels_keep_their_order_and_an_event_needs_a_window() -> None:
    frame = windows(["late", "early", "mid"])
    assert time_chart(frame, x="window", metric="late_rate").get_lines()[0].get_xdata().tolist() == [0, 1, 2]
    with pytest.raises(InputError, match="event at 'never', which is no window"):
        time_chart(frame, x="window", metric="late_rate", events={"E": "never"})


def test_a_hidden_window_is_a_gap() -> None:
    frame = windows(["a", "b", "c"])
    frame.loc[1, ["estimate", "low", "high"]] = math.nan
    line = time_chart(frame, x="window", metric="late_rate").get_lines()[0]
    assert [math.isnan(value) for value in line.get_ydata()] == [False, True, False]


def test_other_slice_keys_are_lines_of_their_own() -> None:
    frame = pd.concat([windows(["a", "b"], airline="AA"), windows(["a", "b"], airline="US")])
    ax = time_chart(frame, x="window", metric="late_rate")
    assert [line.get_label() for line in ax.get_lines()] == ["AA", "US"]
    assert len({line.get_linestyle() for line in ax.get_lines()}) == 2


def test_a_frame_without_windows_is_one_sentence() -> None:
    with pytest.raises(InputError, match="slice key 'month'"):
        time_chart(windows(["a"]), x="month", metric="late_rate")


def test_the_same_frame_gives_the_same_small_svg() -> None:
    first, second = (
        display.svg_of(interval_chart(rates(), metric="accuracy").get_figure(root=True)) for _ in range(2)
    )
    assert first == second
    assert len(first) < 15_000
    assert "<text" in first
    assert not any(word in first for word in ("<?xml", "DOCTYPE", "metadata", "Matplotlib v"))


def test_an_analysts_own_figure_can_be_described() -> None:
    ax = plt.subplots()[1]
    assert describe_figure(ax, "A line.") is ax
    shown = display._described(ax.get_figure(root=True))
    assert shown is not None
    assert shown[1] == {"alt": "A line."}
    assert display._described(plt.figure()) is None
