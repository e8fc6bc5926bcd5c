"""Decisions, classes and quantities: against scikit-learn, by hand and by simulation."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from raikit.analyses.macro import interval_of
from raikit.analyses.performance import performance
from raikit.analyses.weakest import search
from raikit.errors import InputError
from raikit.sources import open_table
from raikit.stats.tally import Tally


def decided(n: int = 3000, seed: int = 1, **columns: Any) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    score = draw.random(n).round(3)
    truth = (draw.random(n) < score).astype(int)
    return pd.DataFrame(
        {"truth": truth, "guess": (score >= 0.5).astype(int), "score": score,
         "sex": draw.choice(["F", "M"], n), "place": draw.choice(["x", "y", "z"], n)} | columns
    )  # fmt: skip


def study_of(frame: pd.DataFrame, **changes: Any) -> Any:
    asked = {"label": "truth", "prediction": "guess", "score": "score", "slice_features": ["sex", "place"]}
    return performance(open_table(frame), **(asked | changes))


def row_of(frame: pd.DataFrame, metric: str, slice_: dict[str, str]) -> Any:
    (row,) = [row for row in frame.itertuples(index=False) if row.metric == metric and row.slice == slice_]
    return row


def test_decisions_agree_with_scikit_learn() -> None:
    frame = decided()
    metrics = study_of(frame).metrics()
    for slice_ in ({}, {"sex": "F"}, {"place": "z"}):
        part = frame
        for column, value in slice_.items():
            part = part[part[column] == value]
        truth, guess, score = part["truth"], part["guess"], part["score"]
        expected = {
            "accuracy": sk.accuracy_score(truth, guess), "f1": sk.f1_score(truth, guess),
            "true_positive_rate": sk.recall_score(truth, guess),
            "positive_predictive_value": sk.precision_score(truth, guess),
            "auc": sk.roc_auc_score(truth, score), "brier": sk.brier_score_loss(truth, score),
        }  # fmt: skip
        for metric, value in expected.items():
            assert row_of(metrics, metric, slice_).estimate == pytest.approx(value, abs=1e-9)


def test_many_rows_are_ranked_by_bins_with_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = decided()
    monkeypatch.setattr("raikit.analyses.ranking.MOST_EXACT", 100)
    found = row_of(study_of(frame).metrics(), "auc", {})
    bound = float(found.method.rpartition("±")[2].removesuffix(")"))
    exact = sk.roc_auc_score(frame["truth"], frame["score"])
    assert 0 < abs(found.estimate - exact) <= bound < 0.01


def test_weights_count_as_scikit_learn_counts_them() -> None:
    frame = decided(weight=np.random.default_rng(2).integers(1, 5, 3000) / 2)
    metrics = study_of(frame, weight="weight").metrics()
    given = {"sample_weight": frame["weight"]}
    for metric, value in (
        ("accuracy", sk.accuracy_score(frame["truth"], frame["guess"], **given)),
        ("f1", sk.f1_score(frame["truth"], frame["guess"], **given)),
        ("brier", sk.brier_score_loss(frame["truth"], frame["score"], **given)),
    ):
        assert row_of(metrics, metric, {}).estimate == pytest.approx(value, abs=1e-9)


def test_curves_are_exact_at_every_hundredth() -> None:
    frame = decided()
    study = study_of(frame)
    curves = study.curves()
    for at in (0, 13, 50, 99):
        guess = (frame["score"] >= at / 100).astype(int)
        line = curves.iloc[at]
        assert line["threshold"] == pytest.approx(at / 100)
        assert line["true_positive_rate"] == pytest.approx(sk.recall_score(frame["truth"], guess), abs=1e-12)
        assert line["accuracy"] == pytest.approx((guess == frame["truth"]).mean(), abs=1e-12)
    assert study.operating_point()["threshold"] == pytest.approx(0.5)
    swept = row_of(study.thresholds(), "swept_true_positive_rate", {"threshold": "0.5"})
    assert swept.counts == row_of(study.metrics(), "true_positive_rate", {}).counts


def test_threshold_makes_the_prediction() -> None:
    frame = decided()
    made = study_of(frame, prediction="", threshold=0.5).metrics()
    pd.testing.assert_frame_equal(made, study_of(frame).metrics())


def test_baseline_by_hand_and_by_statsmodels() -> None:
    from statsmodels.stats.contingency_tables import mcnemar

    frame = decided(old=np.random.default_rng(8).integers(0, 2, 3000))
    rows = study_of(frame, baseline_prediction="old").against_baseline()
    gap = row_of(rows, "accuracy_difference", {"model": "this model"})
    right, other = frame["guess"] == frame["truth"], frame["old"] == frame["truth"]
    table = pd.crosstab(right, other).to_numpy()
    assert gap.estimate == pytest.approx(right.mean() - other.mean(), abs=1e-12)
    assert gap.p == pytest.approx(mcnemar(table, exact=True).pvalue, rel=1e-9)
    assert (gap.only_model, gap.only_baseline) == ((right & ~other).sum(), (~right & other).sum())
    weighted = study_of(frame.assign(w=1.0), weight="w", baseline_prediction="old").against_baseline()
    same = row_of(weighted, "accuracy_difference", {"model": "this model"})
    difference = right.astype(int) - other.astype(int)
    half = 1.959964 * difference.std(ddof=0) / math.sqrt(len(frame))
    assert same.low == pytest.approx(difference.mean() - half, abs=1e-6)


@pytest.mark.parametrize("baseline", ["majority", "majority by sex"])
def test_majority_baselines_by_hand(baseline: str) -> None:
    frame = decided()
    by = frame.groupby("sex")["truth"] if baseline.endswith("sex") else frame.groupby(lambda _: 0)["truth"]
    guess = by.transform(lambda held: int(held.mean() > 0.5))
    rows = study_of(frame, baseline_prediction=baseline).against_baseline()
    name = baseline.replace("majority", "commonest outcome")
    found = row_of(rows, "accuracy", {"model": name})
    assert found.counts == [int((guess == frame["truth"]).sum()), len(frame)]


def test_shares_of_errors_by_hand() -> None:
    frame = decided()
    wrong = frame["guess"] != frame["truth"]
    women = frame["sex"] == "F"
    errors = study_of(frame).errors()
    assert row_of(errors, "share_of_errors", {"sex": "F"}).counts == [(wrong & women).sum(), wrong.sum()]
    assert row_of(errors, "share_of_rows", {"sex": "F"}).estimate == pytest.approx(women.mean())
    ratio = wrong[women].mean() / wrong[~women].mean()
    assert row_of(errors, "error_concentration_ratio", {"sex": "F"}).estimate == pytest.approx(ratio)


def test_weak_slice_is_found_confirmed_and_independent_of_row_order() -> None:
    frame = decided()
    weak = (frame["sex"] == "F") & (frame["place"] == "z")
    flipped = weak & (np.random.default_rng(4).random(len(frame)) < 0.5)
    frame["guess"] = np.where(flipped, 1 - frame["guess"], frame["guess"])
    study = study_of(frame)
    assert study.searched.looked_at == 2 + 3 + 6
    assert study.searched.found[0].slice == {"sex": "F", "place": "z"}
    assert study.searched.found[0].confirmed
    shuffled = study_of(frame.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(shuffled.weakest(), study.weakest())


def test_halves_differ_by_seed_and_add_up() -> None:
    frame = decided()
    frame["guess"] = np.where(frame["sex"] == "F", 1 - frame["guess"], frame["guess"])
    sizes = set()
    for seed in range(3):
        (weak,) = [each for each in study_of(frame, seed=seed).searched.found if each.slice == {"sex": "F"}]
        sizes.add(weak.n)
        assert 0.4 < (weak.n + weak.others_n) / len(frame) < 0.6
    assert len(sizes) > 1


def test_equal_slices_are_seldom_called_weak() -> None:
    # 300 data sets of counts without any weak slice: Holm at 95% confirms in 5% at most; 9% is three standard
    # errors up
    asked = study_of(decided(200), score="").asked
    claims = 0
    for seed in range(300):
        draw = np.random.default_rng(seed)
        cells = pd.DataFrame(
            [(sex, place, 1, guess) for sex in "FM" for place in "wxyz" for guess in (0, 1)],
            columns=["by sex", "by place", "label", "prediction"],
        )
        tally = Tally(tuple(cells), cells.assign(n=draw.multinomial(800, [0.2 / 8, 0.8 / 8] * 8)))
        claims += any(weak.confirmed for weak in search(tally, replace(asked, seed=seed)).found)
    assert claims <= 27


def test_rows_of_a_cluster_stay_in_one_half() -> None:
    frame = decided(house=np.repeat(np.arange(300), 10))
    frame["guess"] = np.where(frame["sex"] == "F", 1 - frame["guess"], frame["guess"])
    study = study_of(frame, cluster="house")
    assert all((weak.n + weak.others_n) % 10 == 0 for weak in study.searched.found)
    assert study.searched.found


def test_few_people_are_hidden_everywhere() -> None:
    frame = decided()
    frame.loc[:5, "place"] = "tiny"
    study = study_of(frame)
    for table in (study.metrics(), study.errors(), study.calibration()):
        for row in table.itertuples(index=False):
            if "tiny" in row.slice.values():
                assert row.status == "suppressed"
                assert math.isnan(row.estimate)
    assert all("tiny" not in weak.slice.values() for weak in study.searched.found)


def test_missing_labels_predictions_and_scores_count_where_they_can() -> None:
    frame = decided()
    frame.loc[:99, "truth"] = None
    frame["guess"] = frame["guess"].astype("Int64").where(frame.index >= 200)
    known = frame.iloc[200:]
    found = row_of(study_of(frame).metrics(), "accuracy", {})
    assert found.counts == [int((known["guess"] == known["truth"]).sum()), len(known)]
    assert row_of(study_of(frame).metrics(), "auc", {}).n == len(frame) - 100


def test_undefined_is_never_a_number() -> None:
    frame = decided(n=200)
    frame["guess"] = 0
    metrics = study_of(frame[frame["truth"] == 0], positive_label=1, score="").metrics()
    hit = row_of(metrics, "true_positive_rate", {})
    assert hit.status == "undefined"
    assert math.isnan(hit.estimate)
    one_kind = study_of(frame[frame["truth"] == 0].assign(score=0.5)).metrics()
    assert row_of(one_kind, "auc", {}).status == "undefined"


def test_classes_agree_with_scikit_learn() -> None:
    draw = np.random.default_rng(3)
    truth = draw.choice(list("abc"), 3000, p=[0.5, 0.3, 0.2])
    guess = np.where(draw.random(3000) < 0.7, truth, draw.choice(list("abc"), 3000))
    frame = pd.DataFrame({"truth": truth, "guess": guess, "sex": draw.choice(["F", "M"], 3000)})
    study = study_of(frame, score="", slice_features=["sex"], baseline_prediction="majority")
    assert study.task == "multiclass"
    for slice_, part in (({}, frame), ({"sex": "F"}, frame[frame["sex"] == "F"])):
        given = {"average": "macro", "y_true": part["truth"], "y_pred": part["guess"]}
        for metric, value in (
            ("accuracy", sk.accuracy_score(part["truth"], part["guess"])),
            ("macro_true_positive_rate", sk.recall_score(**given)),
            ("macro_positive_predictive_value", sk.precision_score(**given)),
            ("macro_f1", sk.f1_score(**given)),
        ):
            row = row_of(study.metrics(), metric, slice_)
            assert row.estimate == pytest.approx(value, abs=1e-9)
            assert row.low < value < row.high
    confusion = sk.confusion_matrix(truth, guess, normalize="true")
    assert row_of(study.confusion(), "share_predicted", {"label": "b", "predicted": "as c"}).estimate == (
        pytest.approx(confusion[1, 2], abs=1e-12)
    )
    base = row_of(study.against_baseline(), "accuracy", {"model": "commonest outcome"})
    assert base.estimate == pytest.approx((truth == "a").mean())


def test_macro_interval_covers() -> None:
    # 200 samples of three classes found at .8, .7 and .6: the mean is .7. 95% of 200 is 190; 180 is three
    # standard errors below.
    asked = study_of(decided(200)).asked
    inside = 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        counts = draw.multinomial(600, [0.8 / 3, 0.2 / 3, 0.7 / 3, 0.3 / 3, 0.6 / 3, 0.4 / 3])
        cells = pd.DataFrame({"label": [0, 0, 1, 1, 2, 2], "prediction": [0, 1, 1, 2, 2, 0], "n": counts})
        cells = cells.assign(w=counts, w2=counts, cluster="")
        (_, low, high), limited = interval_of("macro_true_positive_rate", cells, 3, replace(asked, seed=seed))
        assert limited
        inside += low <= 0.7 <= high
    assert inside >= 180


def test_rare_class_gets_no_bootstrap_limits() -> None:
    frame = pd.DataFrame({"truth": list("aabb") * 50 + ["c"] * 3, "guess": list("abba") * 50 + ["c"] * 3})
    study = study_of(frame, score="", slice_features=[])
    row = row_of(study.metrics(), "macro_f1", {})
    assert row.status == "small"
    assert math.isnan(row.low)
    hidden = [row.slice for row in study.confusion().itertuples(index=False) if row.status == "suppressed"]
    assert {"class": "c"} in hidden
    assert {"label": "c", "predicted": "as c"} in hidden
    # a class alone would follow from the total
    assert sum("class" in slice_ and slice_["class"] != "c" for slice_ in hidden) >= 1


def quantities(n: int = 2000) -> pd.DataFrame:
    draw = np.random.default_rng(6)
    truth = draw.normal(50_000, 10, n)
    return pd.DataFrame(
        {"truth": truth, "guess": truth + draw.normal(1, 4, n), "old": truth + draw.normal(0, 6, n),
         "sex": draw.choice(["F", "M"], n), "house": np.repeat(np.arange(n // 4), 4)}
    )  # fmt: skip


def test_quantities_agree_with_scikit_learn() -> None:
    frame = quantities()
    study = study_of(frame, score="", slice_features=["sex"])
    assert study.task == "regression"
    for slice_, part in (({}, frame), ({"sex": "F"}, frame[frame["sex"] == "F"])):
        expected = {
            "mean_absolute_error": sk.mean_absolute_error(part["truth"], part["guess"]),
            "root_mean_squared_error": sk.root_mean_squared_error(part["truth"], part["guess"]),
            "bias": (part["guess"] - part["truth"]).mean(),
            "r_squared": sk.r2_score(part["truth"], part["guess"]),
        }
        for metric, value in expected.items():
            row = row_of(study.metrics(), metric, slice_)
            assert row.estimate == pytest.approx(value, abs=1e-9)
            assert row.low < value < row.high


def test_mean_error_interval_is_students() -> None:
    from scipy.stats import t

    frame = quantities(400)
    off = (frame["guess"] - frame["truth"]).abs()
    low, high = t.interval(0.95, len(off) - 1, loc=off.mean(), scale=off.std(ddof=1) / math.sqrt(len(off)))
    row = row_of(study_of(frame, score="", slice_features=[]).metrics(), "mean_absolute_error", {})
    assert (row.low, row.high) == pytest.approx((low, high), abs=1e-7)


def test_r_squared_interval_is_as_wide_as_resampled_rows() -> None:
    frame = quantities(1500)
    row = row_of(study_of(frame, score="", slice_features=[]).metrics(), "r_squared", {})
    draw = np.random.default_rng(1)
    truth, guess = frame["truth"].to_numpy(), frame["guess"].to_numpy()
    drawn = [sk.r2_score(truth[at], guess[at]) for at in draw.integers(0, 1500, (500, 1500))]
    assert (row.high - row.low) / 2 / 1.96 == pytest.approx(np.std(drawn), rel=0.12)


def test_quantity_baseline_is_paired() -> None:
    from scipy.stats import ttest_rel

    frame = quantities()
    rows = study_of(frame, score="", slice_features=["sex"], baseline_prediction="old").against_baseline()
    row = row_of(rows, "mean_absolute_error_difference", {"model": "this model"})
    pair = [(frame[name] - frame["truth"]).abs() for name in ("guess", "old")]
    interval = ttest_rel(*pair).confidence_interval(0.95)
    assert (row.low, row.high) == pytest.approx((interval.low, interval.high), abs=1e-7)


def test_clustered_quantities_vary_by_cluster() -> None:
    frame = quantities()
    alone = row_of(study_of(frame, score="", slice_features=[]).metrics(), "bias", {})
    copied = pd.concat([frame.assign(house=frame.index)] * 4)
    held = row_of(study_of(copied, score="", slice_features=[], cluster="house").metrics(), "bias", {})
    assert (held.low, held.high) == pytest.approx((alone.low, alone.high), rel=1e-3)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"task": "ranking"}, "task: 'ranking'; allowed: auto, binary, multiclass, regression"),
        ({"baseline_prediction": "majority by age"}, "'age' is none of the slice_features: sex, place"),
        ({"slice_features": ["sx"]}, "slice_features: no column 'sx'; did you mean 'sex'"),
        ({"prediction": ""}, "performance: prediction: none"),
        ({"label": "score"}, "scores are looked at where the label has two values"),
        ({"task": "regression", "score": "", "baseline_prediction": "majority"}, "name a column"),
        ({"pool": {"place": {"w": ["q"]}}}, "pool: 'place' has no group 'q'"),
    ],
)
def test_errors_say_what_is_allowed(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        study_of(decided(200), **changes)
