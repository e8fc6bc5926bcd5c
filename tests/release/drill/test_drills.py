"""Ten seeded drills: the incident study against truths that it doesn't know (100 are in tests/benchmarks)."""

from __future__ import annotations

import statistics

import pytest

import raikit
from raikit.release.drill.injector import FAILS, inject
from raikit.release.drill.score import Score, score
from raikit.release.drill.shapes import SHAPES
from raikit.release.drill.subjects import subject

DRILLS = 10


@pytest.fixture(scope="module")
def scores() -> list[Score]:
    """Score ten drills on graded replies: each shape in turn, both kinds of fault in turn."""
    quiet = subject("refusals", 1)
    made = []
    for seed in range(DRILLS):
        target = quiet.targets[seed // len(SHAPES) % len(quiet.targets)]
        drill = inject(quiet.frame, target, shape=SHAPES[seed % len(SHAPES)], seed=seed)
        study = raikit.incident(
            raikit.open_table(drill.frame),
            timestamp="at",
            signal=FAILS,
            segments=quiet.segments,
            window="day",
            features=[],
        )
        rows = [*study.episodes().to_dict("records"), *study.by_segment().to_dict("records")]
        made.append(score(drill.truth(), rows))
    return made


def test_the_onset_is_found(scores: list[Score]):
    assert sum(found.onset for found in scores) >= 0.9 * DRILLS


def test_the_true_segment_is_named_first(scores: list[Score]):
    assert sum(found.segment for found in scores) >= 0.85 * DRILLS


def test_the_interval_covers_the_onset_and_is_narrow(scores: list[Score]):
    assert sum(found.covers for found in scores) >= 0.9 * DRILLS
    widths = [found.width for place, found in enumerate(scores) if SHAPES[place % len(SHAPES)] != "gradual"]
    assert statistics.median(width for width in widths if width is not None) <= 3
