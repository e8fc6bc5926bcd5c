"""What is hidden can't be computed back from what is shown: linear programs over every possible table."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from raikit import fairness, open_table
from raikit.stats.metrics import rate_counts

SEXES, RACES = ("f", "m"), ("a", "b", "c")
OUTCOMES = ((1, 1), (1, 0), (0, 1), (0, 0))
METRICS = ("true_positive_rate", "false_positive_rate", "selection_rate", "accuracy", "base_rate")


def cell_sums(metric: str, slice_: dict[str, str]) -> np.ndarray:
    """Numerator and denominator of a rate as sums over sex × race × outcome, from the rate's definition."""
    sums = np.zeros((2, len(SEXES), len(RACES), len(OUTCOMES)))
    for (at, sex), (place, race), (which, (label, prediction)) in itertools.product(
        enumerate(SEXES), enumerate(RACES), enumerate(OUTCOMES)
    ):
        if slice_.get("sex", sex) == sex and slice_.get("race", race) == race:
            cells = np.zeros((3, 3))
            cells[1 - label, 1 - prediction] = 1
            sums[:, at, place, which] = [float(part) for part in rate_counts(metric, cells)]
    return sums.reshape(2, -1)


def possible(known: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> tuple[float, float]:
    """Least and greatest value of a sum over all tables of counts that agree with what is shown."""
    found = []
    for sign in (1, -1):
        answer = milp(
            sign * wanted, constraints=LinearConstraint(known, values, values), bounds=Bounds(0, 500),
            integrality=np.ones(len(wanted)),
        )  # fmt: skip
        found.append(sign * answer.fun)
    return found[0], found[1]


@settings(max_examples=40)
@given(
    st.lists(st.integers(0, 14), min_size=24, max_size=24),
    st.integers(3, 12),
    st.booleans(),
    st.sampled_from(["true_positive_rate", "selection_rate"]),
)
def test_no_hidden_number_can_be_computed_back(
    counts: list[int], least: int, crossed: bool, keep: str
) -> None:
    table = np.array(counts).reshape(2, 3, 4)
    table[0, 0] += 100  # one large group, as in life
    rows = [
        (sex, race, *outcome)
        for (at, sex), (place, race) in itertools.product(enumerate(SEXES), enumerate(RACES))
        for which, outcome in enumerate(OUTCOMES)
        for _ in range(table[at, place, which])
    ]
    frame = pd.DataFrame(rows, columns=["sex", "race", "label", "prediction"])
    study = fairness(
        open_table(frame), label="label", prediction="prediction", sensitive_features=["sex", "race"],
        intersections=[["sex", "race"]] if crossed else [], suppress_below=least, primary=keep,
    )  # fmt: skip
    rates = study.rates()
    known, values, secrets = [], [], []
    for row in rates.to_dict("records"):
        sums = cell_sums(row["metric"], row["slice"])
        n = int(sums[1] @ table.ravel())
        if row["status"] in ("ok", "small"):
            assert n >= least
            known += list(sums)
            values += row["counts"]
        elif row["status"] == "suppressed" and row["metric"] in METRICS and 0 < n < least:
            secrets.append((sums[1], n))
        else:
            assert row["status"] != "suppressed" or pd.isna(row["n"])
    for wanted, n in secrets:
        assert study.rates()["counts"].notna().any() or n  # something is shown
        if not known:
            continue
        low, high = possible(np.array(known), np.array(values), wanted)
        assert low < high, (n, low, high)


def study_of(groups: dict[str, tuple[int, int]], **given: object) -> pd.DataFrame:
    """Rates of groups of positives and negatives, all predicted as half and half."""
    rows = [
        (name, label, at % 2)
        for name, sizes in groups.items()
        for label, n in zip((1, 0), sizes, strict=True)
        for at in range(n)
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["race", "label", "prediction"])
    study = fairness(
        open_table(frame), label="label", prediction="prediction", sensitive_features=["race"], **given
    )
    return study.rates().pivot_table(index="metric", columns="group", values="status", aggfunc="first")


def test_a_group_of_few_shows_nothing_not_even_what_is_undefined() -> None:
    status = study_of({"few": (3, 0), "next": (30, 30), "many": (500, 500)})
    assert set(status["few"]) == {"suppressed"}
    # else everybody less the others would be the few
    assert set(status.loc[["selection_rate", "true_positive_rate", "base_rate"], "next"]) == {"suppressed"}
    assert set(status["many"]) == {"ok"}


def test_the_rate_that_matters_most_is_kept_where_something_must_go() -> None:
    groups = {"few": (17, 5), "next": (54, 31), "many": (500, 500)}  # 5 negatives must not be known
    status = study_of(groups)
    assert status.loc["true_positive_rate", ["few", "next"]].tolist() == ["small", "ok"]
    assert status.loc["selection_rate", ["few", "next"]].tolist() == ["suppressed", "suppressed"]
    status = study_of(groups, primary="selection_rate")
    assert status.loc["selection_rate", ["few", "next"]].tolist() == ["small", "ok"]
    assert status.loc["true_positive_rate", ["few", "next"]].tolist() == ["suppressed", "suppressed"]


@pytest.mark.parametrize("suppress_below", [0, 1])
def test_nothing_is_hidden_where_nobody_asked(suppress_below: int) -> None:
    status = study_of({"one": (1, 0), "many": (50, 50)}, suppress_below=suppress_below)
    assert not (status == "suppressed").to_numpy().any()
