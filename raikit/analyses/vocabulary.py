"""Has the vocabulary of texts moved? Counted are texts that have a word: words of a text hang together.

Each distinct text counts once, however often it was copied, and a word once in it. For each common word the
share of texts that have it is compared; the rarer words count together, as one. What is reported is the
word whose share moved most, with a test and an interval that hold for all words together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.features import FeatureCounts
from raikit.analyses.level_counts import SEGMENT
from raikit.sources.anchors import LONGEST, anchor, personal_data

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from raikit.analyses.drift_choices import DriftChoices
    from raikit.sources.anchors import AnchorKey

    Counts = NDArray[np.int64]
    Floats = NDArray[np.float64]

MOST_WORDS = 2000  # the most common ones that are compared one by one
# Texts expected with a word, and without it, on the smaller side. Simulated on 1,000 words of falling
# frequency, a joint error of 5% is 4-7% with 25, but up to 19% with the customary five. Rarer words are
# judged when an exact test has told them from chance.
LEAST = 25
_FEWEST = 5  # texts of both sides: a word in fewer is none of those that are compared
# Runs of letters that stand by themselves: numbers, codes, mail and web addresses are no words.
_WORD = r"(?u)(?<![\w@./])[^\W\d_]+(?:['’][^\W\d_]+)*(?![\w@/]|\.\w)"
RARER = "any rarer word"
_LISTED = 20  # words


@dataclass(frozen=True)
class Vocabulary:
    """The shift of one column's words.

    Attributes
    ----------
    parts : tuple of FeatureCounts
        Texts with and without the word that moved most: of all texts, then of each segment.
    windowed : tuple of tuple of str and FeatureCounts
        The same by current window, each with its label; the word may be another one each time.
    moved : pandas.DataFrame
        The words whose share of texts differs beyond chance, over all words together: columns text, word (an
        anchor unless revealed), reference, current (shares of texts), texts (of both sides), w, material.
    looked_at : int
        Words that were compared, the rarer ones together as one.
    material : int
        How many moved by more than the smallest shift that matters, over all words together.
    texts : tuple of int
        Distinct texts of either side.
    """

    parts: tuple[FeatureCounts, ...]
    windowed: tuple[tuple[str, FeatureCounts], ...]
    moved: pd.DataFrame
    looked_at: int
    material: int
    texts: tuple[int, int]

    @property
    def comparable(self) -> bool:
        """Whether any word is in texts enough, and missing from enough, to be compared."""
        return all(int((self.parts[0].reference + self.parts[0].current)[at]) for at in (0, 1))


class _Texts:
    """Which distinct text has which of the common words."""

    def __init__(self, sides: Sequence[pd.Series[Any]]) -> None:
        from sklearn.feature_extraction.text import CountVectorizer

        codes, distinct = pd.factorize(pd.concat(sides, ignore_index=True), use_na_sentinel=True)
        self.codes = codes[: len(sides[0])], codes[len(sides[0]) :]
        self.words: NDArray[Any] = np.array([], dtype=object)
        self.total: Counts = np.zeros(len(distinct), dtype=np.int64)  # distinct words, common ones or not
        counter = CountVectorizer(binary=True, token_pattern=_WORD, dtype=np.int32)
        try:
            has = counter.fit_transform(distinct)
        except ValueError:  # no word in any text
            from scipy.sparse import csr_array

            self.common: Any = csr_array((len(distinct), 0))
            return
        spread = self.of(has, 0) + self.of(has, 1)
        kept = np.sort(np.lexsort((np.arange(len(spread)), -spread))[:MOST_WORDS])
        self.words = counter.get_feature_names_out()[kept]
        self.total = np.asarray(has.sum(axis=1), dtype=np.int64).ravel()
        self.common = has[:, kept]

    def of(self, has: Any, side: int) -> Counts:
        """Return in how many distinct texts of a side each word is."""
        return np.asarray(has[self.rows(side)].sum(axis=0), dtype=np.int64).ravel()

    def rows(self, side: int, chosen: NDArray[np.bool_] | None = None) -> Counts:
        """Return the numbers of the distinct texts of some rows."""
        codes = self.codes[side] if chosen is None else self.codes[side][chosen]
        return np.unique(codes[codes >= 0])

    def _known(self, rows: Counts, fine: NDArray[np.bool_]) -> Counts:
        return np.asarray(self.common[rows][:, fine].sum(axis=1), dtype=np.int64).ravel()

    def compared(self, first: Counts, second: Counts, error: float) -> _Compared:
        """Return in how many texts of two sets each word is, where that can be judged.

        Parameters
        ----------
        first, second : array of int
            Numbers of distinct texts.
        error : float
            Joint, over all words.
        """
        old, new = (
            np.asarray(self.common[rows].sum(axis=0), dtype=np.int64).ravel() for rows in (first, second)
        )
        sizes = len(first), len(second)
        total, texts = old + new, max(sum(sizes), 1)
        rarer = np.minimum(total, texts - total)  # with or without the word
        looked_at = rarer >= _FEWEST
        among = int(looked_at.sum()) + 1
        held = np.where(total <= texts - total, new, sizes[1] - new)
        usual = rarer * (min(sizes) / texts) >= LEAST
        fine = looked_at & (usual | (_chance(held, rarer, sizes[1] / texts) <= error / among))
        others = [
            int(np.count_nonzero(self.total[rows] > self._known(rows, fine))) for rows in (first, second)
        ]
        words = (*self.words[fine], None)
        return _Compared(
            words, np.append(old[fine], others[0]), np.append(new[fine], others[1]), sizes, among
        )


@dataclass(frozen=True)
class _Compared:
    """Texts of two sets that have each word; the last one, None, stands for any rarer word."""

    words: tuple[str | None, ...]
    old: Counts
    new: Counts
    sizes: tuple[int, int]
    among: int

    @property
    def scale(self) -> float:
        """What turns the square of Cohen's w into a chi-squared statistic."""
        return self.sizes[0] * self.sizes[1] / max(sum(self.sizes), 1)

    @property
    def squared(self) -> Floats:
        """The square of Cohen's w of each word; all have one degree of freedom and the same sizes."""
        if not all(self.sizes):
            return np.zeros(len(self.old))
        pooled = (self.old + self.new) / sum(self.sizes)
        spread = pooled * (1 - pooled)
        gap = self.old / self.sizes[0] - self.new / self.sizes[1]
        made = np.divide(gap**2, spread, out=np.zeros(len(gap)), where=spread > 0)
        return np.asarray(made, dtype=np.float64)


def _chance(held: Counts, total: Counts, share: float) -> Floats:
    """Return the probability of so uneven a split of the texts that have a word, two-sided.

    Binomial: a little larger than the hypergeometric one, and quick.
    """
    from scipy.stats import binom

    tails = np.minimum(binom.sf(held - 1, total, share), binom.cdf(held, total, share))
    return np.asarray(np.minimum(2 * tails, 1.0), dtype=np.float64)


def vocabulary(
    text: str,
    sides: tuple[pd.DataFrame, pd.DataFrame],
    choices: DriftChoices,
    shown: Callable[[str, int], str],
) -> Vocabulary:
    """Compare the words of a column of texts.

    Parameters
    ----------
    text : str
        The column.
    sides : tuple of pandas.DataFrame
        Of reference and current: the column `text`; "window", the label of each row's window or None; and
        "segment", where there is one.
    choices : DriftChoices
        With segment, min_effect and confidence.
    shown : callable
        From a word and the number of distinct texts that have it to how it is shown.

    Returns
    -------
    Vocabulary
        A pass over the texts, whatever the number of windows.
    """
    texts = _Texts([side[text] for side in sides])
    groups: list[dict[str, Any]] = [{}]
    if choices.segment:
        values = pd.concat([side[SEGMENT] for side in sides]).drop_duplicates()
        groups += [{choices.segment: None if pd.isna(value) else value} for value in values.sort_values()]
    parts, windowed = [], []
    error = 1 - choices.confidence
    name = f"{text}: vocabulary"
    for group in groups:
        old, new = (_chosen(side, group) for side in sides)
        first = texts.rows(0, old)
        parts.append(_foremost(name, group, texts.compared(first, texts.rows(1, new), error)))
        labels = sides[1]["window"][new]
        for label in sorted(labels.dropna().unique()):
            here = texts.rows(1, new & (sides[1]["window"] == label).to_numpy())
            windowed.append((str(label), _foremost(name, group, texts.compared(first, here, error))))
    whole = texts.compared(texts.rows(0), texts.rows(1), error)
    moved, material = _moved(text, whole, choices, shown)
    return Vocabulary(tuple(parts), tuple(windowed), moved, whole.among, material, whole.sizes)


def _chosen(side: pd.DataFrame, group: Mapping[str, Any]) -> NDArray[np.bool_]:
    for value in group.values():
        held = side[SEGMENT]
        return np.asarray(held.isna() if value is None else held == value, dtype=bool)
    return np.ones(len(side), dtype=bool)


def _foremost(name: str, group: Mapping[str, Any], held: _Compared) -> FeatureCounts:
    """Return texts with and without the word whose share differs most, in units of Cohen's w."""
    at = int(np.argmax(held.squared))
    sides = [
        np.array([side[at], size - side[at]], dtype=np.int64)
        for side, size in zip((held.old, held.new), held.sizes, strict=True)
    ]
    levels = ("with the word", "without it")
    return FeatureCounts(name, dict(group), levels, sides[0], sides[1], False, among=held.among)


def _moved(
    text: str, held: _Compared, choices: DriftChoices, shown: Callable[[str, int], str]
) -> tuple[pd.DataFrame, int]:
    from scipy.stats import chi2, ncx2

    statistic = held.squared * held.scale
    level = (1 - choices.confidence) / held.among
    differs = chi2.sf(statistic, 1) <= level
    material = ncx2.sf(statistic, 1, held.scale * choices.min_effect**2) <= level
    places = [int(at) for at in np.argsort(-statistic, kind="stable") if differs[at]][:_LISTED]
    rows = []
    for at in places:
        word, both = held.words[at], int(held.old[at] + held.new[at])
        said = RARER if word is None else shown(word, both)
        shares = held.old[at] / held.sizes[0], held.new[at] / held.sizes[1]
        w = np.sqrt(max(statistic[at] - 1, 0.0) / held.scale)  # freed of what chance adds
        rows.append((text, said, *map(float, shares), both, float(w), bool(material[at])))
    columns = ["text", "word", "reference", "current", "texts", "w", "material"]
    return pd.DataFrame(rows, columns=columns), int(material.sum())


def word_shower(key: AnchorKey, *, reveal: bool, fewest: int) -> Callable[[str, int], str]:
    """Return how words are shown: as anchors, since a word may be a name, unless who asks reveals them.

    Parameters
    ----------
    key : AnchorKey
        Of the anchors.
    reveal : bool
        Whether words may be shown at all.
    fewest : int
        Distinct texts that must have a word before it is shown.

    Returns
    -------
    callable
        From a word and the number of its texts to the word or its anchor. A word is shown only where it has
        at most 64 characters and no pattern of personal data; patterns find no names.

    Examples
    --------
    >>> from raikit.sources.anchors import anchor_key
    >>> key = anchor_key(source="demo:refusals")
    >>> shown = word_shower(key, reveal=True, fewest=10)
    >>> shown("recipe", 12), shown("recipe", 9) == anchor("recipe", key)
    ('recipe', True)
    """

    def shown(word: str, texts: int) -> str:
        fine = reveal and texts >= fewest and len(word) <= LONGEST and not personal_data(word)
        return word if fine else anchor(word, key)

    return shown
