"""A column's shift and its verdict: material, immaterial or underpowered, over many at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from raikit.analyses.categories import CategoryChange
from raikit.analyses.features import FeatureCounts
from raikit.stats import divergences, ordered_distances
from raikit.stats.distances import (
    EffectTest,
    cohens_w_intervals,
    effect_test,
    effect_tests,
    population_stability_index,
    population_stability_intervals,
)
from raikit.stats.intervals import Interval

_METHOD = "non-central chi-squared"
_INTERVALS: dict[str, Callable[..., list[Interval]]] = {
    "cohens_w": cohens_w_intervals,
    "population_stability_index": population_stability_intervals,
}


@dataclass(frozen=True)
class FeatureShift:
    """A column's shift and its verdict.

    Attributes
    ----------
    counts : FeatureCounts
        What it is computed from.
    slice : dict of str to str
        The feature, the segment if any, the window if any, and what was recoded if anything.
    test : EffectTest
        Against the minimum effect.
    verdict : {"material", "immaterial", "underpowered", "undefined"}
        Material after Benjamini-Hochberg over all that were judged together.
    p_adjusted : float
        Of the two-sample chi-squared test of no difference, by the same adjustment.
    """

    counts: FeatureCounts
    slice: dict[str, str]
    test: EffectTest
    verdict: str
    p_adjusted: float


def judge(
    counts: Sequence[FeatureCounts],
    slices: Sequence[Mapping[str, str]],
    *,
    min_effect: float,
    confidence: float,
) -> tuple[FeatureShift, ...]:
    """Return the verdict of each comparison, all judged together.

    Parameters
    ----------
    counts : sequence of FeatureCounts
        What is compared.
    slices : sequence of mapping
        What each is called.
    min_effect, confidence : float
        See `raikit.stats.distances.effect_test`; the false discovery rate is 1 - confidence.

    Returns
    -------
    tuple of FeatureShift
        In the same order.
    """
    settings = {"min_effect": min_effect, "confidence": confidence}
    tests = effect_tests([(each.reference, each.current) for each in counts], **settings)
    for at, each in enumerate(counts):
        if each.among > 1:
            tests[at] = _foremost(each, **settings)
    material = adjusted([test.p_material for test in tests])
    different = adjusted([test.p_different for test in tests])
    return tuple(
        FeatureShift(each, dict(held), test, _verdict(test, p, confidence), q)
        for each, held, test, p, q in zip(counts, slices, tests, material, different, strict=True)
    )


def _foremost(counts: FeatureCounts, *, min_effect: float, confidence: float) -> EffectTest:
    """Return the test of the counts that differ most of many: of "any of them", and of "all of them"."""
    joint = 1 - (1 - confidence) / counts.among
    test = effect_test(counts.reference, counts.current, min_effect=min_effect, confidence=joint)
    some = [min(counts.among * p, 1.0) for p in (test.p_different, test.p_material)]  # NaN stays
    return test._replace(p_different=some[0], p_material=some[1])  # the largest p of "less" is its own


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Return Benjamini-Hochberg adjusted p-values; undefined ones stay so and don't count.

    Parameters
    ----------
    p_values : sequence of float
        NaN where a test could not be made.

    Returns
    -------
    list of float
        In the same order.

    Examples
    --------
    >>> adjusted([0.01, float("nan"), 0.04])
    [0.02, nan, 0.04]
    """
    from scipy.stats import false_discovery_control

    values = np.array(p_values, dtype=float)
    known = ~np.isnan(values)
    if known.any():
        values[known] = false_discovery_control(values[known])
    return [float(value) for value in values]


def _verdict(test: EffectTest, p_material: float, confidence: float) -> str:
    if np.isnan(p_material):
        return "undefined"
    if p_material <= 1 - confidence:
        return "material"
    return "immaterial" if test.p_immaterial <= 1 - confidence else "underpowered"


def recoded(
    counts: Sequence[FeatureCounts],
    changes: Sequence[CategoryChange],
    names: Mapping[str, Mapping[Any, str]],
    *,
    min_effect: float,
    confidence: float,
) -> tuple[FeatureShift, ...]:
    """Return what is left of a column's shift when a vanished level counts as the one in its place.

    Parameters
    ----------
    counts : sequence of FeatureCounts
        Of all rows.
    changes : sequence of CategoryChange
        Levels that one side lacks.
    names : mapping
        Feature -> level -> label.
    min_effect, confidence : float
        As for `judge`.

    Returns
    -------
    tuple of FeatureShift
        One for each change with an heir; each judged by itself.
    """
    found: list[FeatureShift] = []
    for change in changes:
        if change.counted_as is not None:
            whole = next(each for each in counts if each.feature == change.feature)
            merged = whole.recoded(change.level, change.counted_as)
            shown = names[change.feature]
            as_ = f"{shown[change.level]} as {shown[change.counted_as]}"
            slices = [{"feature": change.feature, "recoded": as_}]
            found += judge([merged], slices, min_effect=min_effect, confidence=confidence)
    return tuple(found)


def shift_rows(
    shifts: Sequence[FeatureShift], metrics: Sequence[str], *, confidence: float, min_n: int
) -> pd.DataFrame:
    """Return shifts in the result form.

    Parameters
    ----------
    shifts : sequence of FeatureShift
        What to tell.
    metrics : sequence of str
        Of "cohens_w" and "population_stability_index".
    confidence, min_n
        Of the intervals; results on fewer rows are marked small.

    Returns
    -------
    pandas.DataFrame
        With the further columns verdict, p_value (adjusted) and smallest (the w that these rows call
        material with probability .8).
    """
    rows = []
    for metric in metrics:
        told = [shift for shift in shifts if metric == "cohens_w" or shift.counts.among == 1]
        for shift, interval in zip(told, _intervals(told, metric, confidence), strict=True):
            counts = shift.counts
            n = int(min(counts.reference.sum(), counts.current.sum()))
            status = "undefined" if np.isnan(interval.low) else "small" if n < min_n else "ok"
            rows.append(
                {"metric": metric, "slice": shift.slice, "compared": None, "n": n, **interval._asdict(),
                 "confidence": confidence, "method": _METHOD, "status": status, "counts": None,
                 "group": " × ".join(shift.slice.values()), "verdict": shift.verdict,
                 "p_value": shift.p_adjusted, "smallest": shift.test.smallest}
            )  # fmt: skip
    return pd.DataFrame(rows)


def _intervals(shifts: Sequence[FeatureShift], metric: str, confidence: float) -> list[Interval]:
    made = [Interval(np.nan, np.nan, np.nan)] * len(shifts)
    for among in {shift.counts.among for shift in shifts}:
        places = [at for at, shift in enumerate(shifts) if shift.counts.among == among]
        pairs = [(shifts[at].counts.reference, shifts[at].counts.current) for at in places]
        found = _INTERVALS[metric](pairs, confidence=1 - (1 - confidence) / among)
        for at, interval in zip(places, found, strict=True):
            made[at] = interval
    return made


def measures(shifts: Sequence[FeatureShift]) -> pd.DataFrame:
    """Return every distance of each column, for readers who know one of them.

    Parameters
    ----------
    shifts : sequence of FeatureShift
        What to tell.

    Returns
    -------
    pandas.DataFrame
        A row each, those foremost among many left out: stability index, Jensen-Shannon, Hellinger and
        L-infinity of levels (or tenths), with the p-value of the two-sample chi-squared test; of numbers the
        Kolmogorov-Smirnov distance with its p-value and the Wasserstein distance in the column's unit, each
        with the most that the exact one can lie away (0 where it is exact).
    """
    return pd.DataFrame([_measured(shift) for shift in shifts if shift.counts.among == 1])


def _measured(shift: FeatureShift) -> dict[str, Any]:
    counts, ordered = shift.counts, shift.counts.ordered
    sides = counts.reference, counts.current
    row = {
        "group": " × ".join(shift.slice.values()),
        "verdict": shift.verdict,
        "stability index": population_stability_index(*sides),
        "Jensen–Shannon": divergences.jensen_shannon_distance(*sides),
        "Hellinger": divergences.hellinger_distance(*sides),
        "L-infinity": divergences.l_infinity_distance(*sides),
        "chi-squared p": shift.test.p_different,
    }
    blank = dict.fromkeys(("KS", "KS p", "KS ±", "Wasserstein", "Wasserstein ±"), float("nan"))
    if ordered is None or not len(ordered.reference):
        return row | blank
    both = ordered.reference, ordered.current
    found = ordered_distances.kolmogorov_smirnov_distance(*both, binned=ordered.binned)
    p_value = ordered_distances.kolmogorov_smirnov_p_value(
        found.estimate, int(both[0].sum()), int(both[1].sum())
    )
    where: dict[str, Any] = {"edges" if ordered.binned else "values": ordered.places}
    moved = ordered_distances.wasserstein_distance(*both, **where)
    return row | {
        "KS": found.estimate,
        "KS p": p_value,
        "KS ±": found.greatest - found.estimate,
        "Wasserstein": moved.estimate,
        "Wasserstein ±": max(moved.greatest - moved.estimate, moved.estimate - moved.least),
    }
