"""Intervals for composites of several rates (F1 differences, balanced accuracy, kappa) by resampling counts.

For independent rows, resampling the rows is exactly a multinomial draw on the cells of their tally, so that
replicates cost the same at any number of rows. Not for a largest gap (max - min, equalized odds): its
bootstrap never covers "no gap"; see `raikit.stats.contrasts.largest_gap`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from raikit.stats.intervals import checked_confidence
from raikit.stats.metrics import rate_counts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Statistic = Callable[[Floats], Floats]

# With fewer expected successes or failures the resampled rates are too coarse, and coverage falls below 92%.
LEAST_EXPECTED = 10


class Bootstrapped(NamedTuple):
    """An estimate with bootstrap limits.

    `status` is "ok", "insufficient" (a rate rests on fewer than 10 successes or failures in some group: the
    limits are NaN) or "undefined" (the estimate is NaN).
    """

    estimate: float
    low: float
    high: float
    status: str


def bootstrap_interval(
    statistic: Statistic,
    cells: ArrayLike,
    *,
    rates: Sequence[str],
    seed: int,
    confidence: float = 0.95,
    replicates: int = 1000,
) -> Bootstrapped:
    """Return a bootstrap interval for a statistic of label × prediction counts of independent rows.

    The limits are bias-corrected and accelerated (BCa). For skewed composites near 0 or 1 they cover better
    than percentiles, and the acceleration, a derivative by each cell, costs almost nothing on counts.

    Parameters
    ----------
    statistic : callable
        Maps cells of shape (replicates, groups, 3, 3) to numbers of shape (replicates,); smooth, and
        unchanged when all cells are multiplied by one number.
    cells : array of int, shape (groups, 3, 3)
        Counts, as `Confusion.cells`.
    rates : sequence of str
        Names in `raikit.stats.metrics.RATES` that the statistic is made of, to judge whether counts suffice.
    seed : int
        Seed of the draws.
    confidence : float, default=0.95
        Coverage in (0, 1).
    replicates : int, default=1000
        Number of draws.

    Returns
    -------
    Bootstrapped
        Floats and a status.

    References
    ----------
    .. [1] Efron (1987), JASA 82(397), 171-185.

    Examples
    --------
    >>> cells = np.array([[[80, 20, 0], [30, 170, 0], [0, 0, 0]]])
    >>> rates = ["true_positive_rate", "true_negative_rate"]
    >>> def balanced_accuracy(cells):
    ...     counts = [rate_counts(rate, cells) for rate in rates]
    ...     return sum(k / n for k, n in counts)[..., 0] / 2
    >>> result = bootstrap_interval(balanced_accuracy, cells, rates=rates, seed=7)
    >>> [round(x, 2) for x in result[:3]], result.status
    ([0.82, 0.77, 0.86], 'ok')
    """
    counts = np.asarray(cells, dtype=np.int64)
    draws = resampled(counts, replicates=replicates, seed=seed)
    return interval_from_draws(
        statistic, counts, draws, sufficient=_sufficient(counts, rates), confidence=confidence,
        acceleration=acceleration_of(statistic, counts.astype(float)),
    )  # fmt: skip


def interval_from_draws(
    statistic: Statistic,
    cells: NDArray[Any],
    draws: NDArray[Any],
    *,
    sufficient: bool,
    confidence: float = 0.95,
    acceleration: float = 0.0,
) -> Bootstrapped:
    """Return the bias-corrected interval of a statistic from resampled cells, however these were drawn.

    Parameters
    ----------
    statistic : callable
        As in `bootstrap_interval`.
    cells : array, shape (groups, 3, 3)
        What was observed: counts or sums of weights.
    draws : array, shape (replicates, groups, 3, 3)
        From `resampled`, `resampled_weighted` or `resampled_clusters`.
    sufficient : bool
        Whether the (effective) counts suffice; if not, there are no limits.
    confidence : float, default=0.95
        Coverage in (0, 1).
    acceleration : float, default=0
        Efron's a; 0 corrects for bias only.

    Returns
    -------
    Bootstrapped
        Floats and a status. Replicates in which the statistic is undefined are left out; "insufficient" if
        they are more than one in a hundred.
    """
    from scipy.special import ndtr, ndtri

    tails = np.array([1 - checked_confidence(confidence), 1 + confidence]) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = float(statistic(np.asarray(cells, dtype=float)[None])[0])
        values = np.asarray(statistic(np.asarray(draws, dtype=float)), dtype=float)
    if np.isnan(estimate):
        return Bootstrapped(estimate, np.nan, np.nan, "undefined")
    defined = values[np.isfinite(values)]
    if not sufficient or len(defined) < 0.99 * len(values):
        return Bootstrapped(estimate, np.nan, np.nan, "insufficient")
    below = ((defined < estimate).mean() + (defined <= estimate).mean()) / 2
    bias = ndtri(np.clip(below, 1 / len(defined), 1 - 1 / len(defined)))
    shifted = bias + ndtri(tails)
    places = ndtr(bias + shifted / np.maximum(1 - acceleration * shifted, 0.1))
    low, high = np.quantile(defined, places)
    return Bootstrapped(estimate, float(low), float(high), "ok")


def resampled(cells: NDArray[np.int64], *, replicates: int, seed: int) -> NDArray[np.int64]:
    """Return cells of resampled rows: multinomial draws, exact for independent unweighted rows.

    Parameters
    ----------
    cells : array of int
        Counts, of any shape.
    replicates : int
        Number of draws.
    seed : int
        Seed of the draws.

    Returns
    -------
    array of int, shape (replicates, *cells.shape)
        Each draw has the total of `cells`.

    Examples
    --------
    >>> resampled(np.array([5, 0, 15]), replicates=2, seed=7).sum(axis=1).tolist()
    [20, 20]
    """
    flat = np.asarray(cells, dtype=np.int64).ravel()
    total = int(flat.sum())
    occupied = np.flatnonzero(flat)
    draws = np.zeros((replicates, flat.size), dtype=np.int64)
    if total:
        draws[:, occupied] = np.random.default_rng(seed).multinomial(
            total, flat[occupied] / total, replicates
        )
    return draws.reshape(replicates, *np.shape(cells))


def resampled_weighted(w: ArrayLike, w2: ArrayLike, *, replicates: int, seed: int) -> Floats:
    """Return resampled sums of weights, from the sums of weights and of squared weights of each cell.

    The Bayesian bootstrap: each row gets an exponential multiplicity. The sum in a cell then has mean `w` and
    variance `w2`, and is drawn from the gamma distribution with these, which is exact where the weights of a
    cell are equal.

    Parameters
    ----------
    w, w2 : array of float
        Sums of weights and of squared weights, of one shape.
    replicates : int
        Number of draws.
    seed : int
        Seed of the draws.

    Returns
    -------
    array of float, shape (replicates, *w.shape)
        Sums; their grand total varies, so that only statistics without a scale are to be computed of them.

    References
    ----------
    .. [1] Rubin (1981), Annals of Statistics 9(1), 130-134.
    """
    mean, variance = np.asarray(w, dtype=float), np.asarray(w2, dtype=float)
    some = (mean > 0) & (variance > 0)
    draws = np.zeros((replicates, *mean.shape))
    shape, scale = mean[some] ** 2 / variance[some], variance[some] / mean[some]
    draws[:, some] = np.random.default_rng(seed).gamma(shape, scale, (replicates, int(some.sum())))
    return draws


def resampled_clusters(sums: ArrayLike, *, replicates: int, seed: int) -> Floats:
    """Return sums over resampled clusters.

    Clusters with the same sums are drawn together, so that a million small households cost little.

    Parameters
    ----------
    sums : array, shape (clusters, ...)
        Counts or sums of weights of each cluster, by cell.
    replicates : int
        Number of draws.
    seed : int
        Seed of the draws.

    Returns
    -------
    array of float, shape (replicates, ...)
        As many clusters in each draw as there are.
    """
    table = np.asarray(sums, dtype=float)
    flat = table.reshape(len(table), -1)
    profiles, copies = np.unique(flat, axis=0, return_counts=True)
    times = np.random.default_rng(seed).multinomial(len(flat), copies / max(len(flat), 1), replicates)
    return np.asarray(times @ profiles, dtype=np.float64).reshape(replicates, *table.shape[1:])


def _sufficient(cells: NDArray[np.int64], rates: Sequence[str]) -> bool:
    pairs = [rate_counts(rate, cells) for rate in rates]
    return all(bool((np.minimum(k, n - k) >= LEAST_EXPECTED).all()) for k, n in pairs)


def acceleration_of(statistic: Statistic, cells: Floats) -> float:
    """Return Efron's acceleration from the influence of a row in each cell.

    Parameters
    ----------
    statistic : callable
        As in `bootstrap_interval`.
    cells : array of float
        Counts of what is drawn.

    Returns
    -------
    float
        0 where the influence is undefined or the same everywhere.
    """
    flat = cells.ravel()
    occupied = np.flatnonzero(flat)
    step = 1e-4 * np.sqrt(max(flat.sum(), 1.0))
    nudged = np.repeat(flat[None], len(occupied), axis=0)
    nudged[np.arange(len(occupied)), occupied] += step
    with np.errstate(divide="ignore", invalid="ignore"):
        influence = statistic(nudged.reshape(-1, *cells.shape)) - statistic(cells[None])[0]
    copies = flat[occupied]
    influence = influence - np.average(influence, weights=copies) if len(occupied) else influence
    squares = float((copies * influence**2).sum())
    if not np.isfinite(squares) or squares <= 0:
        return 0.0
    return float((copies * influence**3).sum() / (6 * squares**1.5))
