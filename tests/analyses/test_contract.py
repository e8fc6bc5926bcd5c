"""The contract per window: chances by hand and scipy, breaks planted in made-up data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom

import raikit
from raikit.analyses.columns import count_columns
from raikit.analyses.contract import absent_by_chance, volume_checks
from raikit.analyses.drift_choices import DriftChoices
from raikit.evidence.session import begin
from raikit.sources import open_table


def test_chance_of_an_absence_is_hypergeometric() -> None:
    for there, rows, other in ((3, 100, 40), (20, 5_000, 300), (1, 7, 7)):
        expected = hypergeom.pmf(0, rows + other, there, other)
        assert absent_by_chance(there, rows, other) == pytest.approx(expected, rel=1e-9)


def rows(days: int, start: str, seed: int, each: int = 200) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    n = days * each
    return pd.DataFrame(
        {
            "at": pd.date_range(start, periods=days).repeat(each),
            "code": draw.choice(["a", "b", "c"], n, p=[0.5, 0.4, 0.1]),
            "x": draw.lognormal(size=n),
            "id": [f"{start} {i}" for i in range(n)],
        }
    )


def choices(timestamp: str, window: str) -> DriftChoices:
    return DriftChoices(timestamp, "", window, "", "", "", "", (), "", 1, 0.05, 0.95, 30, 10, 0, 1.0, 7)


def study(after: pd.DataFrame) -> object:
    before = open_table(rows(60, "2025-01-01", 1))
    options = {"timestamp": "at", "window": "day", "features": ["code", "x"], "key": "id", "domain_sample": 0}
    return raikit.drift(before, open_table(after), **options)


def breaks(after: pd.DataFrame) -> list[tuple[str, str, str]]:
    return [(each.window, each.feature, each.check) for each in study(after).contract.breaks]


def test_a_stable_delivery_breaks_nothing() -> None:
    assert [breaks(rows(30, "2025-03-02", seed)) for seed in range(2, 6)] == [[]] * 4


def test_each_planted_break_is_found_on_its_day_and_no_other() -> None:
    after = rows(30, "2025-03-02", 9)
    day = after["at"].dt.strftime("%Y-%m-%d")
    after.loc[(day == "2025-03-05") & (after["code"] == "c"), "code"] = "a"
    after.loc[(day == "2025-03-06") & (after.index % 10 == 0), "code"] = "zz"
    after.loc[(day == "2025-03-07") & (after.index % 10 == 0), "x"] = np.nan
    after.loc[(day == "2025-03-08") & (after.index % 10 == 0), "x"] = -5.0
    after.loc[(day == "2025-03-09") & (after.index % 10 == 0), "id"] = "the same"
    after = after[~((day == "2025-03-10") & (after.index % 2 == 0)) & (day != "2025-03-12")]
    assert breaks(after) == [
        ("2025-03-05", "code", "vanished category"),
        ("2025-03-06", "code", "new category"),
        ("2025-03-07", "x", "missing values"),
        ("2025-03-08", "x", "out of range"),
        ("2025-03-09", "id", "duplicates"),
        ("2025-03-10", "", "volume"),
        ("2025-03-12", "", "volume"),
    ]


def test_volume_needs_windows_to_know_how_it_varies() -> None:
    assert volume_checks({"1": 5, "2": 7}, {"3": 900}) == []


def test_columns_that_came_went_or_changed_type_are_named() -> None:
    before = open_table(pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [1, 2]}))
    after = open_table(pd.DataFrame({"a": ["1", "2"], "c": [1.5, 2.5], "d": [1, 2]}))
    said = raikit.drift(before, after, domain_sample=0).contract.schema
    assert said == ("b is no longer delivered", "d is new", "a was integer and is text (not compared)")


def test_a_threshold_is_fitted_where_the_reference_has_windows_enough() -> None:
    """Codes of a single day, which are usual here, page nobody; before 183 days that can't be known."""

    def delivered(days: int, start: str, seed: int) -> pd.DataFrame:
        made = rows(days, start, seed, each=120)
        draw = np.random.default_rng(seed + 1)
        once = (draw.random(days) < 0.1).repeat(120) & (draw.random(days * 120) < 0.05)
        return made.assign(code=made["code"].where(~once, made["at"].dt.strftime("code of %Y-%m-%d")))

    options = {"timestamp": "at", "window": "day", "features": ["code"], "domain_sample": 0}
    after = open_table(delivered(91, "2026-01-01", 3))
    few, many = (
        raikit.drift(open_table(delivered(days, "2024-01-01", 5)), after, **options) for days in (150, 400)
    )
    assert not few.alarms.calibrated
    assert len(few.contract.breaks) >= 2  # by the tests alone, each of them looks like a break
    assert many.alarms.calibrated
    # 1 false page a quarter is asked for: 4.4 in 400 days, of which the upper limit of 95% is 9 (Poisson)
    assert many.alarms.alarmed <= 9
    assert many.alarms.rate()[1] <= many.alarms.level
    assert len(many.contract.breaks) < len(few.contract.breaks)
    again = after.to_pandas()
    again.loc[again["at"] == "2026-02-01", "code"] = "zz"
    found = raikit.drift(open_table(delivered(400, "2024-01-01", 5)), open_table(again), **options)
    assert "2026-02-01" in {each.window for each in found.contract.breaks}


def uneven(days: int, start: str, seed: int) -> pd.DataFrame:
    """Return days that vary by more than rows: weekends, wide and narrow ones, rows sent twice."""
    draw = np.random.default_rng(seed)
    at = pd.date_range(start, periods=days)
    n = draw.poisson(100 * np.where(at.day_of_week < 5, 1, 0.5) * np.exp(draw.normal(0, 0.15, days)))
    total, row = n.sum(), np.arange(n.sum())
    twice = (draw.random(days) < 0.05).repeat(n) & (draw.random(total) < 0.1)
    x = draw.lognormal(size=total) * np.exp(draw.normal(0, 0.35, days)).repeat(n)
    return pd.DataFrame({"at": at.repeat(n), "x": x, "id": np.where(twice, row - 1, row)})


def test_ranges_volume_and_duplicates_have_thresholds_of_their_own() -> None:
    """By simulation: at 1 false page a quarter the tests alone send 4, the fitted thresholds fewer than 1."""
    options = {"timestamp": "at", "window": "day", "features": ["x"], "key": "id", "domain_sample": 0}
    broken = {150: 0, 400: 0}
    for seed in range(4):
        after = open_table(uneven(91, "2026-01-01", seed))
        for days in broken:
            found = raikit.drift(open_table(uneven(days, "2024-01-01", seed + 50)), after, **options)
            assert found.alarms.calibrated == (days == 400)
            broken[days] += len({each.window for each in found.contract.breaks})
    assert broken[150] >= 8
    assert broken[400] <= 8  # 4 are the budget; Poisson's upper 95% limit of that is 8
    lost = uneven(91, "2026-01-01", 9)
    day = lost["at"].dt.strftime("%Y-%m-%d")
    lost.loc[(day == "2026-02-02") & (lost.index % 10 == 0), "x"] = -1.0
    lost.loc[(day == "2026-02-03") & (lost.index % 2 == 0), "id"] = -1
    found = raikit.drift(open_table(uneven(400, "2024-01-01", 51)), open_table(lost), **options)
    assert {("2026-02-02", "out of range"), ("2026-02-03", "duplicates")} <= {
        (each.window, each.check) for each in found.contract.breaks
    }


def test_a_half_of_the_reference_is_judged_by_the_span_of_the_other() -> None:
    before = rows(8, "2025-01-01", 3)  # two stretches of two days in either half
    first = before["at"].dt.day.isin([1, 2, 5, 6])
    columns = count_columns(open_table(before), open_table(before), ["x"], choices("at", "day"))
    table = columns.each[0].reference
    for half, other in ((first, ~first), (~first, first)):
        known = before.loc[other, "x"]
        outside = before[half & ~before["x"].between(known.min(), known.max())]
        counted = dict(zip(table.windows, table.outside.tolist(), strict=True))
        for day in before.loc[half, "at"].unique():
            assert counted[day.strftime("%Y-%m-%d")] == (outside["at"] == day).sum()
    assert table.outside.sum() > 0


def test_a_category_that_the_reference_lacks_on_other_days_too_pages_nobody() -> None:
    def named(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(weekday=frame["at"].dt.day_name())

    options = {"timestamp": "at", "window": "day", "features": ["weekday", "code"], "domain_sample": 0}
    before, after = named(rows(60, "2025-01-01", 1)), named(rows(30, "2025-03-02", 2))
    after.loc[(after["at"].dt.day == 5) & (after["code"] == "c"), "code"] = "a"
    found = raikit.drift(open_table(before), open_table(after), **options)
    assert [(each.window, each.level) for each in found.contract.breaks] == [("2025-03-05", "c")]
    assert found.alarms.alarmed == 0


def test_the_volume_of_a_window_whose_days_are_not_all_there_is_not_judged() -> None:
    """Both begin on a Wednesday and end on a Friday or Saturday; a week in between lost half of its rows."""
    before, after = rows(150, "2025-01-01", 1), rows(80, "2025-06-04", 2)
    options = {"timestamp": "at", "window": "week", "features": ["code"], "domain_sample": 0}
    found = raikit.drift(open_table(before), open_table(after), **options)
    assert found.contract.breaks == ()
    assert found.contract.partial == ("2025-06-02", "2025-08-18")  # five days each
    assert found.alarms.alarmed == 0
    lost = after["at"].between("2025-07-07", "2025-07-13") & (after.index % 2 == 0)
    found = raikit.drift(open_table(before), open_table(after[~lost]), **options)
    assert [(each.window, each.check) for each in found.contract.breaks] == [("2025-07-07", "volume")]
    evidence = begin("drift", {})
    evidence.state(found)
    assert any("2025-06-02 and 2025-08-18: not all days" in text for text in evidence.record().limits)


def test_days_without_rows_are_usual_where_the_reference_has_them() -> None:
    def working(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["at"].dt.day_of_week < 5]

    options = {"timestamp": "at", "window": "day", "features": ["code"], "domain_sample": 0}
    sides = [open_table(working(rows(60, start, 1))) for start in ("2025-01-01", "2025-03-02")]
    assert raikit.drift(*sides, **options).contract.breaks == ()


def test_a_vanished_category_is_said_once_and_other_breaks_beside_it() -> None:
    after = rows(30, "2025-03-02", 9)
    after.loc[after["code"] == "c", "code"] = "a"
    after.loc[(after["at"].dt.day == 8) & (after.index % 10 == 0), "x"] = -5.0
    found, evidence = study(after), begin("drift", {})
    for frame in (found.distances(), found.windows(), found.pages()):
        evidence.add(frame)
    texts = list(evidence.state(found)["finding"])
    (gone,) = [text for text in texts if "category c" in text]
    assert "in 30 of 30 windows (2025-03-02 to 2025-03-31)." in gone
    (other,) = [text for text in texts if "contract otherwise too" in text]
    assert other.startswith("1 window of 30 broke the reference's contract otherwise too: out of range in x")
