"""Area under the ROC curve of groups: from exact scores where these are few enough, else from bins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.analyses.groups import MISSING, Groups, names_of, text_of
from raikit.analyses.rates import result_row, status_of
from raikit.stats.auc import auc_bounds, auc_interval
from raikit.stats.exact_scores import distinct_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.analyses.question import Question
    from raikit.sources.table import Table
    from raikit.stats.tally import Tally

    Ints = NDArray[np.int64]

# Exact scores make a cell for each distinct combination: about 100 bytes and a microsecond a row.
MOST_EXACT = 2_000_000
EXACT, BINNED = "delong", "delong, scores in bins of a hundredth"


@dataclass(frozen=True)
class Ranked:
    """Labelled rows with a score, by group, label and score.

    Attributes
    ----------
    names : mapping of str to (tuple of str, array of int)
        Feature -> names of its groups, and each cell's place among them.
    rank, n : array of int
        Place of each cell's score among the distinct ones, by increasing score, and its number of rows.
    event : array of bool
        Whether its label is the positive one.
    method : str
        How the area is found: "delong", or "delong, scores in bins of a hundredth".
    """

    names: Mapping[str, tuple[tuple[str, ...], Ints]]
    rank: Ints
    n: Ints
    event: NDArray[np.bool_]
    method: str


def ranked(table: Table, question: Question, positive: str, scored: Tally) -> Ranked:
    """Count labelled rows at each score.

    The exact area is no function of a small table, so this is a pass of its own, with a cell for each
    distinct score and group: 2 million rows take some seconds and a few hundred megabytes. Tables of more
    rows are ranked by hundredths of the score instead, from the counts that are there anyway; scores within
    a bin are then ties.

    Parameters
    ----------
    table : Table
        The rows.
    question : Question
        Names the columns.
    positive : str
        The positive value of the label.
    scored : Tally
        Groups × label × score bin, pooled.

    Returns
    -------
    Ranked
        Weights are left aside: every row counts once.
    """
    if table.rows > MOST_EXACT:
        return _binned(question, scored)
    cells = distinct_scores(table.lazy, [*question.features, question.label], question.score)
    labels = [None if value is None else text_of(value) for value in cells.values[-1]]
    known = np.array([label is not None for label in labels])[cells.codes[-1]]
    event = np.array([label == positive for label in labels])[cells.codes[-1]]
    names = {}
    for feature, values, codes in zip(question.features, cells.values, cells.codes, strict=False):
        present = [value for value in values if value is not None]
        called = names_of(present, question.pool.get(feature, {})) | {None: MISSING}
        names[feature] = _coded([called[value] for value in values], codes[known])
    _, rank = np.unique(cells.scores[known], return_inverse=True)
    return Ranked(names, rank.astype(np.int64), cells.n[known], event[known], EXACT)


def _binned(question: Question, scored: Tally) -> Ranked:
    from raikit.analyses.groups import key_of

    keys = {feature: key_of(feature) for feature in question.features}
    cells = scored.over(*keys.values(), "label", "score_bin").cells
    cells = cells[cells["label"].notna() & cells["score_bin"].notna()]
    everywhere = np.arange(len(cells))
    names = {
        feature: _coded([text_of(value) for value in cells[key]], everywhere) for feature, key in keys.items()
    }
    return Ranked(
        names, cells["score_bin"].to_numpy(dtype=np.int64) + 1, cells["n"].to_numpy(dtype=np.int64),
        (cells["label"] == 1).to_numpy(dtype=bool), BINNED,
    )  # fmt: skip


def _coded(texts: Sequence[str], codes: Ints) -> tuple[tuple[str, ...], Ints]:
    distinct, places = np.unique(np.array(texts, dtype=object).astype(str), return_inverse=True)
    return tuple(map(str, distinct)), places.astype(np.int64)[codes]


def area_rows(
    found: Ranked, groups: Groups, *, hidden: NDArray[np.bool_], confidence: float, min_n: int
) -> Iterator[dict[str, Any]]:
    """Yield the area under the ROC curve of each group of a slicing, in the result form.

    Parameters
    ----------
    found : Ranked
        Rows by score.
    groups : Groups
        The slicing.
    hidden : array of bool
        Groups whose numbers are not shown.
    confidence : float
        Of the intervals.
    min_n : int
        A group with fewer positives or fewer negatives is marked as small.

    Yields
    ------
    dict
        `auc`; its `n` is the number of labelled rows with a score. Undefined without positives or negatives.
    """
    for at, name in enumerate(groups.names):
        mine = np.ones(len(found.n), dtype=bool)
        for feature, value in zip(groups.columns, name, strict=True):
            texts, codes = found.names[feature]
            mine &= codes == texts.index(value) if value in texts else False
        place, n = found.rank[mine], found.n[mine]
        total = np.bincount(place, n).astype(np.int64)
        up = np.bincount(place, n * found.event[mine]).astype(np.int64)
        kinds = min(int(up.sum()), int((total - up).sum()))
        status = status_of(kinds, hidden=bool(hidden[at]), min_n=min_n)
        shown = status in ("ok", "small")
        numbers = list(auc_interval(up, total - up, confidence=confidence)) if shown else [np.nan] * 3
        method = found.method
        if shown and method != EXACT:
            _, least, most = auc_bounds(up, total - up)
            method += f" (the exact area within ±{(most - least) / 2:.4f})"
        yield result_row("auc", groups.slice_of(at), numbers, status=status, n=int(total.sum()),
                         method=method, confidence=confidence)  # fmt: skip
