"""Agreement of ratings as results: the coefficients of some items, with their intervals and statuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.analyses.ratings import Ratings
from raikit.stats.agreement import alpha_from_sums, alpha_profiles, krippendorff_alpha, moments
from raikit.stats.items import Profiles, in_blocks, item_interval, kinds_of, profiles_of
from raikit.stats.kappas import (
    cohen_from_cells,
    cohen_kappa,
    fleiss_from_sums,
    fleiss_kappa,
    fleiss_sums,
    percent_agreement_sums,
    ratio_of_sums,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

METHOD = "item bootstrap"


@dataclass(frozen=True)
class Settings:
    """How intervals are made.

    Attributes
    ----------
    confidence : float
        Coverage in (0, 1).
    min_n, seed, replicates : int
        Below `min_n` items a result is marked small; seed and number of the draws.
    """

    confidence: float = 0.95
    min_n: int = 30
    seed: int = 7
    replicates: int = 1000

    def row(
        self,
        metric: str,
        slice_: Mapping[str, str],
        n: int,
        interval: tuple[float, float, float],
        method: str = METHOD,
        **more: Any,
    ) -> dict[str, Any]:
        """Return one result in the result form.

        Parameters
        ----------
        metric : str
            Its name.
        slice_ : mapping of str to str
            What it is about.
        n : int
            Its denominator.
        interval : tuple of float
            Estimate, low and high; undefined when the estimate or a limit is NaN.
        method : str
            How the interval was made.
        **more : object
            Further columns: counts, compared.

        Returns
        -------
        dict
            A row.
        """
        estimate, low, high = map(float, interval)
        known = not np.isnan([estimate, low, high]).any()
        status = "undefined" if not known else "small" if n < self.min_n else "ok"
        if not known:
            estimate = low = high = float("nan")
        return {
            "metric": metric, "slice": dict(slice_), "compared": None, "n": int(n), "estimate": estimate,
            "low": low, "high": high, "confidence": self.confidence, "method": method, "status": status,
            "counts": None, "group": " × ".join(slice_.values()),
        } | more  # fmt: skip


def agreement_rows(
    ratings: Ratings, chosen: NDArray[np.bool_] | None, slice_: Mapping[str, str], settings: Settings
) -> list[dict[str, Any]]:
    """Return alpha, percent agreement, Fleiss' kappa and its prevalence-adjusted form for some ratings.

    Parameters
    ----------
    ratings : Ratings
        All of them.
    chosen : array of bool or None
        Which count; None for all.
    slice_ : mapping of str to str
        What they are.
    settings : Settings
        Of the intervals.

    Returns
    -------
    list of dict
        In the result form. n is the number of items with at least two ratings; for the kappas those with
        the number of ratings that most items have.
    """
    if not ratings.countable:
        return [alpha_row(ratings, chosen, slice_, settings)]
    votes = ratings.votes(chosen)
    votes = votes[votes.sum(axis=1) > 1]
    rows = [_alpha(votes, ratings, slice_, settings)]
    room = np.pad(votes, ((0, 0), (0, 1)))  # for a rating that nobody gave, where all are the same
    agree = _interval(room, profiles_of(room, percent_agreement_sums), ratio_of_sums,
                      percent_agreement_sums, settings)  # fmt: skip
    rows.append(settings.row("percent_agreement", slice_, len(votes), agree))
    even = _even(votes)
    kappa = _interval(even, profiles_of(even, fleiss_sums), fleiss_from_sums, fleiss_sums, settings)
    if len(even) > 1:
        kappa = (fleiss_kappa(even), *kappa[1:])
    rows.append(settings.row("fleiss_kappa", slice_, len(even), kappa))
    chance = 1 / votes.shape[1]
    scaled = tuple((value - chance) / (1 - chance) for value in agree) if chance < 1 else (np.nan,) * 3
    rows.append(settings.row("prevalence_adjusted_kappa", slice_, len(votes), scaled))
    return rows


def alpha_row(
    ratings: Ratings, chosen: NDArray[np.bool_] | None, slice_: Mapping[str, str], settings: Settings
) -> dict[str, Any]:
    """Return alpha of some ratings.

    Parameters
    ----------
    ratings, chosen, slice_, settings
        As for `agreement_rows`.

    Returns
    -------
    dict
        In the result form.
    """
    if not ratings.countable:
        return _alpha_of_moments(ratings, chosen, slice_, settings)
    votes = ratings.votes(chosen)
    return _alpha(votes[votes.sum(axis=1) > 1], ratings, slice_, settings)


def _alpha(
    votes: NDArray[np.int64], ratings: Ratings, slice_: Mapping[str, str], settings: Settings
) -> dict[str, Any]:
    def sums(part: Any) -> Any:
        return alpha_profiles(part.astype(np.int64), ratings.values, ratings.level).sums

    found = _interval(
        votes,
        alpha_profiles(votes, ratings.values, ratings.level, seed=settings.seed),
        lambda held: alpha_from_sums(held, ratings.level),
        sums,
        settings,
    )
    if len(votes) > 1:
        found = (krippendorff_alpha(votes, ratings.values, ratings.level), *found[1:])
    return settings.row("krippendorff_alpha", slice_, len(votes), found)


def _alpha_of_moments(
    ratings: Ratings, chosen: NDArray[np.bool_] | None, slice_: Mapping[str, str], settings: Settings
) -> dict[str, Any]:
    """Return alpha of interval ratings with more values than a table of counts could hold."""
    pick = slice(None) if chosen is None else chosen
    item, value = ratings.item[pick], ratings.values[ratings.category[pick]]
    value = value - value.mean() if len(value) else value
    size = np.bincount(item, minlength=len(ratings.items)).astype(float)
    total, squares = (np.bincount(item, power, len(size)).astype(float) for power in (value, value**2))
    rated = size > 1
    held = moments(size[rated], total[rated], squares[rated])
    profiles = in_blocks(len(held), lambda rows: held[rows], settings.seed)
    apart = np.array([0.0, *_two(value)])
    apart[0] = moments(*(apart[place : place + 1] for place in (1, 2, 3)))[0, 0]
    found = item_interval(
        profiles, lambda sums: alpha_from_sums(sums, "interval"), items=len(held), disputed=apart,
        seed=settings.seed, confidence=settings.confidence, replicates=settings.replicates,
    )  # fmt: skip
    return settings.row("krippendorff_alpha", slice_, len(held), found[:3])


def _two(value: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return number, sum and sum of squares of two ratings as far apart as the quartiles are."""
    low, high = np.quantile(value, [0.25, 0.75]) if len(value) else (0.0, 0.0)
    return 2.0, float(low + high), float(low**2 + high**2)


def pair_row(table: NDArray[np.int64], slice_: Mapping[str, str], settings: Settings) -> dict[str, Any]:
    """Return Cohen's kappa of two annotators.

    Parameters
    ----------
    table : array of int, shape (categories, categories)
        Items that both rated, by their categories.
    slice_ : mapping of str to str
        Who they are.
    settings : Settings
        Of the interval.

    Returns
    -------
    dict
        In the result form; n is the number of items.
    """
    cells = table.ravel()
    n = int(cells.sum())
    used = np.argsort(-(table.sum(axis=0) + table.sum(axis=1)), kind="stable")[:2]
    apart = np.zeros_like(table, dtype=float)
    apart[used[0], used[-1]] = 1
    profiles = Profiles(np.eye(len(cells)), cells.astype(np.int64))
    found = item_interval(
        profiles, cohen_from_cells, items=n, disputed=apart.ravel(), seed=settings.seed,
        confidence=settings.confidence, replicates=settings.replicates,
    )  # fmt: skip
    estimate = cohen_kappa(table) if n > 1 else np.nan
    return settings.row("cohen_kappa", slice_, n, (estimate, found.low, found.high))


def prevalence_rows(ratings: Ratings, settings: Settings) -> list[dict[str, Any]]:
    """Return the share of ratings in each category; n is the number of items, which are drawn anew.

    Parameters
    ----------
    ratings : Ratings
        All of them.
    settings : Settings
        Of the intervals.

    Returns
    -------
    list of dict
        In the result form; none for numbers too many to list.
    """
    if not ratings.countable:
        return []
    votes = ratings.votes()
    rows = []
    size = votes.sum(axis=1)
    typical = max(float(size.mean()), 1.0)
    for place, name in enumerate(ratings.names):
        other = np.array([0.0 if votes[:, place].any() else typical, typical])
        kinds, copies = kinds_of(np.stack([votes[:, place], size], axis=1))
        found = item_interval(
            Profiles(kinds.astype(float), copies), ratio_of_sums, items=len(votes), disputed=other,
            seed=settings.seed, confidence=settings.confidence, replicates=settings.replicates,
        )  # fmt: skip
        rows.append(settings.row("prevalence", {"category": name}, len(votes), found[:3]))
    return rows


def _interval(
    votes: NDArray[np.int64],
    profiles: Profiles,
    statistic: Callable[[Any], Any],
    sums: Callable[[Any], Any],
    settings: Settings,
) -> tuple[float, float, float]:
    if len(votes) < 2:
        return (np.nan, np.nan, np.nan)
    found = item_interval(
        profiles, statistic, items=len(votes), disputed=sums(_divided(votes))[0], seed=settings.seed,
        confidence=settings.confidence, replicates=settings.replicates,
    )  # fmt: skip
    return found.estimate, found.low, found.high


def _divided(votes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return an item with two ratings, one in each of the two categories that are used most."""
    used = np.argsort(-votes.sum(axis=0), kind="stable")[:2]
    row = np.zeros((1, votes.shape[1]))
    row[0, used] = 1 if len(used) > 1 else 2
    return row


def _even(votes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the items with the number of ratings that most of them have: Fleiss' kappa is made for those."""
    if not len(votes):
        return votes
    sizes, items = np.unique(votes.sum(axis=1), return_counts=True)
    most: NDArray[np.int64] = votes[votes.sum(axis=1) == sizes[np.argmax(items)]]
    return most
