"""How often "a disparity exists" is found where there is none, and where there is one.

    python tests/benchmarks/bench_disparities.py [DATA SETS]

Data sets are simulated as counts, and go the way of every fairness study: all five compared rates of the
sensitive feature, and with `crossed` of a second feature and of their intersection too, as one family.
Prints a line a promise; exits 1 only where a figure is beyond its promise by as much as the promise allows.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

# Matrices of 48 columns: handing them to several threads costs ten times the arithmetic.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

GROUPS, SEXES = tuple("abcdef"), ("Female", "Male")
OUTCOMES = ((1, 1), (1, 0), (0, 1), (0, 0))  # label and prediction
ROC = {"true_positive_rate": 0.8, "false_positive_rate": 0.2}


def study(counts: np.ndarray, *, crossed: bool = False, seed: int = 7):
    """Return a fairness study of counts, shape (groups, sexes, outcomes), without a row being made."""
    from raikit.analyses.fairness_study import FairnessStudy
    from raikit.analyses.groups import key_of
    from raikit.analyses.hiding import hide
    from raikit.analyses.question import Question
    from raikit.stats.tally import Tally

    rows = [
        (group, sex, label, prediction, int(counts[i, j, k]))
        for i, group in enumerate(GROUPS)
        for j, sex in enumerate(SEXES)
        for k, (label, prediction) in enumerate(OUTCOMES)
        if counts[i, j, k]
    ]
    keys = (key_of("group"), key_of("sex"), "label", "prediction")
    cells = pd.DataFrame(rows, columns=[*keys, "n"]).astype(dict.fromkeys(keys, object))
    features = ("group", "sex") if crossed else ("group",)
    asked = Question(
        label="label", prediction="prediction", score="", threshold=None, positive_label=None,
        features=features, intersections=(features,) if crossed else (), references={}, pool={}, weight="",
        cluster="", primary="true_positive_rate", confidence=0.95, min_n=30, suppress_below=10, seed=seed,
    )  # fmt: skip
    tally = Tally(keys, cells).over(*(key_of(name) for name in features), "label", "prediction")
    hidden = hide(tally, asked.slicings, asked.suppress_below, keep=asked.primary)
    # Comparisons rest on the tally alone: there are no rows to keep.
    return FairnessStudy(asked=asked, tally=tally, scored=None, hidden=hidden, positive="1", table=None)


def shares(base: float, hit, alarm) -> np.ndarray:
    """Return the shares of the outcomes by group, shape (groups, 4)."""
    hit, alarm = np.broadcast_to(hit, len(GROUPS)), np.broadcast_to(alarm, len(GROUPS))
    parts = [base * hit, base * (1 - hit), (1 - base) * alarm, (1 - base) * (1 - alarm)]
    return np.stack(parts, axis=1)


def drawn(rng: np.random.Generator, rows, by_group: np.ndarray) -> np.ndarray:
    """Return counts of one data set: `rows` of each group, halved by sex at random."""
    counts = rng.multinomial(rows, by_group)
    women = rng.binomial(counts, 0.5)
    return np.stack([women, counts - women], axis=1)


def false_alarms(data_sets: int, rows: int, *, base: float, crossed: bool, seed: int) -> float:
    """Return the share of data sets with equal groups in which any disparity is claimed."""
    rng = np.random.default_rng([seed, rows])
    equal = shares(base, ROC["true_positive_rate"], ROC["false_positive_rate"])
    found = 0
    for _ in range(data_sets):
        sizes = rng.multinomial(rows, np.full(len(GROUPS), 1 / len(GROUPS)))
        comparisons = study(drawn(rng, sizes, equal), crossed=crossed).comparisons
        found += any(each.disparity for each in comparisons)
    return found / data_sets


def power(data_sets: int, metric: str, rate: float, *, crossed: bool, seed: int) -> float:
    """Return the share of data sets in which one group's .05 lower rate is claimed, of that metric.

    Every group has 2,000 rows in the metric's denominator: with a base rate of one half twice as many in all.
    """
    rng = np.random.default_rng([seed, int(rate * 100)])
    lower = np.full(len(GROUPS), rate)
    lower[2] -= 0.05
    if metric == "selection_rate":
        rows, by_group = 2000, shares(0.5, lower, lower)
    else:
        rates = ROC | {metric: lower}
        rows, by_group = 4000, shares(0.5, rates["true_positive_rate"], rates["false_positive_rate"])
    found = 0
    for _ in range(data_sets):
        comparisons = study(drawn(rng, rows, by_group), crossed=crossed).comparisons
        found += any(each.disparity for each in comparisons if each.metric == metric)
    return found / data_sets


def told_within(data_sets: int, *, seed: int, margin: float = 0.05) -> float:
    """Return the share of data sets of 10M rows, true gap .001, with every rate called within the margin."""
    rng = np.random.default_rng(seed)
    hit = np.full(len(GROUPS), 0.8)
    hit[2] -= 0.001
    by_group, rows = shares(0.5, hit, 0.2), 10_000_000 // len(GROUPS)
    told = 0
    for _ in range(data_sets):
        told += all(each.within(margin) for each in study(drawn(rng, rows, by_group)).comparisons)
    return told / data_sets


def promise(name: str, figure: float, bound: float, *, most: bool) -> bool:
    """Print a figure beside what was promised of it; tell whether it is half as good at least."""
    kept = figure <= bound if most else figure >= bound
    sign = "at most" if most else "at least"
    print(f"{name:<74} {figure:7.2%}  {sign} {bound:.0%}{'' if kept else '  MISSED'}", flush=True)
    return figure <= 2 * bound if most else figure >= bound / 2


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data_sets", nargs="?", type=int, default=4000)
    data_sets, ok, start = parser.parse_args().data_sets, True, time.perf_counter()
    print(f"{data_sets:,} simulated data sets a line, six groups")
    for crossed in (False, True):
        family = "group, sex and group × sex" if crossed else "group"
        for rows in (1000, 20_000):
            for base in (0.5, 0.2):
                share = false_alarms(data_sets, rows, base=base, crossed=crossed, seed=1)
                name = f"any disparity among equals, {rows:,} rows, base rate {base:g}, {family}"
                ok &= promise(name, share, 0.06, most=True)
        for metric in ("true_positive_rate", "false_positive_rate", "selection_rate"):
            for rate in (0.2, 0.8):
                share = power(data_sets // 4, metric, rate, crossed=crossed, seed=2)
                name = f"{metric} {rate:g}, one group .05 lower, found, {family}"
                ok &= promise(name, share, 0.8, most=False)
    share = told_within(max(data_sets // 40, 1), seed=3)
    ok &= promise("10M rows, true gap .001: within the margin of .05", share, 1.0, most=False)
    print(f"{time.perf_counter() - start:.0f} s")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
