"""A hundred drills: how often the incident study is right about faults that it doesn't know.

    python tests/benchmarks/bench_drill.py [--drills 100] [--first 0]

Everything is drawn from the seed: the source (flights, census rows, graded replies), the kind of fault, its
shape, time and segment. The effect is five times the smallest that one window could show, and the segment
has at least 60 rows in each window. The study is asked in this process; `raikit drill` goes the whole way
through a release.

Reported: onset within one window (of a slow fault: its interval holds the onset), true segment named first,
interval of the onset covers, its median width in windows (without slow faults), and CPU seconds a study.
Exit status 1 when a figure misses what is asked for: 90%, 85%, 90% and 3 windows.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence

import raikit
from raikit.release.drill.drill import arrange
from raikit.release.drill.injector import FAILS
from raikit.release.drill.score import Score, score
from raikit.stats.intervals import wilson_interval

ASKED = {"onset": 0.90, "segment": 0.85, "covers": 0.90}
WIDEST = 3.0


def drill(seed: int) -> tuple[str, str, Score, float]:
    """Return source, shape, score and seconds of the study of one drill."""
    made = arrange(seed=seed)
    began = time.process_time()
    study = raikit.incident(
        raikit.open_table(made.injected.frame),
        timestamp="at",
        signal=FAILS,
        segments=made.subject.segments,
        window="day",
        features=[],
    )
    rows = [*study.episodes().to_dict("records"), *study.by_segment().to_dict("records")]
    spent = time.process_time() - began
    found = score(made.injected.truth(), rows)
    words = f"{made.subject.source} {made.injected.target.kind} {made.injected.shape}"
    print(f"{seed:>4} {words:<32} {'right' if found.right else 'wrong'} {found}", flush=True)
    return made.subject.source, made.injected.shape, found, spent


def report(scores: Sequence[tuple[str, str, Score, float]]) -> bool:
    """Print the figures; return whether all are as asked for."""
    fine = True
    for name, asked in ASKED.items():
        right = sum(getattr(found, name) for _, _, found, _ in scores)
        share, low, high = wilson_interval(right, len(scores))
        print(f"{name:<8} {right} of {len(scores)} = {share:.2f} ({low:.2f}-{high:.2f}); asked for {asked}")
        fine &= bool(share >= asked)
    widths = [found.width for _, shape, found, _ in scores if shape != "gradual" and found.width is not None]
    width = statistics.median(widths)
    print(f"width    median {width:.1f} windows of {len(widths)} that were not slow; asked for {WIDEST:.0f}")
    for place, label in ((0, "source"), (1, "shape")):
        for value in sorted({row[place] for row in scores}):
            part = [row[2] for row in scores if row[place] == value]
            counts = ", ".join(f"{name} {sum(getattr(one, name) for one in part)}" for name in ASKED)
            print(f"  {label} {value}: {len(part)} drills: {counts}")
    print(f"CPU      median {statistics.median(row[3] for row in scores):.1f} s a study")
    return fine and width <= WIDEST


def main() -> int:
    """Hold the drills."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drills", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    scores = [drill(seed) for seed in range(given.first, given.first + given.drills)]
    return 0 if report(scores) else 1


if __name__ == "__main__":
    sys.exit(main())
