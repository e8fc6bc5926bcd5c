"""How far scores lie from what happened: Brier score and binned calibration error of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.analyses.groups import Groups, key_of, text_of
from raikit.analyses.rates import result_row, status_of
from raikit.stats.calibration import brier_interval, expected_calibration_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.stats.tally import Tally

    Floats = NDArray[np.float64]


def score_cells(scored: Tally, groups: Groups) -> list[Floats]:
    """Return the labelled cells of each group.

    Parameters
    ----------
    scored : Tally
        With ``label`` and ``score_bin`` among its keys.
    groups : Groups
        Whose order is kept.

    Returns
    -------
    list of array of float, shape (cells, 6)
        By group: rows, weights, squared weights, sums of the score and its square (times the weight), and 1
        where the label is positive.
    """
    keys = [key_of(column) for column in groups.columns]
    cells = scored.over(*keys, "label", "score_bin").cells
    cells = cells[cells["label"].notna() & cells["score_bin"].notna()]
    weights = [cells[name] if name in cells else cells["n"] for name in ("w", "w2")]
    table = np.column_stack([cells["n"], *weights, cells["s"], cells["s2"], cells["label"] == 1]).astype(
        float
    )
    names = [tuple(map(text_of, name)) for name in cells[keys].itertuples(index=False, name=None)]
    place = {name: at for at, name in enumerate(groups.names)}
    owner = np.array([place[name] for name in names] if keys else [0] * len(cells), dtype=np.int64)
    return [table[owner == at] for at in range(len(groups.names))]


def brier_row(
    groups: Groups, at: int, cells: list[Floats], *, hidden: bool, confidence: float, min_n: int
) -> dict[str, Any]:
    """Return the mean squared distance of scores from labels, in the result form.

    Parameters
    ----------
    groups : Groups
        The slicing.
    at : int
        Which group.
    cells : list of array
        From `score_cells`.
    hidden : bool
        Whether the group's numbers are not shown.
    confidence : float
        Of the normal interval.
    min_n : int
        Below it the group is marked as small.

    Returns
    -------
    dict
        `brier`.
    """
    n, w, w2, s, s2, positive = cells[at].T
    status = status_of(int(n.sum()) if w.sum() > 0 else 0, hidden=hidden, min_n=min_n)
    numbers = [np.nan] * 3
    if status in ("ok", "small"):
        mean, low, high = brier_interval(w, positive > 0, s, s2, confidence=confidence)
        wider = float(np.sqrt(w2.sum() / w.sum()))  # 1 without weights; the design effect's root with them
        numbers = [mean, max(mean - (mean - low) * wider, 0.0), min(mean + (high - mean) * wider, 1.0)]
    return result_row("brier", groups.slice_of(at), numbers, status=status, n=int(n.sum()), method="normal",
                      confidence=confidence)  # fmt: skip


def binned_error_row(
    groups: Groups, at: int, sums: Floats, *, hidden: bool, confidence: float, min_n: int
) -> dict[str, Any]:
    """Return the mean distance of observed rates from mean scores over tenths, in the result form.

    Parameters
    ----------
    groups : Groups
        The slicing.
    at : int
        Which group.
    sums : array
        From `raikit.analyses.reliability.score_sums`, without weights.
    hidden : bool
        Whether the group's numbers are not shown.
    confidence : float
        Least coverage.
    min_n : int
        Below it the group is marked as small.

    Returns
    -------
    dict
        `expected_calibration_error`; biased upward, see `raikit.stats.calibration`.
    """
    n, positive, score = sums[at, :, :, 0].sum(axis=0), sums[at, 0, :, 0], sums[at, :, :, 3].sum(axis=0)
    status = status_of(int(n.sum()), hidden=hidden, min_n=min_n)
    numbers = [np.nan] * 3
    if status in ("ok", "small"):
        numbers = [float(x) for x in expected_calibration_error(n, positive, score, confidence=confidence)]
    return result_row(
        "expected_calibration_error", groups.slice_of(at), numbers, status=status, n=int(n.sum()),
        method="normal, upper bound on chance", confidence=confidence,
    )  # fmt: skip
