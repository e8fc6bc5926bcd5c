"""Many columns counted at once: pandas gives the expected counts, another engine the same integers."""

from __future__ import annotations

import math
import shutil
from random import Random
from types import SimpleNamespace
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import raikit
from raikit.analyses.cuts import Cuts, cut
from raikit.analyses.level_counts import count_levels
from raikit.analyses.windows import PERIOD
from raikit.sources import open_table


def rows(n: int = 3_000) -> pd.DataFrame:
    draw = np.random.default_rng(5)
    number = np.where(draw.random(n) < 0.02, np.nan, draw.lognormal(size=n))
    number[:3] = np.inf, -np.inf, -5.0
    return pd.DataFrame(
        {
            "at": pd.Timestamp("2024-11-20") + pd.to_timedelta(np.arange(n) // 40, "D"),
            "x": number,
            "whole": draw.integers(0, 90, n),
            "code": draw.choice(["a", "b", None], n),
            "flag": draw.random(n) < 0.3,
            "side": draw.choice(["north", "south"], n),
        }
    )


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return rows()


@pytest.fixture(scope="module")
def cuts(frame: pd.DataFrame) -> dict[str, Cuts | None]:
    table = open_table(frame)
    return {**cut(table, table, ["x", "whole"]), "code": None, "flag": None}


def told(cells: pd.DataFrame) -> dict[tuple[Any, ...], int]:
    """Return the counts by period, segment and level; NaN told as None."""
    keys = (
        cells[[PERIOD, "segment", "level"]]
        .astype(object)
        .where(cells[[PERIOD, "segment", "level"]].notna(), None)
    )
    return dict(zip(keys.itertuples(index=False, name=None), cells["n"].tolist(), strict=True))


@pytest.mark.parametrize("window", ["day", "week", "month", "quarter", "year"])
def test_levels_by_period_are_those_of_pandas(frame: pd.DataFrame, window: str) -> None:
    found = count_levels(open_table(frame), {"code": None}, timestamp="at", window=window, segment="side")[
        "code"
    ]
    at = frame["at"].dt
    of_day = at.year * 1000 + at.day_of_year
    period = {"month": at.year * 12 + at.month - 1, "quarter": at.year * 4 + at.quarter - 1, "year": at.year}
    by = [period.get(window, of_day).rename("p"), frame["side"], frame["code"]]
    expected = frame.groupby(by, dropna=False).size()
    assert told(found) == {
        (float(p), side, None if pd.isna(code) else code): n for (p, side, code), n in expected.items()
    }


def test_bins_are_found_by_their_limits(frame: pd.DataFrame, cuts: dict[str, Cuts | None]) -> None:
    found = count_levels(open_table(frame), {"x": cuts["x"]})["x"]
    finite = frame["x"][np.isfinite(frame["x"])]
    limits = np.array(cuts["x"].fine)
    assert (np.diff(limits) > 0).all()
    assert limits[0] == finite.min()
    place = np.clip(np.searchsorted(limits, finite, side="right") - 1, 0, len(limits) - 2)
    expected = {
        (None, None, int(bin_)): n for bin_, n in zip(*np.unique(place, return_counts=True), strict=True)
    }
    expected |= {(None, None, -1): 1, (None, None, len(limits) - 1): 1}  # the infinite ones
    expected[None, None, None] = int(frame["x"].isna().sum())
    assert told(found) == expected


@settings(max_examples=12, deadline=None)
@given(st.lists(st.floats(allow_nan=False, width=64), min_size=2, max_size=40), st.randoms())
def test_starts_of_bins_are_where_the_arithmetic_of_other_engines_puts_them(
    numbers: list[float], random: Random
) -> None:
    limits = tuple(sorted({value + 0.0 for value in numbers if np.isfinite(value)}))
    if len(limits) < 2:
        return
    cuts = Cuts((), (limits[0], limits[-1]), limits)
    near = [math.nextafter(start, side) for start in cuts.starts for side in (-np.inf, start, np.inf)]
    asked = np.array([*numbers, *near, *(random.uniform(-1e3, 1e3) for _ in range(20))])
    frame = nw.from_native(pd.DataFrame({"x": asked}))
    theirs = frame.select(cuts.bin_expression(nw.col("x")).alias("bin")).to_native()["bin"]
    ours = np.searchsorted(cuts.starts, asked, side="right") - 1
    assert theirs.astype(int).tolist() == ours.tolist()


def test_many_small_groups_count_as_few_large_ones(cuts: dict[str, Cuts | None]) -> None:
    """Large groups are sorted, small ones looked up: the sums are the same."""
    frame = rows(20_000)
    table, only = open_table(frame), {"x": cuts["x"], "whole": cuts["whole"]}
    small = count_levels(table, only, timestamp="at", window="day")
    large = count_levels(table, only)
    for name in only:
        sums = small[name].groupby("level", dropna=False)["n"].sum()
        assert sums.sort_index().tolist() == large[name].set_index("level")["n"].sort_index().tolist()


def test_another_engine_gives_the_same_integers(frame: pd.DataFrame, cuts: dict[str, Cuts | None]) -> None:
    other = SimpleNamespace(lazy=nw.from_native(frame).lazy())  # pandas' own group-by instead of DuckDB's
    for asked in ({}, {"timestamp": "at", "window": "week", "segment": "side"}):
        ours, theirs = (count_levels(table, cuts, **asked) for table in (open_table(frame), other))
        for name in cuts:
            assert told(ours[name]) == told(theirs[name])


def test_a_study_of_another_engine_is_the_same(frame: pd.DataFrame) -> None:
    """Which numbers are cut, and which columns are identifiers, rests on counts that are made for it."""
    import ibis

    given = frame.assign(
        at=frame["at"].astype("datetime64[us]"), row=[f"row {at}" for at in range(len(frame))]
    )
    arrow = pa.Table.from_pandas(given, preserve_index=False)
    asked = {
        "timestamp": "at",
        "window": "week",
        "split": "2025-01-01",
        "segment": "side",
        "domain_sample": 0,
    }
    ours, theirs = (raikit.drift(open_table(rows), **asked) for rows in (given, ibis.memtable(arrow)))
    for made in ("distances", "windows", "pages", "measures"):
        pd.testing.assert_frame_equal(getattr(theirs, made)(), getattr(ours, made)())
    assert theirs.skipped == ours.skipped == ("row has more than 1,000 levels, like an identifier",)


@pytest.mark.filterwarnings("ignore")  # Spark warns about its own dependencies
@pytest.mark.spark
def test_pyspark_gives_the_same_integers(
    frame: pd.DataFrame, cuts: dict[str, Cuts | None], request: pytest.FixtureRequest
) -> None:
    sql = pytest.importorskip("pyspark.sql", reason="pyspark isn't installed (make spark does it)")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    session = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    request.addfinalizer(session.stop)
    # From a pandas column of text Spark would read a missing value as the word NaN: Arrow keeps it missing.
    other = open_table(session.createDataFrame(pa.Table.from_pandas(frame, preserve_index=False)))
    for asked in ({}, {"timestamp": "at", "window": "month", "segment": "side"}):
        ours, theirs = (count_levels(table, cuts, **asked) for table in (open_table(frame), other))
        for name in cuts:
            assert told(ours[name]) == told(theirs[name])
