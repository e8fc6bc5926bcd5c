"""Are scores right within groups? Mean score against base rate, overall and by score bin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.analyses.groups import Groups, key_of, text_of
from raikit.analyses.rates import result_row, status_of
from raikit.stats.intervals import normal_critical_value, score_limits
from raikit.stats.tally import Tally

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BINS = 10
LEAST_BINS = 5  # the smallest groups are left out until so many remain: merging would blur the others
BIN = "score"  # slice key of a bin


def score_sums(scored: Tally, groups: Groups) -> Floats:
    """Return sums over labelled rows by group, label and bin of a tenth of the scale.

    Parameters
    ----------
    scored : Tally
        With ``label`` and ``score_bin`` (100 equal bins from 0 to 1) among its keys.
    groups : Groups
        Whose order is kept.

    Returns
    -------
    array of float, shape (groups, 2, 10, 5)
        Second axis: label positive, negative; last axis: rows, weights, squared weights, score and squared
        score, both times the weight; without weights all weights are 1.
    """
    keys = [key_of(column) for column in groups.columns]
    cells = scored.over(*keys, "label", "score_bin").cells
    cells = cells[cells["label"].notna() & cells["score_bin"].notna()]
    place = {name: at for at, name in enumerate(groups.names)}
    owner = np.array(
        [place[tuple(map(text_of, name))] for name in cells[keys].itertuples(index=False, name=None)]
    )
    sums = np.zeros((len(groups.names), 2, BINS, 5))
    if len(cells):
        weights = [cells[name] if name in cells else cells["n"] for name in ("w", "w2")]
        values = np.column_stack([cells["n"], *weights, cells["s"], cells["s2"]]).astype(float)
        tenth = np.clip(cells["score_bin"].to_numpy(dtype=np.int64) // (100 // BINS), 0, BINS - 1)
        negative = (cells["label"] != 1).to_numpy(dtype=np.int64)
        np.add.at(sums, (owner.astype(np.int64), negative, tenth), values)
    return sums


def group_rows(
    groups: Groups, sums: Floats, *, hidden: NDArray[np.bool_], confidence: float, min_n: int
) -> Iterator[dict[str, Any]]:
    """Yield mean score and calibration error of each group, in the result form.

    Parameters
    ----------
    groups : Groups
        The slicing.
    sums : array
        From `score_sums`.
    hidden : array of bool
        Groups whose base rate is not shown.
    confidence : float
        Of normal intervals for the mean score and the mean of label minus score.
    min_n : int
        Below it a group is marked as small.

    Yields
    ------
    dict
        `mean_score`, and `calibration_error`: the size of mean score less base rate.
    """
    critical = normal_critical_value(confidence)
    for at in range(len(groups.names)):
        n = int(sums[at, :, :, 0].sum())
        status = status_of(n, hidden=bool(hidden[at]), min_n=min_n)
        w, w2, s, s2 = sums[at, :, :, 1:].sum(axis=(0, 1))
        mean = error = [np.nan] * 3
        if status in ("ok", "small") and w > 0:
            positive = sums[at, 0].sum(axis=0)
            rate, share = positive[1] / w, s / w
            # mean of (label - score)² = base rate - 2 · mean of label · score + mean of score²
            residual = max(rate - 2 * positive[3] / w + s2 / w - (rate - share) ** 2, 0.0)
            half = critical * np.sqrt(residual * w2) / w
            spread = critical * np.sqrt(max(s2 / w - share**2, 0.0) * w2) / w
            mean = [share, max(share - spread, 0.0), min(share + spread, 1.0)]
            error = [
                abs(rate - share),
                max(abs(rate - share) - half, 0.0),
                min(abs(rate - share) + half, 1.0),
            ]
        for metric, numbers in (("mean_score", mean), ("calibration_error", error)):
            yield result_row(metric, groups.slice_of(at), numbers, status=status, n=n, method="normal",
                             confidence=confidence)  # fmt: skip


def bin_rows(
    groups: Groups,
    sums: Floats,
    *,
    hidden: NDArray[np.bool_],
    confidence: float,
    min_n: int,
    suppress_below: int,
) -> Iterator[dict[str, Any]]:
    """Yield the share of positives by score bin of each group of an attribute, in the result form.

    Bins are tenths of the scale with the same limits in every group; neighbours are taken together until none
    holds fewer than `suppress_below` people of a group, but at least one. A group with so few people that it
    would blur all others is left out whole, and where that leaves out a single group the next smallest with
    it, so that no bin can be found by subtraction.

    Parameters
    ----------
    groups : Groups
        The slicing: one attribute.
    sums : array
        From `score_sums`.
    hidden : array of bool
        Groups whose base rate is not shown.
    confidence : float
        Of the Wilson intervals.
    min_n : int
        Below it a bin is marked as small.
    suppress_below : int
        The least number of people shown.

    Yields
    ------
    dict
        `observed_rate` with the bin as a slice key, and further the bin's `mean_score`; empty bins are left
        out.
    """
    out, ends = _binned(sums[:, :, :, 0].sum(axis=1), hidden, suppress_below)
    if not ends:
        return
    sums = np.stack([sums[:, :, first:last].sum(axis=2) for first, last in ends], axis=2)
    n = sums[:, :, :, 0].sum(axis=1)
    weight, square, score = (sums[:, :, :, part].sum(axis=1) for part in (1, 2, 3))
    with np.errstate(divide="ignore", invalid="ignore"):
        size, share, mean = weight**2 / square, sums[:, 0, :, 1] / weight, score / weight
        limits = score_limits(
            np.nan_to_num(share * size), np.nan_to_num(size), normal_critical_value(confidence)
        )
    for at, place in np.argwhere(~out[:, None] & (n > 0) & (weight > 0)):
        slice_ = groups.slice_of(at) | {BIN: "–".join(f"{end / BINS:.1f}" for end in ends[place])}
        numbers = [float(part[at, place]) for part in limits]
        rows = int(n[at, place])
        plain = bool(np.isclose(weight[at, place], rows) and np.isclose(square[at, place], rows))
        counts = [int(sums[at, 0, place, 0]), rows] if plain else None
        method = "wilson" if plain else "wilson, effective n"
        yield result_row(
            "observed_rate",
            slice_,
            numbers,
            status=status_of(rows, hidden=False, min_n=min_n),
            n=rows,
            method=method,
            confidence=confidence,
            counts=counts,
        ) | {"mean_score": float(mean[at, place])}


def _binned(
    n: NDArray[np.float64], hidden: NDArray[np.bool_], least: int
) -> tuple[NDArray[np.bool_], list[tuple[int, int]]]:
    """Return the groups that are left out, and the bins of the others."""
    out, people = hidden.copy(), n.sum(axis=1)
    while True:
        ends = merged_bins(n[~out], least)
        wanted = min(LEAST_BINS, int((n[~out] > 0).any(axis=0).sum()))
        if out.sum() != 1 and (len(ends) >= wanted or (~out).sum() <= 1):
            return out, ends
        if (~out).sum() == 0:
            return out, []
        out[np.where(out, np.inf, people).argmin()] = True


def merged_bins(n: NDArray[np.float64], least: int) -> list[tuple[int, int]]:
    """Return the fewest merges of neighbouring bins after which none holds too few people of a group.

    Parameters
    ----------
    n : array, shape (groups, bins)
        People by group and bin.
    least : int
        A bin holds nobody of a group, or at least so many.

    Returns
    -------
    list of tuple of int
        First bin and the one after the last, from left to right; bins without anybody are left out.

    Examples
    --------
    >>> merged_bins(np.array([[50, 3, 40, 0, 20], [30, 30, 30, 0, 4]]), 10)
    [(0, 1), (1, 5)]
    """
    found: list[tuple[int, int]] = []
    start = 0
    for end in range(1, n.shape[1] + 1):
        held = n[:, start:end].sum(axis=1)
        if not held.any():
            start = end
        elif _fit(held, least):
            found.append((start, end))
            start = end
    while n[:, start:].any():  # what is left over joins its neighbour on the left
        if not found:
            return [(start, n.shape[1])] if _fit(n[:, start:].sum(axis=1), least) else []
        start, _ = found.pop()
        if _fit(n[:, start:].sum(axis=1), least):
            return [*found, (start, n.shape[1])]
    return found


def _fit(held: NDArray[np.float64], least: int) -> bool:
    return bool(((held == 0) | (held >= least)).all())
