"""Krippendorff's alpha of raters, for items and from sums over items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raikit.stats import items

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

MEASUREMENT = ("nominal", "ordinal", "interval")
MOST_CATEGORIES = 50  # of nominal and ordinal ratings, and of the kappas
# Share of simulated samples of 200 items and 3 raters (sensitivity .7-.95, specificity .9-.99) whose
# 95% interval of alpha holds the true value: the lowest over four kinds of raters, by prevalence. 4,000
# samples each, measured by tests/benchmarks/bench_labels.py.
COVERAGE = {0.02: 0.872, 0.05: 0.943, 0.1: 0.952, 0.2: 0.952, 0.3: 0.947, 0.5: 0.948}


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
    if len(pairable) * counts.shape[1] ** 2 <= items.MOST_CELLS:  # it holds a square matrix for each item
        return float(alpha(value_counts=pairable, value_domain=values, level_of_measurement=level))  # type: ignore[arg-type]
    profiles = alpha_profiles(pairable, np.asarray(values, dtype=float), level)
    return float(alpha_from_sums(profiles.copies @ profiles.sums, level))


def alpha_profiles(votes: Counts, values: Floats, level: str, *, seed: int = 0) -> items.Profiles:
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
    return items.profiles_of(votes, lambda part: _alpha_sums(part, values, level), seed=seed)


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
