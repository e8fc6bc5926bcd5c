"""The performance template on the census rows, and on classes and quantities; values by scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from raikit.evidence.record import Record
from raikit.sources import open_table


def test_defaults_agree_with_scikit_learn_and_confirm_the_young(run_template: Callable[..., Record]) -> None:
    record = run_template("performance")
    results = {result.id: result for result in record.results}
    rows = open_table("demo:acs-employment?year=2018").to_pandas()
    for part, tail in ((rows, ""), (rows[rows["sex"] == "Female"], "|sex=Female")):
        truth, guess, score = part["employed"], part["prediction"], part["predicted_probability"]
        expected = {
            "accuracy": sk.accuracy_score(truth, guess),
            "true_positive_rate": sk.recall_score(truth, guess),
            "false_positive_rate": 1 - sk.recall_score(truth, guess, pos_label=0),
            "positive_predictive_value": sk.precision_score(truth, guess),
            "f1": sk.f1_score(truth, guess),
            "auc": sk.roc_auc_score(truth, score),
            "brier": sk.brier_score_loss(truth, score),
            "mean_score": score.mean(),
            "calibration_error": abs(score.mean() - truth.mean()),
        }
        for metric, value in expected.items():
            found = results[metric + tail]
            assert found.estimate == pytest.approx(value, abs=1e-9), metric
            assert found.low is not None
            assert found.low < value < (found.high or 0)
    # the baseline by hand: the commonest outcome of each of two groups
    rule = rows.groupby("disability")["employed"].transform(lambda held: int(held.mean() > 0.5))
    right, other = rows["prediction"] == rows["employed"], rule == rows["employed"]
    gap = results["accuracy_difference|model=this model|vs model=commonest outcome by disability"]
    assert gap.estimate == pytest.approx(right.mean() - other.mean(), abs=1e-12)
    sentences = [finding.text for finding in record.findings]
    assert sentences[0].startswith(
        f"Of {len(rows):,} people the model is right about {right.sum():,} (79.8%)"
    )
    assert f"alone is right about {(right & ~other).sum():,} people" in sentences[1]
    young = rows[rows["age_band"] == "18-24"]
    assert "whose age band is 18-24" in sentences[2]
    assert "83 slices by one feature or two were looked at" in sentences[2]
    assert (young["prediction"] != young["employed"]).mean() > 0.3
    assert record.decisions == []
    assert any("learnt from the very rows" in text for text in record.limits)


def test_other_tasks_run_in_the_same_notebook(run_template: Callable[..., Record], tmp_path: Path) -> None:
    draw = np.random.default_rng(5)
    kind = draw.choice(["cat", "dog", "owl"], 900)
    guess = np.where(draw.random(900) < 0.7, kind, draw.choice(["cat", "dog", "owl"], 900))
    weight = draw.normal(4, 1, 900)
    frame = pd.DataFrame(
        {"kind": kind, "guess": guess, "weight": weight, "estimate": weight + draw.normal(0.2, 0.5, 900),
         "place": draw.choice(["north", "south"], 900), "before": weight + draw.normal(0, 1, 900)}
    )  # fmt: skip
    frame.to_parquet(tmp_path / "animals.parquet")
    common = {
        "data": str(tmp_path / "animals.parquet"),
        "slice_features": ["place"],
        "score": "",
        "unit": "animals",
    }
    classes = run_template(
        "performance", **common, label="kind", prediction="guess", baseline_prediction="majority"
    )
    results = {result.id: result for result in classes.results}
    assert results["macro_f1"].estimate == pytest.approx(sk.f1_score(kind, guess, average="macro"), abs=1e-9)
    assert "names the right one of 3 classes" in classes.findings[0].text
    sizes = run_template(
        "performance", **common, label="weight", prediction="estimate", baseline_prediction="before"
    )
    error = {result.id: result for result in sizes.results}["mean_absolute_error"]
    assert error.estimate == pytest.approx(sk.mean_absolute_error(weight, frame["estimate"]), abs=1e-9)
    assert "too high by" in sizes.findings[0].text
    assert any("off by less than before" in finding.text for finding in sizes.findings)
