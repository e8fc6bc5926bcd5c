"""Every problem with the columns at once, each in a sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raikit.errors import InputError
from raikit.sources import Role, check, open_table, peek
from raikit.sources.check import check_columns


def _problems(frame: object, *roles: Role) -> list[str]:
    try:
        check(open_table(frame), roles)
    except InputError as error:
        return str(error).splitlines()
    return []


def _one(values: object, kind: str) -> str | None:
    found = _problems(pd.DataFrame({"x": values, "row": range(len(values))}), Role("p", "x", kind))
    assert len(found) <= 1
    return found[0].removeprefix("data: p ") if found else None


@pytest.mark.parametrize(
    "values",
    [
        [0, 1, 1],
        [1, 1, 1],
        [0.0, 1.0, np.nan],
        [True, False, True],
        ["yes", "no", None],
        ["granted", "refused", "granted"],
        [-1, 1, 1],
    ],
)
def test_two_values_in_any_dress_are_a_label(values: list[object]) -> None:
    assert _one(values, "label") is None
    assert _one(values, "prediction") is None


@pytest.mark.parametrize(
    ("values", "kind", "said"),
    [
        ([0, 1, 2], "label", "'x' has 3 values (0, 1, 2); allowed: at most two values, such as"),
        ([0, 1, 2, None], "label", "'x' has 3 values (0, 1, 2); allowed"),
        (["a", "b", "c"], "prediction", "'x' has 3 values ('a', 'b', 'c'); allowed"),
        (["a", "b", "a long answer from a person"], "label", "'x' has 3 values; allowed"),
        (list(range(7)), "label", "'x' has 7 values; allowed"),
        ([None, None], "label", "'x' has no value in any of 2 rows; allowed: a column with values"),
        (
            [0.1, 0.7, 0.7],
            "prediction",
            "'x' holds 2 different numbers from 0.1 to 0.7, which look like prob",
        ),
        (
            [0.0, 1.0, 0.5],
            "prediction",
            "'x' holds 3 different numbers from 0 to 1, which look like probabilities",
        ),
        ([0.5, 1.5], "score", "'x' goes from 0.5 to 1.5; allowed: numbers from 0 to 1"),
        ([-0.01, 0.5], "score", "'x' goes from -0.01 to 0.5; allowed"),
        ([1.0, np.inf], "score", "'x' goes from 1 to inf; allowed"),
        (["0.5"], "score", "'x' is of type text; allowed: integer, number"),
        ([1.0, -np.inf], "number", "'x' has an infinite value; allowed: finite numbers"),
        ([1, -2], "weight", "'x' goes down to -2; allowed: finite numbers of at least 0"),
        ([1, None], "weight", "'x' lacks a value in 1 of 2 rows; allowed"),
        ([0, 0], "weight", "'x' is 0 in every row; allowed"),
        ([None, -1.0], "weight", "'x' lacks a value in 1 of 2 rows and goes down to -1; allowed"),
        (
            [1, 1, 2],
            "id",
            "'x' repeats an earlier value in 1 of 3 rows; allowed: a value of its own in every row",
        ),
        (
            ["a", None, "a"],
            "id",
            "'x' lacks a value in 1 of 3 rows and repeats an earlier value in 1 of 2 rows",
        ),
        (["2015-01-01"], "timestamp", "'x' is of type text; allowed: date, timestamp"),
        ([0.5, 0.25], "multiclass", "'x' is of type number; allowed: integer, text, boolean"),
        (
            [[1], [2]],
            "group",
            "'x' is of type other; allowed: integer, number, text, boolean, date, timestamp",
        ),
    ],
)
def test_what_a_role_refuses(values: list[object], kind: str, said: str) -> None:
    found = _one(values, kind)
    assert found is not None
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 1], "score"),
        ([0.0, 1.0, None], "score"),
        ([0, 2.5], "weight"),
        ([3, -1, None], "number"),
        (["a", None], "group"),
        ([1.5, None], "cluster"),
        (pd.to_datetime(["2015-01-01", None]), "timestamp"),
        ([1, 2, 3], "id"),
        ([None, None], "any"),
        ([[1], [2]], "any"),
        (["a", "b", "c"], "multiclass"),
    ],
)
def test_what_a_role_takes(values: object, kind: str) -> None:
    assert _one(values, kind) is None


def test_all_problems_come_together_in_one_message() -> None:
    frame = pd.DataFrame({"y": [0, 1, 2], "p": [0.2, 0.4, 0.9], "w": [1, -1, 1], "n": [1, 1, 2]})
    roles = [
        Role("label", "y", "label"),
        Role("prediction", "p", "prediction"),
        Role("weight", "w", "weight"),
        Role("item", "n", "id"),
        Role("sensitive_features", "sexx", "group"),
        Role("score", "p", "score"),
    ]
    found = _problems(frame, *roles)
    assert [line.split()[1].rstrip(":") for line in found] == [
        "sensitive_features",
        "label",
        "prediction",
        "weight",
        "item",
    ]


def test_the_same_facts_from_another_engine() -> None:
    import duckdb

    own = duckdb.connect()
    relation = own.sql("SELECT unnest([0, 1, 2]) AS y, unnest([0.5, 1.5, 0.1]) AS s")
    roles = [Role("label", "y", "label"), Role("score", "s", "score")]
    there = _problems(relation, *roles)
    here = _problems(pl.DataFrame({"y": [0, 1, 2], "s": [0.5, 1.5, 0.1]}), *roles)
    assert there == here
    assert len(here) == 2


def test_plan_time_knows_names_and_types() -> None:
    columns = peek(pd.DataFrame({"employed": [0, 1], "sex": ["F", "M"]}))
    roles = [Role("label", "emplyed", "label"), Role("score", "sex", "score"), Role("x", "sex", "group")]
    assert check_columns(columns, roles, where="a.csv") == [
        "a.csv: label: no column 'emplyed'; did you mean 'employed'? Columns: 'employed', 'sex'",
        "a.csv: score 'sex' is of type text; allowed: integer, number",
    ]


def test_messages_escape_and_shorten_what_comes_from_data() -> None:
    name = "\x1b[31m" + "x" * 200
    found = _problems(pd.DataFrame({name: ["\x1b[1m", "b", "c"]}), Role("label", name, "label"))
    assert len(found) == 1
    assert "\x1b" not in found[0]
    assert len(found[0]) < 250
    assert "no column" in _problems(pd.DataFrame({"a": [1]}), Role("label", name, "label"))[0]


def test_an_unknown_kind_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="kind 'labell'; allowed: label, "):
        Role("label", "y", "labell")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)), min_size=1, max_size=12)
)
def test_score_and_weight_agree_with_a_plain_reading(values: list[float | None]) -> None:
    frame = pd.DataFrame({"x": pd.array(values, dtype="float64"), "row": range(len(values))})
    present = [value for value in values if value is not None and value == value]
    score = bool(present) and all(0 <= value <= 1 for value in present)
    assert (not _problems(frame, Role("score", "x", "score"))) == score
    weight = (
        len(present) == len(values) and all(0 <= v < np.inf for v in present) and any(v > 0 for v in present)
    )
    assert (not _problems(frame, Role("weight", "x", "weight"))) == weight
