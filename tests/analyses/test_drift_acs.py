"""The census by year: nothing that deserves a page, ANC (ancestry) material; values from the field notes."""

from __future__ import annotations

import pandas as pd
import pytest

import raikit
from raikit.analyses.drift_study import DriftStudy
from raikit.sources import open_table


@pytest.fixture(scope="module")
def census() -> DriftStudy:
    rows = open_table("demo:acs-employment?ages=all").to_pandas()
    # The survey gives the year only; spread over its days each year is a whole window, none a remainder.
    rows["day"] = pd.to_datetime(rows["year"].astype(str) + "-01-01") + pd.to_timedelta(rows["id"] % 365, "D")
    mine = {"id", "year", "age_band", "day", "employed", "prediction", "predicted_probability"}
    features = [name for name in rows if name not in mine]
    return raikit.drift(
        open_table(rows),
        timestamp="day",
        split="2016-01-01",
        window="year",
        features=features,
        label="employed",
        prediction="prediction",
        score="predicted_probability",
    )


def test_ancestry_is_material_and_small(census: DriftStudy) -> None:
    whole = census.distances().query("metric == 'cohens_w' and group == 'ancestry'")
    assert whole["verdict"].tolist() == ["material"]
    windows = census.windows()
    last = windows[windows["group"].str.startswith("ancestry") & windows["group"].str.endswith("2018")]
    assert last["estimate"].iloc[0] == pytest.approx(0.118, abs=0.005)
    assert last["verdict"].tolist() == ["material"]


def test_no_year_pages(census: DriftStudy) -> None:
    auc = census.domain.rows
    years = [{"window": str(year)} for year in (2016, 2017, 2018)]
    assert auc["slice"].tolist() == [{"period": "current"}, *years]
    assert (auc["low"] < 0.60).all()
    assert (auc["estimate"].diff()[2:] > -0.01).all()
    made = census.calibration()
    errors = made[(made["metric"] == "calibration_error") & made["slice"].map(lambda held: "period" in held)]
    assert (errors["low"] < 0.02).all()
