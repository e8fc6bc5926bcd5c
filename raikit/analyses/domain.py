"""Can a classifier tell current rows from the reference? What no single column shows, one AUC sums up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.feature_windows import WINDOW
from raikit.analyses.windows import DAY
from raikit.sources.engine import identifier
from raikit.stats.auc import auc_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.sources.table import Table

    Floats = NDArray[np.float64]

FOLDS = 3
_BINS = 32  # of each column: enough to tell rows apart, and a quarter of the time of the usual 255
_MISSING = -1.0  # a number of its own: the classifier can't bin a column that has none
_CHANCE = 0.5
_EXPLAINED = 500  # rows whose SHAP values are averaged
MOST_WINDOWS = 4  # of more, the last alone is looked at beside all current rows: each costs a second
_ROW, _DAY = "raikit row", "raikit day"


@dataclass(frozen=True)
class Domain:
    """What the classifier found.

    Attributes
    ----------
    rows : pandas.DataFrame
        Result form: `domain_classifier_auc`, slice {"period": "current"} or {"window": …}.
    carried : pandas.DataFrame
        Columns feature and share (of the mean absolute SHAP value), of all current rows, the largest first;
        empty where the interval of the AUC holds .5.
    sampled : tuple of int
        Rows of either side that it learned from and was judged on.
    """

    rows: pd.DataFrame
    carried: pd.DataFrame
    sampled: tuple[int, int]


def tell_apart(
    before: Table,
    after: Table,
    features: Sequence[str],
    *,
    days: pd.DataFrame,
    timestamp: str,
    sample: int,
    confidence: float,
    seed: int,
) -> Domain | None:
    """Fit a classifier that tells current rows from the reference, and judge it on rows it has not seen.

    Parameters
    ----------
    before, after : Table
        Reference and current rows.
    features : sequence of str
        What it may look at.
    days : pandas.DataFrame
        Windows of the current days, from `raikit.analyses.feature_windows.days_of`; empty without times.
    timestamp : str
        Column; may be empty.
    sample : int
        Rows of either side, about; 0 for none.
    confidence : float
        Of the intervals.
    seed : int
        Of sample and folds.

    Returns
    -------
    Domain or None
        None without features or sample.

    Notes
    -----
    The AUC is cross-fitted in three folds; its interval is DeLong's for each fold's scores, the estimates
    averaged. .5 means that nothing tells the rows apart. It is no function of counts: the sample is stated.
    """
    if not features or not sample:
        return None
    labels = sorted(days[WINDOW].unique()) if len(days) else []
    chosen = labels if len(labels) <= MOST_WINDOWS else labels[-1:]
    first = sampled(before, features, "", sample, seed)
    second = sampled(after, features, timestamp, sample * max(len(chosen), 1), seed + 1)
    coded = _coded(first[list(features)], second[list(features)])
    old, new = coded[: len(first)], coded[len(first) :]
    some = np.random.default_rng(seed).permutation(len(new))[:sample]
    interval, model = cross_fitted(old, new[some], seed, confidence)
    results = [({"period": "current"}, min(len(old), len(some)), interval)]
    if len(chosen):
        window = dict(zip(days[DAY].dt.date, days[WINDOW], strict=True))
        held = np.array([window.get(day) for day in second[_DAY]], dtype=object)
        for name in chosen:
            rows = new[held == name][:sample]
            if len(rows) >= 10 * FOLDS:
                found, _ = cross_fitted(old, rows, seed, confidence)
                results.append(({"window": name}, min(len(old), len(rows)), found))
    carried = pd.DataFrame({"feature": pd.Series(dtype=object), "share": pd.Series(dtype=float)})
    if interval[1] > _CHANCE:  # what nothing tells apart rests on nothing
        carried = _carried(model, np.concatenate([old[:_EXPLAINED], new[some][:_EXPLAINED]]), features)
    return Domain(result_rows(results, confidence), carried, (len(old), len(some)))


def sampled(table: Table, columns: Sequence[str], timestamp: str, size: int, seed: int) -> pd.DataFrame:
    """Return about so many rows of a table, the same in each run.

    Parameters
    ----------
    table : Table
        The rows.
    columns : sequence of str
        Columns to return.
    timestamp : str
        If not empty, its day comes too.
    size : int
        Rows, about.
    seed : int
        Another draws other rows.

    Returns
    -------
    pandas.DataFrame
        All rows where there are no more.
    """
    import narwhals as nw

    frame = table.lazy
    if frame.implementation.is_duckdb():
        return _drawn(frame.to_native(), columns, timestamp, size / table.rows, seed)
    frame = frame.select(*columns, *([nw.col(timestamp).cast(nw.Date).alias(_DAY)] if timestamp else []))
    rows = frame.collect("pyarrow").to_native()
    places = np.sort(np.random.default_rng(seed).permutation(len(rows))[:size])
    taken: pd.DataFrame = rows.take(places).to_pandas()
    return taken


def _drawn(relation: Any, columns: Sequence[str], timestamp: str, share: float, seed: int) -> pd.DataFrame:
    names = [identifier(name) for name in columns]
    named = [*names, *([f'CAST({identifier(timestamp)} AS DATE) AS "{_DAY}"'] if timestamp else [])]
    source = "rows"
    if share < 1:  # a row's number, hashed: no row twice, the same rows each time
        number = f"row_number() OVER () + {int(seed) * 1_000_003}"
        source = f'(SELECT *, {number} AS "{_ROW}" FROM rows) WHERE hash("{_ROW}") / {2**64}.0 < {share}'  # noqa: S608
    query = f"SELECT {', '.join(named)} FROM {source}"  # noqa: S608 - identifiers
    made: pd.DataFrame = relation.query("rows", query).to_arrow_table().to_pandas()
    return made


def _coded(first: pd.DataFrame, second: pd.DataFrame) -> Floats:
    """Return small numbers for all columns: numbers cut into 32 bins, text by how common a level is."""
    columns = []
    for name in first:
        both = pd.concat([first[name], second[name]], ignore_index=True)
        if pd.api.types.is_numeric_dtype(both) or pd.api.types.is_bool_dtype(both):
            columns.append(_binned(both.astype(float).to_numpy()))
            continue
        columns.append(_binned(_ranks(both)))
    return np.column_stack(columns)


def _ranks(values: pd.Series[Any]) -> Floats:
    """Return each text's place by how common it is on both sides together, ties by the text itself.

    An order that knew which side a row is on would give the side away.
    """
    codes, levels = pd.factorize(values.to_numpy(dtype=object))
    sizes, names = np.bincount(codes[codes >= 0], minlength=len(levels)), np.array([str(x) for x in levels])
    place = np.empty(len(levels) + 1)
    place[np.lexsort((names, -sizes))] = np.arange(len(levels))
    place[-1] = np.nan  # the code of missing ones is -1
    return place[codes]


def _binned(values: NDArray[np.floating[Any]]) -> Floats:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return np.where(np.isnan(values), _MISSING, 0.0)
    distinct = np.unique(finite)
    shares = np.linspace(0, 1, _BINS + 1)[1:-1]
    limits = distinct[1:] if len(distinct) <= _BINS else np.unique(np.quantile(finite, shares))
    return np.where(np.isnan(values), _MISSING, np.searchsorted(limits, values, side="right"))


def cross_fitted(
    old: Floats,
    new: Floats,
    seed: int,
    confidence: float,
    *,
    fit: Callable[..., Any] | None = None,
    fold: NDArray[np.int64] | None = None,
) -> tuple[tuple[float, ...], Any]:
    """Return how well a classifier tells two sets of rows apart that it has not seen.

    Parameters
    ----------
    old, new : array of float, shape (rows, columns)
        Reference and current.
    seed : int
        Of folds and classifier.
    confidence : float
        Of the interval.
    fit : callable, optional
        From rows, 0 or 1, weights and seed to a classifier; by default boosted trees on binned columns.
    fold : array of int, optional
        0, 1 or 2 for each row, the old ones first; by default drawn.

    Returns
    -------
    tuple of tuple and object
        AUC with its interval, and the last fold's classifier.
    """
    import sklearn.ensemble as _loaded  # noqa: F401 - only threads of libraries that are loaded can be limited
    from threadpoolctl import threadpool_limits

    rows = np.concatenate([old, new])
    current = np.repeat([0, 1], [len(old), len(new)])
    weight = np.where(current == 1, len(old) / len(new), 1.0)
    fold = np.random.default_rng(seed).permutation(len(rows)) % FOLDS if fold is None else fold
    found = []
    with threadpool_limits(1):  # threads that wait for each other cost ten times the work on a busy machine
        for held in range(FOLDS):
            model = (fit or _fitted)(rows[fold != held], current[fold != held], weight[fold != held], seed)
            score = model.decision_function(rows[fold == held])
            _, place = np.unique(score, return_inverse=True)
            up = np.bincount(place, current[fold == held]).astype(np.int64)
            found.append(auc_interval(up, np.bincount(place) - up, confidence=confidence))
    estimate = float(np.mean([each.estimate for each in found]))
    # three folds' independent errors: their mean's half-width is a third of the root of the sum of squares
    half = [np.sqrt(sum((each[0] - each[at]) ** 2 for each in found)) / FOLDS for at in (1, 2)]
    return (estimate, float(estimate - half[0]), float(estimate + half[1])), model


def _fitted(rows: Floats, current: NDArray[np.int64], weight: Floats, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    settings: dict[str, Any] = {"max_leaf_nodes": 15, "max_bins": _BINS + 1, "early_stopping": False}
    # 40 steps of .15 find what 60 of the usual .1 find (AUC within .005), in two thirds of the time.
    model = HistGradientBoostingClassifier(max_iter=40, learning_rate=0.15, random_state=seed, **settings)
    return model.fit(rows, current, sample_weight=weight)


def _carried(model: Any, rows: Floats, features: Sequence[str]) -> pd.DataFrame:
    import warnings

    with warnings.catch_warnings():  # importing shap complains of notebook widgets and of matplotlib's maps
        warnings.simplefilter("ignore")
        import shap
    size = np.abs(shap.TreeExplainer(model).shap_values(rows)).mean(axis=0)
    share = size / size.sum() if size.sum() else np.full(len(size), np.nan)
    made = pd.DataFrame({"feature": list(features), "share": share})
    return made.sort_values("share", ascending=False, ignore_index=True)


def result_rows(
    results: Sequence[tuple[Mapping[str, str], int, tuple[float, ...]]], confidence: float
) -> pd.DataFrame:
    """Return areas under the curve in the result form.

    Parameters
    ----------
    results : sequence of tuple
        Slice, rows of the smaller side, and the area with its interval.
    confidence : float
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        Metric `domain_classifier_auc`.
    """
    same = {"compared": None, "method": "DeLong, cross-fitted", "status": "ok", "counts": None}
    return pd.DataFrame(
        [
            {"metric": "domain_classifier_auc", "slice": dict(held), "n": n, **same,
             "estimate": found[0], "low": found[1], "high": found[2], "confidence": confidence,
             "group": " × ".join(held.values())}
            for held, n, found in results
        ]
    )  # fmt: skip
