"""The study of labels: every result of one set of ratings, as data frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from raikit.analyses.agreement import Settings, agreement_rows, pair_row, prevalence_rows
from raikit.analyses.annotators import annotator_rows, confusion_table
from raikit.analyses.disputes import adjudication_table, disputed_table, needed_table
from raikit.analyses.label_noise import Noise, downstream_rows, noise_rows
from raikit.analyses.likeness import likeness_rows
from raikit.analyses.once import once
from raikit.analyses.ratings import Layout, Ratings
from raikit.analyses.windows import WINDOWS, window_labels
from raikit.errors import InputError
from raikit.sources.anchors import AnchorKey
from raikit.sources.check import Role, check

if TYPE_CHECKING:
    from raikit.sources.table import Table

MOST_PAIRS = 45  # of annotators whose kappa is stated: those with the most items in common


@dataclass(frozen=True)
class LabelStudy:
    """What `labels` returns: tidy results, and what the generated sentences are made of.

    Attributes
    ----------
    table : Table
        As it came.
    ratings : Ratings
        Who gave which item which category.
    layout : Layout
        Which columns hold what.
    window : str
        Length of the windows over time.
    positive : tuple
        The ratings that count as positive.
    settings : Settings
        Of the intervals.
    key : AnchorKey
        Of anchors and pseudonyms.
    population : Table or None
        What the rated items were drawn from.
    compare : tuple of str
        Columns on which they should be like it.
    runs : mapping of str to pandas.DataFrame
        Results of other runs that rest on such labels.
    """

    question: ClassVar[str] = "labels"

    table: Table
    ratings: Ratings
    layout: Layout
    window: str
    positive: tuple[Any, ...]
    settings: Settings
    key: AnchorKey
    population: Table | None = None
    compare: tuple[str, ...] = ()
    runs: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = []
        if self.window not in WINDOWS:
            problems.append(f"window: came {self.window!r}; allowed: {', '.join(WINDOWS)}")
        unknown = [value for value in self.positive if value not in self.ratings.categories]
        if unknown:
            problems.append(f"positive: no rating is {unknown[0]!r}; allowed: values that a rating takes")
        if problems:
            raise InputError.joined([f"labels: {text}" for text in problems])

    @once
    def agreement(self) -> pd.DataFrame:
        """Return the coefficients of agreement, overall and of each group.

        Returns
        -------
        pandas.DataFrame
            Result form: `krippendorff_alpha`, `percent_agreement`, `fleiss_kappa` and
            `prevalence_adjusted_kappa`, what Fleiss' kappa would be if chance agreement came from equally
            frequent categories. For numbers of more than 50 values alpha only.
        """
        rows = agreement_rows(self.ratings, None, {}, self.settings)
        for column, groups in self.ratings.slices.items():
            for group in sorted(set(groups)):
                rows += agreement_rows(self.ratings, groups == group, {column: group}, self.settings)
        return pd.DataFrame(rows)

    def prevalence(self) -> pd.DataFrame:
        """Return the share of ratings in each category.

        Returns
        -------
        pandas.DataFrame
            Result form, metric `prevalence`, slice {"category": …}.
        """
        return _frame(prevalence_rows(self.ratings, self.settings))

    def over_time(self) -> pd.DataFrame:
        """Return the coefficients by window; an item belongs to the window of its first rating.

        Returns
        -------
        pandas.DataFrame
            Result form, slice {"window": …}; empty without a timestamp.
        """
        at, item = self.ratings.at, self.ratings.item
        if at is None:
            return _frame([])
        first = pd.Series(at).groupby(item).min()
        known = first.dropna()
        if known.empty:
            return _frame([])
        named = window_labels(known.dt.normalize(), self.window).reindex(first.index)
        of_rating = named.to_numpy(dtype=object)[item]
        rows = []
        for name in sorted(named.dropna().unique()):
            rows += agreement_rows(self.ratings, of_rating == name, {"window": name}, self.settings)
        return _frame(rows)

    def pairs(self) -> pd.DataFrame:
        """Return Cohen's kappa of each pair of annotators, those with the most items in common first.

        Returns
        -------
        pandas.DataFrame
            Result form, metric `cohen_kappa`, slice {"annotators": "A1 and A2"}; at most 45 pairs. Empty when
            it isn't known who rated, or for numbers of more than 50 values.
        """
        held = self.ratings
        if not held.named or not held.countable:
            return _frame([])
        tables = sorted(self._pair_tables(), key=lambda each: -int(each[1].sum()))
        rows = [
            pair_row(table, {"annotators": f"{held.annotators[a]} and {held.annotators[b]}"}, self.settings)
            for (a, b), table in tables[:MOST_PAIRS]
            if table.any()
        ]
        return _frame(rows)

    def _pair_tables(self) -> list[tuple[tuple[int, int], Any]]:
        """Return for each pair of annotators the items that both rated, by their categories."""
        held, size = self.ratings, len(self.ratings.categories)
        most = np.argsort(-np.bincount(held.annotator[held.annotator >= 0]), kind="stable")[:30]
        given = {int(who): np.full(len(held.items), -1, dtype=np.int64) for who in sorted(most)}
        for who, codes in given.items():
            own = held.annotator == who
            codes[held.item[own]] = held.category[own]
        tables = []
        for a, b in combinations(given, 2):
            both = (given[a] >= 0) & (given[b] >= 0)
            flat = np.bincount(given[a][both] * size + given[b][both], minlength=size * size)
            tables.append(((a, b), flat.reshape(size, size)))
        return tables

    @once
    def annotators(self) -> pd.DataFrame:
        """Return how each annotator compares with the others on the same items, and how fast each works.

        Returns
        -------
        pandas.DataFrame
            Result form, slice {"annotator": …}: `consensus_agreement` (on items where the others agree),
            `annotator_bias` (own rating less the others' mean: steps of an ordinal scale), and with times
            `consensus_agreement_difference` (later less earlier half of the ratings) and `items_per_hour`.
            Intervals hold for all annotators together. Empty when it isn't known who rated.
        """
        return _frame(annotator_rows(self._by_annotator(), self.positive, self.settings) if self.ratings.named
                      else [])  # fmt: skip

    def confusion(self) -> pd.DataFrame:
        """Return what annotators say where the others agree: counts of items.

        Returns
        -------
        pandas.DataFrame
            A row for each annotator and category that the others agree on, a column for each category given.

        Raises
        ------
        InputError
            If it isn't known who rated, or the ratings have more than 50 values.
        """
        held = self._by_annotator()
        if not held.countable:
            raise InputError(
                f"labels: confusion: the ratings have {len(held.categories):,} values; allowed: at most 50"
            )
        return confusion_table(held)

    def _by_annotator(self) -> Ratings:
        if not self.ratings.named:
            raise InputError(
                "labels: nobody knows who rated: nothing can be said of annotators; allowed: a column for "
                "each annotator, or the column that names who rated"
            )
        return self.ratings

    def disputed(self, *, most: int = 10, reveal: bool = False) -> pd.DataFrame:
        """Return the most disputed items, those first whose conclusion depends on who rated.

        Parameters
        ----------
        most : int
            How many.
        reveal : bool
            Show their text; otherwise items stand as anchors alone.

        Returns
        -------
        pandas.DataFrame
            Columns item, ratings, "share of disagreement", with positive ratings "depends on who rated", and
            text when asked.

        Raises
        ------
        InputError
            If the text is asked for and no column of texts was named.
        """
        if reveal and not self.layout.text:
            raise InputError("labels: reveal needs the parameter text, the column of the items' texts")
        texts = None
        if reveal:
            frame = self.table.to_pandas([self.layout.item, self.layout.text])
            texts = dict(zip(frame[self.layout.item], frame[self.layout.text], strict=True))
        return disputed_table(self.ratings, self.positive, self.key, texts, most)

    @once
    def adjudication(self) -> pd.DataFrame:
        """Return what settling disputed items would do, in the order of `disputed`.

        Returns
        -------
        pandas.DataFrame
            A row for each size of the set: alpha and its limits if its raters come to agree, and the lowest
            and highest share of positive items, by who is believed. Empty for numbers of more than 50 values.
        """
        if not self.ratings.countable:
            return pd.DataFrame(columns=["items settled", "alpha", "low", "high"])
        return adjudication_table(self.ratings, self.positive, self.settings)

    def needed(self, target_width: float = 0.1) -> pd.DataFrame:
        """Return about how many items alpha's interval needs to become as narrow as asked.

        Parameters
        ----------
        target_width : float
            High less low, above 0.

        Returns
        -------
        pandas.DataFrame
            Columns group, items, width, target, "items needed".

        Raises
        ------
        InputError
            If the width is not above 0.
        """
        if not target_width > 0:
            raise InputError(
                f"labels: target_width: came {target_width}; allowed: a number above 0, such as 0.1"
            )
        return needed_table(self.agreement(), target_width)

    @once
    def noise(self) -> pd.DataFrame:
        """Return the share of positive ratings, and its range if the disagreement is noise.

        Returns
        -------
        pandas.DataFrame
            Result form: `positive_rate` and `positive_rate_under_noise`, and the `_difference` of each
            between groups. Empty when no rating was named as positive.
        """
        return _frame(self._noise[0])

    @cached_property
    def _noise(self) -> tuple[list[dict[str, Any]], Noise | None]:
        return noise_rows(self.ratings, self.positive, self.settings)

    @once
    def downstream(self) -> pd.DataFrame:
        """Return the rates of the other runs beside their range if their labels are as noisy as these.

        Returns
        -------
        pandas.DataFrame
            Result form, slice {"run": …} and the result's own. Empty without other runs, without positive
            ratings, or where raters agree no better than by chance.
        """
        noise = self._noise[1]
        return _frame(downstream_rows(self.runs, noise) if noise is not None else [])

    def representative(self) -> pd.DataFrame:
        """Return how far the rated items differ from the population, column by column.

        Returns
        -------
        pandas.DataFrame
            Result form, metric `cohens_w`, slice {"feature": …}, with a verdict. Empty
            without a population.

        Raises
        ------
        InputError
            If a column is absent, or none was named.
        """
        if self.population is None:
            return _frame([])
        if not self.compare:
            raise InputError("labels: population needs the parameter compare, the columns to compare it on")
        from raikit.sources.table import open_table

        check(self.table, [Role("compare", name, "any") for name in self.compare])
        rows = self.table.to_pandas(list(dict.fromkeys([self.layout.item, *self.compare])))
        items = open_table(rows.drop_duplicates(self.layout.item)[list(self.compare)], name="data")
        return _frame(likeness_rows(self.population, items, self.compare, self.settings))


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=list(Settings().row("", {}, 0, (0, 0, 0))))
