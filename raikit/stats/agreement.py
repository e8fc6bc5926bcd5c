"""How far raters agree: percent agreement, kappas and Krippendorff's alpha, with intervals over items.

Items are the independent draws: an interval resamples items with all their ratings. Items with the same
counts of ratings are drawn together, so that a million ratings cost little more than a hundred.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from raikit.stats.bootstrap import Bootstrapped, acceleration_of, interval_from_draws, resampled
from raikit.stats.intervals import wilson_interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

MEASUREMENT = ("nominal", "ordinal", "interval")
MOST_CATEGORIES = 50  # of nominal and ordinal ratings, and of the kappas
_MOST_PROFILES, _BLOCKS = 5000, 2000  # more different items than that are drawn in blocks of random items
_CHUNK = 20_000
_MOST_CELLS = 2_000_000  # beyond, the packages' sums are taken here: the same, by kind of item
# Share of simulated samples of 200 items and 3 raters (sensitivity .7-.95, specificity .9-.99) whose
# 95% interval of alpha holds the true value: the lowest over four kinds of raters, by prevalence. 4,000
# samples each, measured by tests/benchmarks/bench_labels.py.
COVERAGE = {0.02: 0.872, 0.05: 0.943, 0.1: 0.952, 0.2: 0.952, 0.3: 0.947, 0.5: 0.948}


class Profiles(NamedTuple):
    """Sums that a coefficient is made of, for each kind of item, and how many items are of the kind."""

    sums: Floats
    copies: Counts


def krippendorff_alpha(votes: ArrayLike, values: ArrayLike, level: str) -> float:
    """Return Krippendorff's alpha.

    Parameters
    ----------
    votes : array of int, shape (items, categories)
        How many raters gave each category; items with fewer than two ratings don't count.
    values : array of float, shape (categories,)
        The categories' numbers in ascending order, used by level "interval".
    level : {"nominal", "ordinal", "interval"}
        Of measurement.

    Returns
    -------
    float
        At most 1; 0 is chance. NaN when no item has two ratings or all ratings are the same.

    References
    ----------
    .. [1] Krippendorff (2011), Computing Krippendorff's alpha-reliability.

    Examples
    --------
    >>> round(krippendorff_alpha([[3, 0], [0, 3], [2, 1]], [0, 1], "nominal"), 3)
    0.6
    """
    from krippendorff import alpha

    counts = np.asarray(votes)
    pairable = counts[counts.sum(axis=1) > 1]
    if not len(pairable) or (pairable.sum(axis=0) > 0).sum() < 2:
        return float("nan")
    if len(pairable) * counts.shape[1] ** 2 <= _MOST_CELLS:  # it holds a square matrix for each item
        return float(alpha(value_counts=pairable, value_domain=values, level_of_measurement=level))  # type: ignore[arg-type]
    profiles = alpha_profiles(pairable, np.asarray(values, dtype=float), level)
    return float(alpha_from_sums(profiles.copies @ profiles.sums, level))


def alpha_profiles(votes: Counts, values: Floats, level: str, *, seed: int = 0) -> Profiles:
    """Return what alpha is made of: coincidences of values within items, or for intervals their moments.

    Parameters
    ----------
    votes : array of int, shape (items, categories)
        As for `krippendorff_alpha`.
    values : array of float, shape (categories,)
        The categories' numbers.
    level : str
        Of measurement.
    seed : int
        Of the blocks that take the place of items where too many differ.

    Returns
    -------
    Profiles
        Sums of shape (kinds, categories²), or (kinds, 4) for level "interval".
    """
    counts = votes[votes.sum(axis=1) > 1]
    return _profiles(counts, lambda part: _alpha_sums(part, values, level), seed)


def _alpha_sums(votes: Floats, values: Floats, level: str) -> Floats:
    size = votes.sum(axis=1)
    if level == "interval":
        return moments(size, votes @ values, votes @ values**2)
    pairs = votes[:, :, None] * votes[:, None, :]
    diagonal = np.arange(votes.shape[1])
    pairs[:, diagonal, diagonal] -= votes
    return np.asarray(
        (pairs / (size - 1)[:, None, None]).reshape(len(votes), votes.shape[1] ** 2), dtype=np.float64
    )


def moments(size: Floats, total: Floats, squares: Floats) -> Floats:
    """Return what alpha of interval ratings is made of, from sums over each item's ratings.

    Parameters
    ----------
    size, total, squares : array of float, shape (items,)
        Number of ratings (at least two), their sum and their sum of squares.

    Returns
    -------
    array of float, shape (items, 4)
        Squared differences within the item, and the three sums.
    """
    within = 2 * (size * squares - total**2) / (size - 1)
    return np.stack([within, size, total, squares], axis=1)


def alpha_from_sums(sums: Floats, level: str) -> Floats:
    """Return alpha from sums over items.

    Parameters
    ----------
    sums : array of float, shape (..., q)
        As in `alpha_profiles`.
    level : str
        Of measurement.

    Returns
    -------
    array of float, shape (...)
        NaN where all ratings are the same.
    """
    if level == "interval":
        within, n, total, squares = np.moveaxis(sums, -1, 0)
        observed, expected = within, 2 * (n * squares - total**2) / (n - 1)
    else:
        size = round(sums.shape[-1] ** 0.5)
        pairs = sums.reshape(*sums.shape[:-1], size, size)
        each = pairs.sum(axis=-1)
        n = each.sum(axis=-1)
        distance = _distance(each, level)
        observed = (pairs * distance).sum(axis=(-1, -2))
        chance = each[..., :, None] * each[..., None, :]
        expected = (chance * distance).sum(axis=(-1, -2)) / (n - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = 1 - observed / np.where(expected > 1e-12 * np.maximum(n, 1), expected, np.nan)
    return np.asarray(found, dtype=np.float64)


def _distance(each: Floats, level: str) -> Floats:
    size = each.shape[-1]
    if level == "nominal":
        return 1 - np.eye(size)
    middle = np.cumsum(each, axis=-1) - each / 2  # the ordinal distance is that of mean ranks
    return (middle[..., :, None] - middle[..., None, :]) ** 2


def percent_agreement_sums(votes: Floats) -> Floats:
    """Return the share of an item's pairs of ratings that agree, and 1: their sums make percent agreement.

    Parameters
    ----------
    votes : array of float, shape (items, categories)
        At least two ratings each.

    Returns
    -------
    array of float, shape (items, 2)
        See `ratio_of_sums`.
    """
    size = votes.sum(axis=1)
    agree = (votes * (votes - 1)).sum(axis=1) / (size * (size - 1))
    return np.stack([agree, np.ones_like(agree)], axis=1)


def ratio_of_sums(sums: Floats) -> Floats:
    """Return the first sum divided by the second.

    Parameters
    ----------
    sums : array of float, shape (..., 2)
        Sums over items.

    Returns
    -------
    array of float, shape (...)
        NaN where the second is 0.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums[..., 0] / np.where(sums[..., 1] > 0, sums[..., 1], np.nan), dtype=np.float64)


def fleiss_kappa(votes: ArrayLike) -> float:
    """Return Fleiss' kappa.

    Parameters
    ----------
    votes : array of int, shape (items, categories)
        The same number of ratings (at least two) for each item.

    Returns
    -------
    float
        At most 1; NaN when all ratings are the same.

    Examples
    --------
    >>> round(fleiss_kappa([[3, 0], [0, 3], [2, 1]]), 2)
    0.55
    """
    from statsmodels.stats.inter_rater import fleiss_kappa as of_table

    counts = np.asarray(votes)
    if (counts.sum(axis=0) > 0).sum() < 2:
        return float("nan")
    if counts.size > _MOST_CELLS:
        profiles = profiles_of(counts, fleiss_sums)
        return float(fleiss_from_sums(profiles.copies @ profiles.sums))
    return float(of_table(counts))


def fleiss_sums(votes: Floats) -> Floats:
    """Return what Fleiss' kappa is made of, for each item.

    Parameters
    ----------
    votes : array of float, shape (items, categories)
        At least two ratings each.

    Returns
    -------
    array of float, shape (items, 2 + categories)
        Agreement, 1, and the shares of the categories.
    """
    shares = votes / votes.sum(axis=1, keepdims=True)
    return np.concatenate([percent_agreement_sums(votes), shares], axis=1)


def fleiss_from_sums(sums: Floats) -> Floats:
    """Return Fleiss' kappa from sums over items.

    Parameters
    ----------
    sums : array of float, shape (..., 2 + categories)
        As in `fleiss_sums`.

    Returns
    -------
    array of float, shape (...)
        NaN where all ratings are the same.
    """
    items = sums[..., 1]
    chance = ((sums[..., 2:] / items[..., None]) ** 2).sum(axis=-1)
    return _corrected(sums[..., 0] / items, chance)


def cohen_kappa(table: ArrayLike) -> float:
    """Return Cohen's kappa of two raters.

    Parameters
    ----------
    table : array of int, shape (categories, categories)
        Items by the first rater's and the second rater's category.

    Returns
    -------
    float
        At most 1; NaN when there is no item or both gave one and the same category only.

    Examples
    --------
    >>> round(cohen_kappa([[20, 5], [10, 15]]), 3)
    0.4
    """
    from statsmodels.stats.inter_rater import cohens_kappa

    counts = np.asarray(table, dtype=float)
    if not counts.sum() or (counts.sum(axis=0) + counts.sum(axis=1) > 0).sum() < 2:
        return float("nan")
    return float(cohens_kappa(counts, return_results=False))


def cohen_from_cells(cells: Floats) -> Floats:
    """Return Cohen's kappa from the cells of the table, in a row.

    Parameters
    ----------
    cells : array of float, shape (..., categories²)
        Counts of items.

    Returns
    -------
    array of float, shape (...)
        NaN where it is undefined.
    """
    size = round(cells.shape[-1] ** 0.5)
    table = cells.reshape(*cells.shape[:-1], size, size)
    n = table.sum(axis=(-1, -2))
    chance = (table.sum(axis=-1) * table.sum(axis=-2)).sum(axis=-1) / n**2
    return _corrected(np.trace(table, axis1=-2, axis2=-1) / n, chance)


def _corrected(observed: Any, chance: Any) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(chance < 1 - 1e-12, 1 - chance, np.nan)
        return np.asarray((observed - chance) / left, dtype=np.float64)


def profiles_of(votes: Counts, sums: Callable[[Floats], Floats], *, seed: int = 0) -> Profiles:
    """Return the sums of each kind of item with at least two ratings.

    Parameters
    ----------
    votes : array of int, shape (items, categories)
        How many raters gave each category.
    sums : callable
        From votes to sums, a row an item.
    seed : int
        Of the blocks that take the place of items where too many differ.

    Returns
    -------
    Profiles
        For `item_interval`.
    """
    return _profiles(votes[votes.sum(axis=1) > 1], sums, seed)


def _profiles(votes: NDArray[Any], sums: Callable[[Floats], Floats], seed: int) -> Profiles:
    kinds, copies = kinds_of(votes)
    if len(kinds) <= _MOST_PROFILES:
        return Profiles(sums(kinds.astype(float)), copies.astype(np.int64))
    return in_blocks(len(votes), lambda rows: sums(votes[rows].astype(float)), seed)


def kinds_of(votes: NDArray[Any]) -> tuple[NDArray[Any], Counts]:
    """Return the different rows, and how often each is there.

    Parameters
    ----------
    votes : array of int, shape (items, categories)
        At least 0.

    Returns
    -------
    tuple of array
        Rows and counts.

    Examples
    --------
    >>> rows, copies = kinds_of(np.array([[3, 0], [2, 1], [3, 0]]))
    >>> rows.tolist(), copies.tolist()
    ([[2, 1], [3, 0]], [1, 2])
    """
    if not votes.size:
        return votes, np.zeros(0, dtype=np.int64)
    digits = int(votes.max()) + 1
    if votes.shape[1] * np.log2(digits) < 62:  # a row is a number: sorting numbers is fast
        keys: NDArray[Any] = votes @ digits ** np.arange(votes.shape[1])[::-1]
    else:
        packed = np.ascontiguousarray(votes.astype(np.min_scalar_type(digits)))
        keys = packed.view(np.dtype((np.void, packed.dtype.itemsize * packed.shape[1]))).ravel()
    _, first, copies = np.unique(keys, return_index=True, return_counts=True)
    return votes[first], copies.astype(np.int64)


def in_blocks(items: int, sums: Callable[[NDArray[np.int64]], Floats], seed: int) -> Profiles:
    """Return sums over blocks of random items: as independent as items, and few enough to draw.

    Parameters
    ----------
    items : int
        Their number.
    sums : callable
        From the numbers of items to their sums, a row an item.
    seed : int
        Of the order.

    Returns
    -------
    Profiles
        Each block once.
    """
    order = np.random.default_rng(seed).permutation(items)
    blocks: list[Floats] = []
    for rows in np.array_split(order, min(_BLOCKS, items)):
        parts = [sums(rows[at : at + _CHUNK]).sum(axis=0) for at in range(0, len(rows), _CHUNK)]
        blocks.append(np.sum(parts, axis=0))
    return Profiles(np.array(blocks), np.ones(len(blocks), dtype=np.int64))


def item_interval(
    profiles: Profiles,
    statistic: Callable[[Floats], Floats],
    *,
    items: int,
    disputed: Floats,
    seed: int,
    confidence: float = 0.95,
    replicates: int = 1000,
) -> Bootstrapped:
    """Return the interval of a coefficient when items are drawn anew (bias-corrected and accelerated).

    Parameters
    ----------
    profiles : Profiles
        Of the items.
    statistic : callable
        From sums over items, shape (..., q), to the coefficient.
    items : int
        How many there are.
    disputed : array of float, shape (q,)
        Sums of one item of another kind, on which raters are divided: when all items are alike, resampling
        them shows no variation at all, and the limit is what the coefficient would be with as many other
        items as Wilson's limit for none in `items` allows.
    seed, confidence, replicates
        As in `bootstrap_interval`.

    Returns
    -------
    Bootstrapped
        "undefined" with fewer than two items: nothing then tells how items vary.
    """
    copies = profiles.copies

    def of_draws(draws: Any) -> Floats:
        return statistic(np.asarray(draws, dtype=float) @ profiles.sums)

    if items < 2 or len(copies) == 0:
        return Bootstrapped(np.nan, np.nan, np.nan, "undefined")
    draws = resampled(copies, replicates=replicates, seed=seed)
    found = interval_from_draws(
        of_draws, copies, draws, sufficient=True, confidence=confidence,
        acceleration=acceleration_of(of_draws, copies.astype(float)),
    )  # fmt: skip
    if found.status != "undefined" and not found.high - found.low > 1e-12:
        share = float(wilson_interval(items, items, confidence=confidence).low)
        other = float(statistic(copies @ profiles.sums * share + disputed * items * (1 - share)))
        return found._replace(low=min(other, found.estimate), high=max(other, found.estimate))
    return found
