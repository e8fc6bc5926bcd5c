"""Incidents put into made-up logs; expected values are those that were put in, or by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import raikit
from raikit.analyses.incident import IncidentStudy
from raikit.errors import InputError
from raikit.evidence.session import begin
from raikit.sources import open_table

DAYS = pd.date_range("2025-01-06", periods=120)
ONSET = 80


def log(seed: int = 7, *, rise: float = 0.15, rows: int = 100) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    place = np.repeat(np.arange(len(DAYS)), rows)
    region = random.choice(["north", "south"], len(place))
    hit = (place >= ONSET) & (region == "south")
    harmful = random.random(len(place)) < 0.10 + rise * hit
    return pd.DataFrame({"at": DAYS[place], "region": region, "harmful": harmful.astype(int)})


def study(frame: pd.DataFrame, **given: object) -> IncidentStudy:
    settings = {"timestamp": "at", "signal": "harmful", "segments": ["region"]} | given
    return raikit.incident(open_table(frame), **settings)  # type: ignore[arg-type]


def said(made: IncidentStudy) -> tuple[list[str], list[str]]:
    evidence = begin("incident", {})
    evidence.add(made.before_after())
    for column in made.levels:
        evidence.add(made.by_level(column))
    return evidence.state(made)["finding"].tolist(), evidence.record().limits


def test_a_rise_in_one_segment_is_dated_and_found_there() -> None:
    covered = []
    for seed in range(12):
        made = study(log(seed))
        assert abs((made.onset.day - DAYS[ONSET]).days) <= 3
        assert made.by_level("region").iloc[0]["slice"] == {"region": "south"}
        covered.append(made.onset.low <= DAYS[ONSET] <= made.onset.high)
    assert np.mean(covered) > 0.8
    texts, _ = said(made)
    assert "harmful rises to" in texts[0]
    assert any("south +" in text and "north" not in text for text in texts)


def test_excess_is_observed_less_expected() -> None:
    frame = log()
    made = study(frame, onset=str(DAYS[ONSET].date()))
    after, before = frame[frame["at"] >= DAYS[ONSET]], frame[frame["at"] < DAYS[ONSET]]
    row = made.before_after().set_index("metric").loc["excess_rows"]
    expected = after["harmful"].sum() - before["harmful"].mean() * len(after)
    assert row["estimate"] == pytest.approx(expected)
    assert row["low"] < expected < row["high"]
    texts, limits = said(made)
    assert "The day was given by a person." in texts[0]
    assert any("was given, not searched" in text for text in limits)


def test_quiet_data_are_no_incident() -> None:
    stands_out = [len(said(study(log(seed, rise=0.0)))[0]) > 1 for seed in range(20)]
    assert np.mean(stands_out) <= 0.15


def test_an_end_that_is_given_ends_the_period() -> None:
    made = study(log(), onset=str(DAYS[ONSET].date()), mitigated=str(DAYS[100].date()))
    after = made.before_after().set_index("group").loc["after"]
    assert after["n"] == 20 * 100


def test_recorded_changes_are_ranked_and_never_called_a_cause() -> None:
    made = study(log(), changes={"early": "2025-02-01", "deploy": str(DAYS[ONSET].date())})
    assert made.coincident()["change"].tolist() == ["deploy", "early"]
    texts, _ = said(made)
    assert any("deploy. Coincidence in time is not a cause." in text for text in texts)
    far, _ = said(study(log(), changes={"early": "2025-02-01"}))
    assert any("No recorded change falls within" in text for text in far)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"signal": "harmfull"}, "no column 'harmfull'; did you mean 'harmful'"),
        ({"signal": "region=west"}, "no row shows 'region=west'"),
        ({"onset": "2024-12-01"}, "onset: 2024-12-01 lies outside the data, 2025-01-06 to 2025-05-05"),
        ({"onset": "2025-03-27", "mitigated": "2025-03-01"}, "mitigated: 2025-03-01 is not after the onset"),
        ({"onset": "soon"}, "onset: came 'soon'; allowed: a date"),
        ({"changes": {"deploy": "?"}}, "changes: came '\\?'"),
    ],
)
def test_wrong_choices_are_refused_in_a_sentence(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        study(log(rows=20), **changes)


def test_a_signal_that_always_shows_is_refused() -> None:
    with pytest.raises(InputError, match="every row shows 'harmful'"):
        study(log(rows=20).assign(harmful=1))


def test_few_days_say_that_nothing_is_known_of_quiet_ones() -> None:
    frame = log(rise=0.6)
    made = study(frame[(frame["at"] >= DAYS[70]) & (frame["at"] < DAYS[90])])
    assert np.isnan(made.onset.chance)
    _, limits = said(made)
    assert any("Too few fortnights" in text for text in limits)
    assert any("Too few weeks to measure" in text for text in limits)
