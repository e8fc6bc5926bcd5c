"""Proxies: which features tell the sensitive one, each by itself and all together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.groups import MISSING, text_of
from raikit.analyses.rates import result_row, status_of
from raikit.stats.association import cramers_v_interval
from raikit.stats.auc import auc_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLED = 20_000  # rows that proxies are looked for in
LEVELS = 50  # of a feature; rarer ones count as one
FOLDS = 5
_FEW = 20  # different numbers up to which each is a level of its own


def levels(values: pd.Series) -> pd.Series:
    """Return a feature as few levels: numbers by tenths of the rows, rare texts as one.

    Parameters
    ----------
    values : pandas.Series
        Of any type; missing values are a level.

    Returns
    -------
    pandas.Series
        Whole numbers from 0.

    Examples
    --------
    >>> levels(pd.Series(range(1000))).nunique(), levels(pd.Series(["a", None, "a"])).tolist()
    (10, [0, 1, 0])
    """
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > _FEW:
        binned = pd.qcut(values.astype("float64"), 10, labels=False, duplicates="drop")
        return pd.Series(binned.fillna(-1).to_numpy(dtype=np.int64) % 11, index=values.index)
    codes, distinct = pd.factorize(values, use_na_sentinel=False)
    if len(distinct) > LEVELS:
        common = np.argsort(-np.bincount(codes), kind="stable")[: LEVELS - 1]
        codes = np.where(np.isin(codes, common), codes, len(distinct))
    return pd.Series(codes.astype(np.int64), index=values.index)


def proxy_rows(
    rows: pd.DataFrame,
    sensitive: str,
    features: Sequence[str],
    shown: Mapping[str, str],
    *,
    confidence: float,
    min_n: int,
    seed: int,
) -> Iterator[dict[str, Any]]:
    """Yield how well features tell a sensitive feature, in the result form.

    Parameters
    ----------
    rows : pandas.DataFrame
        The sample.
    sensitive : str
        The sensitive feature.
    features : sequence of str
        Of the model; the sensitive feature itself is left out.
    shown : mapping of str to str
        Value of the sensitive feature -> name of its group, pooled; of the groups that may be shown.
    confidence : float
        Of every interval.
    min_n : int
        A group of fewer sampled rows is marked as small; of fewer rows than folds it is left out.
    seed : int
        Of the folds.

    Yields
    ------
    dict
        `cramers_v` of each feature (0 tells nothing, 1 all; slice keys feature and sensitive), and
        `proxy_auc`: how often a logistic regression on all of them together, fitted on other rows, ranks a
        member of the group above others (.5 tells nothing). With two groups both have the same, so the
        smaller one is given.
    """
    values = rows[sensitive]
    named = {value: shown.get(text_of(None if pd.isna(value) else value)) for value in values.unique()}
    group = values.map(named)
    kept = rows[group.notna() & (group != MISSING)]
    names, member = np.unique(group[kept.index].to_numpy(dtype=str), return_inverse=True)
    used = [name for name in features if name != sensitive]
    if len(names) < 2 or not used:
        return
    coded = pd.DataFrame({name: levels(kept[name]) for name in used})
    for name in used:
        codes = coded[name].to_numpy() * len(names) + member
        table = np.bincount(codes, minlength=(coded[name].max() + 1) * len(names)).reshape(-1, len(names))
        interval = cramers_v_interval(table, confidence=confidence)
        status = status_of(len(kept) if np.isfinite(interval.estimate) else 0, hidden=False, min_n=min_n)
        yield result_row("cramers_v", {"feature": name, "sensitive": sensitive}, interval, status=status,
                         n=len(kept), method="noncentral chi-squared", confidence=confidence)  # fmt: skip
    yield from _together(coded, names, member, sensitive, confidence=confidence, min_n=min_n, seed=seed)


def _together(
    coded: pd.DataFrame,
    names: NDArray[Any],
    member: NDArray[Any],
    sensitive: str,
    *,
    confidence: float,
    min_n: int,
    seed: int,
) -> Iterator[dict[str, Any]]:
    sizes = np.bincount(member)
    able = np.flatnonzero(sizes >= FOLDS)
    if len(able) < 2:
        return
    mine = np.isin(member, able)
    scores = _cross_fitted(coded[mine], member[mine], seed)
    told = [int(sizes[able].argmin())] if len(able) == 2 else list(range(len(able)))
    for place in told:
        at = able[place]
        _, rank = np.unique(scores[:, place], return_inverse=True)
        up = np.bincount(rank, member[mine] == at).astype(np.int64)
        interval = auc_interval(up, np.bincount(rank) - up, confidence=confidence)
        n = int(sizes[at])
        status = status_of(n, hidden=False, min_n=min_n)
        yield result_row("proxy_auc", {sensitive: str(names[at])}, interval, status=status, n=n,
                         method="delong, cross-fitted", confidence=confidence)  # fmt: skip


def _cross_fitted(coded: pd.DataFrame, member: NDArray[Any], seed: int) -> NDArray[np.float64]:
    """Return each row's score for each group, from models that didn't see the row.

    Rows that agree in everything are one, with their number as its weight: the same model, sooner.
    """
    from scipy.sparse import csr_array
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from threadpoolctl import threadpool_limits

    rows = coded.assign(member=member)
    cell = rows.groupby(list(rows), sort=False).ngroup().to_numpy()
    first = np.unique(cell, return_index=True)[1]
    fold = np.empty(len(rows), dtype=np.int64)
    for number, (_, unseen) in enumerate(
        StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(coded, member)
    ):
        fold[unseen] = number
    counts = np.bincount(cell * FOLDS + fold, minlength=len(first) * FOLDS).reshape(-1, FOLDS)
    total = counts.sum(axis=1)
    sizes, group = coded.max().to_numpy() + 1, member[first]
    places = coded.to_numpy()[first] + np.cumsum(sizes) - sizes  # of each level in one row of zeros and ones
    starts = np.arange(0, places.size + 1, places.shape[1])
    encoded = csr_array((np.ones(places.size), places.ravel(), starts), shape=(len(first), int(sizes.sum())))
    model = LogisticRegression(C=0.1, max_iter=500, tol=1e-3)
    scores = np.empty((len(rows), len(np.unique(member))))
    with threadpool_limits(1):
        for number in range(FOLDS):
            weight = total - counts[:, number]
            seen = weight > 0
            model.fit(encoded[seen], group[seen], sample_weight=weight[seen])
            mine = fold == number
            scores[mine] = model.predict_proba(encoded)[cell[mine]]
    return scores
