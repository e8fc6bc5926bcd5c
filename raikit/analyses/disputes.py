"""Disputed items: which they are, and what settling them would do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.agreement import Settings, alpha_row
from raikit.analyses.ratings import Ratings
from raikit.sources.anchors import AnchorKey, anchor

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIZES = (5, 10, 20, 50, 100, 200, 500, 1000)  # of adjudication sets, as far as items are disputed


def disagreement(ratings: Ratings) -> NDArray[np.float64]:
    """Return each item's share of all the disagreement that lowers alpha.

    Parameters
    ----------
    ratings : Ratings
        Any level.

    Returns
    -------
    array of float, shape (items,)
        Sums to 1; all 0 when nobody disagrees. Items with one rating have 0.
    """
    value = _places(ratings)
    size = np.bincount(ratings.item, minlength=len(ratings.items)).astype(float)
    if ratings.level == "nominal":
        votes = ratings.votes()
        apart = size**2 - (votes.astype(float) ** 2).sum(axis=1)
    else:
        total, squares = (np.bincount(ratings.item, power, len(size)) for power in (value, value**2))
        apart = np.where(np.abs(size * squares - total**2) > 1e-9, size * squares - total**2, 0)
    each = np.where(size > 1, apart / np.maximum(size - 1, 1), 0)
    return np.asarray(each / each.sum() if each.sum() > 0 else each, dtype=np.float64)


def _places(ratings: Ratings) -> NDArray[np.float64]:
    """Return the value of each rating on the scale of alpha's distances: mean ranks for ordinal ratings."""
    if ratings.level != "ordinal":
        return ratings.values[ratings.category]
    votes = ratings.votes()
    each = votes[votes.sum(axis=1) > 1].sum(axis=0).astype(float)
    places = (np.cumsum(each) - each / 2) / max(each.sum(), 1)
    return np.asarray(places[ratings.category], dtype=np.float64)


def adjudication_order(ratings: Ratings, positive: tuple[Any, ...]) -> NDArray[np.int64]:
    """Return the disputed items, those first whose conclusion depends on who rated, then by disagreement.

    Parameters
    ----------
    ratings : Ratings
        Any level.
    positive : tuple
        Ratings that count as positive; empty when nothing is concluded from them.

    Returns
    -------
    array of int
        Places of items.
    """
    share = disagreement(ratings)
    low, high = positive_bounds(ratings, positive)
    order = np.lexsort((np.arange(len(share)), -share, ~(low != high)))
    return order[share[order] > 0]


def positive_bounds(ratings: Ratings, positive: tuple[Any, ...]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return for each item whether all its ratings are positive, and whether any is.

    Parameters
    ----------
    ratings : Ratings
        Any level.
    positive : tuple
        Ratings that count as positive.

    Returns
    -------
    tuple of array of bool, shape (items,)
        They differ where the conclusion depends on who rated.
    """
    is_positive = np.array([value in positive for value in ratings.categories])[ratings.category]
    size = np.bincount(ratings.item, minlength=len(ratings.items))
    yes = np.bincount(ratings.item, is_positive, len(size))
    return yes == size, yes > 0


def disputed_table(
    ratings: Ratings, positive: tuple[Any, ...], key: AnchorKey, texts: Mapping[Any, str] | None, most: int
) -> pd.DataFrame:
    """Return the most disputed items, as anchors.

    Parameters
    ----------
    ratings : Ratings
        Any level.
    positive : tuple
        Ratings that count as positive.
    key : AnchorKey
        Of the anchors.
    texts : mapping of item to str or None
        Shown when given.
    most : int
        How many rows.

    Returns
    -------
    pandas.DataFrame
        Columns item, ratings, "share of disagreement", with positive ratings "depends on who rated", text.
    """
    share = disagreement(ratings)
    low, high = positive_bounds(ratings, positive)
    chosen = adjudication_order(ratings, positive)[:most]
    given = pd.DataFrame({"item": ratings.item, "category": ratings.category})
    counts = given[given["item"].isin(chosen)].groupby("item")["category"].value_counts().sort_index()
    rows = []
    for place in chosen:
        held = counts[place]
        said = ", ".join(f"{ratings.names[code]} ×{count}" for code, count in held.items())
        row: dict[str, Any] = {"item": anchor({"item": str(ratings.items[place])}, key), "ratings": said}
        row["share of disagreement"] = share[place]
        if positive:
            row["depends on who rated"] = "yes" if low[place] != high[place] else "no"
        if texts is not None:
            row["text"] = texts.get(ratings.items[place], "")
        rows.append(row)
    columns = ["item", "ratings", "share of disagreement"]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)


def adjudication_table(ratings: Ratings, positive: tuple[Any, ...], settings: Settings) -> pd.DataFrame:
    """Return what settling the first disputed items would do: to alpha, and to the share of positive items.

    Parameters
    ----------
    ratings : Ratings
        At most 50 categories.
    positive : tuple
        Ratings that count as positive.
    settings : Settings
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        A row for each size of the set: items settled, alpha with its limits if the raters of these items come
        to agree on their median (nominal: most frequent) rating, and, with positive ratings, the lowest and
        highest share of positive items, by who is believed.
    """
    order = adjudication_order(ratings, positive)
    low, high = positive_bounds(ratings, positive)
    sizes = [0, *(size for size in _SIZES if size < len(order)), *([len(order)] if len(order) else [])]
    settled = _settled(ratings)
    rows = []
    for size in sizes:
        category = np.where(np.isin(ratings.item, order[:size]), settled[ratings.item], ratings.category)
        row = alpha_row(_with(ratings, category), None, {}, settings)
        held: dict[str, Any] = {"items settled": size, "alpha": row["estimate"], "low": row["low"],
                                "high": row["high"]}  # fmt: skip
        if positive:
            open_ = low != high
            open_[order[:size]] = False
            chosen = np.isin(
                np.array(ratings.categories, dtype=object)[settled], np.array(positive, dtype=object)
            )
            fixed = np.where(open_, False, np.where(low == high, low, chosen))
            held["lowest share positive"] = fixed.mean()
            held["highest share positive"] = (fixed | open_).mean()
        rows.append(held)
    return pd.DataFrame(rows)


def _settled(ratings: Ratings) -> NDArray[np.int64]:
    """Return for each item the category its raters would settle on: the lower median, or the first mode."""
    votes = ratings.votes()
    if ratings.level == "nominal":
        return np.asarray(votes.argmax(axis=1), dtype=np.int64)
    half = (votes.sum(axis=1) + 1) // 2
    return np.asarray((votes.cumsum(axis=1) >= half[:, None]).argmax(axis=1), dtype=np.int64)


def _with(ratings: Ratings, category: NDArray[np.int64]) -> Ratings:
    from dataclasses import replace

    return replace(ratings, category=category)


def needed_table(agreement: pd.DataFrame, target_width: float) -> pd.DataFrame:
    """Return about how many items alpha's interval needs to become as narrow as asked.

    Parameters
    ----------
    agreement : pandas.DataFrame
        Results with alpha.
    target_width : float
        High less low, above 0.

    Returns
    -------
    pandas.DataFrame
        Columns group, items, width, target and "items needed": widths shrink with the root of the number of
        items, of the same kind and with as many ratings each. Missing where alpha is undefined.
    """
    alpha = agreement[agreement["metric"] == "krippendorff_alpha"]
    width = (alpha["high"] - alpha["low"]).to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        wanted = np.ceil(alpha["n"].to_numpy(dtype=float) * (width / target_width) ** 2)
    shown = pd.DataFrame({"group": [name or "all" for name in alpha["group"]], "items": alpha["n"].to_numpy(),
                          "width": width, "target": target_width})  # fmt: skip
    needed = pd.Series(np.maximum(wanted, 2), dtype="Float64").mask(np.isnan(width)).astype("Int64")
    return shown.assign(**{"items needed": needed})
