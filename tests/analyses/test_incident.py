"""Incidents put into made-up logs; expected values are those that were put in, or by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import raikit
from raikit.analyses.incident_duties import clock_table, duties, matrix, propose
from raikit.analyses.incident_study import IncidentStudy
from raikit.errors import InputError
from raikit.evidence.session import begin
from raikit.sources import open_table

DAYS = pd.date_range("2025-01-06", periods=84)
ONSET = 60


def log(seed: int = 7, *, rise: float = 0.3, rows: int = 100, until: int = 84) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    place = np.repeat(np.arange(len(DAYS)), rows)
    region = random.choice(["north", "south", "west"], len(place))
    hit = (place >= ONSET) & (place < until) & (region == "south")
    harmful = random.random(len(place)) < 0.10 + rise * hit
    return pd.DataFrame({"at": DAYS[place], "region": region, "harmful": harmful.astype(int)})


def study(frame: pd.DataFrame, **given: object) -> IncidentStudy:
    settings = {"timestamp": "at", "signal": "harmful", "segments": ["region"], "features": []} | given
    return raikit.incident(open_table(frame), **settings)  # type: ignore[arg-type]


def said(made: IncidentStudy) -> tuple[list[str], list[str]]:
    evidence = begin("incident", {})
    for frame in (made.episodes(), made.excess(), made.by_segment(), made.mix(), made.change_distances()):
        evidence.add(frame)
    evidence.add(made.moved())
    evidence.add(made.affected())
    evidence.add(made.contract())
    return evidence.state(made)["finding"].tolist(), evidence.record().limits


@pytest.fixture(scope="module")
def risen() -> IncidentStudy:
    return study(log(), mitigated="2025-03-26", aware="2025-03-08T09:00+01:00")


def test_a_rise_in_one_segment_is_dated_and_found_there(risen: IncidentStudy) -> None:
    assert risen.episode is not None
    assert abs(risen.episode.change.at - ONSET) <= 1
    assert risen.episode.change.low <= ONSET <= risen.episode.change.high
    assert risen.episode.going_on
    assert risen.by_segment().iloc[0]["slice"] == {"region": "south"}
    best = risen.description()
    assert best.text == "region=south"
    assert best.covers > 0.8
    assert best.rows == pytest.approx(1 / 3, abs=0.05)
    texts, limits = said(risen)
    assert texts[0].startswith("From 2025-03-0")
    assert "harmful rises to" in texts[0]
    assert any(
        "changed more than among all other rows in 1 of 3 segments: region=south" in text for text in texts
    )
    assert any("aware 2025-03-08 08:00 UTC (" in text for text in texts)  # +01:00 is an hour less in UTC
    assert any("the first half of the windows stands for it" in text for text in limits)
    assert not [text for text in texts if "because" in text or "caused" in text]


def test_excess_is_observed_less_expected(risen: IncidentStudy) -> None:
    frame, first = log(), DAYS[risen.episode.stretch.first]
    now, quiet = frame[frame["at"] >= first], frame[frame["at"] < DAYS[42]]
    row = risen.excess().set_index("metric").loc["excess_rows"]
    expected = now["harmful"].sum() - quiet["harmful"].mean() * len(now)
    assert row["estimate"] == pytest.approx(expected)
    assert row["low"] < expected < row["high"]


def test_tables_for_reading_tell_the_results_in_few_columns(risen: IncidentStudy) -> None:
    who, amounts = risen.who(), risen.amounts()
    assert who["segment"].iloc[0] == "region=south"
    assert len(who) == 3
    row = risen.by_segment().iloc[0]
    assert who["in excess"].iloc[0] == f"{row.estimate:,.0f} ({row.low:,.0f} to {row.high:,.0f})"
    told = {"rate, quiet", "rate, episode", "rows in excess", "rate after the mitigation less quiet"}
    assert told <= set(amounts["what"])
    assert amounts["rows"].tolist() == risen.excess()["n"].tolist()


def test_mix_and_rate_add_up_and_a_shift_of_traffic_is_told_apart(risen: IncidentStudy) -> None:
    parts = risen.mix().set_index("metric")
    change = risen.excess().set_index("metric").loc["signal_rate_change"]
    assert parts["estimate"].sum() == pytest.approx(change["estimate"])
    assert parts.loc["traffic_mix_part", "low"] <= 0 <= parts.loc["traffic_mix_part", "high"]
    random = np.random.default_rng(7)
    place = np.repeat(np.arange(84), 200)
    share = np.where(place >= ONSET, 0.8, 0.2)
    region = np.where(random.random(len(place)) < share, "south", "north")
    harmful = random.random(len(place)) < np.where(region == "south", 0.2, 0.05)
    moved = study(pd.DataFrame({"at": DAYS[place], "region": region, "harmful": harmful}))
    rows = moved.mix().set_index("metric")
    assert rows.loc["traffic_mix_part", "estimate"] == pytest.approx(0.6 * 0.15, abs=0.02)  # by hand
    assert rows.loc["traffic_rate_part", "low"] <= 0 <= rows.loc["traffic_rate_part", "high"]
    texts, _ = said(moved)
    assert any("Traffic shifted between the levels of region" in text for text in texts)
    assert any("None of 2 segments changed more" in text and "a count, no finding" in text for text in texts)


def test_quiet_data_are_no_incident() -> None:
    quiet = [study(log(seed, rise=0.0), segments=[]) for seed in range(10)]
    assert sum(each.episode is not None for each in quiet) <= 2
    texts, _ = said(next(each for each in quiet if each.episode is None))
    assert texts[0].startswith("No change of harmful stands out")


def test_without_segments_there_are_no_results_by_segment_and_one_sentence_says_so() -> None:
    made = study(log(rows=20, rise=0.9), segments=[])
    assert made.by_segment().empty
    assert made.mix().empty
    (sentence,) = made.who()["who"]
    texts, limits = said(made)
    assert sentence.startswith("No segments were named")
    assert [*texts, *limits].count(sentence) == 1
    assert not [text for text in texts if "segments" in text]


def test_missing_values_ranges_and_volume_are_told_before_and_during() -> None:
    frame = log(rise=0.9)
    random = np.random.default_rng(3)
    late, start = frame["at"] >= DAYS[ONSET], DAYS[ONSET].strftime("%Y-%m-%d")
    # by hand: 1 in 50 missing before, half of the rows since; up to 100 before, a tenth at 500 since
    lost = random.random(len(frame)) < np.where(late, 0.5, 0.02)
    amount = np.where(late & (random.random(len(frame)) < 0.1), 500.0, random.uniform(0, 100, len(frame)))
    frame = frame.assign(age=np.where(lost, np.nan, random.integers(20, 60, len(frame))), amount=amount)
    double = pd.concat([frame, frame[frame["at"] == DAYS[70]]])
    made = study(double, features=["age", "amount"])
    table = made.broken().set_index(["column", "broken"])
    assert set(table.index) == {("age", "missing values"), ("amount", "out of range"), ("", "volume")}
    missing = table.loc[("age", "missing values")]
    assert (missing["from"], missing["windows"]) == (start, 24)
    assert missing["before"] == pytest.approx(0.02, abs=0.01)
    assert missing["during"] == pytest.approx(0.5, abs=0.15)
    volume = table.loc[("", "volume")]
    assert (volume["from"], volume["to"]) == (DAYS[70].strftime("%Y-%m-%d"),) * 2
    assert (volume["before"], volume["during"]) == (100, 200)
    results = made.contract().set_index("group")["estimate"]
    assert (results["missing values"], results["volume"]) == (24, 1)
    (text,) = [text for text in said(made)[0] if text.startswith("What the quiet rows don't explain")]
    assert "200 rows a window, usually 100" in text
    assert "age missing in" in text


def test_data_that_stay_as_they_were_break_no_contract() -> None:
    frame = log(rise=0.9)
    random = np.random.default_rng(4)
    frame["age"] = np.where(random.random(len(frame)) < 0.1, np.nan, random.normal(40, 9, len(frame)))
    made = study(frame, features=["age", "region"])
    assert made.broken().empty
    assert made.contract()["estimate"].tolist() == [0, 0, 0]
    assert not [text for text in said(made)[0] if "don't explain" in text]


def rerun(passing: int, failing: int, unknown: int = 0, **given: object) -> IncidentStudy:
    """A log whose 200 failing rows of the last days are run again, some of them without success."""
    place = np.repeat(np.arange(50), 20)
    frame = pd.DataFrame({"at": DAYS[place], "item": np.arange(1000), "bad": (place >= 40).astype(int)})
    frame.loc[frame.index[:800:10], "bad"] = 1
    now = [0] * passing + [1] * failing + [None] * unknown
    again = pd.DataFrame({"item": 800 + np.arange(len(now)), "bad": pd.array(now, dtype="Int64")})
    again = pd.concat([again, pd.DataFrame({"item": [0, 10], "bad": [1, 1]})])  # did not fail: not looked at
    return study(frame, signal="bad", segments=[], rerun=open_table(again, name="rerun"), **given)


def test_a_rerun_is_verified_only_if_the_exact_lower_limit_clears_the_margin() -> None:
    made = rerun(100, 0)
    row = made.excess().set_index("metric").loc["rerun_pass_rate"]
    assert row["counts"] == [100, 100]
    assert row["low"] == pytest.approx(0.025 ** (1 / 100))  # exact, when all pass
    assert any(
        text.startswith("Verified by rerun: of 100 failing items run again 100 pass")
        for text in said(made)[0]
    )
    # 30 of 30 pass: 0.025 ** (1 / 30) = .884 does not clear .9, though every one passes
    texts, limits = said(rerun(30, 0))
    assert any(text.startswith("Not verified by rerun") and "reaches below the 90%" in text for text in texts)
    assert any("170 of 200 failing items were not run again" in text for text in limits)
    assert any("below the 90%" in text and "Not verified" in text for text in said(rerun(50, 50))[0])
    assert any(text.startswith("Verified by rerun") for text in said(rerun(30, 0, rerun_margin=0.8))[0])


def test_a_rerun_without_a_known_result_is_no_pass() -> None:
    made = rerun(60, 0, 40)
    assert made.excess().set_index("metric").loc["rerun_pass_rate", "counts"] == [60, 100]
    assert any("40 without a known result count as not passing" in text for text in said(made)[0])


def test_a_rerun_that_cannot_be_paired_is_refused_and_none_is_said(risen: IncidentStudy) -> None:
    assert any("No rerun of the failing rows was given" in text for text in said(risen)[1])
    other = open_table(pd.DataFrame({"at": [1], "harmful": [0]}), name="rerun")
    with pytest.raises(InputError, match="don't both have a column 'prompt' or 'item'"):
        study(log(rows=20), rerun=other)
    with pytest.raises(InputError, match="rerun_margin: came 1"):
        rerun(1, 0, rerun_margin=1)


def with_users(owner: list[str | None]) -> IncidentStudy:
    """A log of 20 rows a day, all of them bad in the last ten days, whose bad rows have these users."""
    place = np.repeat(np.arange(50), 20)
    frame = pd.DataFrame({"at": DAYS[place], "bad": (place >= 40).astype(int), "user": "u-early"})
    frame.loc[frame.index[:800:10], "bad"] = 1  # a tenth, of somebody who is not counted
    frame.loc[frame["at"] >= DAYS[40], "user"] = owner
    return study(frame, signal="bad", segments=[], user="user")


def test_users_of_the_affected_rows_are_counted_and_never_named() -> None:
    # 200 rows: users 0 to 79 twice, users 80 to 114 once, five rows of nobody
    owner = [f"u-{at % 80}" for at in range(160)] + [f"u-{at}" for at in range(80, 115)] + [None] * 5
    made = with_users(owner)
    rows = made.affected().set_index("metric")
    assert rows["estimate"].to_dict() == {"affected_users": 115, "affected_users_repeated": 80}
    assert rows["n"].tolist() == [195, 195]
    texts, limits = said(made)
    (text,) = [text for text in texts if "user" in text]
    assert text.startswith("115 users behind 195 affected rows of the episode; 80 of them had more than one.")
    assert "5 further affected rows without a user" in text
    assert not [text for text in [*texts, *limits] if "u-" in text]


def test_few_users_are_hidden_and_the_few_who_differ_too() -> None:
    few = with_users([f"u-{at % 9}" for at in range(200)])
    assert few.affected()["status"].tolist() == ["suppressed"] * 2
    assert few.affected()[["n", "estimate", "low", "high"]].isna().all(axis=None)
    (text,) = [text for text in said(few)[0] if "user" in text]
    assert text == "Fewer than 10 users are behind the affected rows of the episode."
    # 100 users, all but four of whom have several rows: telling 96 would tell the four
    most = with_users([f"u-{at % 96}" for at in range(196)] + [f"u-{at}" for at in range(96, 100)])
    assert most.affected()["status"].tolist() == ["ok", "suppressed"]
    assert any(
        "100 users behind 200 affected rows of the episode; how many had more than one is hidden" in text
        for text in said(most)[0]
    )


def test_without_users_the_page_says_so(risen: IncidentStudy) -> None:
    assert risen.affected().empty
    assert any("No column of users was named" in text for text in said(risen)[1])
    with pytest.raises(InputError, match="user"):
        study(log(rows=20), user="usr")


def test_a_segment_that_the_whole_hides_is_found_by_itself() -> None:
    random = np.random.default_rng(7)
    place = np.repeat(np.arange(84), 1000)
    region = random.choice(["a", "b", "c", "d"], len(place), p=[0.9, 0.06, 0.03, 0.01])
    hit = (place >= ONSET) & (place < ONSET + 8) & (region == "d")
    frame = pd.DataFrame(
        {"at": DAYS[place], "region": region, "bad": random.random(len(place)) < 0.3 + 0.6 * hit}
    )
    made = study(frame, signal="bad", onset=str(DAYS[ONSET]))
    assert made.episode is not None
    assert made.episode.where == {"region": "d"}
    assert abs(made.episode.stretch.first - ONSET) <= 1


@pytest.mark.parametrize(
    ("mitigated", "until", "verdict"),
    [("2025-03-17", 70, "verified"), ("2025-03-17", 84, "not verified"), ("2025-03-30T12:00", 84, "no rows")],
)
def test_the_end_is_tested_for_equivalence(mitigated: str, until: int, verdict: str) -> None:
    made = study(log(until=until), mitigated=mitigated, segments=[])
    assert made.recovery.verdict == verdict
    texts, _ = said(made)
    words = {"verified": "Verified:", "not verified": "Not verified:", "no rows": "the log has no rows after"}
    assert any(words[verdict] in text for text in texts)


def test_a_day_after_the_mitigation_is_too_early() -> None:
    made = study(log(until=83, rows=40), mitigated=str(DAYS[83]), segments=[], recovery_margin=0.02)
    assert made.recovery.verdict == "too early"
    assert made.recovery.needed is None or made.recovery.needed > 1
    assert any(text.startswith("Too early to tell") and "as stated" in text for text in said(made)[0])


def test_recorded_changes_are_ranked_and_never_called_a_cause() -> None:
    lines = ["2025-02-01 flag: early", f"{DAYS[ONSET].date()} deploy: version 2", "2025-03-20 data: late"]
    made = study(log(), changes=lines, segments=[])
    assert made.ranked_changes()["change"].tolist() == ["version 2", "early", "late"]
    assert made.ranked_changes()["falls"].tolist()[2].endswith("too late to have begun it")
    texts, _ = said(made)
    assert any("version 2. Coincidence in time is not a cause." in text for text in texts)
    far, _ = said(study(log(), changes=lines[:1], segments=[]))
    assert any(
        "No recorded change falls within the onset's interval; the nearest, early, lies" in text
        for text in far
    )
    distance = made.change_distances().set_index("group")
    assert distance.loc["version 2", "low"] <= 0 <= distance.loc["version 2", "high"]


def test_hours_and_zones_are_counted_in_utc() -> None:
    random = np.random.default_rng(7)
    hours = pd.date_range("2025-03-01", periods=240, freq="h", tz="Europe/Berlin").repeat(60)
    at = hours + pd.to_timedelta(random.uniform(0, 3600, len(hours)), unit="s")
    began = pd.Timestamp("2025-03-08T14:20", tz="Europe/Berlin")
    frame = pd.DataFrame({"at": at, "bad": random.random(len(at)) < np.where(at >= began, 0.3, 0.1)})
    made = study(frame, signal="bad", segments=[], window="hour", quiet="2025-03-01..2025-03-06")
    low, high = made.band()
    assert low <= pd.Timestamp("2025-03-08T13:20") <= high
    assert (high - low) <= pd.Timedelta(hours=6)


def test_a_condition_is_a_signal() -> None:
    frame = log().assign(delay=lambda rows: rows["harmful"] * 30.0)
    made = study(frame, signal="delay > 15 AND region <> 'west'", segments=[])
    assert made.windows.k.sum() == (frame["harmful"] & (frame["region"] != "west")).sum()


def test_clocks_count_from_awareness_and_say_what_is_not_yet_in_force() -> None:
    table = clock_table(duties(), aware=pd.Timestamp("2026-12-01 09:00")).set_index("duty")["due"]
    assert table[next(name for name in table.index if "GDPR" in name)] == "2026-12-04 09:00 UTC"  # 72 hours
    general = next(name for name in table.index if "Art. 73: report" in name)
    assert table[general] == "2026-12-16 09:00 UTC"  # 15 days
    status = clock_table(duties(), aware=pd.Timestamp("2026-12-01")).set_index("duty")["status"]
    assert "not yet in force" in status[general]
    assert set(clock_table(duties(), aware=None)["due"]) == {"no time of awareness was entered"}
    assert all(
        {"status", "effective", "source", "incomplete_first"} <= set(clock) for clock in duties()["clocks"]
    )
    assert duties()["checklist"][0].startswith("Snapshot before mitigation")


def test_severity_is_the_gravest_line_that_is_met() -> None:
    assert propose(matrix(), excess=2000, change=0.2, going_on=True).severity == "SEV1"
    assert propose(matrix(), excess=2000, change=0.2, going_on=False).severity == "SEV2"
    assert propose(matrix(), excess=0, change=0.0, going_on=False).severity == ""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"signal": "harmfull"}, "no column 'harmfull'; did you mean 'harmful'"),
        ({"signal": "region=east"}, "no row shows 'region=east'"),
        ({"signal": "regio <> 1"}, "no column and no condition that DuckDB understands"),
        (
            {"onset": "2024-12-01"},
            "onset: 2024-12-01 00:00:00 lies outside the data, 2025-01-06 to 2025-03-30",
        ),
        ({"onset": "2025-03-27", "mitigated": "2025-03-01"}, "mitigated: 2025-03-01 is not after the onset"),
        ({"onset": "soon"}, "onset: came 'soon'; allowed: a date"),
        ({"quiet": "2025-01-06"}, "quiet: came '2025-01-06'; allowed: two dates"),
        ({"quiet": "2024-01-06..2024-02-01"}, "0 window\\(s\\) with rows; allowed: a quiet period"),
        ({"window": "hour"}, "times are known by the day; allowed: day, week"),
        ({"window": "fortnight"}, "window: came 'fortnight'"),
    ],
)
def test_wrong_choices_are_refused_in_a_sentence(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        study(log(rows=20), **changes)


def test_changes_with_one_id_twice_are_refused() -> None:
    row = {
        "id": "7",
        "at": "2025-03-01",
        "kind": "deploy",
        "what": "x",
        "source": "s",
        "entered_by": "person",
    }
    with pytest.raises(InputError, match="the id '7' is there more than once"):
        study(log(rows=20), changes=pd.DataFrame([row, row]))


def test_a_signal_that_always_shows_is_refused() -> None:
    with pytest.raises(InputError, match="every row shows 'harmful'"):
        study(log(rows=20).assign(harmful=1))
    with pytest.raises(InputError, match="every quiet row shows it"):
        study(log(rows=20).assign(harmful=lambda rows: (rows["at"] < DAYS[50]).astype(int)))
