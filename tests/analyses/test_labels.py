"""Labels: every shape of table, degenerate ratings, annotators, disputes, and what noise leaves open."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import raikit
from raikit.analyses.label_noise import Noise, downstream_rows, noise_of, true_share_range
from raikit.analyses.label_study import LabelStudy
from raikit.errors import InputError
from raikit.sources import open_table

RATERS = ["rater_1", "rater_2", "rater_3"]


def wide(level: str = "nominal", **columns: list[Any]) -> LabelStudy:
    frame = pd.DataFrame(columns)
    table = open_table(frame.assign(item=[f"i{place}" for place in range(len(frame))]))
    return raikit.labels(table, item="item", annotators=list(columns), level=level, anchors="env:KEY")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "a key for these tests only")


@pytest.fixture(scope="module")
def random_long() -> pd.DataFrame:
    """90 items, 3 of 5 annotators each; p4 says 1 too often, and only in the second half of the year."""
    random = np.random.default_rng(17)
    rows = []
    for item in range(240):
        truth = int(item % 3 == 0)
        for who in random.choice(5, 3, replace=False):
            wrong = random.random() < (0.7 if who == 4 and not truth and item >= 120 else 0.03)
            at = pd.Timestamp("2026-01-01") + pd.Timedelta(
                hours=36 * item, minutes=int(random.integers(0, 60))
            )
            rows.append((f"item {item}", f"p{who}@example.com", truth ^ int(wrong), "ab"[item % 2], at))
    return pd.DataFrame(rows, columns=["item", "who", "rating", "group", "at"])


@pytest.fixture(scope="module")
def long(random_long: pd.DataFrame) -> LabelStudy:
    return raikit.labels(
        open_table(random_long), item="item", annotators="who", rating="rating", slices=["group"],
        timestamp="at", positive=[1], anchors="", window="quarter",
    )  # fmt: skip


def estimates(frame: pd.DataFrame) -> dict[str, float]:
    return dict(zip(frame["metric"], frame["estimate"], strict=False))


def statuses(frame: pd.DataFrame) -> dict[str, str]:
    return dict(zip(frame["metric"], frame["status"], strict=False))


@pytest.mark.parametrize(("chosen", "level", "alpha", "low", "high"), [
    ("hate", "ordinal", 0.861, 0.826, 0.890), ("violence", "ordinal", 0.766, 0.702, 0.812),
    ("hate", "nominal", 0.484, None, None), ("violence", "nominal", 0.367, None, None),
])  # fmt: skip
def test_alphas_of_the_three_rater_sets(
    chosen: str, level: str, alpha: float, low: float | None, high: float | None
) -> None:
    """Noted with the krippendorff package before; the limits then by percentiles, here bias-corrected."""
    table = open_table(f"demo:harm-ratings?set={chosen}")
    row = raikit.labels(table, item="item", annotators=RATERS, level=level).agreement().iloc[0]
    assert row["estimate"] == pytest.approx(alpha, abs=0.0005)
    if low is not None:
        assert (row["low"], row["high"]) == pytest.approx((low, high), abs=0.015)


def test_shapes_of_the_same_ratings_give_the_same_numbers() -> None:
    frame = open_table("demo:harm-ratings?set=violence").to_pandas(["item", *RATERS])
    first = raikit.labels(open_table(frame), item="item", annotators=RATERS, level="ordinal").agreement()
    melted = frame.melt("item", var_name="who", value_name="score").sample(frac=1, random_state=3)
    second = raikit.labels(
        open_table(melted), item="item", annotators="who", rating="score", level="ordinal"
    ).agreement()
    unknown = raikit.labels(open_table(melted), item="item", rating="score", level="ordinal").agreement()
    counts = pd.crosstab(melted["item"], melted["score"])
    counts.columns = [f"{value:g}" for value in counts.columns]
    votes = raikit.labels(
        open_table(counts.reset_index()), item="item", votes=list(counts.columns), level="ordinal"
    ).agreement()
    numbers = ["n", "estimate", "low", "high"]
    for other in (second, unknown, votes):
        pd.testing.assert_frame_equal(other[numbers], first[numbers])


def test_without_annotators_nothing_is_said_of_them() -> None:
    table = open_table(pd.DataFrame({"item": list("abc"), "yes": [3, 0, 2], "no": [0, 3, 1]}))
    study = raikit.labels(table, item="item", votes=["yes", "no"], anchors="env:KEY")
    assert study.annotators().empty
    assert study.pairs().empty
    with pytest.raises(InputError, match="nobody knows who rated"):
        study.confusion()
    assert estimates(study.agreement())["percent_agreement"] == pytest.approx((1 + 1 + 1 / 3) / 3)


def test_cohen_kappa_of_the_textbook_table() -> None:
    """[[20, 5], [10, 15]]: observed .7, by chance .5, so kappa .4."""
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    row = wide(a=first, b=second).pairs().iloc[0]
    assert (row["metric"], row["n"], row["estimate"]) == ("cohen_kappa", 50, pytest.approx(0.4))
    assert row["low"] < 0.4 < row["high"]


@pytest.mark.parametrize(
    ("columns", "status"),
    [
        ({"a": ["x", "y"] * 20}, "undefined"),  # one rater
        ({"a": ["x"], "b": ["y"]}, "undefined"),  # one item
        ({"a": ["x"] * 40, "b": ["x"] * 40}, "undefined"),  # constant ratings
        ({"a": ["x", "y"] * 20, "b": [None] * 39 + ["y"]}, "undefined"),  # an annotator with one rating
        ({"a": ["x", "y"] * 5, "b": ["x", "y"] * 5}, "small"),
        ({"a": ["x", "y"] * 20, "b": ["x", "y"] * 20}, "ok"),
    ],
)
def test_status_of_alpha_where_little_can_be_said(columns: dict[str, list[Any]], status: str) -> None:
    study = wide(**columns)
    agreement = study.agreement()
    assert statuses(agreement)["krippendorff_alpha"] == status
    undefined = agreement[agreement["status"] == "undefined"]
    assert undefined[["estimate", "low", "high"]].isna().all(axis=None)
    for name in ("prevalence", "pairs", "annotators", "over_time", "confusion", "disputed", "adjudication",
                 "noise", "downstream", "representative"):  # fmt: skip
        getattr(study, name)()
    study.needed(0.1)


@pytest.mark.parametrize(
    ("columns", "items"),
    [
        ({"a": ["x", "y"] * 20}, 0),  # one rater: no item has two ratings
        ({"a": ["x"], "b": ["y"]}, 1),  # one item
        ({"a": ["x", "y"] * 20, "b": [None] * 39 + ["y"]}, 1),  # b rated the last item alone
    ],
)
def test_one_rater_one_item_and_one_rating_are_undefined(columns: dict[str, list[Any]], items: int) -> None:
    study = wide(**columns)
    agreement = study.agreement()
    assert set(agreement["status"]) == {"undefined"}
    assert set(agreement["n"]) == {items}
    assert set(study.pairs()["status"]) <= {"undefined"}
    people = study.annotators()
    assert "ok" not in set(people["status"])
    known = people[people["status"] != "undefined"]
    assert set(known["status"]) <= {"small"}  # one item at most, and its interval is wide
    assert ((known["high"] - known["low"]) > 0.8).all()


def test_agreement_on_one_and_the_same_rating_is_no_certainty() -> None:
    row = wide(a=["x"] * 40, b=["x"] * 40).agreement().set_index("metric").loc["percent_agreement"]
    other = wide(a=["x", "y"] * 20, b=["x", "y"] * 20).agreement().set_index("metric")
    assert (row["estimate"], row["status"]) == (1, "ok")
    assert row["low"] == other.loc["percent_agreement", "low"] < 1  # which rating it is makes no difference


def test_perfect_agreement_keeps_a_lower_limit() -> None:
    row = wide(a=["x", "y"] * 20, b=["x", "y"] * 20).agreement().iloc[0]
    assert row["estimate"] == 1
    assert 0.8 < row["low"] < 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"level": "ratio"}, "level: came 'ratio'; allowed: nominal, ordinal, interval"),
        ({"level": "ordinal"}, "needs numbers, or the parameter categories"),
        ({"level": "interval"}, "needs numbers"),
        ({"annotators": ["a", "c"]}, "no column 'c'"),
        ({"annotators": []}, "annotators: came none"),
        ({"item": ""}, "item: came none"),
        ({"positive": ["z"]}, "positive: no rating is 'z'"),
        ({"categories": ["x"]}, "1 of the ratings' 2 values are not among the 1 given"),
        ({"rating": "a"}, "came 2 columns together with rating"),
        ({"votes": ["a"]}, "votes: came together with annotators"),
        ({"window": "fortnight"}, "window: came 'fortnight'"),
        ({"timestamp": "a"}, "timestamp: came with a column for each annotator"),
        ({"text": "words"}, "no column 'words'"),
    ],
)
def test_wrong_input_is_one_clear_sentence(change: dict[str, Any], said: str) -> None:
    table = open_table(pd.DataFrame({"item": [1, 2], "a": ["x", "y"], "b": ["x", "x"]}))
    given = {"item": "item", "annotators": ["a", "b"], "anchors": "env:KEY"} | change
    with pytest.raises(InputError, match=said):
        raikit.labels(table, **given)


def test_no_rating_at_all_and_items_that_repeat() -> None:
    empty = pd.DataFrame({"item": [1, 2], "who": ["a", "b"], "rating": ["", ""]})
    with pytest.raises(InputError, match="no rating is left"):
        raikit.labels(open_table(empty), item="item", annotators="who", rating="rating", anchors="env:KEY")
    twice = pd.DataFrame({"item": [1, 1], "a": ["x", "y"], "b": ["x", "y"]})
    with pytest.raises(InputError, match="item 'item' repeats an earlier value"):
        raikit.labels(open_table(twice), item="item", annotators=["a", "b"], anchors="env:KEY")


def test_ordinal_words_in_their_order() -> None:
    words = ["low", "mid", "high"]
    table = open_table(pd.DataFrame({"item": [1, 2, 3], "a": words, "b": ["low", "high", "high"]}))
    ranked = open_table(pd.DataFrame({"item": [1, 2, 3], "a": [0, 1, 2], "b": [0, 2, 2]}))
    given = {"item": "item", "annotators": ["a", "b"], "level": "ordinal", "anchors": "env:KEY"}
    first = raikit.labels(table, categories=words, **given).agreement()["estimate"]
    pd.testing.assert_series_equal(first, raikit.labels(ranked, **given).agreement()["estimate"])


def test_the_last_of_repeated_ratings_counts_and_empty_ones_do_not() -> None:
    rows = [(1, "a", "x"), (1, "b", "x"), (1, "a", "y"), (2, "a", "x"), (2, "b", ""), (2, "c", "x")]
    table = open_table(pd.DataFrame(rows, columns=["item", "who", "rating"]))
    study = raikit.labels(table, item="item", annotators="who", rating="rating", anchors="env:KEY")
    assert (study.ratings.repeats, study.ratings.missing) == (1, 1)
    assert estimates(study.agreement())["percent_agreement"] == 0.5


def test_interval_numbers_of_many_values() -> None:
    from krippendorff import alpha

    random = np.random.default_rng(2)
    truth = random.normal(size=150)
    ratings = {name: truth + random.normal(0, 0.5, 150) for name in ("a", "b", "c")}
    study = wide("interval", **{name: list(values) for name, values in ratings.items()})
    agreement = study.agreement()
    assert agreement["metric"].tolist() == ["krippendorff_alpha"]
    expected = alpha(np.array(list(ratings.values())), level_of_measurement="interval")
    assert agreement["estimate"].tolist() == pytest.approx([expected])
    assert study.adjudication().empty
    assert len(study.disputed()) == 10
    with pytest.raises(InputError, match="at most 50"):
        study.confusion()


def test_annotators_by_hand() -> None:
    """Three raters, four items; the others of c agree on items 1-3 (2, 2, 1), c says 3, 2, 2."""
    study = wide("ordinal", a=[2, 2, 1, 1], b=[2, 2, 1, 3], c=[3, 2, 2, 2])
    rows = study.annotators()
    named = {"a": 0, "b": 1, "c": 2}
    people = study.ratings.annotators
    agreed = rows[rows["metric"] == "consensus_agreement"].set_index("group")["counts"]
    by_counts = sorted(tuple(counts) for counts in agreed)
    assert by_counts == [(1, 1), (1, 1), (1, 3)]  # a and b meet a consensus of others on item 2 only
    bias = rows[rows["metric"] == "annotator_bias"].set_index("group")["estimate"]
    # c: 3−2, 2−2, 2−1, 2−2 → .5; a: 2−2.5, 0, 1−1.5, 1−2.5 → −.625; b: −.5, 0, −.5, 1.5 → .125
    assert sorted(bias) == pytest.approx([-0.625, 0.125, 0.5])
    assert len(people) == len(named)
    assert set(people) == {"A1", "A2", "A3"}


def test_drift_pace_and_windows(long: LabelStudy) -> None:
    rows = long.annotators()
    change = rows[rows["metric"] == "consensus_agreement_difference"]
    drifted = change[change["high"] < 0]
    assert len(drifted) == 1  # p4, who alone changed
    assert drifted["estimate"].iloc[0] < -0.2
    pace = rows[rows["metric"] == "items_per_hour"]
    assert pace["estimate"].between(1 / 73, 1 / 35).all()  # an item in 36 hours; each rates three of five
    windows = long.over_time()
    alpha = windows[windows["metric"] == "krippendorff_alpha"]
    assert [held["window"] for held in alpha["slice"]] == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    assert alpha["estimate"].iloc[0] > alpha["estimate"].iloc[2]
    assert alpha["n"].sum() == 240


def test_names_stand_only_where_asked(long: LabelStudy, random_long: pd.DataFrame) -> None:
    everything = " ".join(
        frame.to_csv()
        for frame in (long.agreement(), long.annotators(), long.pairs(), long.confusion().reset_index(),
                      long.disputed(), long.over_time(), long.noise())
    )  # fmt: skip
    assert "example.com" not in everything
    assert "item 1" not in everything
    study = raikit.labels(
        open_table(random_long), item="item", annotators="who", rating="rating", name_annotators=True,
        text="group", anchors="env:KEY",
    )  # fmt: skip
    assert "p4@example.com" in study.annotators().to_csv()
    assert "text" not in study.disputed()
    assert set(study.disputed(reveal=True)["text"]) <= {"a", "b"}


def test_reveal_needs_a_column_of_texts(long: LabelStudy) -> None:
    with pytest.raises(InputError, match="reveal needs the parameter text"):
        long.disputed(reveal=True)


def test_disputed_items_come_first_where_the_conclusion_hangs_on_the_rater() -> None:
    """Items 1 and 2 straddle positive (3 and more), 3 does not though its raters are as far apart."""
    study = wide("interval", a=[2, 2, 1, 1, 5], b=[3, 4, 2, 1, 5], c=[3, 2, 1, 1, 5])
    from dataclasses import replace

    table = replace(study, positive=(3, 4, 5)).disputed()
    assert table["depends on who rated"].tolist() == ["yes", "yes", "no"]
    assert table["share of disagreement"].sum() == pytest.approx(1)
    # squared differences within items: (2, 4, 2) has four times that of (1, 2, 1) and (2, 3, 3)
    assert table["share of disagreement"].tolist() == pytest.approx([4 / 6, 1 / 6, 1 / 6])
    settled = replace(study, positive=(3, 4, 5)).adjudication()
    assert settled["items settled"].tolist() == [0, 3]
    assert settled[["lowest share positive", "highest share positive"]].values.tolist() == [
        [0.2, 0.6],
        [0.4, 0.4],
    ]
    assert settled["alpha"].tolist()[-1] == pytest.approx(1)


def test_items_needed_shrink_the_width_with_the_root() -> None:
    study = raikit.labels(
        open_table("demo:harm-ratings?set=hate"), item="item", annotators=RATERS, level="ordinal"
    )
    row = study.needed(0.03).iloc[0]
    assert row["items needed"] == pytest.approx(199 * (row["width"] / 0.03) ** 2, abs=1)
    with pytest.raises(InputError, match="target_width: came 0"):
        study.needed(0)


def test_range_of_the_true_share_holds_every_pair_of_error_rates() -> None:
    """All (p, se, sp) that give one rated share and one disagreement lie within the closed-form range."""
    grid = np.linspace(0.02, 0.98, 25)
    errors = np.linspace(0, 0.45, 19)
    for p, miss, false in product(grid, errors, errors):
        share = p * (1 - miss) + (1 - p) * false
        disagree = 2 * (p * miss * (1 - miss) + (1 - p) * false * (1 - false))
        low, high = true_share_range(share, disagree)
        assert low - 1e-9 <= p <= high + 1e-9
    assert np.isnan(noise_of(0.5, 0.6)[0])  # raters who agree less than by chance tell nothing


def test_noise_of_the_share_and_the_gap(long: LabelStudy) -> None:
    frame = long.noise()
    rows = {(row.metric, row.group): row for row in frame.itertuples(index=False)}
    plain, noisy = rows["positive_rate", ""], rows["positive_rate_under_noise", ""]
    assert noisy.low < plain.low < plain.estimate < plain.high < noisy.high
    assert noisy.low < 1 / 3 < noisy.high  # the truth of the simulation
    gap = rows["positive_rate_under_noise_difference", "a − b"]
    assert gap.compared == [{"group": "a"}, {"group": "b"}]
    assert gap.low < rows["positive_rate_difference", "a − b"].low < gap.estimate < gap.high


def test_downstream_rates_by_hand() -> None:
    """Errors .2: a pass rate of .8 is (.8 − .2) / .8 = .75 if fails pass, and .8 / .8 = 1 if passes fail."""
    base = {"n": 100, "confidence": 0.95, "method": "wilson", "status": "ok", "compared": None}
    frame = pd.DataFrame(
        [
            {"metric": "pass_rate", "slice": {}, "estimate": 0.8, "low": 0.8, "high": 0.8, **base},
            {"metric": "pass_rate", "slice": {"set": "a"}, "estimate": 0.9, "low": 0.9, "high": 0.9, **base},
            {"metric": "pass_rate", "slice": {"set": "b"}, "estimate": 0.7, "low": 0.7, "high": 0.7, **base},
            {"metric": "pass_rate_difference", "slice": {"set": "a"}, "estimate": 0.2, "low": 0.1}
            | {"high": 0.3} | base | {"compared": [{"set": "a"}, {"set": "b"}]},
            {"metric": "pass_rate", "slice": {"set": "c"}, "estimate": None, "low": None, "high": None}
            | base | {"status": "suppressed"},
            {"metric": "auc", "slice": {}, "estimate": 0.8, "low": 0.7, "high": 0.9, **base},
        ]
    )  # fmt: skip
    rows = pd.DataFrame(downstream_rows({"safety": frame}, Noise(0.2, 0.1)))
    found = {
        row.group: (row.low, row.high)
        for row in rows.itertuples(index=False)
        if row.metric.endswith("_noise")
    }
    assert found["safety"] == pytest.approx((0.75, 1.0))
    assert found["safety × b"] == pytest.approx((0.625, 0.875))
    assert "safety × c" not in found  # hidden stays hidden
    gap = rows[rows["metric"] == "pass_rate_under_noise_difference"].iloc[0]
    assert (gap["low"], gap["high"]) == pytest.approx((0.875 - 0.875, 1.0 - 0.625))
    assert gap["compared"] == [{"run": "safety", "set": "a"}, {"run": "safety", "set": "b"}]


def test_downstream_true_positive_rates_hold_the_truth() -> None:
    """Labels of known noise laid over known rates: the true rates lie within the ranges."""
    true, tpr, fpr, miss = 0.4, 0.9, 0.2, 0.15
    shown = true * (1 - miss)  # labelled positive, all errors misses
    observed_fpr = (true * miss * tpr + (1 - true) * fpr) / (1 - shown)
    base = {
        "n": 10_000,
        "confidence": 0.95,
        "method": "wilson",
        "status": "ok",
        "compared": None,
        "slice": {},
    }
    frame = pd.DataFrame(
        {"metric": metric, "estimate": rate, "low": rate, "high": rate, **base}
        for metric, rate in (
            ("base_rate", shown),
            ("true_positive_rate", tpr),
            ("false_positive_rate", observed_fpr),
        )
    )
    rows = pd.DataFrame(downstream_rows({"fairness": frame}, Noise(miss, 0.05))).set_index("metric")
    for metric, truth in (("base_rate", true), ("true_positive_rate", tpr), ("false_positive_rate", fpr)):
        row = rows.loc[f"{metric}_under_noise"]
        assert row["low"] - 1e-9 <= truth <= row["high"] + 1e-9
    assert rows.loc["false_positive_rate_under_noise", "low"] == pytest.approx(fpr)


def test_audited_sample_against_the_population() -> None:
    random = np.random.default_rng(4)
    population = pd.DataFrame({"length": random.choice(["short", "long"], 20_000, p=[0.5, 0.5])})
    like = pd.DataFrame({"length": random.choice(["short", "long"], 4_000, p=[0.5, 0.5])})
    unlike = pd.DataFrame({"length": random.choice(["short", "long"], 4_000, p=[0.8, 0.2])})
    verdicts = []
    for frame in (like, unlike):
        rated = frame.assign(item=range(len(frame)), a=random.integers(0, 2, len(frame)), b=1)
        study = raikit.labels(
            open_table(rated), item="item", annotators=["a", "b"], population=open_table(population),
            compare=["length"], anchors="env:KEY",
        )  # fmt: skip
        verdicts += study.representative()["verdict"].tolist()
    assert verdicts == ["immaterial", "material"]


def test_audited_numbers_by_tenths_and_missing_values() -> None:
    random = np.random.default_rng(8)
    population = pd.DataFrame({"age": random.normal(40, 10, 30_000), "empty": [None, 1.0] * 15_000})
    items = pd.DataFrame({"age": random.normal(40, 10, 6_000), "empty": [None, 1.0] * 3_000})
    table = open_table(items.assign(item=range(6_000), a=random.integers(0, 2, 6_000), b=1))
    study = raikit.labels(
        table, item="item", annotators=["a", "b"], population=open_table(population),
        compare=["age", "empty"], anchors="env:KEY",
    )  # fmt: skip
    found = study.representative()
    assert found["verdict"].tolist() == ["immaterial", "immaterial"]
    assert found["n"].tolist() == [6_000, 6_000]


def test_a_population_needs_columns_to_compare() -> None:
    table = open_table(pd.DataFrame({"item": [1, 2], "a": [0, 1], "b": [0, 1]}))
    study = raikit.labels(table, item="item", annotators=["a", "b"], population=table, anchors="env:KEY")
    with pytest.raises(InputError, match="population needs the parameter compare"):
        study.representative()


def test_a_group_without_a_single_positive_has_limits() -> None:
    """Wilson's upper limit for 0 of 30 is 1.96² / (30 + 1.96²) = .1135."""
    frame = pd.DataFrame({"item": range(60), "a": [0] * 30 + [0, 1] * 15, "set": ["x"] * 30 + ["y"] * 30})
    study = raikit.labels(
        open_table(frame.assign(b=frame["a"])), item="item", annotators=["a", "b"], slices=["set"],
        positive=[1], anchors="env:KEY",
    )  # fmt: skip
    rows = study.noise().set_index(["metric", "group"])
    for metric in ("positive_rate", "positive_rate_under_noise"):
        found = rows.loc[(metric, "x")]
        assert [found["low"], found["estimate"], found["high"]] == pytest.approx([0, 0, 0.1135], abs=1e-4)


def test_a_file_is_read_as_a_table_is(tmp_path: Path, random_long: pd.DataFrame) -> None:
    path = tmp_path / "ratings.csv"
    random_long.to_csv(path, index=False)
    given = {"item": "item", "annotators": "who", "rating": "rating", "timestamp": "at", "anchors": "env:KEY"}
    first = raikit.labels(open_table(str(path)), **given)
    second = raikit.labels(open_table(random_long), **given)
    pd.testing.assert_frame_equal(first.annotators(), second.annotators())
