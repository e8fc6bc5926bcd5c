"""What disagreement does to a rate that rests on the labels, if the disagreement is noise.

Two raters of one item disagree on "positive" with probability D = 2 [p se (1 − se) + (1 − p) sp (1 − sp)],
where p is the true share, se and sp the chances that a rater sees a positive and a negative for what it is. D
and the rated share fix two of the three numbers: the third is free, from "all errors are misses" to "all
errors are false alarms". The range between the two is what the data leaves open.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from raikit.analyses.agreement import METHOD, Settings
from raikit.analyses.ratings import Ratings
from raikit.stats.items import Profiles, item_interval, kinds_of
from raikit.stats.kappas import ratio_of_sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_NOISE = "label noise range"
# Rates of the label itself; of the others, those that count within the labelled positives or negatives.
LABEL_RATES = ("pass_rate", "base_rate", "positive_rate")
WITHIN_LABEL = ("true_positive_rate", "false_positive_rate")
_MOST_GROUPS = 10  # of a column whose pairs are compared


class Noise(NamedTuple):
    """How often a single rating errs, if all errors are of one kind.

    Attributes
    ----------
    miss : float
        Share of positives rated negative when no negative is rated positive.
    false : float
        Share of negatives rated positive when no positive is rated negative.
    """

    miss: float
    false: float

    @property
    def scenarios(self) -> tuple[tuple[float, float], ...]:
        """Sensitivity and specificity: no error, only misses, only false alarms; for either meaning of 1."""
        kinds = [(0.0, 0.0), (self.miss, 0.0), (0.0, self.false), (self.false, 0.0), (0.0, self.miss)]
        return tuple((1 - miss, 1 - false) for miss, false in kinds)


def noise_of(share: Any, disagree: Any) -> tuple[Any, Any]:
    """Return the error rates that explain a disagreement, all of one kind.

    Parameters
    ----------
    share : float or array
        Of positive ratings.
    disagree : float or array
        Share of pairs of ratings of one item that disagree on positive.

    Returns
    -------
    tuple
        Misses and false alarms; NaN where raters agree less than by chance, or all ratings are alike.

    Examples
    --------
    >>> [round(float(x), 3) for x in noise_of(0.4, 0.16)]
    [0.2, 0.133]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        fine = (disagree <= 2 * share * (1 - share) + 1e-12) & (share > 0) & (share < 1)
        return (
            np.where(fine, disagree / (2 * np.asarray(share)), np.nan),
            np.where(fine, disagree / (2 * (1 - np.asarray(share))), np.nan),
        )


def true_share_range(share: Any, disagree: Any) -> tuple[Any, Any]:
    """Return the lowest and highest true share that ratings with independent errors leave open.

    Parameters
    ----------
    share, disagree : float or array
        As for `noise_of`.

    Returns
    -------
    tuple
        If all errors are false alarms, and if all are misses.

    Examples
    --------
    >>> [round(float(x), 3) for x in true_share_range(0.4, 0.16)]  # .4 / (1 − .2) if errors are misses
    [0.308, 0.5]
    """
    miss, false = noise_of(share, disagree)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 1 - (1 - share) / (1 - false), share / (1 - miss)


def noise_rows(
    ratings: Ratings, positive: tuple[Any, ...], settings: Settings
) -> tuple[list[dict[str, Any]], Noise | None]:
    """Return the share of positive ratings, its range if disagreement is noise, by group and between groups.

    Parameters
    ----------
    ratings : Ratings
        Any level.
    positive : tuple
        Ratings that count as positive.
    settings : Settings
        Of the intervals.

    Returns
    -------
    tuple
        Results: `positive_rate` and `positive_rate_under_noise` (its limits hold what the noise leaves open
        and what other items could have shown), and the `_difference` of each between groups of a column of
        at most ten; and the noise of all ratings, None where it can't be told.
    """
    if not positive:
        return [], None
    is_positive = np.array([value in positive for value in ratings.categories])[ratings.category]
    rows, sums = _slice_rows(ratings, is_positive, None, {}, settings)
    for column, groups in ratings.slices.items():
        made = [
            _slice_rows(ratings, is_positive, groups == group, {column: group}, settings)[0]
            for group in sorted(set(groups))
        ]
        rows += [row for pair in made for row in pair]
        if len(made) <= _MOST_GROUPS:
            rows += [row for first, second in combinations(made, 2) for row in _gap_rows(first, second)]
    share, disagree = sums[0] / sums[1] if sums[1] else np.nan, sums[2] / sums[1] if sums[1] else np.nan
    miss, false = (float(x) for x in noise_of(share, disagree))
    return rows, None if np.isnan(miss) else Noise(miss, false)


def _slice_rows(
    ratings: Ratings,
    is_positive: NDArray[np.bool_],
    chosen: NDArray[np.bool_] | None,
    slice_: Mapping[str, str],
    settings: Settings,
) -> tuple[list[dict[str, Any]], Floats]:
    pick = slice(None) if chosen is None else chosen
    items = len(ratings.items)
    rated = np.bincount(ratings.item[pick], minlength=items)
    positives = np.bincount(ratings.item[pick], is_positive[pick], items).astype(np.int64)
    kinds, copies = kinds_of(np.stack([positives, rated], axis=1)[rated > 1])
    yes, size = kinds.astype(float).T
    each = np.stack([yes / size, np.ones_like(size), 2 * yes * (size - yes) / (size * (size - 1))], axis=1)
    profiles, n = Profiles(each, copies), int(copies.sum())
    other = np.array([0.0 if yes.any() else 1.0, 1.0, 0.0])

    def interval(statistic: Any) -> tuple[float, float, float]:
        return item_interval(
            profiles, statistic, items=n, disputed=other, seed=settings.seed,
            confidence=settings.confidence, replicates=settings.replicates,
        )[:3]  # fmt: skip

    plain = interval(ratio_of_sums)
    lowest, highest = (interval(lambda sums, side=side: _range(sums)[side]) for side in (0, 1))
    low, high = min(lowest[1], plain[1]), max(highest[2], plain[2])
    rows = [
        settings.row("positive_rate", slice_, n, plain, METHOD),
        settings.row("positive_rate_under_noise", slice_, n, (plain[0], low, high), _NOISE),
    ]
    return rows, np.asarray(copies @ each if n else np.zeros(3), dtype=np.float64)


def _range(sums: Floats) -> tuple[Any, Any]:
    items = np.where(sums[..., 1] > 0, sums[..., 1], np.nan)
    share, disagree = sums[..., 0] / items, sums[..., 2] / items
    low, high = true_share_range(share, disagree)
    # Raters who agree less than by chance leave everything open; raters who all agree leave nothing.
    low, high = np.where(np.isnan(low), 0.0, low), np.where(np.isnan(high), 1.0, high)
    return np.where(disagree > 0, low, share), np.where(disagree > 0, high, share)


def _gap_rows(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for one, other in zip(first, second, strict=True):
        noisy = one["metric"].endswith("_under_noise")
        gap = one["estimate"] - other["estimate"]
        below, above = one["estimate"] - one["low"], one["high"] - one["estimate"]
        below_other, above_other = other["estimate"] - other["low"], other["high"] - other["estimate"]
        if noisy:  # noise may lie one way in one group and the other way in the other
            low, high = one["low"] - other["high"], one["high"] - other["low"]
        else:  # limits of a difference from those of its parts (square-and-add, Newcombe 1998)
            low, high = gap - np.hypot(below, above_other), gap + np.hypot(above, below_other)
        statuses = {one["status"], other["status"]}
        status = next((name for name in ("undefined", "small") if name in statuses), "ok")
        rows.append(
            one
            | {"metric": f"{one['metric']}_difference", "compared": [one["slice"], other["slice"]]}
            | {"status": status, "n": min(one["n"], other["n"]), "estimate": gap, "low": low, "high": high}
            | {"method": _NOISE if noisy else "square-and-add", "group": f"{one['group']} − {other['group']}"}
        )
    return rows


def downstream_rows(needed: Mapping[str, pd.DataFrame], noise: Noise) -> list[dict[str, Any]]:
    """Return the rates of other records beside their range if the labels they rest on were as noisy as these.

    Parameters
    ----------
    needed : mapping of str to pandas.DataFrame
        Results of other runs, by the run's name.
    noise : Noise
        Of one rating here.

    Returns
    -------
    list of dict
        For each of their `pass_rate`, `base_rate`, `positive_rate`, `true_positive_rate` and
        `false_positive_rate` results, and the differences of these: the result as it was and its
        `_under_noise`, slice {"run": …} and the result's own.
    """
    rows = []
    for run, frame in needed.items():
        held = {(row["metric"], str(row["slice"])): row for row in frame.to_dict("records") if not _pair(row)}
        ranges: dict[tuple[str, str], tuple[float, float]] = {}
        for (metric, place), row in held.items():
            found = _downstream_range(metric, row, held, noise)
            if found is not None:
                ranges[metric, place] = found
                rows += _both(run, row, found)
        for row in filter(_pair, frame.to_dict("records")):
            metric = str(row["metric"]).removesuffix("_difference")
            first, second = (ranges.get((metric, str(side))) for side in row["compared"])
            if str(row["metric"]).endswith("_difference") and first and second:
                rows += _both(run, row, (first[0] - second[1], first[1] - second[0]))
    return rows


def _pair(row: Mapping[Any, Any]) -> bool:
    return isinstance(row.get("compared"), list | tuple)


def _downstream_range(
    metric: str, row: Mapping[Any, Any], held: Mapping[tuple[str, str], Mapping[Any, Any]], noise: Noise
) -> tuple[float, float] | None:
    if row["status"] in ("suppressed", "undefined"):
        return None
    limits = (float(row["low"]), float(row["estimate"]), float(row["high"]))
    if metric in LABEL_RATES:
        made = [_corrected(rate, se, sp) for se, sp in noise.scenarios for rate in limits]
        return min(made), max(made)
    if metric not in WITHIN_LABEL:
        return None
    place = str(row["slice"])
    parts = [held.get((name, place)) for name in ("base_rate", *WITHIN_LABEL)]
    if any(part is None or np.isnan(float(part["estimate"] or np.nan)) for part in parts):
        return None
    base, tpr, fpr = (float(part["estimate"]) for part in parts if part is not None)
    made = []
    for se, sp in noise.scenarios:
        for rate in limits:
            pair = (rate, fpr) if metric == WITHIN_LABEL[0] else (tpr, rate)
            made.append(_within(base, *pair, se, sp)[WITHIN_LABEL.index(metric)])
    known = [value for value in made if not np.isnan(value)]
    return (min(known), max(known)) if len(known) == len(made) else (0.0, 1.0)


def _corrected(rate: float, se: float, sp: float) -> float:
    """Return the true rate behind an observed one (Rogan and Gladen 1978), within [0, 1]."""
    return float(np.clip((rate + sp - 1) / (se + sp - 1), 0, 1)) if se + sp > 1 else float("nan")


def _within(base: float, tpr: float, fpr: float, se: float, sp: float) -> tuple[float, float]:
    """Return true and false positive rate by the true label, if noise doesn't depend on predictions."""
    true = _corrected(base, se, sp)
    if np.isnan(true) or not 0 < base < 1:
        return float("nan"), float("nan")
    positive, negative = true * se / base, (1 - true) * sp / (1 - base)
    left = positive + negative - 1
    if left <= 1e-9:
        return float("nan"), float("nan")
    found = (negative * tpr - (1 - positive) * fpr) / left, (positive * fpr - (1 - negative) * tpr) / left
    return float(np.clip(found[0], 0, 1)), float(np.clip(found[1], 0, 1))


def _both(run: str, row: Mapping[Any, Any], found: tuple[float, float]) -> list[dict[str, Any]]:
    slice_ = {"run": run, **row["slice"]}
    pair = [{"run": run, **side} for side in row["compared"]] if _pair(row) else None
    names = ("metric", "n", "estimate", "low", "high", "confidence", "method", "status")
    kept = {name: row[name] for name in names}
    kept |= {"slice": slice_, "compared": pair, "counts": None, "group": " × ".join(slice_.values())}
    low, high = min(found[0], row["low"]), max(found[1], row["high"])
    noisy = {"metric": _noisy(str(row["metric"])), "low": low, "high": high, "method": _NOISE}
    return [kept, kept | noisy]


def _noisy(metric: str) -> str:
    stem = metric.removesuffix("_difference")
    return f"{stem}_under_noise" + ("_difference" if stem != metric else "")
