"""Fairness of several classes and of quantities: against fairlearn, scikit-learn, scipy and statsmodels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame
from scipy import stats
from sklearn import metrics as sk
from statsmodels.stats.multicomp import pairwise_tukeyhsd
from statsmodels.stats.oneway import anova_oneway

from raikit import fairness, open_table
from raikit.analyses.disparities import compare
from raikit.analyses.fairness_classes import ClassFairness
from raikit.analyses.fairness_quantities import QuantityFairness
from raikit.analyses.fairness_study import FairnessStudy
from raikit.errors import InputError
from raikit.evidence.fairness import headline
from raikit.evidence.session import Evidence


def rows(n: int = 3000, seed: int = 1) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    place, kind = draw.choice(list("abc"), n, p=[0.5, 0.3, 0.2]), draw.choice(["cat", "dog", "emu"], n)
    income = draw.gamma(2, 20_000, n)
    named = np.where(draw.random(n) < np.where(place == "c", 0.6, 0.8), kind, draw.permutation(kind))
    guess = income + draw.normal(0, 5000, n) + np.where(place == "c", 3000, 0)
    sex = draw.choice(["F", "M"], n)
    return pd.DataFrame(
        {"place": place, "sex": sex, "kind": kind, "named": named, "income": income, "guess": guess}
    )


FRAME = rows()


def study_of(frame: pd.DataFrame, label: str, prediction: str, **given: Any) -> Any:
    features = given.pop("sensitive_features", ["place", "sex"])
    return fairness(
        open_table(frame), label=label, prediction=prediction, sensitive_features=features, **given
    )


@pytest.fixture(scope="module")
def classes() -> ClassFairness:
    return study_of(FRAME, "kind", "named")


@pytest.fixture(scope="module")
def quantities() -> QuantityFairness:
    return study_of(FRAME, "income", "guess")


def row_of(
    frame: pd.DataFrame, metric: str, slice_: dict[str, str], other: dict[str, str] | None = None
) -> Any:
    (row,) = [
        row
        for row in frame.itertuples(index=False)
        if row.metric == metric and row.slice == slice_ and (row.compared is None or row.compared[1] == other)
    ]
    return row


def test_rates_of_classes_agree_with_fairlearn_and_scikit_learn(classes: ClassFairness) -> None:
    rates = classes.rates()
    shares = {"recall": sk.recall_score, "precision": sk.precision_score, "f1": sk.f1_score}
    macro = {
        name: lambda y_true, y_pred, score=score: score(y_true, y_pred, average="macro")
        for name, score in shares.items()
    }
    theirs = MetricFrame(
        metrics=macro | {"accuracy": sk.accuracy_score}, y_true=FRAME["kind"], y_pred=FRAME["named"],
        sensitive_features=FRAME["place"],
    )  # fmt: skip
    ours = {"recall": "macro_true_positive_rate", "precision": "macro_positive_predictive_value",
            "f1": "macro_f1", "accuracy": "accuracy"}  # fmt: skip
    for name, metric in ours.items():
        assert row_of(rates, metric, {}).estimate == pytest.approx(theirs.overall[name], abs=1e-9)
        for place, value in theirs.by_group[name].items():
            assert row_of(rates, metric, {"place": place}).estimate == pytest.approx(value, abs=1e-9)
    for place, part in FRAME.groupby("place"):
        each = sk.recall_score(part["kind"], part["named"], average=None, labels=["cat", "dog", "emu"])
        for name, value in zip(["cat", "dog", "emu"], each, strict=True):
            row = row_of(rates, "true_positive_rate", {"place": place, "class": name})
            assert row.estimate == pytest.approx(value, abs=1e-9)
            alarms = ((part["named"] == name) & (part["kind"] != name)).sum() / (part["kind"] != name).sum()
            row = row_of(rates, "false_positive_rate", {"place": place, "class": name})
            assert row.estimate == pytest.approx(alarms, abs=1e-9)


def test_a_class_against_the_rest_is_what_a_binary_study_says_with_wider_intervals(
    classes: ClassFairness,
) -> None:
    both = FRAME.assign(is_dog=(FRAME["kind"] == "dog") * 1, says_dog=(FRAME["named"] == "dog") * 1)
    binary = study_of(both, "is_dog", "says_dog")
    assert isinstance(binary, FairnessStudy)
    metric = "true_positive_rate_difference"
    alone = row_of(binary.gaps(), metric, {"place": "c"}, {"place": "a"})
    among = row_of(classes.gaps(), metric, {"place": "c", "class": "dog"}, {"place": "a", "class": "dog"})
    assert among.counts == alone.counts
    assert among.low < alone.low < alone.high < among.high
    # each class gets a third of the chance of an error
    third = study_of(both, "is_dog", "says_dog", confidence=1 - 0.05 / 3)
    joint = row_of(third.gaps(), metric, {"place": "c"}, {"place": "a"})
    assert (among.low, among.high) == pytest.approx((joint.low, joint.high), abs=1e-9)
    assert (among.confidence, among.method) == (0.95, "newcombe-tukey, bonferroni")


def test_differences_of_averages_are_as_wide_as_independent_resamples_say(classes: ClassFairness) -> None:
    row = row_of(classes.gaps(), "macro_f1_difference", {"sex": "F"}, {"sex": "M"})
    draw, scores = np.random.default_rng(3), []
    for sex in "MF":
        part = FRAME[FRAME["sex"] == sex]
        pairs = pd.factorize(part["kind"], sort=True)[0] * 3 + pd.factorize(part["named"], sort=True)[0]
        drawn = np.array([np.bincount(draw.choice(pairs, len(pairs)), minlength=9) for _ in range(1000)])
        drawn = drawn.reshape(-1, 3, 3)
        hit, size = np.einsum("rii->ri", drawn), drawn.sum(axis=1) + drawn.sum(axis=2)
        scores.append((2 * hit / size).mean(axis=1))
    gaps = scores[0] - scores[1]
    assert (row.high - row.low) == pytest.approx(2 * 1.96 * np.std(gaps), rel=0.1)
    assert row.method == "square-and-add of bootstrap limits"


def test_a_rare_class_is_hidden_in_a_group_for_every_class() -> None:
    frame = FRAME[(FRAME["place"] != "c") | (FRAME["kind"] != "emu")]
    rare = FRAME[(FRAME["place"] == "c") & (FRAME["kind"] == "emu")].head(4)
    study = study_of(pd.concat([frame, rare]), "kind", "named", sensitive_features=["place"])
    rates = study.rates()
    found = rates[(rates["metric"] == "true_positive_rate") & (rates["slice"].map(len) == 2)]
    hidden = [row.slice for row in found.itertuples() if row.status == "suppressed"]
    assert {"place": "c", "class": "emu"} in hidden
    by_class = {name: {each["place"] for each in hidden if each["class"] == name} for name in study.classes}
    assert len(set(map(frozenset, by_class.values()))) == 1
    assert len(by_class["cat"]) >= 2  # one group alone would be everybody less the others
    gaps = study.gaps()
    told = gaps[(gaps["metric"] == "true_positive_rate_difference") & (gaps["status"] != "suppressed")]
    assert not [row for row in told.itertuples() if row.slice["place"] in by_class["cat"]]


def test_means_agree_with_fairlearn_and_scikit_learn(quantities: QuantityFairness) -> None:
    theirs = MetricFrame(
        metrics={
            "mean_absolute_error": sk.mean_absolute_error,
            "root_mean_squared_error": sk.root_mean_squared_error,
            "mean_error": lambda y_true, y_pred: float(np.mean(y_pred - y_true)),
            "mean_prediction": lambda y_true, y_pred: float(np.mean(y_pred)),
            "mean_label": lambda y_true, y_pred: float(np.mean(y_true)),
        },
        y_true=FRAME["income"], y_pred=FRAME["guess"], sensitive_features=FRAME["sex"],
    )  # fmt: skip
    rates = quantities.rates()
    for metric, value in theirs.overall.items():
        assert row_of(rates, metric, {}).estimate == pytest.approx(value, rel=1e-9)
        for sex, of_group in theirs.by_group[metric].items():
            assert row_of(rates, metric, {"sex": sex}).estimate == pytest.approx(of_group, rel=1e-9)
    guess = FRAME.loc[FRAME["sex"] == "F", "guess"]
    row = row_of(rates, "mean_prediction", {"sex": "F"})
    limits = stats.t.interval(0.95, len(guess) - 1, guess.mean(), stats.sem(guess))
    assert (row.low, row.high) == pytest.approx(limits, rel=1e-9)


def test_two_groups_are_compared_as_scipy_does(quantities: QuantityFairness) -> None:
    error = FRAME["guess"] - FRAME["income"]
    for metric, values in (("mean_error", error), ("mean_absolute_error", error.abs())):
        women, men = (values[FRAME["sex"] == sex] for sex in "FM")
        theirs = stats.ttest_ind(women, men, equal_var=False)
        row = row_of(quantities.gaps(), f"{metric}_difference", {"sex": "F"}, {"sex": "M"})
        assert (row.low, row.high) == pytest.approx(tuple(theirs.confidence_interval(0.95)), rel=1e-9)
        assert quantities.slicing(metric, ("sex",)).p_value(7) == pytest.approx(theirs.pvalue, rel=1e-9)
        assert row.method == "welch"


def test_several_groups_are_compared_as_games_and_howell_do(quantities: QuantityFairness) -> None:
    error = (FRAME["guess"] - FRAME["income"]).to_numpy()
    theirs = pairwise_tukeyhsd(error, FRAME["place"].to_numpy(), use_var="unequal")
    expected = {tuple(pair): limits for pair, limits in zip([("a", "b"), ("a", "c"), ("b", "c")],
                                                            theirs.confint, strict=True)}  # fmt: skip
    for (first, second), (low, high) in expected.items():
        flipped = (first, second) != ("b", "c")  # a, the largest group, is the reference and stands second
        pair = (second, first) if flipped else (first, second)
        row = row_of(quantities.gaps(), "mean_error_difference", {"place": pair[0]}, {"place": pair[1]})
        # theirs is second less first
        low, high = (low, high) if flipped else (-high, -low)
        assert row.estimate == pytest.approx((low + high) / 2, rel=1e-9)
        half, wider = (high - low) / 2, (row.high - row.low) / 2
        assert half <= wider <= 1.01 * half  # degrees of freedom are rounded down, as in printed tables
    ours = quantities.slicing("mean_error", ("place",)).p_value(7)
    parts = [error[(FRAME["place"] == place).to_numpy()] for place in "abc"]
    assert ours == pytest.approx(anova_oneway(parts, use_var="unequal").pvalue, rel=1e-6)


def test_equal_quantities_are_seldom_called_different(quantities: QuantityFairness) -> None:
    base = quantities.slicing("mean_error", ("place",))
    groups = replace(base.groups, names=tuple((name,) for name in "abcdef"),
                     counts=np.full((6, 3, 3), 12, dtype=np.int64))  # fmt: skip
    draw, claims, n, sets = np.random.default_rng(4), 0, 108, 1000
    for errors in draw.gamma(2, 10, (sets, 3, 6, n)):  # skewed, as errors are
        family = [
            replace(base, groups=groups, hidden=np.zeros(6, dtype=bool), rows=np.full(6, n),
                    size=np.full(6, n), mean=each.mean(axis=1), error=each.std(axis=1, ddof=1) / np.sqrt(n))
            for each in errors
        ]  # fmt: skip
        claims += any(found.disparity for found in compare(family, seed=1))
    assert claims <= 0.05 * sets + 2.6 * np.sqrt(0.05 * 0.95 * sets)


def test_clusters_widen_and_weights_count(quantities: QuantityFairness) -> None:
    double = pd.concat([FRAME.assign(home=range(len(FRAME)))] * 2)
    home = study_of(double, "income", "guess", cluster="home").gaps()
    plain = quantities.gaps()
    assert home["estimate"].tolist() == pytest.approx(plain["estimate"].tolist(), rel=1e-9)
    assert (home["high"] - home["low"]).tolist() == pytest.approx(
        (plain["high"] - plain["low"]).tolist(), rel=0.01
    )
    weighted = study_of(
        FRAME.assign(w=np.where(FRAME["sex"] == "F", 2.0, 1.0)), "income", "guess", weight="w"
    )
    expected = np.average(FRAME["guess"], weights=np.where(FRAME["sex"] == "F", 2.0, 1.0))
    assert row_of(weighted.rates(), "mean_prediction", {}).estimate == pytest.approx(expected, rel=1e-9)


def test_one_row_and_no_spread_are_no_difference() -> None:
    frame = pd.DataFrame({"g": ["a"] * 40 + ["b"] * 40 + ["c"], "y": [1.0, 2.5, 3.0, 4.0] * 20 + [9.5]})
    frame["p"] = 3.0
    study = study_of(frame, "y", "p", sensitive_features=["g"], suppress_below=0)
    gaps = study.gaps()
    alone = gaps[gaps["slice"].map(lambda each: each["g"] == "c")]
    assert set(alone["status"]) == {"undefined"}
    assert study.slicing("mean_prediction", ("g",)).p_value(7) == 1
    assert not any(each.disparity for each in study.comparisons)


@pytest.mark.parametrize(
    ("label", "changes", "said"),
    [
        ("income", {"score": "guess"}, "score: 'guess'; looked at where the label has two values only"),
        ("income", {"standardise": "sex"}, "standardise: 'sex'; looked at where the label has two values"),
        ("income", {"primary": "f1"}, "allowed: mean_error, mean_absolute_error, mean_prediction"),
        ("kind", {"positive_label": "cow"}, "positive_label: 'cow'; the classes are 'cat', 'dog', 'emu'"),
        ("kind", {"task": "ranking"}, "task: 'ranking'; allowed: auto, binary, multiclass, regression"),
    ],
)
def test_errors_say_what_is_allowed(label: str, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        study_of(FRAME, label, "guess" if label == "income" else "named", **changes)
    assert said in str(caught.value)


def test_findings_speak_of_people_classes_and_units(
    classes: ClassFairness, quantities: QuantityFairness
) -> None:
    said = {}
    for study in (classes, quantities, study_of(FRAME, "kind", "named", positive_label="dog")):
        evidence = Evidence("fairness", {}, {})
        evidence.add(study.rates())
        shown = headline(study, evidence, evidence.add(study.gaps()))
        assert len(shown.frame) == 3  # two places and one sex, against the largest group
        said[shown.metric] = list(evidence.state(study)["finding"])
    wrong = FRAME[FRAME["place"] == "c"]
    n, hits = len(wrong), int((wrong["kind"] != wrong["named"]).sum())
    first = said["accuracy_difference"][0]
    assert first.startswith(f"Of {n:,} people whose place is c the model is wrong about {hits:,} (")
    assert any("whom the model predicts to be 'kind' = " in text for text in said["accuracy_difference"])
    assert "of whom 'kind' is dog the model misses" in said["true_positive_rate_difference"][0]
    too_high = (wrong["guess"] - wrong["income"]).mean()
    text = f"On average predictions are {too_high:,.0f} too high for {n:,} people whose place is c;"
    assert said["mean_error_difference"][0].startswith(text)
    assert any(
        "By sex no difference in mean error is shown" in text for text in said["mean_error_difference"]
    )
