"""Figures from Wooldridge's textbook and from the published file's description, not from our code."""

from __future__ import annotations

import pandas as pd
import pytest

from raikit.sources import open_table
from raikit.sources.table import Table


@pytest.fixture(scope="module")
def table() -> Table:
    return open_table("demo:loanapp")


@pytest.fixture(scope="module")
def rows(table: Table) -> pd.DataFrame:
    return table.to_pandas()


def test_approval_rates_of_the_textbook(table: Table, rows: pd.DataFrame) -> None:
    # Wooldridge, Introductory Econometrics, exercise C17.2: .908 of white applicants, .708 of others.
    assert table.rows == 1989
    approved = rows.groupby(rows["race"] == "White")["approved"].mean().round(3)
    assert approved.to_dict() == {True: 0.908, False: 0.708}
    assert rows["race"].value_counts().to_dict() == {"White": 1681, "Black": 197, "Hispanic": 111}


def test_numbers_that_mean_unknown_are_missing_and_the_page_says_so(table: Table, rows: pd.DataFrame) -> None:
    missing = {"guidelines_met": 2, "term_months": 4, "credit_lines": 1, "times_reviewed": 223}
    assert {name: table.column(name).missing for name in missing} == missing
    assert rows["term_months"].max() == 480
    assert rows["guidelines_met"].max() == 1
    said = " ".join(table.about)
    assert "666" in said
    assert "999999.375" in said


def test_the_model_ranks_but_was_never_told_race_or_sex(rows: pd.DataFrame) -> None:
    from sklearn.metrics import roc_auc_score

    from raikit.sources.loanapp import _FEATURES

    assert not {"race", "sex", "marital_status"} & set(_FEATURES)
    assert 0.8 < roc_auc_score(rows["approved"], rows["predicted_probability"]) < 0.9
    assert abs(rows["prediction"].mean() - rows["approved"].mean()) < 0.01
