"""Rows into ratings: who gave which item which category, whatever the shape of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.errors import InputError
from raikit.sources.anchors import AnchorKey, anchor, labels
from raikit.sources.check import Role, check
from raikit.stats.agreement import MEASUREMENT, MOST_CATEGORIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.sources.table import Table

    Codes = NDArray[np.int64]

_ITEM, _ANNOTATOR, _RATING, _TIMES, _AT = "item", "annotator", "rating", "times", "at"


@dataclass(frozen=True)
class Layout:
    """Which columns hold what; the parameters of `raikit.labels` that name columns.

    Attributes
    ----------
    item, rating, timestamp, text : str
        Columns; empty when there is none.
    annotators : tuple of str
        The column of the annotator when `rating` is given, else a column of ratings for each annotator.
    votes : tuple of str
        A column of counts for each category, instead of ratings.
    slices : tuple of str
        Columns to report by.
    """

    item: str
    annotators: tuple[str, ...]
    rating: str
    votes: tuple[str, ...]
    slices: tuple[str, ...]
    timestamp: str
    text: str = ""

    @property
    def wide(self) -> bool:
        """Whether each annotator has a column of ratings."""
        return not self.rating and not self.votes

    def problems(self) -> list[str]:
        """Return a sentence for each choice that can't stand.

        Returns
        -------
        list of str
            Empty when all is well.
        """
        said = []
        if not self.item:
            said.append("item: came none; allowed: the column that identifies what was rated")
        if self.votes and (self.annotators or self.rating):
            said.append("votes: came together with annotators or rating; allowed: columns of counts alone")
        if self.rating and len(self.annotators) > 1:
            said.append(
                f"annotators: came {len(self.annotators)} columns together with rating; allowed: the one "
                "column that names who rated, or columns of ratings and no rating"
            )
        if self.wide and not self.annotators:
            said.append(
                "annotators: came none; allowed: a column for each annotator, the column that names who "
                "rated (with rating), or votes, columns of counts"
            )
        if self.wide and self.timestamp:
            said.append(
                "timestamp: came with a column for each annotator; allowed: with one row a rating, since "
                "each rating has a time of its own"
            )
        if len(self.votes) == 1:
            said.append("votes: came one column; allowed: a column of counts for each category, at least two")
        return [f"labels: {text}" for text in said]

    def roles(self) -> list[Role]:
        """Return what each named column is used for.

        Returns
        -------
        list of Role
            For `raikit.sources.check`.
        """
        named = [("item", self.item, "group"), ("rating", self.rating, "group")]
        named += [("timestamp", self.timestamp, "timestamp"), ("text", self.text, "any")]
        named += [("annotators", name, "group") for name in self.annotators]
        named += [("votes", name, "weight") for name in self.votes]
        named += [("slices", name, "any") for name in self.slices]
        return [Role(*each) for each in named if each[1]]


@dataclass(frozen=True)
class Ratings:
    """Ratings as codes, one entry a rating.

    Attributes
    ----------
    item, annotator, category : array of int, shape (ratings,)
        Places in `items`, `annotators` and `categories`; annotator is -1 throughout when nobody knows who
        rated.
    items : tuple
        As in the data.
    annotators : tuple of str
        As they are shown.
    categories : tuple
        As in the data, in their order.
    names : tuple of str
        The categories as they are shown.
    values : array of float
        Their numbers; ranks for nominal and ordinal ratings.
    slices : dict of str to array of str
        For each rating the group that it belongs to, as shown.
    at : array of datetime64 or None
        When each rating was given.
    level : str
        Of measurement.
    missing, repeats : int
        Empty ratings, and earlier ratings of an item by the same annotator: both are left out.
    """

    item: Codes
    annotator: Codes
    category: Codes
    items: tuple[Any, ...]
    annotators: tuple[str, ...]
    categories: tuple[Any, ...]
    names: tuple[str, ...]
    values: NDArray[np.float64]
    slices: Mapping[str, NDArray[Any]]
    at: NDArray[Any] | None
    level: str
    missing: int
    repeats: int

    @property
    def named(self) -> bool:
        """Whether it is known who rated."""
        return bool(len(self.annotators))

    @property
    def countable(self) -> bool:
        """Whether the categories are few enough for a table of counts."""
        return len(self.categories) <= MOST_CATEGORIES

    def votes(self, chosen: NDArray[np.bool_] | None = None) -> Codes:
        """Return how many raters gave each category, by item.

        Parameters
        ----------
        chosen : array of bool, optional
            Which ratings count; by default all.

        Returns
        -------
        array of int, shape (items, categories)
            Items without a rating among the chosen have zeros.
        """
        item, category = self.item, self.category
        if chosen is not None:
            item, category = item[chosen], category[chosen]
        size = len(self.categories)
        flat = np.bincount(item * size + category, minlength=len(self.items) * size)
        return flat.reshape(len(self.items), size)


def read_ratings(
    table: Table,
    layout: Layout,
    *,
    level: str,
    categories: Sequence[Any],
    key: AnchorKey,
    by_name: bool,
) -> Ratings:
    """Read a table's ratings.

    Parameters
    ----------
    table : Table
        One row an item, or one row a rating.
    layout : Layout
        Which columns hold what.
    level : str
        Of measurement.
    categories : sequence
        The ratings in their order; empty to take the order of numbers, or for nominal ratings any.
    key : AnchorKey
        Of pseudonyms and anchors.
    by_name : bool
        Whether annotators are shown by name.

    Returns
    -------
    Ratings
        Without empty ratings and without earlier ratings of an item by the same annotator.

    Raises
    ------
    InputError
        If columns, level or ratings are not what is allowed.
    """
    problems = layout.problems()
    if level not in MEASUREMENT:
        problems.append(f"labels: level: came {level!r}; allowed: {', '.join(MEASUREMENT)}")
    if problems:
        raise InputError.joined(problems)
    check(table, layout.roles())
    rows = _long(table, layout)
    given = rows[_RATING].notna() & (rows[_RATING].astype(str).str.strip() != "") & rows[_ITEM].notna()
    missing = int((~given).sum())
    rows, repeats = _last(rows[given], layout)
    if not len(rows):
        raise InputError("labels: no rating is left; allowed: at least one rating that is not empty")
    ordered, values = _categories(rows[_RATING], level, categories, layout)
    code = pd.Categorical(rows[_RATING], categories=ordered).codes.astype(np.int64)
    item, items = pd.factorize(rows[_ITEM])
    who, people = _annotators(rows, key, by_name)
    return Ratings(
        item=item.astype(np.int64), annotator=who, category=code, items=tuple(items), annotators=people,
        categories=tuple(ordered), names=_names(ordered, key), values=values,
        slices={name: _shown(rows[f"slice {name}"], key) for name in layout.slices},
        at=rows[_AT].to_numpy() if layout.timestamp else None, level=level, missing=missing, repeats=repeats,
    )  # fmt: skip


def _long(table: Table, layout: Layout) -> pd.DataFrame:
    """Return one row a rating: item, annotator, rating, time, and the slicing columns."""
    columns = [
        layout.item,
        layout.rating,
        layout.timestamp,
        *layout.annotators,
        *layout.votes,
        *layout.slices,
    ]
    frame = table.to_pandas(list(dict.fromkeys(name for name in columns if name)))
    kept = pd.DataFrame({_ITEM: frame[layout.item]})
    for name in layout.slices:
        kept[f"slice {name}"] = frame[name]
    if layout.rating:
        kept[_RATING] = frame[layout.rating]
        kept[_ANNOTATOR] = frame[layout.annotators[0]] if layout.annotators else None
        if layout.timestamp:
            kept[_AT] = pd.to_datetime(frame[layout.timestamp])
        return kept
    if kept[_ITEM].duplicated().any():
        raise InputError(
            f"labels: item {layout.item!r} repeats an earlier value; allowed: a row for each item, or a row "
            "for each rating with the parameter rating"
        )
    return _voted(kept, frame, layout) if layout.votes else _stacked(kept, frame, layout)


def _stacked(kept: pd.DataFrame, frame: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    parts = [kept.assign(annotator=name, rating=frame[name]) for name in layout.annotators]
    return pd.concat(parts, ignore_index=True)


def _voted(kept: pd.DataFrame, frame: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    parts = []
    for name in layout.votes:
        counts = frame[name].to_numpy(dtype=float)
        if (counts != np.round(counts)).any():
            raise InputError(f"labels: votes {name!r} holds fractions; allowed: whole counts of raters")
        parts.append(kept.loc[kept.index.repeat(counts.astype(int))].assign(**{_RATING: _number(name)}))
    return pd.concat(parts, ignore_index=True).assign(**{_ANNOTATOR: None})


def _number(name: str) -> Any:
    try:
        return float(name)
    except ValueError:
        return name


def _last(rows: pd.DataFrame, layout: Layout) -> tuple[pd.DataFrame, int]:
    """Return the last rating of an item by each annotator, and how many earlier ones there are."""
    if rows[_ANNOTATOR].isna().all():
        return rows.reset_index(drop=True), 0
    if layout.timestamp:
        rows = rows.sort_values(_AT, kind="stable")
    earlier = rows[_ANNOTATOR].notna() & rows.duplicated([_ITEM, _ANNOTATOR], keep="last")
    return rows[~earlier].reset_index(drop=True), int(earlier.sum())


def _categories(
    ratings: pd.Series[Any], level: str, given: Sequence[Any], layout: Layout
) -> tuple[list[Any], NDArray[np.float64]]:
    found = list(pd.unique(ratings))
    numbers = all(isinstance(value, int | float | np.number) for value in found)
    declared = [_number(name) for name in layout.votes] or list(given)
    if declared:
        unknown = [value for value in found if value not in declared]
        if unknown:
            raise InputError(
                f"labels: categories: {len(unknown)} of the ratings' {len(found)} values are not among the "
                f"{len(declared)} given; allowed: every value that a rating takes, in order"
            )
        ordered = declared
    elif numbers or level == "nominal":
        ordered = sorted(found, key=None if numbers else str)
    else:
        raise InputError(
            f"labels: level {level!r} needs numbers, or the parameter categories: the ratings in their order"
        )
    if level == "interval" and not all(isinstance(value, int | float | np.number) for value in ordered):
        raise InputError("labels: level 'interval' needs numbers; allowed for words: nominal or ordinal")
    if level != "interval" and len(ordered) > MOST_CATEGORIES:
        raise InputError(
            f"labels: the ratings have {len(ordered):,} values; allowed: at most {MOST_CATEGORIES} for level "
            f"{level!r}, any number of numbers for 'interval'"
        )
    ranks = np.arange(len(ordered), dtype=float)
    return ordered, np.array(ordered, dtype=float) if level == "interval" else ranks


def _names(ordered: Sequence[Any], key: AnchorKey) -> tuple[str, ...]:
    plain = [f"{value:g}" if isinstance(value, float) else value for value in ordered]
    if len(plain) > MOST_CATEGORIES:  # numbers of an interval scale: never listed
        return tuple(map(str, plain))
    shown = labels(plain, key=key)
    return tuple(shown[value] for value in plain)


def _annotators(rows: pd.DataFrame, key: AnchorKey, by_name: bool) -> tuple[Codes, tuple[str, ...]]:
    """Return a code for each rating, and what each annotator is called."""
    if rows[_ANNOTATOR].isna().all():
        return np.full(len(rows), -1, dtype=np.int64), ()
    filled = rows[_ANNOTATOR].where(rows[_ANNOTATOR].notna(), None)
    codes, people = pd.factorize(filled)  # an unnamed annotator is -1
    if by_name:
        return codes.astype(np.int64), tuple(map(str, people))
    # The order of keyed anchors gives nothing away: neither the alphabet nor who rated first.
    order = sorted(range(len(people)), key=lambda place: anchor({"annotator": str(people[place])}, key))
    place_of = np.empty(len(people) + 1, dtype=np.int64)
    place_of[order] = np.arange(len(people))
    place_of[-1] = -1
    return place_of[codes], tuple(f"A{place + 1}" for place in range(len(people)))


def _shown(values: pd.Series[Any], key: AnchorKey) -> NDArray[Any]:
    held = values.astype(object).where(values.notna(), None)
    names = labels(held.unique(), key=key)
    return np.array([names[value] for value in held], dtype=object)
