"""Counts known from the published files (see the field's own documentation of codes), not from our code."""

from __future__ import annotations

import pytest

from raikit.sources import Role, check, open_table, peek
from raikit.sources.table import Table


@pytest.fixture(scope="module")
def table() -> Table:
    return open_table("demo:acs-employment?year=2018")


def test_rows_of_each_choice(table: Table) -> None:
    assert table.rows == 43_691
    assert open_table("demo:acs-employment").rows == 173_871
    assert open_table("demo:acs-employment?ages=all").rows == 277_677
    assert open_table("demo:acs-employment?ages=all&year=2015").rows == 68_785


def test_employed_people_that_the_model_misses(table: Table) -> None:
    rows = table.to_pandas(["disability", "employed", "prediction"])
    employed = rows[rows["employed"] == 1]
    missed = employed[employed["prediction"] == 0]
    assert employed["disability"].value_counts().to_dict() == {
        "Without a disability": 30_622,
        "With a disability": 1_407,
    }
    assert missed["disability"].value_counts().to_dict() == {
        "Without a disability": 1_220,
        "With a disability": 839,
    }


def test_rates_by_sex_and_race(table: Table) -> None:
    rows = table.to_pandas(["sex", "race", "employed", "prediction"])
    rates = rows.groupby(["sex", "employed"])["prediction"].mean().round(3).to_dict()
    assert rates[("Male", 1)] == 0.938
    assert rates[("Female", 1)] == 0.933
    assert {rates[("Male", 0)], rates[("Female", 0)]} == {0.483, 0.665}
    races = rows["race"].value_counts().to_dict()
    assert races["American Indian"] == 52
    assert races["Alaska Native"] == 1
    assert races["American Indian or Alaska Native, tribe not specified"] == 32


def test_words_are_short_enough_to_be_shown(table: Table) -> None:
    everyone = open_table("demo:acs-employment?ages=all")
    for column in everyone.columns:
        if column.type == "text":
            assert column.levels is not None
            assert column.levels <= 50
            assert everyone.to_pandas([column.name])[column.name].str.len().max() <= 64
            assert column.missing == 0


def test_it_plays_its_roles_and_states_itself(table: Table) -> None:
    check(
        table,
        [
            Role("label", "employed", "label"),
            Role("prediction", "prediction", "prediction"),
            Role("score", "predicted_probability", "score"),
            Role("item", "id", "id"),
            *(Role("sensitive_features", name, "group") for name in ("sex", "race", "disability")),
        ],
    )
    assert [x.name for x in peek("demo:acs-employment?year=2018")] == [x.name for x in table.columns]
    assert table.system is not None
    assert table.system["name"] == "ma-employment-status"
    assert "Filters: ages 18 to 64; survey year 2018." in table.about
    said = " ".join(table.limits)
    for each in ("weights", "household", "Hispanic", "features", "not a hiring decision"):
        assert each in said


def test_the_same_rows_give_the_same_fingerprint(table: Table) -> None:
    assert open_table("demo:acs-employment?year=2018").fingerprint == table.fingerprint
    assert open_table("demo:acs-employment?year=2017").fingerprint != table.fingerprint
