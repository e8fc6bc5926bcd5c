"""Averages over classes, each against all others, with intervals by resampling the counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.analyses.rates import result_row, status_of
from raikit.stats.bootstrap import (
    LEAST_EXPECTED,
    interval_from_draws,
    resampled,
    resampled_clusters,
    resampled_weighted,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from raikit.analyses.question import Question

    Floats = NDArray[np.float64]

AVERAGED = ("macro_true_positive_rate", "macro_positive_predictive_value", "macro_f1")
REPLICATES = 1000


def one_versus_rest(metric: str, counts: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return successes and denominator of a rate of each class against all others.

    Parameters
    ----------
    metric : str
        "true_positive_rate", "positive_predictive_value", or "f1", whose counts are Jaccard's.
    counts : array, shape (..., classes, classes)
        By label and prediction.

    Returns
    -------
    tuple of array
        `k` and `n`, shape (..., classes).

    Examples
    --------
    >>> k, n = one_versus_rest("positive_predictive_value", np.array([[8, 2], [1, 9]]))
    >>> k.tolist(), n.tolist()
    ([8, 9], [9, 11])
    """
    hit = np.diagonal(counts, axis1=-2, axis2=-1)
    labelled, predicted = counts.sum(axis=-1), counts.sum(axis=-2)
    totals = {
        "true_positive_rate": labelled, "positive_predictive_value": predicted,
        "f1": labelled + predicted - hit,
    }  # fmt: skip
    return hit, totals[metric]


def macro(metric: str, counts: NDArray[Any]) -> Any:
    """Return the plain mean over classes of a rate of each class against all others.

    Parameters
    ----------
    metric : str
        One of `AVERAGED`.
    counts : array, shape (..., classes, classes)
        By label and prediction.

    Returns
    -------
    array
        NaN where a class has nothing to divide by.
    """
    rate = metric.removeprefix("macro_")
    hit, total = one_versus_rest(rate, np.asarray(counts, dtype=float))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = hit / total
    return (2 * share / (1 + share) if rate == "f1" else share).mean(axis=-1)


def interval_of(metric: str, cells: pd.DataFrame, size: int, asked: Question) -> tuple[list[float], bool]:
    """Return a macro average with its bootstrap limits.

    Parameters
    ----------
    metric : str
        One of `AVERAGED`.
    cells : pandas.DataFrame
        Columns label, prediction (places), n, w, w2, cluster.
    size : int
        Number of classes.
    asked : Question
        Confidence, seed, weight and cluster.

    Returns
    -------
    list of float
        Estimate, low, high; NaN limits where a class is too coarse for a bootstrap.
    bool
        Whether there are limits.
    """
    sums = {name: np.zeros((size, size)) for name in ("n", "w", "w2")}
    place = (cells["label"].to_numpy(dtype=np.int64), cells["prediction"].to_numpy(dtype=np.int64))
    for name, table in sums.items():
        np.add.at(table, place, cells[name].to_numpy(dtype=float))
    hit, total = one_versus_rest(metric.removeprefix("macro_"), sums["n"])
    sufficient = bool((np.minimum(hit, total - hit) >= LEAST_EXPECTED).all())
    options = {"replicates": REPLICATES, "seed": asked.seed}
    if asked.cluster:
        names, owner = np.unique(cells["cluster"].to_numpy(dtype=str), return_inverse=True)
        parts = np.zeros((len(names), size, size))
        np.add.at(parts, (owner, *place), cells["w"].to_numpy(dtype=float))
        draws: NDArray[Any] = resampled_clusters(parts, **options)
    elif asked.weight:
        draws = resampled_weighted(sums["w"], sums["w2"], **options)
    else:
        draws = resampled(sums["n"].astype(np.int64), **options)
    found = interval_from_draws(
        lambda drawn: macro(metric, drawn),
        sums["w"],
        draws,
        sufficient=sufficient,
        confidence=asked.confidence,
    )
    return list(found[:3]), found.status == "ok"


def average(
    metric: str, cells: pd.DataFrame, slice_: dict[str, str], *, size: int, hidden: bool, asked: Question
) -> dict[str, Any]:
    """Return a macro average of a slice, in the result form.

    Parameters
    ----------
    metric : str
        One of `AVERAGED`.
    cells : pandas.DataFrame
        As for `interval_of`.
    slice_ : dict of str to str
        The slice.
    size : int
        Number of classes.
    hidden : bool
        Whether the slice's numbers are not shown.
    asked : Question
        Confidence, least n, seed, weight and cluster.

    Returns
    -------
    dict
        Small, and without limits, where a class has fewer than ten successes or failures.
    """
    n = int(cells["n"].sum())
    status = status_of(n, hidden=hidden, min_n=asked.min_n)
    numbers = [np.nan] * 3
    if status in ("ok", "small"):
        numbers, limited = interval_of(metric, cells, size, asked)
        status = "undefined" if np.isnan(numbers[0]) else status if limited else "small"
    return result_row(metric, slice_, numbers, status=status, n=n, confidence=asked.confidence,
                      method="bootstrap of counts, bias-corrected")  # fmt: skip
