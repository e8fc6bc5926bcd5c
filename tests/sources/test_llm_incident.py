"""The made-up service's log: real grades, and the incident and the mix shift that its docstring tells of."""

from __future__ import annotations

import pandas as pd
import pytest

from raikit.sources.events.changes import read_changes
from raikit.sources.events.reports import read_reports
from raikit.sources.table import Table, open_table


@pytest.fixture(scope="module")
def table() -> Table:
    return open_table("demo:llm-incident")


@pytest.fixture(scope="module")
def log(table: Table) -> pd.DataFrame:
    rows = table.to_pandas()  # a table's times are in UTC, without saying so
    return rows.assign(at=rows["at"].dt.tz_localize("UTC"))


def test_the_page_is_told_that_the_service_is_made_up(table: Table):
    said = " ".join((*table.about, *table.limits, table.system["purpose"]))
    for word in ("made up", "simulated", "no real incident"):
        assert word in said


def test_no_text_is_in_the_log(log: pd.DataFrame):
    assert list(log) == ["at", "item", "category", "channel", "prompt_version", "unsafe"]
    assert log["item"].str.fullmatch(r"[a-z_]+-\d{3}").all()
    assert len(log) == 14 * 24 * 300
    assert log["item"].nunique() <= 30 + 66 + 30 + 56 + 58 + 48 + 41 + 48  # the files' rows: 377


def test_a_pair_keeps_the_grade_that_a_person_gave(log: pd.DataFrame):
    assert log.groupby("item")[["category", "unsafe"]].nunique().max().max() == 1


def test_unsafe_replies_rise_in_one_slice_over_six_hours(log: pd.DataFrame):
    hour = pd.Timedelta("1h")
    prompt, back = pd.Timestamp("2026-05-12T14:00Z"), pd.Timestamp("2026-05-13T10:00Z")
    rows = log[log["category"].eq("privacy")]
    rate = [
        rows.loc[rows["at"].between(start, end), "unsafe"].mean()
        for start, end in (
            (prompt - 48 * hour, prompt),
            (prompt, prompt + 3 * hour),
            (prompt + 6 * hour, back),
            (back, back + 24 * hour),
        )
    ]
    # By the docstring: about .026, then a quarter of the rise on average, then all of it, then back. Five
    # standard deviations of the smallest of these (about 180 rows) are .12, of the others .05.
    assert rate == pytest.approx([0.026, 0.10, 0.286, 0.036], abs=0.06)
    others = log[log["category"].ne("privacy")]
    during = others["at"].between(prompt, back)
    assert others.loc[during, "unsafe"].mean() < 0.05


def test_the_mix_moves_while_no_channel_does(log: pd.DataFrame):
    others = log[log["category"].ne("privacy")]
    campaign = others["at"] >= pd.Timestamp("2026-05-12T12:00Z")
    rates = others.pivot_table(index="channel", columns=campaign, values="unsafe")
    assert (rates[True] - rates[False]).abs().max() < 0.012
    partner = others["channel"].eq("partner")
    assert partner[~campaign].mean() == pytest.approx(0.15, abs=0.01)
    assert partner[campaign].mean() == pytest.approx(0.40, abs=0.01)
    overall = others.groupby(campaign)["unsafe"].mean()
    assert overall[True] > overall[False] + 0.005


def test_an_hour_holds_sixty_requests_about_privacy_most_of_the_time(log: pd.DataFrame):
    hours = log[log["category"].eq("privacy")].groupby(log["at"].dt.floor("h")).size()
    assert hours.median() >= 55


def test_the_change_log_and_the_reports_of_the_demo_can_be_read():
    changes = read_changes(["params/demo/llm-changes.csv"])
    assert changes["id"].tolist() == ["D-31", "F-7", "P-12", "A-90", "T-412", "M-3"]
    assert changes.attrs["zoned"]
    assert set(changes["entered_by"]) == {"machine", "person"}
    assert len(read_reports("params/demo/llm-reports.csv")) == 4
