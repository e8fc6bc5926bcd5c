"""Annotators one by one: how each compares with the others on the same items, and how fast each works."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.agreement import Settings
from raikit.analyses.ratings import Ratings
from raikit.stats.intervals import newcombe_interval, wilson_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CONFUSIONS = 10  # annotators whose confusion is tabulated: those who differ most
_PART = 100_000


@dataclass(frozen=True)
class Others:
    """What the other annotators say of each rated item: the consensus without one's own rating.

    Attributes
    ----------
    consensus : array of int, shape (ratings,)
        The category most of the others chose (nominal) or their median (else); -1 where they are divided or
        there is none.
    mean : array of float, shape (ratings,)
        Mean value of the others' ratings; NaN where there is none.
    """

    consensus: NDArray[np.int64]
    mean: NDArray[np.float64]


def others(ratings: Ratings, values: NDArray[np.float64]) -> Others:
    """Return the leave-one-out consensus of each rating.

    Parameters
    ----------
    ratings : Ratings
        At most 50 categories.
    values : array of float, shape (categories,)
        What the mean is taken of.

    Returns
    -------
    Others
        One entry a rating.
    """
    votes = ratings.votes()
    consensus = np.empty(len(ratings.item), dtype=np.int64)
    mean = np.empty(len(ratings.item))
    for start in range(0, len(ratings.item), _PART):
        part = slice(start, start + _PART)
        rest = votes[ratings.item[part]]
        rest[np.arange(len(rest)), ratings.category[part]] -= 1
        size = rest.sum(axis=1)
        consensus[part] = _mode(rest) if ratings.level == "nominal" else _median(rest, size)
        with np.errstate(invalid="ignore"):
            mean[part] = rest @ values / np.where(size, size, np.nan)
    return Others(consensus, mean)


def _mode(rest: NDArray[np.int64]) -> NDArray[np.int64]:
    top = rest.max(axis=1)
    single = ((rest == top[:, None]).sum(axis=1) == 1) & (top > 0)
    return np.where(single, rest.argmax(axis=1), -1)


def _median(rest: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.int64]:
    reached = rest.cumsum(axis=1)
    lower = (reached >= ((size + 1) // 2)[:, None]).argmax(axis=1)
    upper = (reached >= (size // 2 + 1)[:, None]).argmax(axis=1)
    return np.where((lower == upper) & (size > 0), lower, -1)


def annotator_rows(ratings: Ratings, positive: tuple[Any, ...], settings: Settings) -> list[dict[str, Any]]:
    """Return each annotator's agreement with the others, bias, pace, and change from early to late ratings.

    Parameters
    ----------
    ratings : Ratings
        With annotators.
    positive : tuple
        Ratings that count as positive: the bias of nominal ratings is in their share.
    settings : Settings
        Of the intervals, which hold for all annotators together (Bonferroni).

    Returns
    -------
    list of dict
        In the result form, slice {"annotator": …}: `consensus_agreement`, `annotator_bias`, with times
        `consensus_agreement_difference` (later − earlier half) and `items_per_hour`.
    """
    joint = replace(settings, confidence=1 - (1 - settings.confidence) / max(len(ratings.annotators), 1))
    rows: list[dict[str, Any]] = []
    if ratings.countable:
        values = bias_values(ratings, positive)
        rest = others(ratings, ratings.values if values is None else values)
        rows += _agreement_rows(ratings, rest, joint)
        if values is not None:
            rows += _bias_rows(ratings, rest, values, joint)
        if ratings.at is not None:
            rows += _change_rows(ratings, rest, joint)
    if ratings.at is not None:
        rows += _pace_rows(ratings, joint)
    return [row | {"confidence": settings.confidence} for row in rows]


def bias_values(ratings: Ratings, positive: tuple[Any, ...]) -> NDArray[np.float64] | None:
    """Return the number that stands for each category in an annotator's bias.

    Parameters
    ----------
    ratings : Ratings
        Their level decides.
    positive : tuple
        Of nominal ratings.

    Returns
    -------
    array of float or None
        Steps of an ordinal scale, units of an interval scale, 1 for a positive nominal rating; None for
        nominal ratings of which none is positive.
    """
    if ratings.level != "nominal":
        return ratings.values
    if not positive:
        return None
    return np.array([value in positive for value in ratings.categories], dtype=float)


def _agreement_rows(ratings: Ratings, rest: Others, joint: Settings) -> list[dict[str, Any]]:
    agreed, known = _counts(ratings, rest, np.ones(len(ratings.item), dtype=bool))
    found = wilson_interval(agreed, known, confidence=joint.confidence)
    method = "wilson-bonferroni"
    return [
        joint.row(
            "consensus_agreement", {"annotator": name}, n, tuple(part[at] for part in found), method,
            counts=[int(k), int(n)],
        )
        for at, (name, k, n) in enumerate(zip(ratings.annotators, agreed, known, strict=True))
    ]  # fmt: skip


def _counts(
    ratings: Ratings, rest: Others, chosen: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each annotator on how many items she agrees with the others' consensus, and of how many."""
    people = len(ratings.annotators)
    known = chosen & (rest.consensus >= 0) & (ratings.annotator >= 0)
    agreed = known & (rest.consensus == ratings.category)
    return (
        np.bincount(ratings.annotator[agreed], minlength=people).astype(np.int64),
        np.bincount(ratings.annotator[known], minlength=people).astype(np.int64),
    )


def _bias_rows(
    ratings: Ratings, rest: Others, values: NDArray[np.float64], joint: Settings
) -> list[dict[str, Any]]:
    from scipy.stats import t

    known = ~np.isnan(rest.mean) & (ratings.annotator >= 0)
    who, apart = ratings.annotator[known], (values[ratings.category] - rest.mean)[known]
    people = len(ratings.annotators)
    n = np.bincount(who, minlength=people)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(who, apart, people) / n
        spread = np.sqrt(np.maximum(np.bincount(who, apart**2, people) / n - mean**2, 0) / (n - 1))
    margin = spread * t.ppf((1 + joint.confidence) / 2, np.maximum(n - 1, 1))
    # Nothing differed, so nothing varied: the margin is what so many items allow of the largest difference.
    most = (1 - wilson_interval(n, n, confidence=joint.confidence).low) * np.ptp(values)
    margin = np.where((n > 1) & (spread < 1e-12), most, margin)
    return [
        joint.row("annotator_bias", {"annotator": name}, n[at],
                  (mean[at], mean[at] - margin[at], mean[at] + margin[at]), "t-bonferroni")
        for at, name in enumerate(ratings.annotators)
    ]  # fmt: skip


def _change_rows(ratings: Ratings, rest: Others, joint: Settings) -> list[dict[str, Any]]:
    """Return the agreement of each annotator's later half of ratings less that of the earlier half."""
    at = pd.Series(ratings.at)
    place = at.groupby(ratings.annotator).rank(method="first")
    half = at.groupby(ratings.annotator).transform("count") / 2
    dated = at.notna().to_numpy() & (ratings.annotator >= 0)
    late = (place > half).to_numpy()
    later = _counts(ratings, rest, dated & late)
    earlier = _counts(ratings, rest, dated & ~late)
    found = newcombe_interval(*later, *earlier, confidence=joint.confidence)
    rows = []
    for person, name in enumerate(ratings.annotators):
        k, n, k0, n0 = (int(counts[person]) for counts in (*later, *earlier))
        pair = [{"annotator": name, "ratings": "later half"}, {"annotator": name, "ratings": "earlier half"}]
        interval = tuple(part[person] for part in found)
        rows.append(
            joint.row("consensus_agreement_difference", pair[0], min(n, n0), interval, "newcombe-bonferroni",
                      compared=pair, counts=[k, n, k0, n0])
        )  # fmt: skip
    return rows


def _pace_rows(ratings: Ratings, joint: Settings) -> list[dict[str, Any]]:
    """Return 3,600 seconds by the median time between an annotator's ratings, which breaks don't move."""
    from scipy.stats import binom

    frame = pd.DataFrame({"who": ratings.annotator, "at": ratings.at}).dropna()
    frame = frame[frame["who"] >= 0].sort_values(["who", "at"], kind="stable")
    gaps = frame.groupby("who")["at"].diff().dt.total_seconds()
    held = dict(tuple(gaps.dropna().groupby(frame["who"])))
    rows = []
    for person, name in enumerate(ratings.annotators):
        waited = np.sort(held[person].to_numpy()) if person in held else np.zeros(0)
        n = len(waited)
        rank = int(binom.ppf((1 - joint.confidence) / 2, n, 0.5)) if n else 0
        pace = (np.nan, np.nan, np.nan)
        if n and rank > 0 and waited[rank - 1] > 0:  # with fewer gaps no order statistics enclose the median
            pace = (3600 / float(np.median(waited)), 3600 / waited[n - rank], 3600 / waited[rank - 1])
        rows.append(joint.row("items_per_hour", {"annotator": name}, n, pace, "order statistics-bonferroni"))
    return rows


def confusion_table(ratings: Ratings) -> pd.DataFrame:
    """Return how each annotator's ratings fall where the others agree on a category.

    Parameters
    ----------
    ratings : Ratings
        With annotators, at most 50 categories.

    Returns
    -------
    pandas.DataFrame
        Counts of items: a row for each annotator and consensus of the others, a column for each category;
        the ten annotators who agree least with the others, the lowest first.
    """
    rest = others(ratings, ratings.values)
    agreed, known = _counts(ratings, rest, np.ones(len(ratings.item), dtype=bool))
    share = np.where(known > 0, agreed / np.maximum(known, 1), np.inf)
    size = len(ratings.categories)
    parts = {}
    for person in np.argsort(share, kind="stable")[:MOST_CONFUSIONS]:
        own = (ratings.annotator == person) & (rest.consensus >= 0)
        flat = np.bincount(rest.consensus[own] * size + ratings.category[own], minlength=size * size)
        parts[ratings.annotators[person]] = pd.DataFrame(
            flat.reshape(size, size), index=list(ratings.names), columns=list(ratings.names)
        )
    joined: pd.DataFrame = pd.concat(parts, names=["annotator", "the others agree on"])
    return joined
