"""Two runs of a suite; expected values by hand and from statsmodels' exact McNemar test."""

from __future__ import annotations

import pandas as pd
import pytest

from raikit.analyses.paired import paired_units, version_rows
from raikit.errors import InputError


def units(passes: list[int | None], start: int = 0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit": [f"#{place + start}" for place in range(len(passes))],
            "category": ["a" if place % 2 else "b" for place in range(len(passes))],
            "passed": [int(each == 1) for each in passes],
            "failed": [int(each == 0) for each in passes],
        }
    )


def test_changes_and_exact_test() -> None:
    from statsmodels.stats.contingency_tables import mcnemar

    before = units([1] * 30 + [0] * 12 + [1] * 2 + [0] * 6)
    now = units([1] * 30 + [1] * 12 + [0] * 2 + [0] * 6)
    held = paired_units(now, before)
    assert held["change"].value_counts().to_dict() == {
        "still passes": 30, "fixed": 12, "new failure": 2, "still fails": 6,
    }  # fmt: skip
    frame = version_rows(held, ["category"], margin=0.02, confidence=0.95, min_n=10)
    row = frame.iloc[0]
    assert row["estimate"] == pytest.approx((42 - 32) / 50)
    assert row["p_value"] == pytest.approx(mcnemar([[30, 12], [2, 6]], exact=True).pvalue)
    assert row["counts"] == [42, 50, 32, 50]
    assert bool(row["not worse"])
    # Holm by hand: of two p-values the smaller is doubled
    alone = [
        version_rows(part, [], margin=0, confidence=0.95, min_n=1)["p_value"][0]
        for _, part in held.groupby("category")
    ]
    assert frame["p_value"].iloc[1:].min() == pytest.approx(min(2 * min(alone), 1))


def test_items_without_a_grade_or_a_partner_are_not_paired() -> None:
    held = paired_units(units([1, None, 0, 1]), units([1, 1, None], start=0))
    assert held["unit"].tolist() == ["#0"]
    with pytest.raises(InputError, match="same anchor key"):
        paired_units(units([1]), units([1], start=9))
