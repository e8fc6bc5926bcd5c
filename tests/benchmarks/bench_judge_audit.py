"""Coverage of corrected pass rates: 2,000 items, 250 audited, a judge right on 92% and 85%."""

from __future__ import annotations

import sys

import numpy as np

from raikit.stats.audited import corrected_rate

ITEMS, AUDITED, SENSITIVITY, SPECIFICITY = 2_000, 250, 0.92, 0.85


def coverage(true_rate: float, *, stratified: bool, replicates: int, seed: int) -> float:
    """Return how often the 95% interval holds the true rate."""
    draw = np.random.default_rng(seed)
    held = 0
    for _ in range(replicates):
        human = draw.random(ITEMS) < true_rate
        judge = np.where(human, draw.random(ITEMS) < SENSITIVITY, draw.random(ITEMS) >= SPECIFICITY)
        strata = [np.flatnonzero(~judge), np.flatnonzero(judge)] if stratified else [np.arange(ITEMS)]
        sizes = [min(AUDITED // len(strata), len(part)) for part in strata]
        chosen = [draw.choice(part, size, replace=False) for part, size in zip(strata, sizes, strict=True)]
        chance = [np.full(size, size / len(part)) for part, size in zip(strata, sizes, strict=True)]
        rows = np.concatenate(chosen)
        found = corrected_rate(int(judge.sum()), ITEMS, judge[rows], human[rows], np.concatenate(chance))
        held += found.interval.low <= true_rate <= found.interval.high
    return held / replicates


if __name__ == "__main__":
    replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 4_000
    print("audit       true rate  coverage of the 95% interval")
    for stratified in (False, True):
        for true_rate in (0.80, 0.95, 0.98):
            share = coverage(true_rate, stratified=stratified, replicates=replicates, seed=7)
            print(f"{'by verdict' if stratified else 'random':<12}{true_rate:<11}{share:.3f}")
