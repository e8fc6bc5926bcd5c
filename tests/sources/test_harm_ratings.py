"""The rated replies: what the files say, and what raikit adds."""

from __future__ import annotations

import pandas as pd
import pytest

from raikit.sources import Role, check, open_table

RATERS = ["rater_1", "rater_2", "rater_3"]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return open_table("demo:harm-ratings").to_pandas()


def test_counts_of_the_published_files(rows: pd.DataFrame) -> None:
    assert rows["set"].value_counts().to_dict() == {"hate": 199, "violence": 187}
    assert open_table("demo:harm-ratings?set=violence").rows == 187
    violence = rows[rows["set"] == "violence"]
    assert violence["rater_3"].value_counts().to_dict() == {0.25: 70, 0.0: 54, 0.5: 30, 0.75: 19, 1.0: 14}
    assert rows[RATERS].isin([0, 0.25, 0.5, 0.75, 1]).all(axis=None)


def test_bands_follow_the_length_of_the_reply(rows: pd.DataFrame) -> None:
    length = rows["response"].str.len().groupby(rows["reply_length"])
    assert length.max()["up to 150 characters"] <= 150
    assert length.min()["over 400 characters"] > 400
    assert length.agg(["min", "max"]).loc["151 to 400 characters"].between(151, 400).all()
    assert rows["reply_length"].notna().all()


def test_roles_and_statements() -> None:
    table = open_table("demo:harm-ratings?set=hate")
    check(table, [Role("item", "item", "id")])
    assert all(column.missing == 0 for column in table.columns)
    assert any("describes no system" in text for text in table.limits)
    assert "Filters: the set hate." in table.about
