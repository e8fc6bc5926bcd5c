"""The deeper questions of fairness against hand counts, simulation and other libraries."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from raikit import fairness, open_table
from raikit.analyses.fairness_study import FairnessStudy
from raikit.analyses.missing_labels import labelled
from raikit.errors import InputError
from raikit.evidence.decide import decide
from raikit.evidence.fairness_deeper import deeper_limits
from raikit.evidence.policy import Policy
from raikit.evidence.results import to_results


def rows_of(groups: dict[str, dict[tuple[float | None, int], int]]) -> pd.DataFrame:
    """Rows by group: (label, prediction) -> count."""
    rows = [
        (group, label, prediction)
        for group, cells in groups.items()
        for (label, prediction), n in cells.items()
        for _ in range(n)
    ]
    return pd.DataFrame(rows, columns=["group", "label", "prediction"])


def study_of(rows: pd.DataFrame, **given: object) -> FairnessStudy:
    arguments = {"label": "label", "prediction": "prediction", "sensitive_features": ["group"]} | given
    return fairness(open_table(rows), **arguments)


def value(frame: pd.DataFrame, metric: str, group: str) -> pd.Series:
    found = frame[(frame["metric"] == metric) & (frame["group"] == group)]
    assert len(found) == 1, (metric, group, list(frame["group"]))
    return found.iloc[0]


# --- missing labels

HALF = {(1, 1): 60, (1, 0): 20, (0, 1): 20, (0, 0): 100, (None, 1): 20, (None, 0): 40}
FULL = {(1, 1): 90, (1, 0): 30, (0, 1): 20, (0, 0): 100}


def test_bounds_are_those_of_the_worst_and_best_labels_by_hand() -> None:
    frame = study_of(rows_of({"half": HALF, "full": FULL})).bounds()
    # true positive rate 60/80; worst: the 40 not selected are positive, 60/120; best: the 20 selected, 80/100
    row = value(frame, "bounded_true_positive_rate", "half")
    assert row["estimate"] == 60 / 80
    assert row["low"] == pytest.approx(proportion_confint(60, 120, method="wilson")[0], abs=1e-9)
    assert row["high"] == pytest.approx(proportion_confint(80, 100, method="wilson")[1], abs=1e-9)
    # false positive rate 20/120: best 20/160, worst 40/140
    row = value(frame, "bounded_false_positive_rate", "half")
    assert row["low"] == pytest.approx(proportion_confint(20, 160, method="wilson")[0], abs=1e-9)
    assert row["high"] == pytest.approx(proportion_confint(40, 140, method="wilson")[1], abs=1e-9)
    # accuracy 160/200: worst 160/260, best 220/260
    row = value(frame, "bounded_accuracy", "half")
    assert row["low"] == pytest.approx(proportion_confint(160, 260, method="wilson")[0], abs=1e-9)
    assert row["high"] == pytest.approx(proportion_confint(220, 260, method="wilson")[1], abs=1e-9)
    full = value(frame, "bounded_true_positive_rate", "full")
    assert (full["low"], full["high"]) == pytest.approx(
        proportion_confint(90, 120, method="wilson"), abs=1e-9
    )


def test_bounds_hold_whatever_the_labels_were() -> None:
    rng = np.random.default_rng(7)
    bounded = study_of(rows_of({"half": HALF, "full": FULL})).bounds()
    rows = rows_of({"half": HALF, "full": FULL})
    for _ in range(20):
        guess = pd.Series((rng.random(len(rows)) < rng.random()).astype(float))
        gaps = study_of(rows.assign(label=rows["label"].fillna(guess))).gaps()
        for metric in ("true_positive_rate", "false_positive_rate", "accuracy"):
            for group in ("half vs full", "full vs half"):
                held = bounded[bounded["metric"] == f"bounded_{metric}_difference"].set_index("group")
                found = gaps[gaps["metric"] == f"{metric}_difference"].set_index("group")
                if group in held.index and group in found.index:
                    low, high = held.loc[group, ["low", "high"]]
                    assert low <= found.loc[group, "low"] <= found.loc[group, "high"] <= high


def test_labels_of_the_selected_only_are_noticed() -> None:
    study = study_of(
        rows_of({"a": {(1, 1): 50, (0, 1): 50, (None, 0): 80}, "b": {(1, 1): 60, (None, 0): 60}})
    )
    assert labelled(study.tally).only_selected
    row = value(study.bounds(), "bounded_true_positive_rate", "a")
    assert row["estimate"] == 1.0  # of the labelled; with all 80 positive it were 50/130
    assert row["low"] == pytest.approx(proportion_confint(50, 130, method="wilson")[0], abs=1e-9)
    assert study_of(rows_of({"a": FULL, "b": FULL})).bounds().empty
    (said,) = (text for text in deeper_limits(study, [], None) if text.startswith("Labels"))
    assert said.startswith("Labels exist only for those predicted positive")
    (said,) = deeper_limits(study_of(rows_of({"half": HALF, "full": FULL})), [], None)
    assert said.startswith("Labels exist for 90.5% of those predicted positive and 86.2% of the others")


# --- standardised gaps


def strata(cells: dict[tuple[str, str], tuple[int, int]]) -> pd.DataFrame:
    """All with a positive label: (group, age) -> (found, of)."""
    return pd.concat([
        pd.DataFrame({"group": group, "age": age, "label": 1, "prediction": [1] * k + [0] * (n - k)})
        for (group, age), (k, n) in cells.items()
    ])  # fmt: skip


def with_negatives(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([rows, rows.assign(label=0)])


def test_direct_standardisation_by_hand() -> None:
    # equal rates in each stratum, .9 and .5, but a different mix: the raw gap is all mix
    cells = {
        ("a", "young"): (720, 800),
        ("a", "old"): (100, 200),
        ("b", "young"): (180, 200),
        ("b", "old"): (400, 800),
    }
    study = study_of(with_negatives(strata(cells)), standardise="age")
    raw = value(study.gaps(), "true_positive_rate_difference", "b vs a")
    assert raw["estimate"] == pytest.approx(0.58 - 0.82)
    frame = study.standardised()
    for group in "ab":  # standard population: 1,000 young, 1,000 old
        assert value(frame, "standardised_true_positive_rate", group)["estimate"] == pytest.approx(0.7)
    gap = value(frame, "standardised_true_positive_rate_difference", "b vs a")
    assert gap["estimate"] == pytest.approx(0, abs=1e-12)
    # variance by the textbook: sum of share² · rate (1 - rate) / n; at such sizes normal limits agree closely
    half = 1.959964 * sum(0.25 * (0.09 / n + 0.25 / m) for n, m in ((800, 200), (200, 800))) ** 0.5
    assert (gap["low"], gap["high"]) == pytest.approx((-half, half), abs=0.002)


def test_a_group_without_people_in_a_stratum_has_no_standardised_rate() -> None:
    cells = {("a", "young"): (720, 800), ("a", "old"): (100, 200), ("b", "young"): (180, 200)}
    frame = study_of(with_negatives(strata(cells)), standardise="age").standardised()
    assert value(frame, "standardised_true_positive_rate", "b")["status"] == "undefined"
    assert value(frame, "standardised_true_positive_rate", "a")["status"] == "ok"


def test_coverage_of_standardised_gaps_by_simulation() -> None:
    rng, hits, times = np.random.default_rng(7), 0, 60
    sizes = {("a", "x"): 150, ("a", "y"): 60, ("b", "x"): 50, ("b", "y"): 120}
    for _ in range(times):
        rates = {("a", "x"): 0.9, ("a", "y"): 0.6, ("b", "x"): 0.8, ("b", "y"): 0.5}
        cells = {key: (int(rng.binomial(n, rates[key])), n) for key, n in sizes.items()}
        frame = study_of(with_negatives(strata(cells)), standardise="age", reference_groups={"group": "a"})
        row = value(frame.standardised(), "standardised_true_positive_rate_difference", "b vs a")
        hits += row["low"] <= -0.1 <= row["high"]
    assert hits >= 0.88 * times


def test_the_covariate_makes_no_groups() -> None:
    rows = with_negatives(strata({("a", "x"): (5, 9), ("b", "x"): (5, 9)}))
    with pytest.raises(InputError, match="standardise: 'group' makes the groups"):
        study_of(rows, standardise="group")
    with pytest.raises(InputError, match="standardise: no column 'agee'; did you mean 'age'"):
        study_of(rows, standardise="agee")


# --- thresholds


def scored(n: int = 4000) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    label = rng.integers(0, 2, n)
    group = rng.choice(["a", "b"], n)
    score = np.clip(0.25 + 0.4 * label - 0.1 * (group == "b") + rng.normal(0, 0.2, n), 0, 1)
    return pd.DataFrame({"group": group, "label": label, "score": score, "prediction": (score >= 0.45) * 1})


def test_swept_gaps_are_those_of_predicting_by_the_threshold() -> None:
    rows = scored()
    study = study_of(rows, score="score")
    assert study.operating == pytest.approx(0.45)
    frame = study.thresholds("true_positive_rate", ("group",))
    assert "0.45" in {each["threshold"] for each in frame["slice"]}
    assert len(frame) >= 7
    for row in frame.to_dict("records"):
        cut = float(row["slice"]["threshold"])
        again = study_of(rows.drop(columns="prediction"), prediction="", score="score", threshold=cut).gaps()
        held = again[again["metric"] == "true_positive_rate_difference"].iloc[0]
        reference = row["compared"][1]["group"]
        sign = 1 if held["compared"][1]["group"] == reference else -1
        assert row["estimate"] == pytest.approx(sign * held["estimate"], abs=1e-12)


def test_no_step_between_thresholds_tells_of_few_people() -> None:
    rows = scored()
    frame = study_of(rows, score="score", suppress_below=40).thresholds("true_positive_rate", ("group",))
    cuts = sorted({float(each["threshold"]) for each in frame["slice"]})
    assert cuts
    positives = rows[rows["label"] == 1]
    steps = pd.cut(positives["score"], [-1, *cuts, 2], right=False)
    counts = positives.groupby(["group", steps], observed=False).size()
    assert ((counts == 0) | (counts >= 40)).all()


# --- four-fifths and Local Law 144

EEOC = {"white": (60, 100), "black": (45, 100), "hispanic": (48, 100), "asian": (51, 100)}


def selected(groups: dict[str, tuple[int, int]], times: int = 1) -> pd.DataFrame:
    cells = {name: {(1, 1): k * times, (1, 0): (n - k) * times} for name, (k, n) in groups.items()}
    return pd.concat([rows_of(cells), rows_of(cells).assign(label=0)])


def test_the_example_of_the_eeoc_1979_flags_75_percent_only() -> None:
    results = to_results(study_of(selected(EEOC)).gaps(), confidence=0.95, min_n=30)
    ratios = {each.slice["group"]: each.estimate for each in results if each.metric == "impact_ratio"}
    assert ratios == pytest.approx({"black": 0.75, "hispanic": 0.80, "asian": 0.85})
    for group, status in {"black": "fail", "hispanic": "pass", "asian": "pass"}.items():
        rule = {"id": "four-fifths", "run": "fairness", "metric": "impact_ratio", "slice": {"group": group},
                "op": ">=", "value": 0.8, "judge": "estimate", "source": "29 CFR 1607.4 D"}  # fmt: skip
        policy = Policy.model_validate({"version": 1, "rules": [rule]})
        assert [each.status for each in decide(policy, results, run="fairness")] == [status]


def test_excluding_a_small_category_moves_the_largest_ratio() -> None:
    # the 1% category selects all: ratio of the largest .56; without it, the largest is the highest itself
    groups = {"big": (840, 1500), "other": (220, 480), "tiny": (20, 20)}
    frame = study_of(selected(groups)).local_law_144()
    assert value(frame, "ll144_impact_ratio", "big vs tiny")["estimate"] == pytest.approx(0.56)
    without = frame[frame["metric"] == "ll144_without_small_impact_ratio"]
    assert set(without["group"]) == {"big vs big", "other vs big"}
    assert value(frame, "ll144_without_small_impact_ratio", "other vs big")["estimate"] == pytest.approx(
        (220 / 480) / 0.56
    )


def test_scoring_rates_are_shares_above_the_median_of_the_full_sample() -> None:
    rows = scored(2001)
    rows.loc[rows.index[:101], "group"] = None  # unknown: part of the median, no category
    frame = study_of(rows, score="score").local_law_144()
    above = rows["score"] > rows["score"].median()
    expected = above.groupby(rows["group"]).mean()
    for group in "ab":
        assert value(frame, "ll144_scoring_rate", group)["estimate"] == pytest.approx(expected[group])
    assert value(frame, "ll144_scoring_ratio", "b vs a")["estimate"] == pytest.approx(
        expected["b"] / expected["a"]
    )
    assert not frame["group"].str.contains("missing vs").any()


# --- proxies


def test_a_copy_is_a_perfect_proxy_and_noise_is_none() -> None:
    rng = np.random.default_rng(7)
    rows = scored(3000).assign(noise=rng.normal(size=3000), colour=rng.choice(["red", "blue"], 3000))
    rows["copy"] = rows["group"].map({"a": "left", "b": "right"})
    frame = study_of(rows, features=["noise", "colour", "copy", "group"]).proxies()
    single = frame[frame["metric"] == "cramers_v"].to_dict("records")
    by_feature = {row["slice"]["feature"]: row for row in single}
    assert set(by_feature) == {"noise", "colour", "copy"}  # not the sensitive feature itself
    assert by_feature["copy"]["estimate"] == pytest.approx(1)
    assert by_feature["colour"]["low"] == pytest.approx(0, abs=0.02)
    together = frame[frame["metric"] == "proxy_auc"]
    assert together["estimate"].tolist() == pytest.approx([1.0])
    none = study_of(rows, features=["noise", "colour"]).proxies()
    (row,) = none[none["metric"] == "proxy_auc"].to_dict("records")
    assert row["low"] <= 0.5 <= row["high"] + 0.01


def test_proxies_of_a_normal_shift_have_the_area_that_theory_gives() -> None:
    rng = np.random.default_rng(7)
    group = rng.integers(0, 2, 8000)
    rows = pd.DataFrame({"group": np.where(group == 1, "a", "b"), "label": rng.integers(0, 2, 8000),
                         "prediction": rng.integers(0, 2, 8000)})  # fmt: skip
    rows["x"] = rng.normal(size=8000) + group
    (row,) = study_of(rows, features=["x"]).proxies().query("metric == 'proxy_auc'").to_dict("records")
    assert row["estimate"] == pytest.approx(
        0.7602, abs=0.015
    )  # Phi(1 / sqrt 2), less a little for the tenths


# --- what carries the gap


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> str:
    module = ModuleType("made_up_scores")
    module.linear = lambda frame: 0.2 + 0.1 * frame["x"] + 0.2 * (frame["colour"] == "red")
    monkeypatch.setitem(sys.modules, "made_up_scores", module)
    return "made_up_scores:linear"


def test_what_carries_the_gap_of_a_sum_is_its_terms_by_hand(model: str) -> None:
    # all positives alike in a group, so that means are exact whatever is sampled: a has x = 1 and is red
    rows = pd.DataFrame({"group": ["a"] * 300 + ["b"] * 300, "x": [1] * 300 + [4] * 300,
                         "label": ([1] * 200 + [0] * 100) * 2})  # fmt: skip
    rows["colour"] = ["red"] * 300 + ["blue"] * 300
    rows["score"] = 0.2 + 0.1 * rows["x"] + 0.2 * (rows["colour"] == "red")
    rows["prediction"] = (rows["group"] == "b") * 1  # .5 against .6: positive from .55 on
    study = study_of(rows, score="score", features=["x", "colour"], model=model)
    found = study.attributions("true_positive_rate", ("group",))
    assert found is not None
    pair = [part["group"] for part in found.frame["compared"].iloc[0]]
    sign = 1 if pair == ["a", "b"] else -1
    parts = {
        each["feature"]: row for each, row in zip(found.frame["slice"], found.frame["estimate"], strict=True)
    }
    assert parts == pytest.approx({"all features": -0.1 * sign, "x": -0.3 * sign, "colour": 0.2 * sign})
    assert found.found.apart == pytest.approx(0, abs=1e-12)


def test_no_model_no_attribution_and_a_model_needs_its_features(model: str) -> None:
    assert study_of(scored()).attributions("true_positive_rate", ("group",)) is None
    with pytest.raises(InputError, match="model: given without features"):
        study_of(scored(), model=model)


def test_the_demos_stand_in_follows_the_published_predictions() -> None:
    from raikit.sources.acs_model import FEATURES, stand_in

    rows = open_table("demo:acs-employment?year=2018").to_pandas([*FEATURES, "predicted_probability"])
    rows = rows.sample(5000, random_state=7)
    scores = stand_in(rows)
    assert np.corrcoef(scores, rows["predicted_probability"])[0, 1] > 0.99
    assert ((scores >= 0.5) == (rows["predicted_probability"] >= 0.5)).mean() > 0.98
