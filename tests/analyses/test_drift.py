"""Drift on made-up tables and on the flights; expected values by hand, from pandas or the field notes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import raikit
from raikit.analyses.drift_study import DriftStudy
from raikit.errors import InputError
from raikit.evidence.session import begin
from raikit.sources import open_table
from raikit.sources.table import Table


@pytest.fixture(scope="module")
def flights() -> DriftStudy:
    return raikit.drift(
        open_table("demo:flights?half=reference"),
        open_table("demo:flights?half=current"),
        timestamp="date",
        features=["airline", "distance", "cancelled"],
        label="late",
        score="predicted_probability",
        domain_sample=2_000,
    )


def table(rows: int = 4_000, days: int = 120, start: str = "2025-01-06", **columns: object) -> object:
    made = {"day": pd.date_range(start, periods=days).repeat(rows // days + 1)[:rows], **columns}
    return open_table(pd.DataFrame(made))


def test_vanished_carrier_with_its_last_day_and_its_heir(flights: DriftStudy) -> None:
    assert flights.categories().to_dict("records") == [
        {
            "feature": "airline",
            "category": "US",
            "change": "vanished",
            "day": "2015-06-30",
            "rows": 3_419,
            "share": pytest.approx(3_419 / 49_992),
            "may be the same as": "AA",
        }
    ]


def test_monthly_rates_are_those_of_pandas(flights: DriftStudy) -> None:
    rows = open_table("demo:flights").to_pandas(["month", "late", "predicted_probability"]).dropna()
    expected = rows.groupby("month")[["late", "predicted_probability"]].mean()
    made = flights.calibration()
    for metric, column in (("base_rate", "late"), ("mean_prediction", "predicted_probability")):
        chosen = made[(made["metric"] == metric) & made["slice"].map(lambda held: "window" in held)]
        found = pd.Series(chosen["estimate"].to_numpy(), [held["window"] for held in chosen["slice"]])
        pd.testing.assert_series_equal(found, expected[column], check_names=False, rtol=1e-12)


def test_only_the_autumn_is_miscalibrated(flights: DriftStudy) -> None:
    assert {held["windows"] for held in flights.stretches()["slice"]} == {"2015-09 to 2015-11"}


def test_results_have_the_form_of_the_record(flights: DriftStudy) -> None:
    evidence = begin("drift", {})
    evidence.add(flights.distances())
    evidence.add(flights.calibration())
    evidence.add(flights.lines())
    assert {result.status for result in evidence.results} == {"ok"}
    for result in evidence.results:
        assert result.low <= result.estimate <= result.high
    texts = evidence.state(flights)["finding"]
    # the vanished code (with the contract), the autumn, the classifier, false alarms, material, immaterial
    assert len(texts) == len(set(texts)) == 6
    (told,) = [text for text in texts if "category US ends" in text]  # said once, with what it breaks
    assert "It breaks the reference's contract in 6 of 6 windows (2015-07 to 2015-12)." in told
    assert not [text for text in texts if "vanished category US" in text]


def test_a_split_of_one_table_is_the_same_as_two_tables() -> None:
    rows = pd.DataFrame({"day": pd.date_range("2025-01-01", periods=200).repeat(5), "x": [*"aabbc"] * 200})
    parts = rows[rows["day"] < "2025-04-01"], rows[rows["day"] >= "2025-04-01"]
    two = raikit.drift(open_table(parts[0]), open_table(parts[1]), timestamp="day", features=["x"])
    one = raikit.drift(open_table(rows), timestamp="day", split="2025-04-01", features=["x"])
    pd.testing.assert_frame_equal(one.distances(), two.distances())
    assert one.spans == two.spans == ("2025-01-01 to 2025-03-31", "2025-04-01 to 2025-07-19")


def columns(n: int, seed: int, shift: float = 0.0) -> dict[str, object]:
    """Return columns of four kinds, each moved by Cohen's w `shift` (numbers: standard deviations)."""
    draw = np.random.default_rng(seed)
    made: dict[str, object] = {f"n{i}": draw.normal(size=n) + shift for i in range(5)}
    made |= {f"skewed{i}": np.exp(draw.normal(size=n) + shift) for i in range(5)}
    for levels in (10, 200):
        share = (1 + shift * np.resize([1.0, -1.0], levels)) / levels
        made |= {f"l{levels} {i}": draw.choice(levels, n, p=share).astype(str) for i in range(5)}
    return made


@pytest.fixture(scope="module")
def usual() -> Table:
    return open_table(pd.DataFrame(columns(100_000, 1)))


@pytest.mark.parametrize("rows", [1_000, 100_000])
def test_without_drift_nothing_is_material_and_no_contract_breaks(usual: Table, rows: int) -> None:
    study = raikit.drift(usual, open_table(pd.DataFrame(columns(rows, rows))), domain_sample=0)
    assert "material" not in {shift.verdict for shift in study.shifts}
    assert not study.changes
    assert not study.contract.breaks
    verdicts = [shift.verdict for shift in study.shifts]
    assert verdicts.count("immaterial" if rows > 1_000 else "underpowered") >= 17


@pytest.mark.parametrize(("rows", "verdict"), [(1_000, "immaterial"), (100_000, "material")])
def test_twice_the_least_effect_is_found_with_rows_enough_and_never_denied(
    usual: Table, rows: int, verdict: str
) -> None:
    study = raikit.drift(usual, open_table(pd.DataFrame(columns(rows, rows + 1, 0.1))), domain_sample=0)
    found = [shift.verdict for shift in study.shifts].count(verdict)
    assert found == (20 if verdict == "material" else 0)


def test_poor_columns_are_told_in_words() -> None:
    """Constant, missing on one side, infinite, and an identifier with a level a row."""
    n = 50_000
    before = pd.DataFrame(
        {
            "id": np.arange(n).astype(str),
            "same": "x",
            "gone": 1.0,
            "far": np.random.default_rng(3).normal(size=n),
        }
    )
    after = before.assign(id=(np.arange(n) + n).astype(str), gone=np.nan)
    after.loc[:99, "far"] = np.inf
    study = raikit.drift(open_table(before), open_table(after), domain_sample=0)
    assert [text.split(" has ")[0] for text in study.skipped] == ["id"]
    assert {shift.slice["feature"]: shift.verdict for shift in study.shifts} == {
        "same": "undefined", "gone": "material", "far": "immaterial"
    }  # fmt: skip
    assert {(each.feature, each.check) for each in study.contract.breaks} >= {
        ("gone", "vanished category"), ("gone", "missing values"), ("far", "out of range")
    }  # fmt: skip


def test_a_number_that_the_reference_lacks_and_codes_all_new_are_told_soon() -> None:
    """Once each of thousands of values was tried in the place of each other: hours."""
    n, draw = 5_000, np.random.default_rng(3)
    before = pd.DataFrame({"late": np.full(n, np.nan), "code": draw.integers(0, 900, n).astype(str)})
    after = pd.DataFrame({"late": draw.normal(size=n), "code": draw.integers(0, 900, n).astype(str)})
    study = raikit.drift(
        open_table(before), open_table(after.assign(code="n" + after["code"])), domain_sample=0
    )
    assert {shift.verdict for shift in study.shifts} == {"material"}
    assert {(each.feature, each.check) for each in study.contract.breaks} == {("late", "missing values")}


def test_times_in_any_order_and_zone_fall_on_the_same_days() -> None:
    at = pd.Series(pd.date_range("2025-01-01 12:00", periods=800, freq="6h"))
    rows = pd.DataFrame({"at": at, "x": ["a", "b"] * 400})
    plain = open_table(rows)
    shuffled = open_table(rows.sample(frac=1, random_state=3))
    zoned = open_table(rows.assign(at=at.dt.tz_localize("UTC").dt.tz_convert("America/New_York")))
    expected = raikit.drift(plain, plain, timestamp="at", window="week", domain_sample=0).windows()
    for table in (shuffled, zoned):
        made = raikit.drift(table, table, timestamp="at", window="week", domain_sample=0).windows()
        pd.testing.assert_frame_equal(made, expected)


def test_a_segment_that_moves_is_found_in_its_segment() -> None:
    side, draw = np.array(["north", "south"] * 30_000), np.random.default_rng(7)
    before = pd.DataFrame({"side": side, "x": draw.normal(size=60_000)})
    after = pd.DataFrame({"side": side, "x": draw.normal(size=60_000) + (side == "south")})
    tables = open_table(before), open_table(after)
    study = raikit.drift(*tables, features=["x"], segment="side", domain_sample=0)
    assert {tuple(shift.slice.values()): shift.verdict for shift in study.shifts} == {
        ("x",): "material",
        ("x", "north"): "immaterial",
        ("x", "south"): "material",
    }


def test_a_rare_category_missing_by_chance_is_no_finding() -> None:
    before = open_table(pd.DataFrame({"x": ["a"] * 600 + ["b"] * 398 + ["rare"] * 2}))
    after = open_table(pd.DataFrame({"x": ["a"] * 300 + ["b"] * 200}))
    assert raikit.drift(before, after).categories().empty


def test_columns_that_cannot_be_compared_are_named() -> None:
    count = 5_000
    before = open_table(pd.DataFrame({"id": [f"u{i}" for i in range(count)], "x": 1, "y": ["1"] * count}))
    after = open_table(pd.DataFrame({"id": [f"v{i}" for i in range(count)], "x": 1, "y": [1] * count}))
    study = raikit.drift(before, after)
    assert len(study.skipped) == 2
    assert study.skipped[0].startswith("id has more than 1,000 levels")
    assert "y is of type text in the reference and integer" in study.skipped[1]
    assert [shift.verdict for shift in study.shifts] == ["undefined"]  # x is constant
    evidence = begin("drift", {})
    evidence.add(study.distances())
    assert {result.status for result in evidence.results} == {"undefined"}
    evidence.state(study)


def test_numbers_of_rows_are_no_feature() -> None:
    before = pd.DataFrame({"id": range(100_000), "cents": np.arange(100_000) % 30_000})
    study = raikit.drift(
        open_table(before), open_table(before.assign(id=before["id"] + 100_000)), domain_sample=0
    )
    assert [text.split(" (")[0] for text in study.skipped] == [
        "id is a whole number with a value of its own in nearly every row, like an identifier"
    ]
    assert [shift.slice["feature"] for shift in study.shifts] == ["cents"]
    assert study.contract.breaks == ()  # once: out of range, in every window


def test_reference_later_than_current_is_said() -> None:
    early, late = table(x=["a", "b"] * 2_000), table(start="2026-01-05", x=["a", "b"] * 2_000)
    evidence = begin("drift", {})
    evidence.state(raikit.drift(late, early, timestamp="day", features=["x"], domain_sample=0))
    assert any("is later than the current data" in text for text in evidence.record().limits)
    again = begin("drift", {})
    again.state(raikit.drift(early, early, timestamp="day", features=["x"], domain_sample=0))
    assert any("overlap in time" in text for text in again.record().limits)


def test_categories_that_look_like_personal_data_are_anchors(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))  # where the user's own key is made
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    before = open_table(pd.DataFrame({"who": ["a@example.org", "b@example.org"] * 500}))
    after = open_table(pd.DataFrame({"who": ["a@example.org", "c@example.org"] * 500}))
    study = raikit.drift(before, after)
    evidence = begin("drift", {})
    evidence.add(study.distances())
    shown = evidence.state(study).to_string() + study.categories().to_string()
    text = shown + evidence.record().model_dump_json()
    assert "example.org" not in text
    assert "#" in text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "2025-02-01", "with_current": True}, "both of current and split"),
        ({"with_current": False}, "neither of current and split"),
        (
            {"split": "2025-02-01", "timestamp": "", "with_current": False},
            "split needs the parameter timestamp",
        ),
        ({"window": "fortnight"}, "window: came 'fortnight'; allowed: day, week"),
        ({"min_effect": 0.0}, "min_effect: came 0.0"),
        ({"features": ["xx"]}, "no column 'xx'"),
        ({"split": "2031-01-01", "with_current": False}, "no row lies on or after 2031-01-01"),
        ({"score": "p"}, "score needs the parameter label"),
    ],
)
def test_wrong_choices_are_refused_in_a_sentence(changes: dict[str, object], message: str) -> None:
    given = {"timestamp": "day", "features": ["x"], "with_current": True} | changes
    rows = table(x=["a", "b"] * 2_000)
    current = rows if given.pop("with_current") else None
    with pytest.raises(InputError, match=message):
        raikit.drift(rows, current, **given)  # type: ignore[arg-type]


def test_rows_without_a_time_are_counted() -> None:
    days = [dt.datetime(2025, 1, 1) + dt.timedelta(days=i // 10) for i in range(1_000)]
    rows = pd.DataFrame({"day": [None, *days[1:]], "x": ["a", "b"] * 500, "y": [0, 1] * 500})
    study = raikit.drift(open_table(rows), open_table(rows), timestamp="day", features=["x"], label="y")
    assert study.undated == 2


def test_chunks_follow_the_file_and_what_is_left_over_is_judged_with_the_last(tmp_path: Path) -> None:
    codes = [*(["a", "b"] * 500), *(["a", "c"] * 500), *(["a", "b"] * 620)]  # c in rows 1,001 to 2,000 only
    pd.DataFrame({"x": codes}).to_parquet(tmp_path / "now.parquet", row_group_size=300)
    before, after = open_table(pd.DataFrame({"x": ["a", "b"] * 2_000})), tmp_path / "now.parquet"
    study = raikit.drift(before, open_table(str(after)), chunk_rows=1_000, domain_sample=0)
    made = study.windows()
    assert [held["window"] for held in made["slice"]] == ["chunk 1", "chunk 2", "chunk 3"]
    assert made["n"].tolist() == [1_000, 1_000, 1_240]
    assert made["verdict"].tolist() == ["immaterial", "material", "immaterial"]  # of shares that are exact
    assert {(each.window, each.check, each.level) for each in study.contract.breaks} == {
        ("chunk 2", "new category", "c"),
        ("chunk 2", "vanished category", "b"),
    }
    assert study.alarms is None  # chunks have no quarter: no budget of pages sets a level
    evidence = begin("drift", {})
    for frame in (study.distances(), study.windows(), study.pages()):
        evidence.add(frame)
    evidence.state(study)
    assert any("chunks of 1,000 rows in the file's order" in text for text in evidence.record().limits)
    with pytest.raises(InputError, match="chunk_rows and timestamp came"):
        raikit.drift(before, before, timestamp="x", chunk_rows=10)
