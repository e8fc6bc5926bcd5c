"""Counts that were known of the published files, and what a model that is blind to the season must show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from raikit.sources import Role, check, open_table
from raikit.sources.table import Table


@pytest.fixture(scope="module")
def table() -> Table:
    return open_table("demo:flights")


@pytest.fixture(scope="module")
def rows(table: Table) -> pd.DataFrame:
    return table.to_pandas()


def test_rows_of_each_half(table: Table) -> None:
    assert table.rows == 100_000
    assert open_table("demo:flights?half=reference").rows == 49_992
    assert open_table("demo:flights?half=current").rows == 50_008
    assert open_table("demo:flights?half=current&carrier=UA").rows < 5_000


def test_us_airways_ends_in_june(rows: pd.DataFrame) -> None:
    assert str(rows.loc[rows["airline"] == "US", "date"].max()) == "2015-06-30"


def test_cancellations_of_the_blizzard_days(rows: pd.DataFrame) -> None:
    cancelled = rows.groupby(rows["date"].astype(str).str[5:])["cancelled"].sum()
    assert [int(cancelled[day]) for day in ("01-26", "01-27", "01-28")] == [30, 51, 9]
    assert [int(cancelled[day]) for day in ("02-01", "02-02", "02-03")] == [29, 50, 12]
    assert [int(cancelled[day]) for day in ("03-05", "12-28")] == [52, 48]


def test_late_is_more_than_fifteen_minutes_and_missing_when_cancelled(rows: pd.DataFrame) -> None:
    assert (rows["late"].isna() == (rows["cancelled"] == 1)).all()
    flown = rows[rows["cancelled"] == 0]
    assert ((flown["departure_delay"] > 15) == (flown["late"] == 1)).all()
    assert (
        flown["departure_delay"] == 15
    ).sum() > 500  # the boundary is really there, on the side of in time


def test_the_model_keeps_predicting_nineteen_per_cent_in_autumn(rows: pd.DataFrame) -> None:
    months = rows[rows["cancelled"] == 0].groupby("month")[["late", "predicted_probability"]].mean()
    early = months.loc["2015-01":"2015-05"]
    assert early["predicted_probability"].mean() == pytest.approx(early["late"].mean(), abs=0.003)
    autumn = months.loc["2015-09":"2015-11"]
    assert autumn["predicted_probability"].between(0.18, 0.195).all()
    assert autumn["late"].between(0.12, 0.14).all()


def test_predictions_are_those_of_a_model_not_fitted_on_the_row(rows: pd.DataFrame) -> None:
    """Out of fold, January to May looks no better than the months that no model has seen."""
    from sklearn.metrics import roc_auc_score

    flown = rows[rows["cancelled"] == 0]
    early = flown["month"] <= "2015-05"
    scores = [
        roc_auc_score(part["late"], part["predicted_probability"]) for part in (flown[early], flown[~early])
    ]
    assert scores[0] > 0.55
    assert abs(scores[0] - scores[1]) < 0.03
    assert rows.loc[early[early].index, "prediction"].mean() == pytest.approx(
        flown.loc[early, "late"].mean(), abs=0.01
    )


def test_roles_and_statements(table: Table) -> None:
    check(
        table,
        [
            Role("label", "late", "label"),
            Role("prediction", "prediction", "prediction"),
            Role("score", "predicted_probability", "score"),
            Role("timestamp", "date", "timestamp"),
            Role("flight", "flight", "id"),
            Role("features", "airline", "group"),
        ],
    )
    assert any("January to May" in each for each in table.about)
    assert table.system is not None
    assert {"name", "version", "owner", "purpose"} == set(table.system)


def test_rebuilding_gives_the_same_predictions(rows: pd.DataFrame) -> None:
    from raikit.sources.flights import _probabilities

    again, _ = _probabilities(rows, pd.to_datetime(rows["date"]))
    assert np.allclose(again, rows["predicted_probability"].to_numpy(), atol=1e-5)
