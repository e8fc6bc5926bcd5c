"""Coverage of corrected pass rates: 2,000 items, 250 audited, a judge right on 92% and 85%.

Three audits: items drawn alike; half of the labels from what the judge fails and half from what it passes;
each item with a probability of its own. The aim is 93-98%; the bench fails where the simulation says
otherwise, its own error (two standard errors) granted. Other sizes, judges and rates show whether the method
was fitted to one setting. Argument: replicates, 4,000 by default.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

import numpy as np

from raikit.stats.audited import corrected_rate


class Setting(NamedTuple):
    """A suite, its audit, and how often the judge is right on what passes and on what fails."""

    items: int = 2_000
    audited: int = 250
    right_on_passes: float = 0.92
    right_on_failures: float = 0.85


AUDITS = ("random", "by verdict", "uneven")
USUAL = Setting()
RATES = (0.50, 0.65, 0.72, 0.80, 0.90, 0.95, 0.98, 0.99)  # .72: where the one interval takes over
FEWER = (0.80, 0.95, 0.98)  # of other settings
AIM = (0.93, 0.98)


def _sampled(
    judge: np.ndarray, audit: str, size: int, draw: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the audit and the probability with which each came into it."""
    items = len(judge)
    if audit == "uneven":
        sizes = 1 + 4 * draw.random(items)
        chance = np.minimum(sizes / sizes.sum() * size, 1)
        rows = np.flatnonzero(draw.random(items) < chance)
        return rows, chance[rows]
    strata = [np.flatnonzero(~judge), np.flatnonzero(judge)] if audit == "by verdict" else [np.arange(items)]
    sizes = [min(size // len(strata), len(part)) for part in strata]
    chosen = [draw.choice(part, count, replace=False) for part, count in zip(strata, sizes, strict=True)]
    chance = [np.full(count, count / len(part)) for part, count in zip(strata, sizes, strict=True)]
    return np.concatenate(chosen), np.concatenate(chance)


def coverage(true_rate: float, *, audit: str, replicates: int, seed: int, setting: Setting = USUAL) -> float:
    """Return how often the 95% interval holds the true rate."""
    draw = np.random.default_rng(seed)
    held = 0
    for _ in range(replicates):
        human = draw.random(setting.items) < true_rate
        right = np.where(human, setting.right_on_passes, setting.right_on_failures)
        judge = human == (draw.random(setting.items) < right)
        rows, chance = _sampled(judge, audit, setting.audited, draw)
        found = corrected_rate(int(judge.sum()), setting.items, judge[rows], human[rows], chance)
        held += found.interval.low <= true_rate <= found.interval.high
    return held / replicates


if __name__ == "__main__":
    replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 4_000
    sizes = (Setting(audited=100), Setting(audited=200), Setting(audited=300), Setting(audited=600))
    others = (Setting(20_000), Setting(2_000, 200, 0.98, 0.60), Setting(5_000, 300, 0.85, 0.90))
    outside = 0
    for setting in (USUAL, *sizes, *others):
        print(", ".join(f"{name} {value}" for name, value in setting._asdict().items()))
        for audit in AUDITS:
            for true_rate in RATES if setting == USUAL else FEWER:
                share = coverage(true_rate, audit=audit, replicates=replicates, seed=7, setting=setting)
                error = 2 * (share * (1 - share) / replicates) ** 0.5
                missed = not AIM[0] - error <= share <= AIM[1] + error
                outside += missed
                note = "  outside 93-98%" if missed else ""
                print(f"  {audit:<12}{true_rate:<6}{share:.3f} ± {error:.3f}{note}", flush=True)
    print(f"{outside} outside 93-98%")
    sys.exit(outside > 0)
