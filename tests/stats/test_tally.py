"""Tally: the same integers as counting by hand, from every engine, whatever the order, names and chunks."""

from __future__ import annotations

import shutil
from collections import Counter
from math import fsum

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raikit.errors import InputError
from raikit.stats.score_bins import bin_of
from raikit.stats.tally import Tally, count

HOSTILE = 'na"me; DROP TABLE rows --'
KEYS = [HOSTILE, "Sex", "sex", "label"]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows = 5000
    return pd.DataFrame(
        {
            HOSTILE: rng.choice(np.array(["a", "b'", "ü" * 200, None], dtype=object), rows),
            "Sex": rng.choice(["Male", "Female"], rows),
            "sex": rng.choice(np.array([1.0, 2.0, np.nan]), rows),
            "label": rng.integers(0, 2, rows),
            "score": np.where(rng.random(rows) < 0.02, np.nan, np.round(rng.random(rows), 2)),
            "weight": rng.exponential(size=rows),
            "unused": rng.random(rows),
        }
    )


def plain(value):
    return None if pd.isna(value) else value


def by_hand(frame: pd.DataFrame, keys: list[str]) -> Counter:
    return Counter(
        tuple(plain(value) for value in row) for row in frame[keys].itertuples(index=False, name=None)
    )


def as_counter(tally: Tally) -> Counter:
    return Counter(
        {tuple(row): n for *row, n in tally.cells[[*tally.keys, "n"]].itertuples(index=False, name=None)}
    )


ENGINES = {
    "pandas": lambda frame: frame,
    "polars": pl.from_pandas,
    "polars lazy": lambda frame: pl.from_pandas(frame).lazy(),
    "arrow": lambda frame: pa.Table.from_pandas(frame),
    "narwhals": lambda frame: nw.from_native(pl.from_pandas(frame)),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_counts_as_by_hand(frame, engine):
    tally = count(ENGINES[engine](frame), KEYS)
    assert as_counter(tally) == by_hand(frame, KEYS)
    assert tally.total == len(frame)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_gives_the_same_bins_and_weighted_sums(frame, engine):
    tally = count(ENGINES[engine](frame), ["Sex", "label"], score="score", weight="weight")
    expected = count(frame, ["Sex", "label"], score="score", weight="weight")
    assert tally.cells[[*tally.keys, "n"]].equals(expected.cells[[*expected.keys, "n"]])
    for name in tally.sums[1:]:
        assert tally.cells[name].to_numpy() == pytest.approx(expected.cells[name].to_numpy(), rel=1e-12)


def test_files_through_duckdb_count_the_same(frame, tmp_path):
    frame = frame.drop(columns="Sex")  # DuckDB's own column names ignore case
    path = tmp_path / "rows.parquet"
    frame.to_parquet(path)
    keys = [HOSTILE, "sex", "label"]
    relation = duckdb.connect().read_parquet(str(path))
    for source in (relation, nw.from_native(relation)):
        tally = count(source, keys, score="score")
        assert tally.cells.equals(count(frame, keys, score="score").cells)


def spark_frame(frame: pd.DataFrame, request: pytest.FixtureRequest):
    sql = pytest.importorskip("pyspark.sql", reason="pyspark isn't installed (make spark does it)")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    session = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    request.addfinalizer(session.stop)
    return session.createDataFrame(
        [tuple(map(plain, row)) for row in frame.to_numpy(dtype=object)], list(frame)
    )


def ibis_frame(frame: pd.DataFrame, request: pytest.FixtureRequest):
    import ibis

    return ibis.memtable(pa.Table.from_pandas(frame))


@pytest.mark.filterwarnings("ignore")  # these engines warn about their own dependencies
@pytest.mark.parametrize("build", [pytest.param(spark_frame, marks=pytest.mark.spark), ibis_frame])
def test_engines_with_a_group_by_of_their_own_count_the_same(frame, build, request):
    frame = frame.drop(columns=["Sex", "unused"])
    keys = [HOSTILE, "sex", "label"]
    tally = count(build(frame, request), keys, score="score", weight="weight")
    expected = count(frame, keys, score="score", weight="weight")
    assert tally.cells[[*tally.keys, "n"]].equals(expected.cells[[*expected.keys, "n"]])
    for name in tally.sums[1:]:
        assert tally.cells[name].to_numpy() == pytest.approx(expected.cells[name].to_numpy(), rel=1e-12)


@pytest.mark.parametrize(
    "edges", [np.linspace(0, 1, 101), np.arange(11) / 10, np.linspace(-0.3, 0.77, 38), [0.0, 0.3, 0.31, 0.9]]
)
def test_bins_are_those_of_comparing_with_the_edges(edges):
    edges = np.asarray(edges)
    near = np.concatenate([edges, np.nextafter(edges, -9), np.nextafter(edges, 9), [-7.0, 9.0, np.nan]])
    scores = np.concatenate([near, np.random.default_rng(1).random(2000)])
    place = np.searchsorted(edges, scores, side="right") - 1.0  # numpy's own; the last bin is closed
    place[scores == edges[-1]] = len(edges) - 2
    place[np.isnan(scores)] = np.nan
    assert bin_of(scores, edges) == pytest.approx(place, nan_ok=True)
    for source in (pd.DataFrame({"s": scores}), pl.DataFrame({"s": scores})):
        tally = count(source, [], score="s", edges=edges)
        expected = Counter(None if np.isnan(number) else int(number) for number in place)
        assert {key[0]: n for key, n in as_counter(tally).items()} == dict(expected)


@pytest.mark.parametrize(
    "odd", [[], [np.nextafter(1, 2)], [1.004], [-0.001, 7.0], [np.nan], [np.inf, -np.inf]]
)
def test_rounded_scores_and_the_closed_last_bin(odd):
    scores = np.array([*np.round(np.arange(101) / 100, 2), 1.0, 0.995, *odd])
    edges = np.linspace(0, 1, 101)
    expected = Counter(None if np.isnan(x) else int(x) for x in bin_of(scores, edges))  # numpy's searchsorted
    tally = count(pd.DataFrame({"s": scores}), [], score="s")
    assert {key[0]: n for key, n in as_counter(tally).items()} == dict(expected)


def test_marginals_pools_and_weights_are_those_of_the_rows(frame):
    tally = count(frame, KEYS, weight="weight")
    assert as_counter(tally.over("label", "Sex")) == by_hand(frame, ["label", "Sex"])
    assert tally.over().total == len(frame)
    women = frame.loc[frame["Sex"] == "Female", "weight"]
    by_sex = tally.over("Sex").cells.set_index("Sex")
    assert by_sex.loc["Female", "w"] == pytest.approx(fsum(women), rel=1e-12)
    assert by_sex.loc["Female", "w2"] == pytest.approx(fsum(women**2), rel=1e-12)
    pooled = tally.pooled({"Sex": {"Male": "any", "Female": "any"}}).over("Sex")
    assert as_counter(pooled) == {("any",): len(frame)}


names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8)
rows = st.lists(st.tuples(st.sampled_from(["x", "y", "", None]), st.sampled_from([0, 1, None])), min_size=1)


@settings(max_examples=40, deadline=None)
@given(rows, st.data())
def test_order_names_and_chunks_change_nothing(rows, data):
    table = pd.DataFrame(rows, columns=["g", "y"], dtype=object)
    whole = count(table, ["g", "y"])
    shuffled = table.iloc[data.draw(st.permutations(range(len(table))))]
    assert count(shuffled, ["g", "y"]).cells.equals(whole.cells)
    cut = data.draw(st.integers(0, len(table)))
    assert (count(table[:cut], ["g", "y"]) + count(table[cut:], ["g", "y"])).cells.equals(whole.cells)
    first, second = data.draw(st.lists(names, min_size=2, max_size=2, unique=True))
    renamed = count(table.set_axis([first, second], axis=1), {"g": first, "y": second})
    assert renamed.cells.equals(whole.cells)


def test_words_booleans_and_numbers_stay_what_they_are():
    table = pd.DataFrame({"b": [True, False], "w": ["yes", "no"], "i": [1, 0]})
    cells = count(table, ["b", "w", "i"]).cells
    assert cells.values.tolist() == [[False, "no", 0, 1], [True, "yes", 1, 1]]
    assert [type(value) for value in cells.iloc[0, :3]] == [bool, str, int]


def test_keys_may_have_the_names_used_within_the_pass():
    table = pd.DataFrame({"low": ["a", "b"], "present": [1, 2], "k1": [3, 4], "bin": [5, 6], "w": [0.1, 0.2]})
    tally = count(table, ["low", "present", "k1", "bin", "w"], score="w")
    assert tally.over("low", "present", "k1", "bin", "w").cells.values.tolist() == [
        ["a", 1, 3, 5, 0.1, 1, 0.1, pytest.approx(0.01)],
        ["b", 2, 4, 6, 0.2, 1, 0.2, pytest.approx(0.04)],
    ]


def test_missing_values_are_a_last_group():
    table = pd.DataFrame({"g": ["a", None, float("nan")], "x": [1.0, np.nan, np.nan]})
    assert count(table, ["g"]).cells.values.tolist() == [["a", 1], [None, 2]]
    assert count(table, ["x"]).cells.values.tolist() == [[1.0, 1], [None, 2]]


def test_ten_thousand_groups_with_long_names():
    table = pd.DataFrame({"g": [f"{i:0200d}" for i in range(10_000)] * 2, "y": [0, 1] * 10_000})
    assert count(table, ["g", "y"]).over("g").cells["n"].eq(2).all()


def test_no_rows_and_zero_weights_are_counted_as_such():
    empty = pd.DataFrame({"g": pd.Series([], dtype=str), "w": pd.Series([], dtype=float)})
    assert count(empty, ["g"]).total == 0
    assert count(empty, [], weight="w").total == 0
    zero = count(pd.DataFrame({"g": ["a", "b"], "w": [0, 0]}), ["g"], weight="w")
    assert zero.cells["w"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_bad_weights_are_refused(bad):
    with pytest.raises(InputError, match="none missing"):
        count(pd.DataFrame({"g": ["a", "b"], "w": [1.0, bad]}), ["g"], weight="w")


def test_unknown_and_reserved_names_are_refused():
    table = pd.DataFrame({"g": ["a"], "n": [1]})
    with pytest.raises(InputError, match="not found"):
        count(table, ["gg"])
    with pytest.raises(ValueError, match="by a mapping"):
        count(table, ["n"])
    assert count(table, {"number": "n"}).total == 1
    with pytest.raises(ValueError, match="no key"):
        count(table, ["g"]).over("h")
    with pytest.raises(ValueError, match="can't be added"):
        count(table, ["g"]) + count(table, {"h": "g"})
    with pytest.raises(ValueError, match="increase"):
        count(table, ["g"], score="n", edges=[1, 1])
