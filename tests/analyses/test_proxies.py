"""Rows that agree are counted before the models are fitted; scikit-learn, row by row, is the oracle."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from raikit.analyses.proxies import FOLDS, proxy_rows
from raikit.stats.auc import auc_interval


@pytest.mark.parametrize("groups", [2, 3])
def test_counted_rows_give_the_scores_of_all_rows(groups: int) -> None:
    rng = np.random.default_rng(7)
    rows = pd.DataFrame({"age": rng.integers(0, 6, 2000), "colour": rng.choice(["red", "blue"], 2000)})
    rows["group"] = (rows["age"] + rng.integers(0, 2, 2000)).mod(groups).map("g{}".format)
    shown = {f"g{number}": f"g{number}" for number in range(groups)}
    found = {
        row["slice"]["group"]: row["estimate"]
        for row in proxy_rows(rows, "group", ["age", "colour"], shown, confidence=0.95, min_n=30, seed=7)
        if row["metric"] == "proxy_auc"
    }
    plain = make_pipeline(OneHotEncoder(), LogisticRegression(C=0.1, max_iter=500, tol=1e-3))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=7)
    scores = cross_val_predict(
        plain, rows[["age", "colour"]], rows["group"], cv=folds, method="predict_proba"
    )
    for name, estimate in found.items():
        _, rank = np.unique(scores[:, int(name[1:])].round(9), return_inverse=True)
        up = np.bincount(rank, rows["group"] == name).astype(np.int64)
        assert estimate == pytest.approx(auc_interval(up, np.bincount(rank) - up).estimate, abs=1e-3)
    assert len(found) == (1 if groups == 2 else 3)


def test_cramers_v_of_a_table_by_hand() -> None:
    # 40 and 10 of one colour, 20 and 30 of the other: chi-squared 16.667 of 100 rows, V .408
    rows = pd.DataFrame(
        {"x": ["r"] * 50 + ["b"] * 50, "group": ["a"] * 40 + ["b"] * 10 + ["a"] * 20 + ["b"] * 30}
    )
    first = next(proxy_rows(rows, "group", ["x"], {"a": "a", "b": "b"}, confidence=0.95, min_n=30, seed=7))
    assert first["metric"] == "cramers_v"
    assert first["estimate"] == pytest.approx(
        (100 * (40 * 30 - 10 * 20) ** 2 / (50 * 50 * 60 * 40) / 100) ** 0.5
    )
