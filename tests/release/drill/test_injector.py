"""The injector: what it says is what it did, and it did nothing else."""

from __future__ import annotations

import ast
import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import raikit.release.drill
from raikit.errors import InputError
from raikit.release.drill.injector import FAILS, KINDS, Injected, Target, inject, smallest_detectable
from raikit.release.drill.shapes import SHAPES

DAY = pd.Timedelta("1D")
COLUMNS = dict(zip(KINDS, ("fuel", "minutes", "score", "bad"), strict=True))
MULTIPLE = 5.0


def quiet(rows: int = 16_000, days: int = 40) -> pd.DataFrame:
    random = np.random.default_rng(1)
    since = np.sort(random.uniform(0, days * 86_400, rows))
    return pd.DataFrame(
        {
            "at": pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(since, unit="s"),
            "place": random.choice(list("abcd"), rows),
            "plan": random.choice(["x", "y"], rows, p=[0.3, 0.7]),
            "fuel": random.choice(["g", "h", None], rows),
            "minutes": random.uniform(1, 50, rows),
            "score": random.beta(2, 5, rows),
            "bad": (random.random(rows) < 0.1).astype(int),
        }
    )


LOG = quiet()


def damaged(kind: str, shape: str, seed: int) -> Injected:
    target = Target(kind, COLUMNS[kind], "at", DAY, ("place", "plan"))
    return inject(LOG, target, shape=shape, seed=seed, multiple=MULTIPLE)


def exposed(made: Injected) -> pd.Series:
    """Return which rows the truth allows to be changed, by its JSON alone."""
    allowed = pd.Series(False, index=LOG.index)
    for fault in made.truth()["faults"]:
        ((column, value),) = fault["segment"].items()
        for start, end in fault["course"]["phases"]:
            within = LOG["at"] >= pd.Timestamp(start)
            within &= LOG["at"] < (pd.Timestamp(end) if end else pd.Timestamp.max.tz_localize("UTC"))
            allowed |= within & LOG[column].eq(value)
    return allowed


faults = given(st.sampled_from(KINDS), st.sampled_from(SHAPES), st.integers(0, 10_000))


@settings(max_examples=12)
@faults
def test_only_the_column_in_the_segment_and_the_time_is_changed(kind: str, shape: str, seed: int):
    before = LOG.copy()
    made = damaged(kind, shape, seed)
    pd.testing.assert_frame_equal(LOG, before)
    column = COLUMNS[kind]
    rest = [name for name in LOG if name != column]
    pd.testing.assert_frame_equal(made.frame[rest], LOG[rest])
    same = made.frame[column].eq(LOG[column]) | (made.frame[column].isna() & LOG[column].isna())
    assert not (~same & ~exposed(made)).any()


@settings(max_examples=12)
@faults
def test_the_truth_is_json_and_counts_what_was_done(kind: str, shape: str, seed: int):
    made = damaged(kind, shape, seed)
    truth = made.truth()
    assert json.loads(json.dumps(truth, allow_nan=False)) == truth
    assert len(truth["faults"]) == (2 if shape == "overlapping" else 1)
    more = sum(fault["failing"] for fault in truth["faults"])
    check = {"score": LOG["score"].ge(0.5), "harm": LOG["bad"].eq(1)}.get(kind, pd.Series(False, LOG.index))
    assert made.frame[FAILS].sum() == check.sum() + more


@settings(max_examples=12)
@faults
def test_the_same_seed_gives_the_same_fault(kind: str, shape: str, seed: int):
    one, two = damaged(kind, shape, seed), damaged(kind, shape, seed)
    assert one.truth() == two.truth()
    pd.testing.assert_frame_equal(one.frame, two.frame)


@settings(max_examples=12)
@faults
def test_the_segment_is_large_enough_and_the_log_has_a_quiet_half(kind: str, shape: str, seed: int):
    made = damaged(kind, shape, seed)
    windows = LOG["at"].dt.floor(DAY)
    for fault in made.faults:
        ((column, value),) = fault.segment.items()
        inner = windows[LOG[column].eq(value)].value_counts().sort_index().iloc[1:-1]
        assert inner.min() >= 60
        assert fault.course.onset >= LOG["at"].min().floor(DAY) + (LOG["at"].max() - LOG["at"].min()) * 0.5
        assert fault.course.onset < LOG["at"].max() - 4 * DAY
        assert math.isclose(fault.effect, MULTIPLE * fault.smallest)


@settings(max_examples=8)
@given(st.sampled_from(KINDS), st.integers(0, 10_000))
def test_a_sudden_fault_raises_the_rate_by_the_effect(kind: str, seed: int):
    made = damaged(kind, "sudden", seed)
    (fault,) = made.faults
    inside = exposed(made)
    # What came out may differ from what was planned by chance: 4.5 standard deviations of a binomial.
    rise = fault.failing / inside.sum()
    spread = math.sqrt(fault.effect * (1 - fault.effect) / inside.sum())
    assert abs(rise - fault.effect) < 4.5 * spread + 0.1 * fault.effect


@settings(max_examples=8)
@given(st.integers(0, 10_000))
def test_overlapping_faults_hit_two_segments_at_one_time(seed: int):
    one, two = damaged("harm", "overlapping", seed).faults
    assert one.segment != two.segment
    assert one.course.onset < two.course.onset
    assert one.course.phases[0][1] is None


@settings(max_examples=8)
@given(st.integers(0, 10_000))
def test_a_gradual_fault_grows(seed: int):
    made = damaged("units", "gradual", seed)
    course = made.faults[0].course
    assert course.full - course.onset > DAY
    grown = course.exposure(LOG["at"])
    assert (np.diff(grown) >= 0).all()
    assert grown[0] == 0
    assert grown[-1] == 1


@settings(max_examples=8)
@given(st.integers(0, 10_000))
def test_an_intermittent_fault_pauses(seed: int):
    phases = damaged("score", "intermittent", seed).faults[0].course.phases
    assert len(phases) >= 2
    assert all(later[0] > earlier[1] for earlier, later in pairwise(phases))


def test_the_smallest_detectable_rise_by_hand():
    # Rate (100 + 1) / (400 + 2) = .2512, n = 100: .1258 = 1.960 * .04337 + .8416 * sqrt(.3770 * .6230 / 100)
    failing = pd.Series([True, False, False, False] * 100)
    assert smallest_detectable(failing, pd.Series(range(400)) // 100) == pytest.approx(0.12580, abs=5e-5)


def test_windows_that_vary_more_need_a_larger_rise():
    # Two windows of 200 rows with rates .1 and .4: variance .045 where independent rows have .0009.
    even = pd.Series(([True] + [False] * 3) * 100)
    uneven = pd.Series([True] * 20 + [False] * 180 + [True] * 80 + [False] * 120)
    windows = pd.Series(range(400)) // 200
    assert smallest_detectable(uneven, windows) > 3 * smallest_detectable(even, windows)


def test_the_injector_knows_nothing_of_the_detector():
    for name in ("injector", "shapes"):
        path = Path(raikit.release.drill.__file__).with_name(f"{name}.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("raikit"):
                assert node.module in {"raikit.errors", "raikit.release.drill.shapes"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "flood"}, "allowed: recode, units, score, harm"),
        ({"window": pd.Timedelta("3D")}, "30 are the least"),
        ({"window": pd.Timedelta("1h")}, "60 rows in each window"),
    ],
)
def test_what_cannot_be_injected_is_said(change: dict, said: str):
    target = Target(
        **{"kind": "harm", "column": "bad", "timestamp": "at", "window": DAY, "segments": ("place",)} | change
    )
    with pytest.raises(InputError, match=said):
        inject(LOG, target, shape="sudden", seed=1)


def test_an_unknown_shape_is_said():
    with pytest.raises(InputError, match="allowed: sudden, gradual, intermittent, overlapping"):
        inject(LOG, Target("harm", "bad", "at", DAY, ("place",)), shape="wave", seed=1)
