"""The domain classifier: nothing to tell apart gives .5, a planted shift is found where it lies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import raikit
from raikit.analyses.domain import sampled
from raikit.sources import open_table


def rows(seed: int, shift: float = 0.0, n: int = 4_000) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    made = {f"x{i}": draw.normal(size=n) for i in range(4)} | {"code": draw.choice(["a", "b"], n)}
    return pd.DataFrame(made).assign(x0=lambda table: table["x0"] + shift)


def told(before: pd.DataFrame, after: pd.DataFrame) -> object:
    return raikit.drift(open_table(before), open_table(after)).domain


def test_rows_of_one_distribution_are_not_told_apart() -> None:
    limits = [told(rows(seed), rows(seed + 50)).rows.iloc[0] for seed in range(3)]
    assert sum(row["low"] <= 0.5 <= row["high"] for row in limits) >= 2
    assert all(abs(row["estimate"] - 0.5) < 0.02 for row in limits)


def test_texts_of_many_levels_from_one_distribution_are_not_told_apart() -> None:
    """Levels ordered by how often the reference has them would tell it by chance: an AUC of .74 here."""
    names = np.array([f"v{level}" for level in range(300)])
    sides = []
    for seed in (1, 2):
        draw = np.random.default_rng(seed)
        sides.append(pd.DataFrame({f"t{at}": names[draw.integers(0, 300, 3_000)] for at in range(12)}))
    row = told(*sides).rows.iloc[0]
    assert row["low"] <= 0.5 <= row["high"]  # by exchangeability the AUC is .5


def test_a_column_without_a_value_is_no_hindrance_and_one_that_lost_them_is_found() -> None:
    before, after = rows(5, n=400).assign(none=np.nan), rows(6, n=400).assign(none=np.nan)
    row = told(before, after).rows.iloc[0]
    assert row["low"] <= 0.5 <= row["high"]
    assert told(before, after.assign(x1=np.nan)).rows["estimate"][0] == 1.0


def test_a_shift_of_one_standard_deviation_has_the_auc_that_theory_gives() -> None:
    domain = told(rows(1), rows(2, shift=1.0))
    row = domain.rows.iloc[0]
    # two normals a standard deviation apart: AUC = Phi(1 / sqrt 2); boosting falls a little short
    assert row["estimate"] == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.02)
    assert domain.carried["feature"][0] == "x0"
    assert domain.carried["share"].sum() == pytest.approx(1)
    assert domain.carried["share"][0] > 0.5  # more than all others together
    again = told(rows(1), rows(2, shift=1.0))
    pd.testing.assert_frame_equal(again.rows, domain.rows)


def test_correlation_that_no_column_shows_is_found() -> None:
    before, after = rows(3), rows(4)
    after["x1"] = after["x0"] * 0.9 + after["x1"] * np.sqrt(1 - 0.81)
    study = raikit.drift(open_table(before), open_table(after))
    assert {shift.verdict for shift in study.shifts} <= {"immaterial", "underpowered"}
    assert study.domain.rows["low"][0] > 0.6
    assert set(study.domain.carried["feature"][:2]) == {"x0", "x1"}


def test_sample_is_stated_about_as_large_as_asked_and_the_same_again() -> None:
    table = open_table(pd.DataFrame({"x": range(20_000)}))
    drawn = sampled(table, ["x"], "", 2_000, 7)
    assert 1_800 < len(drawn) < 2_200
    assert drawn["x"].is_unique
    assert drawn["x"].mean() == pytest.approx(9_999.5, rel=0.05)
    pd.testing.assert_frame_equal(drawn, sampled(table, ["x"], "", 2_000, 7))
    assert not drawn.equals(sampled(table, ["x"], "", 2_000, 8))
