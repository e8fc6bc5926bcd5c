"""Fairness against hand counts, fairlearn and statsmodels on the same rows, and simulated data sets."""

from __future__ import annotations

from random import Random

import fairlearn.metrics as fl
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, precision_score
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from raikit import fairness, open_table
from raikit.analyses.contrasted import reference_of
from raikit.analyses.disparities import compare
from raikit.analyses.fairness_study import FairnessStudy
from raikit.analyses.gaps import COMPARED, Slicing
from raikit.analyses.groups import Groups
from raikit.analyses.rates import Rate
from raikit.errors import InputError
from raikit.stats.metrics import rate_counts

AIAN = ["American Indian", "Alaska Native", "American Indian or Alaska Native, tribe not specified"]
FAIRLEARN = {
    "selection_rate": fl.selection_rate,
    "true_positive_rate": fl.true_positive_rate,
    "false_positive_rate": fl.false_positive_rate,
    "false_negative_rate": fl.false_negative_rate,
    "true_negative_rate": fl.true_negative_rate,
    "positive_predictive_value": precision_score,
    "accuracy": accuracy_score,
}


def rows_of(groups: dict[str, tuple[int, int, int, int]], name: str = "group") -> pd.DataFrame:
    """Rows by group: true positives, false negatives, false positives, true negatives."""
    outcomes = ((1, 1), (1, 0), (0, 1), (0, 0))
    rows = [
        (group, label, prediction)
        for group, counts in groups.items()
        for n, (label, prediction) in zip(counts, outcomes, strict=True)
        for _ in range(n)
    ]
    return pd.DataFrame(rows, columns=[name, "label", "prediction"])


def study_of(rows: pd.DataFrame, **given: object) -> FairnessStudy:
    arguments = {"label": "label", "prediction": "prediction", "sensitive_features": ["group"]} | given
    return fairness(open_table(rows), **arguments)


def value(frame: pd.DataFrame, metric: str, group: str = "") -> pd.Series:
    found = frame[(frame["metric"] == metric) & (frame["group"] == group)]
    assert len(found) == 1, (metric, group, list(frame["group"]))
    return found.iloc[0]


@pytest.fixture(scope="module")
def acs() -> pd.DataFrame:
    return open_table("demo:acs-employment?year=2018").to_pandas(
        ["sex", "race", "disability", "employed", "prediction", "predicted_probability"]
    )


@pytest.fixture(scope="module")
def acs_study(acs: pd.DataFrame) -> FairnessStudy:
    return fairness(
        open_table(acs), label="employed", prediction="prediction", score="predicted_probability",
        sensitive_features=["sex", "race", "disability"], intersections=[["sex", "race"]],
        pool={"race": {"American Indian or Alaska Native": AIAN}},
    )  # fmt: skip


# fairlearn's 18-row example; rates by hand from its table
EXAMPLE = {"a": (1, 1, 2, 0), "b": (3, 2, 0, 1), "c": (2, 3, 2, 1)}


def test_the_eighteen_rows_of_fairlearn() -> None:
    rows = rows_of(EXAMPLE)
    study = study_of(rows, min_n=1, suppress_below=0)
    rates, gaps = study.rates(), study.gaps()
    expected = {
        "true_positive_rate": {"a": 1 / 2, "b": 3 / 5, "c": 2 / 5},
        "false_positive_rate": {"a": 1.0, "b": 0.0, "c": 2 / 3},
        "selection_rate": {"a": 3 / 4, "b": 1 / 2, "c": 1 / 2},
    }
    for metric, by_group in expected.items():
        for group, rate in by_group.items():
            assert value(rates, metric, group)["estimate"] == pytest.approx(rate, abs=1e-12)
    classic = gaps.set_index("metric")["estimate"]
    sensitive = {"sensitive_features": rows["group"]}
    for name in ("demographic_parity_difference", "equalized_odds_difference"):
        theirs = getattr(fl, name)(rows["label"], rows["prediction"], **sensitive)
        assert classic[name] == pytest.approx(theirs, abs=1e-12)
    assert classic["demographic_parity_difference"] == 0.25
    assert classic["equalized_odds_difference"] == 1.0


def test_acs_rates_equal_fairlearns_on_the_same_rows(acs: pd.DataFrame, acs_study: FairnessStudy) -> None:
    rates = acs_study.rates()
    race = acs["race"].replace(dict.fromkeys(AIAN, "American Indian or Alaska Native"))
    for groups in (acs["sex"], race, acs["disability"]):
        theirs = fl.MetricFrame(
            metrics=FAIRLEARN, y_true=acs["employed"], y_pred=acs["prediction"], sensitive_features=groups
        ).by_group
        for metric in FAIRLEARN:
            for group in theirs.index:
                ours = value(rates, metric, group)
                if ours["status"] != "suppressed":
                    assert ours["estimate"] == pytest.approx(theirs.loc[group, metric], abs=1e-9)
    assert (rates["status"] == "suppressed").sum() < 60


def test_acs_gaps_equal_fairlearns(acs: pd.DataFrame, acs_study: FairnessStudy) -> None:
    gaps = acs_study.gaps()
    for column in ("sex", "disability"):
        for name in ("demographic_parity_difference", "equalized_odds_difference"):
            theirs = getattr(fl, name)(acs["employed"], acs["prediction"], sensitive_features=acs[column])
            ours = gaps[(gaps["metric"] == name) & (gaps["slice"].map("×".join) == column)]
            assert ours["estimate"].item() == pytest.approx(theirs, abs=1e-9)


def test_acs_intervals_equal_those_of_statsmodels(acs_study: FairnessStudy) -> None:
    row = value(acs_study.rates(), "true_positive_rate", "With a disability")
    assert row["counts"] == [568, 1407]  # 1,407 employed people with a disability, 839 of them missed
    low, high = proportion_confint(568, 1407, method="wilson")
    assert (row["low"], row["high"]) == pytest.approx((low, high), abs=1e-9)
    gap = value(
        acs_study.gaps(), "true_positive_rate_difference", "With a disability vs Without a disability"
    )
    low, high = confint_proportions_2indep(568, 1407, 30622 - 1220, 30622, compare="diff", method="newcomb")
    assert (gap["low"], gap["high"]) == pytest.approx((low, high), abs=1e-9)
    assert [round(gap[name], 3) for name in ("estimate", "low", "high")] == [-0.556, -0.582, -0.531]


def test_acs_pooled_group_is_judged_and_the_row_of_one_is_not(
    acs: pd.DataFrame, acs_study: FairnessStudy
) -> None:
    pooled = value(
        acs_study.gaps(), "true_positive_rate_difference", "American Indian or Alaska Native vs White"
    )
    assert (pooled["status"], pooled["counts"]) == ("ok", [43, 54, 24764, 26183])
    assert pooled["estimate"] == pytest.approx(-0.1495, abs=1e-4)
    unpooled = fairness(
        open_table(acs), label="employed", prediction="prediction", sensitive_features=["race"]
    )
    alone = unpooled.rates().query("group == 'Alaska Native'")
    assert set(alone["status"]) == {"suppressed"}
    assert alone["n"].isna().all()
    pairs = unpooled.gaps().query("status != 'suppressed'")["compared"]
    assert not [pair for pair in pairs if {"race": "Alaska Native"} in pair]


def test_a_single_row_sets_no_reference_even_where_nothing_is_hidden() -> None:
    rows = rows_of({"one": (1, 0, 0, 0), "big": (400, 400, 100, 300), "other": (300, 300, 100, 200)})
    study = study_of(rows, suppress_below=0)
    gaps = study.gaps()
    ratios = gaps[gaps["metric"] == "impact_ratio"]
    assert {pair[1]["group"] for pair in ratios["compared"]} == {"other"}  # 400 of 900; big: 500 of 1,200
    assert set(gaps[gaps["group"].str.startswith("one vs")]["status"]) == {"undefined"}
    assert not any(
        study.groups(("group",)).names[at] == ("one",) for c in study.comparisons for at in c.pairs.ravel()
    )


def test_small_groups_are_marked_and_can_fail() -> None:
    rows = rows_of({"small": (11, 6, 10, 10), "big": (946, 54, 300, 300)})  # 11 of 17 against .946
    study = study_of(rows)
    row = value(study.gaps(), "true_positive_rate_difference", "small vs big")
    assert row["status"] == "small"
    assert row["high"] < 0
    found = next(each for each in study.comparisons if each.metric == "true_positive_rate")
    assert found.disparity
    assert not found.within(1.0)


def test_a_group_without_positives_is_undefined_not_zero_or_one() -> None:
    rows = rows_of({"a": (50, 0, 0, 50), "b": (0, 0, 0, 60)})  # a perfect classifier
    assert fl.equalized_odds_difference(
        rows["label"], rows["prediction"], sensitive_features=rows["group"]
    ) == pytest.approx(1.0)
    study = study_of(rows)
    rate = value(study.rates(), "true_positive_rate", "b")
    assert (rate["status"], rate["n"]) == ("undefined", 0)
    assert np.isnan(rate["estimate"])
    odds = study.gaps().query("metric == 'equalized_odds_difference'")
    assert odds["status"].tolist() in ([], ["undefined"])
    assert odds["estimate"].isna().all()


def test_nobody_selected_has_an_interval_of_width() -> None:
    row = value(study_of(rows_of({"a": (0, 5, 0, 5), "b": (20, 20, 20, 20)})).rates(), "selection_rate", "a")
    low, high = proportion_confint(0, 10, method="wilson")  # [0, .278], where a bootstrap has [0, 0]
    assert (row["low"], row["high"]) == pytest.approx((low, high), abs=1e-9)


def test_exactly_four_fifths_keeps_its_integers() -> None:
    rows = rows_of({"a": (24, 16, 24, 16), "b": (30, 10, 30, 10)})  # 48 of 80 against 60 of 80
    assert value(study_of(rows).gaps(), "impact_ratio", "a vs b")["counts"] == [48, 80, 60, 80]


def test_missing_groups_are_shown_and_not_compared_and_missing_labels_are_counted() -> None:
    rows = rows_of({"a": (40, 10, 10, 40), "b": (30, 20, 10, 40), "none": (20, 20, 20, 20)})
    rows["group"] = rows["group"].replace({"none": None})
    rows["label"] = rows["label"].astype("Int64").mask(rows.index < 30)  # 30 of the 40 true positives of a
    study = study_of(rows)
    rates = study.rates()
    assert value(rates, "selection_rate", "a")["counts"] == [50, 100]
    assert value(rates, "true_positive_rate", "a")["counts"] == [10, 20]
    assert value(rates, "selection_rate", "(missing)")["counts"] == [40, 80]
    assert not study.gaps()["group"].str.contains("missing").any()


def test_pools_replace_their_members_everywhere() -> None:
    rows = rows_of({"a": (40, 10, 10, 40), "b": (30, 20, 10, 40), "c": (5, 5, 5, 5)})
    study = study_of(rows, pool={"group": {"b or c": ["b", "c"]}})
    assert set(study.rates()["group"]) == {"", "a", "b or c"}
    assert value(study.rates(), "true_positive_rate", "b or c")["counts"] == [35, 60]
    assert study.describe()["note"].tolist() == ["", "pooled of 2"]


def test_every_problem_stands_in_one_message() -> None:
    rows = rows_of(EXAMPLE).assign(three=lambda frame: range(len(frame)))
    with pytest.raises(InputError) as error:
        study_of(rows, label="three", prediction="predicton", sensitive_features=["group"], cluster="home",
                 intersections=[["group", "sex"]], pool={"sex": {}})  # fmt: skip
    for words in ("three", "'prediction'", "home", "intersections: ['group', 'sex']", "pool: 'sex'"):
        assert words in str(error.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"pool": {"group": {"x": ["A"]}}}, "pool: 'group' has no group 'A'"),
        ({"pool": {"group": {"x": ["a"], "y": ["a"]}}}, "stands in two pools"),
        ({"pool": {"group": {"c": ["a", "b"]}}}, "is the name of a group that isn't pooled"),
        ({"reference_groups": {"group": "d"}}, "reference_groups: 'group' has no group 'd'"),
        ({"prediction": ""}, "prediction: none"),
        ({"threshold": 0.5}, "threshold: given beside prediction"),
        ({"positive_label": "yes"}, "positive_label: 'yes'; the values of the label are '0', '1'"),
        ({"primary": "luck"}, "primary: 'luck'; allowed: selection_rate"),
        ({"confidence": 95}, "confidence: 95"),
        ({"sensitive_features": []}, "sensitive_features: none"),
    ],
)
def test_bad_arguments_are_one_clear_sentence(given: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=r"^fairness: ") as error:
        study_of(rows_of(EXAMPLE), **given)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([f"zip {at}" for at in range(10_000)], "'group' makes 10,000 groups; at most 50"),
        (["x" * 200, "y"] * 5_000, "a value of 200 characters"),
        (["a@example.com", "b"] * 5_000, "personal data (e-mail)"),
    ],
)
def test_groups_that_are_no_labels_are_refused(names: list[str], words: str) -> None:
    rows = pd.DataFrame({"group": names, "label": [0, 1] * 5_000, "prediction": [0, 1, 1, 0] * 2_500})
    with pytest.raises(InputError) as error:
        study_of(rows)
    assert words in str(error.value)


def test_words_for_labels_and_a_threshold_give_the_same_counts() -> None:
    rows = rows_of(EXAMPLE).assign(
        score=lambda frame: np.where(frame["prediction"] == 1, 0.5, 0.49),
        answer=lambda frame: np.where(frame["label"] == 1, "yes", "no"),
    )
    plain = study_of(rows, suppress_below=0).rates()
    by_score = study_of(rows, prediction="", score="score", threshold=0.5, suppress_below=0).rates()
    by_words = study_of(rows, label="answer", positive_label="yes", suppress_below=0).rates()
    assert plain["counts"].tolist() == by_score["counts"].tolist() == by_words["counts"].tolist()


def test_weights_equal_fairlearns_and_equal_weights_change_nothing() -> None:
    rows = rows_of({"a": (40, 10, 10, 40), "b": (30, 20, 15, 35)})
    rows["w"] = np.random.default_rng(7).uniform(0.2, 3, len(rows))
    ours = study_of(rows, weight="w").rates()
    theirs = fl.MetricFrame(
        metrics={"true_positive_rate": fl.true_positive_rate, "selection_rate": fl.selection_rate},
        y_true=rows["label"], y_pred=rows["prediction"], sensitive_features=rows["group"],
        sample_params={
            "true_positive_rate": {"sample_weight": rows["w"]},
            "selection_rate": {"sample_weight": rows["w"]},
        },
    ).by_group  # fmt: skip
    for metric in theirs.columns:
        for group in theirs.index:
            assert value(ours, metric, group)["estimate"] == pytest.approx(
                theirs.loc[group, metric], abs=1e-9
            )
    assert ours["counts"].isna().all()
    numbers = ["estimate", "low", "high"]
    even = study_of(rows.assign(w=2.0), weight="w").rates()
    pd.testing.assert_frame_equal(even[numbers], study_of(rows).rates()[numbers])


def test_rows_repeated_in_clusters_are_worth_one_each() -> None:
    rows = rows_of({"a": (40, 10, 10, 40), "b": (30, 20, 15, 35)}).reset_index(names="home")
    once = study_of(rows).rates()
    five = study_of(pd.concat([rows] * 5), cluster="home").rates()
    width = five["high"] - five["low"]
    assert width.to_numpy() == pytest.approx((once["high"] - once["low"]).to_numpy(), rel=0.02)


def test_calibration_by_hand() -> None:
    rows = rows_of({"a": (30, 10, 10, 30), "b": (10, 10, 10, 10)})
    rows["score"] = np.where(rows["prediction"] == 1, 0.75, 0.25)
    calibration = study_of(rows, score="score").calibration()
    assert value(calibration, "mean_score", "a")["estimate"] == pytest.approx(0.5)
    assert value(calibration, "calibration_error", "a")["estimate"] == pytest.approx(0.0, abs=1e-12)
    # residuals are ±.25 (three in four) and ±.75: variance .1875, so 1.96 · sqrt(.1875 / 80)
    assert value(calibration, "calibration_error", "a")["high"] == pytest.approx(0.0949, abs=1e-4)
    assert value(calibration, "observed_rate", "a × 0.7–0.8")["counts"] == [30, 40]
    assert value(calibration, "observed_rate", "b × 0.2–0.3")["estimate"] == pytest.approx(0.5)
    assert study_of(rows).calibration().empty


def test_fairlearn_frame_from_counts_equals_that_from_rows() -> None:
    rows = rows_of({"a": (40, 10, 10, 40), "b": (30, 20, 15, 35)})
    ours = study_of(rows).metric_frame(FAIRLEARN, by="group")
    theirs = fl.MetricFrame(
        metrics=FAIRLEARN, y_true=rows["label"], y_pred=rows["prediction"], sensitive_features=rows["group"]
    )
    pd.testing.assert_frame_equal(ours.by_group, theirs.by_group, rtol=1e-12)


@settings(max_examples=15)
@example([(0, 0, 1, 0), (0, 1, 0, 0)], Random(7))  # two people: every figure is hidden
@given(st.lists(st.tuples(*[st.integers(0, 40)] * 4).filter(any), min_size=2, max_size=4), st.randoms())
def test_order_and_names_of_rows_change_nothing(counts: list[tuple[int, ...]], random: object) -> None:
    rows = rows_of({f"g{at}": each for at, each in enumerate(counts)})  # type: ignore[misc]
    if rows["label"].nunique() < 2 or rows["prediction"].nunique() < 2:
        return
    seed = random.randint(0, 10**6)  # type: ignore[attr-defined]
    shuffled = rows.sample(frac=1, random_state=seed).assign(group=lambda frame: "x" + frame["group"])
    first, second = study_of(rows).rates(), study_of(shuffled).rates()
    numbers = ["metric", "n", "estimate", "low", "high", "status"]
    pd.testing.assert_frame_equal(first[numbers], second[numbers])


@pytest.fixture
def no_collection(monkeypatch: pytest.MonkeyPatch) -> None:
    """statsmodels' multipletests collects garbage on every call, a tenth of a second each time."""
    monkeypatch.setattr("gc.collect", lambda *_: 0)


def slicings(rng: np.random.Generator, sizes: int, base: float, lower: float = 0.0) -> list[Slicing]:
    """Six groups with a label rate of one half and the given rate of hits, the first one's lower."""
    counts = np.zeros((6, 3, 3), dtype=np.int64)
    for group in range(6):
        hit = base - (lower if group == 0 else 0.0)
        shares = [hit / 2, (1 - hit) / 2, base / 2, (1 - base) / 2]
        counts[group, :2, :2] = rng.multinomial(sizes, shares).reshape(2, 2)
    groups = Groups(("g",), tuple((str(at),) for at in range(6)), counts)
    found = []
    for metric in COMPARED:
        success, total = rate_counts(metric, counts)
        rate = Rate(success, total, success.astype(float), total.astype(float), True)
        nobody = np.zeros(6, dtype=bool)
        found.append(
            Slicing(
                groups=groups,
                metric=metric,
                rate=rate,
                hidden=nobody,
                min_n=30,
                confidence=0.95,
                reference=reference_of(groups, nobody, rate.total, rate.total > 0, declared="", min_n=30),
            )
        )
    return found


@pytest.mark.parametrize("rows", [1_000, 20_000])
def test_equal_groups_are_rarely_called_different(rows: int, no_collection: None) -> None:
    rng = np.random.default_rng(11)
    claims = [
        any(each.disparity for each in compare(slicings(rng, rows // 6, 0.5), seed=7)) for _ in range(2_000)
    ]
    assert np.mean(claims) <= 0.06


@pytest.mark.parametrize("base", [0.2, 0.8])
def test_a_group_that_is_five_points_lower_is_found(base: float, no_collection: None) -> None:
    rng = np.random.default_rng(12)
    found = [
        next(
            each
            for each in compare(slicings(rng, 4_000, base, 0.05), seed=7)
            if each.metric == "true_positive_rate"
        )
        for _ in range(500)
    ]
    assert np.mean([each.disparity for each in found]) >= 0.8


def test_ten_million_rows_a_thousandth_apart_lie_within_the_margin() -> None:
    found = compare(slicings(np.random.default_rng(13), 1_700_000, 0.5, 0.001), seed=7)
    assert all(each.within(0.05) for each in found)
