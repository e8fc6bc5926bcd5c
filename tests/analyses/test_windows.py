"""Windows of the calendar; expected labels read off a calendar."""

from __future__ import annotations

import pandas as pd
import pytest

from raikit.analyses.windows import count_by_day, span, window_labels
from raikit.errors import InputError
from raikit.sources import open_table

YEAR = pd.Series(pd.date_range("2015-01-01", "2015-12-31"))


@pytest.mark.parametrize(
    ("window", "count", "first", "last"),
    [("day", 365, "2015-01-01", "2015-12-31"), ("week", 53, "2014-12-29", "2015-12-28"),
     ("month", 12, "2015-01", "2015-12"), ("quarter", 4, "2015-Q1", "2015-Q4"), ("year", 1, "2015", "2015")],
)  # fmt: skip
def test_whole_windows(window: str, count: int, first: str, last: str) -> None:
    labels = window_labels(YEAR, window).unique()
    assert (len(labels), labels[0], labels[-1]) == (count, first, last)


def test_remainders_join_their_neighbour() -> None:
    days = pd.Series(pd.date_range("2015-01-28", "2015-07-03"))
    labels = window_labels(days, "month")
    assert labels.unique().tolist() == ["2015-02", "2015-03", "2015-04", "2015-05", "2015-06"]
    assert (labels == "2015-02").sum() == 4 + 28


def test_two_short_windows_stay_one() -> None:
    days = pd.Series(pd.to_datetime(["2015-01-31", "2015-02-01"]))
    assert window_labels(days, "month").unique().tolist() == ["2015-02"]


def test_an_unknown_window_is_refused() -> None:
    with pytest.raises(InputError, match="window: came 'fortnight'; allowed: day, week, month"):
        window_labels(YEAR, "fortnight")


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_days_are_counted_with_missing_ones_apart(zone: str | None) -> None:
    at = pd.to_datetime(["2015-07-01 23:59", "2015-07-02 00:00", None, "2015-07-02 12:00"])
    rows = pd.DataFrame({"at": at.tz_localize(zone), "x": ["a", "a", "a", "b"]})
    cells = count_by_day(open_table(rows), "at", {"x": "x"}).cells
    assert cells["n"].tolist() == [1, 1, 1, 1]
    assert [None if day is None else str(day.date()) for day in cells["day"]] == [
        "2015-07-01", "2015-07-02", "2015-07-02", None,
    ]  # fmt: skip
    assert span(cells["day"]) == "2015-07-01 to 2015-07-02"
