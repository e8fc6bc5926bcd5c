"""Rates as counts: against scikit-learn, fairlearn and the listed values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as sk
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate

from raikit.stats.metrics import RATES, confusion, rate_counts, value
from raikit.stats.tally import count

ORACLES = {
    "selection_rate": lambda y, p: p.mean(),
    "true_positive_rate": sk.recall_score,
    "false_negative_rate": lambda y, p: 1 - sk.recall_score(y, p),
    "false_positive_rate": lambda y, p: 1 - sk.recall_score(y, p, pos_label=0),
    "true_negative_rate": lambda y, p: sk.recall_score(y, p, pos_label=0),
    "positive_predictive_value": sk.precision_score,
    "negative_predictive_value": lambda y, p: sk.precision_score(y, p, pos_label=0),
    "accuracy": sk.accuracy_score,
    "base_rate": lambda y, p: y.mean(),
    "f1": sk.f1_score,
}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    label = rng.integers(0, 2, 3000)
    prediction = np.where(rng.random(3000) < 0.2, 1 - label, label)
    return pd.DataFrame({"group": rng.choice(list("abcd"), 3000), "label": label, "prediction": prediction})


def test_every_rate_has_an_oracle():
    assert set(ORACLES) == set(RATES)


@pytest.mark.parametrize("metric", RATES)
def test_rates_agree_with_scikit_learn_by_group(frame, metric):
    groups = confusion(count(frame, ["group", "label", "prediction"]), ["group"])
    k, n = groups.counts(metric)
    for position, part in enumerate(groups.slices):
        rows = frame[frame["group"] == part["group"]]
        expected = ORACLES[metric](rows["label"], rows["prediction"])
        assert value(metric, k[position] / n[position]) == pytest.approx(expected, abs=1e-12)


def test_rates_agree_with_fairlearn(frame):
    metrics = {"true_positive_rate": true_positive_rate, "false_positive_rate": false_positive_rate}
    theirs = MetricFrame(
        metrics={**metrics, "selection_rate": selection_rate},
        y_true=frame["label"], y_pred=frame["prediction"], sensitive_features=frame["group"],
    ).by_group  # fmt: skip
    groups = confusion(count(frame, ["group", "label", "prediction"]), ["group"])
    for metric in theirs.columns:
        k, n = groups.counts(metric)
        assert k / n == pytest.approx(theirs[metric].to_numpy(), abs=1e-9)


def test_rows_without_label_or_prediction_count_where_they_may():
    nan = np.nan
    table = pd.DataFrame({"label": [1, 0, nan, nan, 1], "prediction": [1, 0, 1, 0, nan]})
    cells = confusion(count(table, ["label", "prediction"])).cells[0]
    expected = {
        "selection_rate": (2, 4),
        "base_rate": (2, 3),
        "true_positive_rate": (1, 1),
        "accuracy": (2, 2),
    }
    for metric, pair in expected.items():
        assert tuple(int(x) for x in rate_counts(metric, cells)) == pair


def test_without_labels_selection_is_still_counted():
    tally = count(pd.DataFrame({"g": list("aab"), "prediction": ["yes", "no", "yes"]}), ["g", "prediction"])
    groups = confusion(tally, ["g"], label=None, positive="yes")
    assert [x.tolist() for x in groups.counts("selection_rate")] == [[1, 1], [2, 1]]
    assert groups.counts("true_positive_rate")[1].tolist() == [0, 0]


def test_a_missing_group_is_a_group():
    table = pd.DataFrame({"g": ["a", None], "label": [1, 1], "prediction": [1, 0]})
    assert confusion(count(table, ["g", "label", "prediction"]), ["g"]).groups == (("a",), (None,))


def test_weights_are_summed():
    table = pd.DataFrame({"label": [1, 1], "prediction": [1, 0], "w": [3.0, 1.0]})
    tally = count(table, ["label", "prediction"], weight="w")
    k, n = confusion(tally, sums="w").counts("true_positive_rate")
    assert (k[0], n[0]) == (3.0, 4.0)


@pytest.mark.parametrize("labels", [[0, 1, 2], ["yes", "no", "no"], [0.2, 0.4, 0.9]])
def test_columns_that_arent_binary_are_refused(labels):
    table = pd.DataFrame({"label": labels, "prediction": [0, 1, 1]})
    with pytest.raises(ValueError, match="allowed are two values"):
        confusion(count(table, ["label", "prediction"]))


def test_unknown_metric_is_refused():
    with pytest.raises(ValueError, match="allowed: selection_rate"):
        rate_counts("sensitivity", np.zeros((3, 3)))
