"""Weakest slices: looked for among many on one half of the rows, confirmed or not on the other half."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from raikit.analyses.groups import MISSING, key_of, text_of
from raikit.analyses.rates import result_row
from raikit.stats.effective import clustered_counts
from raikit.stats.hypothesis_tests import adjusted_p_values, omnibus_test
from raikit.stats.intervals import difference_limits, normal_critical_value, score_limits

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from raikit.analyses.question import Question
    from raikit.stats.tally import Tally

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

CANDIDATES = 5  # tested on the second half: few enough that each keeps most of its power
HALF, SECOND, OTHERS = "half", "second half", "everyone else"
_FIRST, _SECOND = 0, 1


class Weak(NamedTuple):
    """A slice that looked weak on the first half, as the second half sees it.

    `right` and `n` count the second half's rows in the slice, `others_right` and `others_n` the rest of it;
    `difference`, `low` and `high` are of the accuracies, the slice less everyone else, with limits that hold
    for all candidates together; `p` is corrected by Holm for their number.
    """

    slice: dict[str, str]
    right: int
    n: int
    others_right: int
    others_n: int
    accuracy: list[float]
    difference: list[float]
    p: float
    confirmed: bool


@dataclass(frozen=True)
class Search:
    """What a search for weak slices looked at and found.

    Attributes
    ----------
    looked_at : int
        Slices that were large enough to be looked at on the first half.
    found : tuple of Weak
        Those that looked weakest there, with the second half's verdict.
    """

    looked_at: int
    found: tuple[Weak, ...]


@dataclass(frozen=True)
class _Rows:
    """Rows by slicing features; `counts` has shape (cells, 2 halves, right or wrong)."""

    values: pd.DataFrame
    counts: Ints
    cluster: list[str] | None


def search(tally: Tally, asked: Question) -> Search:
    """Look for slices by one feature or two where predictions are wrong more often than elsewhere.

    Each row falls into the first or the second half by a fair coin. Rows of one cell are alike in all that is
    counted here, so the coins are thrown for a whole cell at once, as a binomial number: the halves are
    exactly those of shuffled rows, and depend on the seed but not on the order of rows. The rows of a cluster
    stay together. Weights are left aside: every row counts once.

    On the first half all slices by one feature and by two with enough rows are ranked by the lower limit of
    their excess of errors; the first few that share no value go to the second half, which has not been looked
    at: there the difference from all other rows is tested, corrected by Holm.

    Parameters
    ----------
    tally : Tally
        Of slicing features, ``label`` and ``prediction`` (any values, alike where the prediction is right).
    asked : Question
        Features, cluster, confidence, `min_n`, `suppress_below` and seed.

    Returns
    -------
    Search
        A slice is looked at where each half holds `min_n` of its rows and of the others'. Slices that would
        tell of fewer than `suppress_below` people (themselves, or either feature's group less the slice) are
        not; the second half of a random split gives no full counts away.

    References
    ----------
    .. [1] Holm (1979), Scandinavian Journal of Statistics 6(2), 65-70.
    """
    rows = _split(tally, asked)
    kinds = [*((name,) for name in asked.features), *combinations(asked.features, 2)]
    slices = [each for columns in kinds for each in _slices(rows, columns, asked)]
    looked_at = [(columns, member) for columns, member in slices if _ranked(rows, member, asked) > -np.inf]
    order = sorted(looked_at, key=lambda each: -_ranked(rows, each[1], asked))
    chosen: list[tuple[dict[str, str], Bools]] = []
    for slice_, member in order:
        apart = all(not set(slice_.items()) & set(other.items()) for other, _ in chosen)
        if apart and len(chosen) < CANDIDATES and _ranked(rows, member, asked) > 0:
            chosen.append((slice_, member))
    return Search(len(looked_at), tuple(_confirmed(rows, chosen, asked)))


def _split(tally: Tally, asked: Question) -> _Rows:
    """Reduce the tally to right and wrong, and throw the coins."""
    keys = [key_of(name) for name in asked.features]
    cluster = [key_of(asked.cluster)] if asked.cluster and key_of(asked.cluster) not in keys else []
    cells = tally.over(*keys, *cluster, "label", "prediction").cells
    cells = cells[cells["label"].notna() & cells["prediction"].notna()].reset_index(drop=True)
    n = cells["n"].to_numpy(dtype=np.int64)
    wrong = (cells["label"] != cells["prediction"]).to_numpy(dtype=np.int64)
    draw = np.random.default_rng(asked.seed)
    clusters = None
    if asked.cluster:
        clusters = [text_of(value) for value in cells[key_of(asked.cluster)]]
        _, place = np.unique(np.array(clusters, dtype=str), return_inverse=True)
        first = n * draw.integers(0, 2, place.max(initial=-1) + 1)[place]
    else:
        first = draw.binomial(n, 0.5)
    counts = np.zeros((len(cells), 2, 2), dtype=np.int64)
    counts[np.arange(len(cells)), _FIRST, wrong] = first
    counts[np.arange(len(cells)), _SECOND, wrong] = n - first
    values = cells[keys].map(text_of).set_axis(list(asked.features), axis=1)
    return _Rows(values, counts, clusters)


def _slices(rows: _Rows, columns: Sequence[str], asked: Question) -> Iterator[tuple[dict[str, str], Bools]]:
    """Yield the slices of some columns, as the cells that belong to each."""
    everyone = int(rows.counts.sum())
    sizes = rows.counts.sum(axis=(1, 2))
    for name, places in rows.values.groupby(list(columns), sort=True).indices.items():
        group = name if isinstance(name, tuple) else (name,)
        if MISSING in group:
            continue
        slice_ = dict(zip(columns, map(str, group), strict=True))
        member = np.zeros(len(rows.values), dtype=bool)
        member[places] = True
        size = int(sizes[member].sum())
        parents = [int(sizes[rows.values[column] == value].sum()) for column, value in slice_.items()]
        rest = [whole - size for whole in [everyone, *(parents if len(columns) > 1 else [])]]
        told = [size, *rest]
        same = len(columns) > 1 and 0 in rest[1:]  # no other slice than its feature's group
        if not same and all(each == 0 or each >= asked.suppress_below for each in told):
            yield slice_, member


def _ranked(rows: _Rows, member: Bools, asked: Question) -> float:
    """Return the lower limit of the first half's excess of errors; -inf where a half is too small."""
    for half in (_FIRST, _SECOND):
        inside, outside = (rows.counts[part, half].sum() for part in (member, ~member))
        if min(inside, outside) < asked.min_n:
            return float("-inf")
    counts = _effective(rows, member, _FIRST, asked)
    limits = difference_limits(*counts, critical=normal_critical_value(asked.confidence))
    return float(-limits.high)


def _effective(
    rows: _Rows, member: Bools, half: int, asked: Question
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return right and all rows of the slice, then of the others, as effective numbers with clusters."""
    found: list[Floats] = []
    for part in (member, ~member):
        right, n = rows.counts[part, half, 0], rows.counts[part, half].sum(axis=1)
        if rows.cluster is not None:
            names = np.array(rows.cluster, dtype=str)[part]
            _, place = np.unique(names, return_inverse=True)
            found += [
                np.asarray(x) for x in clustered_counts(np.bincount(place, right), np.bincount(place, n))
            ]
        else:
            found += [np.asarray(float(right.sum())), np.asarray(float(n.sum()))]
    return found[0], found[1], found[2], found[3]


def _confirmed(
    rows: _Rows, chosen: Sequence[tuple[dict[str, str], Bools]], asked: Question
) -> Iterator[Weak]:
    if not chosen:
        return
    separate = normal_critical_value(asked.confidence)
    joint = normal_critical_value(1 - (1 - asked.confidence) / len(chosen))
    counts = [_effective(rows, member, _SECOND, asked) for _, member in chosen]
    p_values = adjusted_p_values([_p_value(each, seed=asked.seed) for each in counts])
    for (slice_, member), each, p in zip(chosen, counts, p_values, strict=True):
        difference = [float(part) for part in difference_limits(*each, critical=joint)]
        accuracy = [float(part) for part in score_limits(each[0], each[1], separate)]
        inside, outside = (rows.counts[part, _SECOND].sum(axis=0) for part in (member, ~member))
        confirmed = bool(p <= 1 - asked.confidence and difference[2] < 0)
        yield Weak(slice_, int(inside[0]), int(inside.sum()), int(outside[0]), int(outside.sum()), accuracy,
                   difference, float(p), confirmed)  # fmt: skip


def _p_value(counts: Sequence[Any], *, seed: int) -> float:
    """Return the two-sided p value that both parts are right equally often."""
    right, n = (np.array([float(counts[at]), float(counts[at + 2])]) for at in (0, 1))
    if (right == np.rint(right)).all() and (n == np.rint(n)).all():
        return omnibus_test(right.astype(np.int64), n.astype(np.int64), seed=seed).p_value
    from scipy.stats import chi2_contingency

    if min(right.sum(), (n - right).sum()) < 1e-9:
        return 1.0
    return float(chi2_contingency(np.array([right, n - right]), correction=False).pvalue)


def weak_rows(found: Search, asked: Question) -> Iterator[dict[str, Any]]:
    """Yield what the second half says of the slices that looked weakest, in the result form.

    Parameters
    ----------
    found : Search
        From `search`.
    asked : Question
        Confidence, least n and cluster.

    Yields
    ------
    dict
        `accuracy` of the slice and `accuracy_difference` from everyone else, with ``half`` as a slice key;
        further columns of the difference: `p` (corrected) and `confirmed`.
    """
    plain = not asked.cluster
    tail = "" if plain else ", effective n"
    for weak in found.found:
        slice_ = weak.slice | {HALF: SECOND}
        others = {HALF: OTHERS}
        common: dict[str, Any] = {"status": "ok", "confidence": asked.confidence}
        yield result_row("accuracy", slice_, weak.accuracy, n=weak.n, method=f"wilson{tail}",
                         counts=[weak.right, weak.n] if plain else None, **common)  # fmt: skip
        counts = [weak.right, weak.n, weak.others_right, weak.others_n] if plain else None
        yield result_row(
            "accuracy_difference", slice_, weak.difference, n=min(weak.n, weak.others_n),
            method=f"newcombe-bonferroni{tail}", compared=[slice_, others], counts=counts, **common,
        ) | {"p": weak.p, "confirmed": weak.confirmed}  # fmt: skip
