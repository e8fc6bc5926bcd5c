"""Cancelled flights of 2015: the storms of 26-27 January, 1-2 February and 5 March are public record."""

from __future__ import annotations

import pandas as pd
import pytest

import raikit
from raikit.analyses.incident_study import IncidentStudy
from raikit.evidence.session import begin


@pytest.fixture(scope="module")
def cancelled() -> IncidentStudy:
    table = raikit.open_table("demo:flights")
    settings = {"quiet": "2015-07-01..2015-10-31", "onset": "2015-01-26", "segments": ["airline"]}
    return raikit.incident(table, timestamp="date", signal="cancelled", features=[], **settings)


@pytest.mark.parametrize(
    ("first", "last"),
    [("2015-01-26", "2015-01-27"), ("2015-02-01", "2015-02-02"), ("2015-03-05", "2015-03-05")],
)
def test_storms_are_among_the_six_largest_episodes(cancelled: IncidentStudy, first: str, last: str) -> None:
    largest = cancelled.listing().head(6)
    one_day = pd.Timedelta(days=1)
    near = [
        abs(pd.Timestamp(row["first window"]) - pd.Timestamp(first)) <= one_day
        and abs(pd.Timestamp(row["last window"]) - pd.Timestamp(last)) <= one_day
        for row in largest.to_dict("records")
    ]
    assert sum(near) == 1, largest


def test_who_leads_by_count_is_no_finding(cancelled: IncidentStudy) -> None:
    evidence = begin("incident", {})
    for frame in (cancelled.episodes(), cancelled.excess(), cancelled.by_segment(), cancelled.mix()):
        evidence.add(frame)
    texts = evidence.state(cancelled)["finding"].tolist()
    assert any("airline=UA leads by count" in text and "a count, no finding" in text for text in texts)
    assert not any("changed more than among all other rows in" in text for text in texts)
