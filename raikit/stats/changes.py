"""When a rate changed: a likelihood scan over daily counts, honest about how much ordinary days vary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from raikit.stats.intervals import checked_confidence, checked_counts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_BLOCK = 14  # windows shuffled together: shorter blocks lose the likeness of neighbouring days
_LEAST_BLOCKS = 5


class ChangePoint(NamedTuple):
    """The likeliest change of a rate between windows.

    Attributes
    ----------
    at : int
        Position of the first window after the change.
    low, high : int
        Limits of that position.
    statistic : float
        Twice the gain in log-likelihood of two rates over one, before any allowance for dispersion.
    """

    at: int
    low: int
    high: int
    statistic: float


def change_point(
    n_success: ArrayLike, n: ArrayLike, *, dispersion: float = 1.0, confidence: float = 0.95
) -> ChangePoint:
    """Return where one change of the rate fits best, with a likelihood interval for the place.

    Parameters
    ----------
    n_success, n : array of int, shape (windows,)
        Counts of each window in order of time; at least two windows with rows.
    dispersion : float, default=1
        Variance of the counts over binomial variance, at least 1: the interval is widened by it.
    confidence : float, default=0.95
        Of the interval: places that fit worse by less than the chi-squared quantile with one degree of
        freedom times the dispersion.

    Returns
    -------
    ChangePoint
        The first of equally good places.

    Raises
    ------
    ValueError
        If counts are impossible, there are fewer than two windows, or `confidence` or `dispersion` is out of
        range.

    References
    ----------
    .. [1] Hinkley and Hinkley (1970), Biometrika 57(3), 477-488.

    Examples
    --------
    >>> change_point([5, 6, 5, 0, 0, 0], [100] * 6)[:3]
    (3, 3, 3)
    """
    from scipy.stats import chi2

    success, total = checked_counts(n_success, n)
    if success.ndim != 1 or len(success) < 2 or not total.any():
        raise ValueError(f"windows: {success.size}; allowed are two or more in a list, with rows")
    if not dispersion >= 1:
        raise ValueError(f"dispersion: {dispersion}; allowed is a number of at least 1")
    gains = _gains(success[None, :], total[None, :])[0]
    place = int(np.argmax(gains))
    within = gains >= gains[place] - dispersion * chi2.ppf(checked_confidence(confidence), 1)
    fits = np.flatnonzero(within)
    return ChangePoint(place + 1, int(fits[0]) + 1, int(fits[-1]) + 1, float(gains[place]))


def chance_of_change(n_success: ArrayLike, n: ArrayLike, *, replicates: int = 999, seed: int) -> float:
    """Return how often a scan finds as large a change when the order of fortnights means nothing.

    Blocks of fourteen windows are shuffled whole, so that bad days and the likeness of neighbours stay as
    they are: shuffling single days would take both away, and call every bad week a change.

    Parameters
    ----------
    n_success, n : array of int, shape (windows,)
        Counts of each window in order of time.
    replicates : int, default=999
        Shuffles.
    seed : int
        Of the shuffles.

    Returns
    -------
    float
        (found as large + 1) / (replicates + 1); NaN with fewer than five blocks, whose orders are too few.

    Raises
    ------
    ValueError
        If counts are impossible or there are fewer than two windows.

    Examples
    --------
    >>> chance_of_change([5, 6, 4, 5] * 20 + [0] * 80, [100] * 160, seed=7)
    0.001
    """
    success, total = checked_counts(n_success, n)
    found = change_point(success, total)
    blocks = np.array_split(np.arange(len(total)), max(len(total) // _BLOCK, 1))
    if len(blocks) < _LEAST_BLOCKS:
        return float("nan")
    random = np.random.default_rng(seed)
    orders = [random.permutation(len(blocks)) for _ in range(replicates)]
    places = np.array([np.concatenate([blocks[block] for block in order]) for order in orders])
    largest = _gains(success[places], total[places]).max(axis=1)
    as_large = np.count_nonzero(largest >= found.statistic * (1 - 1e-9))
    return float((as_large + 1) / (replicates + 1))


def _gains(success: Floats, total: Floats) -> Floats:
    """Return twice the log-likelihood gained by a change after each window but the last, a row a span."""
    before, rows = np.cumsum(success, axis=1)[:, :-1], np.cumsum(total, axis=1)[:, :-1]
    all_success, all_rows = success.sum(axis=1, keepdims=True), total.sum(axis=1, keepdims=True)
    parts = _likelihood(before, rows) + _likelihood(all_success - before, all_rows - rows)
    return np.asarray(2 * (parts - _likelihood(all_success, all_rows)), dtype=np.float64)


def _likelihood(success: Any, total: Any) -> Any:
    from scipy.special import xlogy

    share = success / np.maximum(total, 1.0)
    return xlogy(success, share) + xlogy(total - success, 1 - share)
