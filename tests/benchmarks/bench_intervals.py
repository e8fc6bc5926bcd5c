"""Coverage of the intervals: exact sums for rates, differences and ratios, simulation for composites.

    python tests/benchmarks/bench_intervals.py [DATA SETS]

Rates .02 to .98 in steps of .02. Prints a line a promise with the least and mean coverage; exits 1 where a
floor is missed by more than .01.
"""

from __future__ import annotations

import argparse
import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.stats import binom

from raikit.stats.bootstrap import interval_from_draws, resampled
from raikit.stats.intervals import (
    clopper_pearson_interval,
    koopman_interval,
    newcombe_interval,
    wilson_interval,
)

RATES = np.arange(1, 50) / 50


def one(interval, n: int) -> np.ndarray:
    """Return the exact coverage at each rate."""
    k = np.arange(n + 1)
    _, low, high = interval(k, np.full(n + 1, n))
    inside = (low <= RATES[:, None]) & (RATES[:, None] <= high)
    return (binom.pmf(k, n, RATES[:, None]) * inside).sum(axis=1)


def two(interval, n: int, truth) -> np.ndarray:
    """Return the exact coverage at each pair of rates; undefined intervals count as misses."""
    k = np.arange(n + 1)
    first, second = (each.ravel() for each in np.meshgrid(k, k, indexing="ij"))
    size = np.full(len(first), n)
    _, low, high = interval(first, size, second, size)
    low, high = low.reshape(n + 1, n + 1), high.reshape(n + 1, n + 1)
    mass = binom.pmf(k, n, RATES[:, None])
    found = []
    for at, p in enumerate(RATES):
        for other, q in enumerate(RATES):
            inside = (low <= truth(p, q)) & (truth(p, q) <= high)
            found.append(mass[at] @ inside @ mass[other])
    return np.array(found)


def f1(cells: np.ndarray) -> np.ndarray:
    hit, missed, alarm = cells[..., 0], cells[..., 1], cells[..., 2]
    with np.errstate(invalid="ignore"):
        return 2 * hit / (2 * hit + missed + alarm)


def composite(shares: np.ndarray, n: int, data_sets: int, seed: int) -> float:
    """Return the share of data sets whose bootstrap interval of F1 holds the true one."""
    rng, truth, hits = np.random.default_rng(seed), float(f1(shares)), 0
    for at in range(data_sets):
        counts = rng.multinomial(n, shares)
        draws = resampled(counts, replicates=1000, seed=at)
        found = interval_from_draws(f1, counts.astype(float), draws, sufficient=True, confidence=0.95)
        hits += found[1] <= truth <= found[2]
    return hits / data_sets


def line(name: str, found: np.ndarray, floor: float, mean: tuple[float, float] | None = None) -> bool:
    least, middle = float(found.min()), float(found.mean())
    promised = f"at least {floor:g}" + (f", mean {mean[0]:g} to {mean[1]:g}" if mean else "")
    kept = least >= floor and (mean is None or mean[0] <= middle <= mean[1])
    print(f"{name:<48} least {least:.4f}  mean {middle:.4f}  most {found.max():.4f}  {promised}"
          f"{'' if kept else '  MISSED'}", flush=True)  # fmt: skip
    return least >= floor - 0.01


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data_sets", nargs="?", type=int, default=2000)
    data_sets, ok = parser.parse_args().data_sets, True
    for n in (30, 50, 100, 300, 1000):
        ok &= line(f"wilson, n {n}", one(wilson_interval, n), 0.915, (0.945, 0.96))
        ok &= line(f"clopper-pearson, n {n}", one(clopper_pearson_interval, n), 0.95)
    for n, floor in ((30, 0.90), (100, 0.90), (300, 0.93)):
        ok &= line(f"newcombe, {n} an arm", two(newcombe_interval, n, lambda p, q: p - q), floor)
    for n in (30, 100):
        ok &= line(f"koopman, {n} an arm", two(koopman_interval, n, lambda p, q: p / q), 0.93)
    places = [(0.4, 0.1, 0.1, 0.4), (0.1, 0.1, 0.1, 0.7), (0.7, 0.1, 0.15, 0.05)]
    found = [composite(np.array(p), n, data_sets, at) for at, p in enumerate(places) for n in (150, 1000)]
    ok &= line(f"f1 by bootstrap, {data_sets:,} data sets", np.array(found), 0.92, (0.92, 0.98))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
