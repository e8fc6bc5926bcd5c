"""How a gap depends on the threshold: one threshold for everybody, at every tenth of the score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.analyses.gaps import Slicing, pair_rows
from raikit.analyses.groups import gather, key_of, text_of
from raikit.analyses.rates import rate_of
from raikit.analyses.thresholds import SWEPT, TENTHS, at_threshold, curve_frame, threshold_of
from raikit.stats.metrics import rate_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.stats.tally import Tally

KEY = "threshold"  # slice key


def operating_threshold(tally: Tally, scored: Tally, threshold: float | None) -> float:
    """Return the threshold that the predictions were made by.

    Parameters
    ----------
    tally : Tally
        Label and prediction among its keys.
    scored : Tally
        The same by score bin.
    threshold : float or None
        As declared.

    Returns
    -------
    float
        As declared; else the hundredth of the score that gives the same overall rates, NaN where none does.
    """
    if threshold is not None:
        return threshold
    everybody = gather(tally, ())
    sums = np.array(everybody.counts if everybody.weights is None else everybody.weights)[0]
    sums[2] = sums[:, 2] = 0  # `curve_frame` is about labelled rows
    point = {}
    for metric in SWEPT:
        top, bottom = (float(part) for part in rate_counts(metric, sums))
        point[metric] = top / bottom if bottom else float("nan")
    return threshold_of(curve_frame(scored), point)


def swept_rows(
    slicing: Slicing, scored: Tally, *, operating: float, suppress_below: int, cluster: str = ""
) -> Iterator[dict[str, Any]]:
    """Yield the gaps to the reference group at each threshold, in the result form.

    Parameters
    ----------
    slicing : Slicing
        The rate as the system operates; gives the reference group.
    scored : Tally
        With ``label`` and ``score_bin`` (100 equal bins from 0 to 1) among its keys.
    operating : float
        Where the system operates: a threshold of its own where it is a hundredth; NaN where unknown.
    suppress_below : int
        Thresholds of a group between which fewer people, but at least one, would lie are left out, and those
        of the smallest other group with them where that leaves out one group only.
    cluster : str, default=""
        Column of clusters; empty for none.

    Yields
    ------
    dict
        `swept_` and the difference, with the threshold as slice key. Limits hold together over the groups at
        one threshold, not over thresholds.
    """
    columns = slicing.groups.columns
    keys = [key_of(name) for name in dict.fromkeys([*columns, *([cluster] if cluster else [])])]
    marginal = scored.over(*keys, "label", "score_bin")
    own = {round(operating * 100)} if np.isfinite(operating) and _whole(operating) else set()
    steps = sorted({*TENTHS, *own})
    shown = _shown(slicing, marginal, steps, operating, suppress_below)
    if slicing.reference < 0:
        return
    for at, step in enumerate(steps):
        if not shown[slicing.reference, at]:
            continue
        tally = at_threshold(marginal, step)
        groups = gather(tally, columns)
        rate = rate_of(tally, groups, slicing.metric, cluster)
        there = replace(slicing, groups=groups, metric=f"swept_{slicing.metric}", rate=rate,
                        hidden=slicing.hidden | ~shown[:, at])  # fmt: skip
        name = {KEY: f"{step / 100:g}"}
        for row in pair_rows(there):
            against = row["compared"][1] == groups.slice_of(slicing.reference)
            if row["metric"].endswith("_difference") and against and row["status"] != "suppressed":
                both = [name | part for part in row["compared"]]
                yield row | {"slice": both[0], "compared": both, "group": f"{row['group']} at {name[KEY]}"}


def _whole(threshold: float) -> bool:
    return bool(0 < threshold < 1 and abs(threshold * 100 - round(threshold * 100)) < 1e-9)


def _shown(
    slicing: Slicing, scored: Tally, steps: list[int], operating: float, suppress_below: int
) -> NDArray[np.bool_]:
    """Return, by group and threshold, whether the figures there tell of no small number of people."""
    told = _told(slicing, scored, steps)
    start = int(np.abs(np.array(steps) - 100 * (operating if np.isfinite(operating) else 0.5)).argmin())
    shown = np.array([_steps_of(each, start, suppress_below) for each in told]) & ~slicing.hidden[:, None]
    sizes = np.where(np.arange(len(shown)) == slicing.reference, np.iinfo(np.int64).max, slicing.groups.sizes)
    for at in np.flatnonzero(
        (~shown).sum(axis=0) == 1
    ):  # everybody less the others would be the one left out
        others = np.flatnonzero(shown[:, at])
        if len(others):
            shown[others[sizes[others].argmin()], at] = False
    return shown


def _told(slicing: Slicing, scored: Tally, steps: list[int]) -> NDArray[np.int64]:
    """Return the people that the rate is about, by group, label and stretch between thresholds."""
    names = {name: at for at, name in enumerate(slicing.groups.names)}
    counts = np.zeros((len(names), 3, len(steps) + 1), dtype=np.int64)
    cells = scored.cells[scored.cells["score_bin"].notna()]
    keys = [key_of(name) for name in slicing.groups.columns]
    owner = [names[tuple(map(text_of, name))] for name in cells[keys].itertuples(index=False, name=None)]
    label = [{1: 0, 0: 1}.get(value, 2) for value in cells["label"]]
    step = np.searchsorted(steps, cells["score_bin"].to_numpy(dtype=np.int64), side="right")
    places = np.array(owner, dtype=np.int64), np.array(label, dtype=np.int64), step
    np.add.at(counts, places, cells["n"].to_numpy())
    if slicing.metric == "selection_rate":
        return np.asarray(counts.sum(axis=1, keepdims=True))
    about = {"true_positive_rate": slice(0, 1), "false_positive_rate": slice(1, 2)}
    return counts[:, about.get(slicing.metric, slice(0, 2))]


def _steps_of(told: NDArray[np.int64], start: int, least: int) -> list[bool]:
    """Return the thresholds between which nobody or at least so many people lie, beginning with `start`."""

    def enough(part: NDArray[np.int64]) -> bool:
        people = part.sum(axis=1)
        return bool(((people == 0) | (people >= least)).all())

    kept = [False] * (told.shape[1] - 1)
    kept[start] = enough(told[:, : start + 1]) and enough(told[:, start + 1 :])
    last = start
    for at in range(start + 1, len(kept)):
        kept[at] = kept[start] and enough(told[:, last + 1 : at + 1]) and enough(told[:, at + 1 :])
        last = at if kept[at] else last
    last = start
    for at in range(start - 1, -1, -1):
        kept[at] = kept[start] and enough(told[:, at + 1 : last + 1]) and enough(told[:, : at + 1])
        last = at if kept[at] else last
    return kept
