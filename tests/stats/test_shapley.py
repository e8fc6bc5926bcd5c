"""SHAP values against arithmetic and against the shap package."""

from __future__ import annotations

import numpy as np
import pytest

from raikit.stats.shapley import shap_values

pytestmark = pytest.mark.filterwarnings("ignore:The set_:PendingDeprecationWarning")  # shap's colour maps

RNG = np.random.default_rng(7)
ROWS, BACKGROUND = RNG.normal(size=(6, 4)), RNG.normal(size=(9, 4))


def pairs(x: np.ndarray) -> np.ndarray:
    return 2 * x[:, 0] - x[:, 1] + 0.5 * x[:, 1] * x[:, 2] + x[:, 0] * x[:, 3]


def triples(x: np.ndarray) -> np.ndarray:
    return pairs(x) + 3 * x[:, 0] * x[:, 1] * x[:, 2]


def test_a_sum_is_taken_apart_by_hand() -> None:
    weights = np.array([2.0, -1.0, 0.5, 0.0])
    found = shap_values(lambda x: x @ weights, ROWS, BACKGROUND, seed=1)
    assert found == pytest.approx(weights * (ROWS - BACKGROUND.mean(axis=0)), abs=1e-12)


def test_interactions_in_pairs_are_those_of_shaps_exact_explainer() -> None:
    import shap

    theirs = shap.explainers.Exact(pairs, shap.maskers.Independent(BACKGROUND))(ROWS).values
    assert shap_values(pairs, ROWS, BACKGROUND, seed=1) == pytest.approx(theirs, abs=1e-9)


def test_any_model_adds_up_and_is_right_on_average() -> None:
    import shap

    found = np.array([shap_values(triples, ROWS, BACKGROUND, seed=seed) for seed in range(400)])
    total = triples(ROWS) - triples(BACKGROUND).mean()
    assert found.sum(axis=2) == pytest.approx(np.broadcast_to(total, (400, 6)), abs=1e-9)
    theirs = shap.explainers.Exact(triples, shap.maskers.Independent(BACKGROUND))(ROWS).values
    error = found.std(axis=0) / 20
    assert (np.abs(found.mean(axis=0) - theirs) <= 5 * error + 1e-9).all()


def test_rows_and_background_have_the_same_features() -> None:
    with pytest.raises(ValueError, match="same features"):
        shap_values(pairs, ROWS, BACKGROUND[:, :3], seed=1)
