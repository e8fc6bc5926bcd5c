"""Percent agreement and the kappas of Cohen and Fleiss, for ratings and from sums over items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.stats import items

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]


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
    if counts.size > items.MOST_CELLS:
        profiles = items.profiles_of(counts, fleiss_sums)
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
