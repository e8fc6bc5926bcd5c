"""Items drawn anew: the interval of a coefficient that is made of sums over items.

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
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

_MOST_PROFILES, _BLOCKS = 5000, 2000  # more different items than that are drawn in blocks of random items
_CHUNK = 20_000
MOST_CELLS = 2_000_000  # of a package's array; beyond, its sums are taken here: the same, by kind of item


class Profiles(NamedTuple):
    """Sums that a coefficient is made of, for each kind of item, and how many items are of the kind."""

    sums: Floats
    copies: Counts


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
    counts = votes[votes.sum(axis=1) > 1]
    kinds, copies = kinds_of(counts)
    if len(kinds) <= _MOST_PROFILES:
        return Profiles(sums(kinds.astype(float)), copies.astype(np.int64))
    return in_blocks(len(counts), lambda rows: sums(counts[rows].astype(float)), seed)


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
