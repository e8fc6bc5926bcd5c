"""Drift of free text: lengths, languages, words and vectors, judged beside the other features.

Lengths are features like any number. Languages are a feature counted on a sample. Words are compared by the
texts that have them (`raikit.analyses.vocabulary`), vectors by a classifier (`raikit.analyses.embedded`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from raikit.analyses.columns import Columns, column_counts
from raikit.analyses.embedded import embedding_rows
from raikit.analyses.feature_windows import labels_of
from raikit.analyses.features import FeatureCounts
from raikit.analyses.text_columns import language_cells, languages_told, repeated_share, text_sample
from raikit.analyses.vocabulary import Vocabulary, vocabulary, word_shower
from raikit.analyses.windows import PERIOD
from raikit.sources.anchors import anchor_key, labels

if TYPE_CHECKING:
    from raikit.analyses.drift_choices import DriftChoices
    from raikit.sources.embedder import Embedder
    from raikit.sources.table import Table


@dataclass(frozen=True)
class Texts:
    """What is known of the columns of free text beside their lengths.

    Attributes
    ----------
    columns : Columns
        The languages, counted on the sample; as the other columns are.
    vocabularies : dict of str to Vocabulary
        By column.
    embedded : pandas.DataFrame
        Result form, `domain_classifier_auc`; empty without an embedder.
    sampled : tuple of int
        Rows of either side that were looked at.
    repeated : dict of str to float
        Share of the sampled texts of a column that repeat another.
    detector : str
        By what languages were told; empty where it is not installed.
    embedder : Embedder or None
        The model of texts.
    """

    columns: Columns
    vocabularies: dict[str, Vocabulary]
    embedded: pd.DataFrame
    sampled: tuple[int, int]
    repeated: dict[str, float]
    detector: str
    embedder: Embedder | None

    def parts(self) -> Iterator[tuple[dict[str, Any], FeatureCounts]]:
        """Yield the slice and counts of each vocabulary and segment.

        Yields
        ------
        tuple of dict and FeatureCounts
            Column by column.
        """
        for held in self.vocabularies.values():
            for part in held.parts:
                yield self.columns.slice(part), part

    def windowed(self) -> Iterator[tuple[dict[str, str], FeatureCounts]]:
        """Yield slice and counts of each vocabulary, segment and window.

        Yields
        ------
        tuple of dict and FeatureCounts
            Column by column; nothing without windows.
        """
        for held in self.vocabularies.values():
            for label, part in held.windowed:
                yield self.columns.slice(part, label), part

    def words(self) -> pd.DataFrame:
        """Return the words that moved, for a page.

        Returns
        -------
        pandas.DataFrame
            As `Vocabulary.moved`, of all columns; those of each by how far they moved.
        """
        made = pd.concat([held.moved for held in self.vocabularies.values()], ignore_index=True)
        shares = {"reference": "share of reference texts", "current": "share of current texts"}
        return made.rename(columns={**shares, "texts": "texts with it", "w": "Cohen's w"})


def read_texts(before: Table, after: Table, columns: Columns, choices: DriftChoices) -> Texts | None:
    """Compare the texts of two tables.

    Parameters
    ----------
    before, after : Table
        Reference and current rows.
    columns : Columns
        Of the same tables, for their windows and the labels of segments.
    choices : DriftChoices
        With texts, embedder, text_sample, reveal.

    Returns
    -------
    Texts or None
        None where no column of texts is named, or no sample is wanted.
    """
    if not (choices.texts and choices.text_sample):
        return None
    samples = tuple(
        _with_windows(text_sample(table, choices, seed), days, choices)
        for table, days, seed in zip(
            (before, after), columns.days, (choices.seed, choices.seed + 1), strict=True
        )
    )
    sides = samples[0], samples[1]
    key = anchor_key(source=before.source if before.source == after.source else "")
    shown = word_shower(key, reveal=choices.reveal == "words", fewest=choices.suppress_below)
    embedder = _embedder(choices)
    detector = languages_told()
    return Texts(
        _languages(sides, columns, choices) if detector else replace(columns, each=(), skipped=()),
        {text: vocabulary(text, sides, choices, shown) for text in choices.texts},
        _embedded(sides, embedder, choices),
        (len(sides[0]), len(sides[1])),
        {text: repeated_share(sides, text) for text in choices.texts},
        detector,
        embedder,
    )


def _embedder(choices: DriftChoices) -> Embedder | None:
    from raikit.sources.embedder import open_embedder

    return open_embedder(choices.embedder) if choices.embedder else None


def _embedded(
    sides: tuple[pd.DataFrame, pd.DataFrame], embedder: Embedder | None, choices: DriftChoices
) -> pd.DataFrame:
    if embedder is None:
        return pd.DataFrame()
    made = [
        embedding_rows(text, sides, embedder, confidence=choices.confidence, seed=choices.seed)
        for text in choices.texts
    ]
    return pd.concat(made, ignore_index=True)


def _with_windows(sample: pd.DataFrame, days: pd.DataFrame, choices: DriftChoices) -> pd.DataFrame:
    labelled = labels_of(days, choices.window)
    return sample.assign(window=pd.Series(_names(sample[PERIOD], labelled), dtype=object, index=sample.index))


def _names(periods: pd.Series[Any], labelled: dict[int, str]) -> Sequence[str | None]:
    if not labelled:
        return [None] * len(periods)
    return [None if pd.isna(each) else labelled.get(int(each)) for each in periods]


def _languages(sides: tuple[pd.DataFrame, pd.DataFrame], columns: Columns, choices: DriftChoices) -> Columns:
    """Return the languages as columns, with the names of their levels."""
    labelled = tuple(labels_of(days, choices.window) for days in columns.days)
    made = [
        column_counts(
            f"{text}: language", language_cells(sides, text), (labelled[0], labelled[1]), choices.segment
        )
        for text in choices.texts
    ]
    names = {each.whole.feature: labels(each.whole.levels) for each in made}
    return replace(columns, each=tuple(made), skipped=(), names=columns.names | names)


def joined(columns: Columns, texts: Texts | None) -> Columns:
    """Return the columns with the languages of texts beside them.

    Parameters
    ----------
    columns : Columns
        Of the tables.
    texts : Texts or None
        From `read_texts`.

    Returns
    -------
    Columns
        Judged, checked and calibrated together.
    """
    if texts is None:
        return columns
    return replace(columns, each=(*columns.each, *texts.columns.each), names=texts.columns.names)
