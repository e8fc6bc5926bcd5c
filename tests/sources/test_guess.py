"""Guesses on tables whose roles are known: from their own documentation, not from our code."""

from __future__ import annotations

import bz2
import io
from collections.abc import Iterable
from typing import Any

import pandas as pd
import pytest

from raikit.sources import open_table
from raikit.sources.guess import Guesses, guess
from raikit.sources.names import about, sensitive_topic

FAIRNESS = ["label", "prediction", "score", "positive_label", "sensitive_features", "features"]


def guessed(source: Any, parameters: Iterable[str] = FAIRNESS) -> tuple[dict[str, Any], Guesses]:
    found = guess(open_table(source), parameters)
    return {each.parameter: each.value for each in found.made}, found


def test_census_answers() -> None:
    found, guesses = guessed("demo:acs-employment?year=2018")
    assert (found["label"], found["prediction"], found["score"]) == (
        "employed",
        "prediction",
        "predicted_probability",
    )
    assert {"sex", "race", "disability", "age_band", "nativity", "citizenship", "marital_status"} <= set(
        found["sensitive_features"]
    )
    assert "id" not in found["features"]
    assert any(said.startswith("'age' is left out of sensitive_features") for said in guesses.left_out)


def test_mortgage_applications() -> None:
    found, _ = guessed("demo:loanapp")
    assert (found["label"], found["prediction"]) == ("approved", "prediction")
    assert found["sensitive_features"] == ["race", "sex", "marital_status"]
    assert "application" not in found["features"]


def test_mortgage_applications_as_published() -> None:
    from raikit.sources.loanapp import LOANAPP
    from raikit.sources.wheel import members_of

    (packed,) = members_of(LOANAPP.wheel, wanted_by="test").values()
    found, _ = guessed(pd.read_csv(io.BytesIO(bz2.decompress(packed))))
    assert found["label"] in ("approve", "reject")
    assert (found["prediction"], found["score"]) == ("", "")  # there is no model in these data
    assert set(found["sensitive_features"]) == {"married", "old", "black", "hispan", "male", "white"}


def test_flights() -> None:
    found, _ = guessed("demo:flights", ["timestamp", "features", "label", "prediction", "score"])
    assert found["timestamp"] == "date"
    assert found["label"] in ("late", "cancelled")
    assert not {"flight", "date", "prediction", "predicted_probability"} & set(found["features"])
    assert {"airline", "distance", "day_of_week"} <= set(found["features"])


def test_refusals() -> None:
    found, _ = guessed("demo:refusals", ["outcome", "passed", "prompt", "item", "slices", "features"])
    assert (found["outcome"], found["passed"], found["prompt"]) == ("outcome", "pass", "prompt")
    assert not {"prompt", "response", "item"} & set(found["slices"] + found["features"])


@pytest.mark.parametrize(
    ("name", "label", "sensitive"),
    [
        ("load_breast_cancer", "target", []),
        ("load_diabetes", "", ["sex"]),
        ("load_iris", "", []),
        ("load_wine", "", []),
    ],
)
def test_tables_of_sklearn(name: str, label: str, sensitive: list[str]) -> None:
    from sklearn import datasets

    found, guesses = guessed(getattr(datasets, name)(as_frame=True).frame)
    assert (found["label"], found["sensitive_features"]) == (label, sensitive)
    assert (name == "load_diabetes") == any("it says age" in said for said in guesses.left_out)


def test_a_target_of_several_values_is_a_label_where_several_are_allowed() -> None:
    from sklearn.datasets import load_iris

    assert guessed(load_iris(as_frame=True).frame, ["label", "task"])[0]["label"] == "target"


SENSITIVE = ["Sex", "gender_code", "applicantAge", "RAC1P", "Ethnicity", "is_hispanic", "disability status"]
SENSITIVE += [
    "Âge",
    "DOB",
    "religion",
    "marital.status",
    "foreign_worker",
    "性别",
    "Nationalité",
    "veteran",
    "Altersgruppe",
]


@pytest.mark.parametrize("name", SENSITIVE)
def test_no_sensitive_column_is_missed_silently(name: str) -> None:
    rows = pd.DataFrame({name: [0, 1] * 30, f"{name} ": range(60), "wage": [1.5, 2.5] * 30})
    found, guesses = guessed(rows)
    assert found["sensitive_features"] == [name]
    assert any(repr(f"{name} ") in said for said in guesses.left_out)


@pytest.mark.parametrize(
    "name", ["wage", "average", "trace", "message", "page", "command", "alternative", "image"]
)
def test_words_that_only_contain_a_sensitive_one(name: str) -> None:
    assert sensitive_topic(name) == ""


IDENTITIES = ["customerID", "id", "E-Mail", "phone number", "uuid", "Name", "passport_no"]


@pytest.mark.parametrize("name", IDENTITIES)
def test_no_identifier_and_no_free_text_is_a_feature(name: str) -> None:
    text = [f"the customer said that {number} was not enough" for number in range(60)]
    rows = pd.DataFrame({name: [f"x{n % 40}" for n in range(60)], "said": text, "no": range(60)})
    found, guesses = guessed(rows.assign(colour=["red", "blue"] * 30))
    assert found["features"] == ["colour"]
    assert len(guesses.left_out) == 3


def test_positive_value_of_words() -> None:
    rows = pd.DataFrame({"outcome": ["no", "yes"] * 5, "other_label": ["a", "b"] * 5})
    assert guessed(rows)[0]["positive_label"] == "yes"
    found, guesses = guessed(rows.drop(columns="outcome"))
    assert found["positive_label"] == ""
    assert "say which of 'a' and 'b'" in next(
        each.reason for each in guesses.made if each.parameter == "positive_label"
    )


def test_words_are_no_label_where_nobody_can_say_which_is_positive() -> None:
    rows = pd.DataFrame({"outcome": ["no", "yes"] * 5, "label_2": [0, 1] * 5})
    assert guessed(rows, ["label", "positive_label"])[0]["label"] == "outcome"
    assert guessed(rows, ["label"])[0]["label"] == "label_2"


def test_a_column_gets_one_role() -> None:
    rows = pd.DataFrame(
        {"predicted_label": [0, 1] * 5, "label": [0, 1] * 5, "pred_prob": [0.2, 0.7, 0.4, 0.1, 0.9] * 2}
    )
    found, _ = guessed(rows)
    assert (found["label"], found["prediction"], found["score"]) == ("label", "predicted_label", "pred_prob")


def test_words_of_a_name() -> None:
    assert {"customer", "id"} <= about("CustomerID")
    assert {"http", "status"} <= about("HTTPStatus2")
