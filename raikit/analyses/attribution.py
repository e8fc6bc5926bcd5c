"""Which features carry a gap: SHAP values of a model's score, averaged by group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from raikit.analyses.groups import text_of
from raikit.analyses.rates import result_frame, result_row, status_of
from raikit.sources.reading import collected
from raikit.sources.sample import drawn
from raikit.stats.intervals import normal_critical_value
from raikit.stats.shapley import shap_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.analyses.disparities import Comparison
    from raikit.analyses.fairness_study import FairnessStudy
    from raikit.sources.model import Model
    from raikit.sources.table import Table

    Floats = NDArray[np.float64]

EXPLAINED = 200  # rows of each of the two groups
BACKGROUND = 30  # rows that stand in for a feature that is left out
WHOLE = "all features"


@dataclass(frozen=True)
class Attribution:
    """A model's scores of two groups, taken apart by feature.

    Attributes
    ----------
    features : tuple of str
        Columns of the model.
    first, second : array, shape (rows, features)
        SHAP values of the sampled rows of the two groups.
    explained : tuple of int
        Rows of the two groups.
    apart : float
        Mean distance of the model's score from the recorded one; NaN where none is recorded.
    agree : float
        Share of sampled rows in which both lie on the same side of the threshold; NaN where it isn't known.
    """

    features: tuple[str, ...]
    first: Floats
    second: Floats
    explained: tuple[int, int]
    apart: float
    agree: float


def attribute(
    model: Model,
    first: pd.DataFrame,
    second: pd.DataFrame,
    features: Sequence[str],
    *,
    recorded: str,
    threshold: float,
    seed: int,
) -> Attribution:
    """Take the scores of two groups apart by feature.

    Parameters
    ----------
    model : Model
        From `raikit.sources.model.open_model`.
    first, second : pandas.DataFrame
        Sampled rows of the two groups.
    features : sequence of str
        Columns of the model.
    recorded : str
        Column of the recorded score; empty for none.
    threshold : float
        Where the system operates; NaN where unknown.
    seed : int
        Of the background and of the order in which features are left out.

    Returns
    -------
    Attribution
        SHAP values (`raikit.stats.shapley`): a row's values add up to its score less the mean score of the
        background, which is drawn from both groups alike. No function of counts: the time is that of
        2 features x rows x background rows scores, 200,000 for the demo's 16 features.
    """
    both = pd.concat([first[list(features)], second[list(features)]], ignore_index=True)
    coded, decode = _coded(both)
    half = BACKGROUND // 2
    rng = np.random.default_rng(seed)
    ends = (0, len(first)), (len(first), len(both))
    background = np.concatenate([rng.choice(np.arange(*end), min(half, end[1] - end[0]), replace=False)
                                 for end in ends])  # fmt: skip
    found = shap_values(lambda values: model.scores(decode(values)), coded, coded[background], seed=seed)
    apart = agree = float("nan")
    if recorded:
        known = pd.concat([first[recorded], second[recorded]]).to_numpy(dtype=float)
        scores = model.scores(both)
        apart = float(np.nanmean(np.abs(scores - known)))
        if np.isfinite(threshold):
            agree = float(np.mean((scores >= threshold) == (known >= threshold)))
    split = found[: len(first)], found[len(first) :]
    return Attribution(tuple(features), *split, (len(first), len(second)), apart, agree)


def _coded(rows: pd.DataFrame) -> tuple[Floats, Any]:
    """Return rows as numbers, and how to get from numbers back to rows of the same types."""
    codes, words = {}, {}
    for name in rows:
        if pd.api.types.is_numeric_dtype(rows[name]) and not pd.api.types.is_bool_dtype(rows[name]):
            codes[name] = rows[name].to_numpy(dtype=float)
        else:
            codes[name], words[name] = pd.factorize(rows[name].to_numpy(dtype=object), use_na_sentinel=False)
    kinds = rows.dtypes

    def decode(values: Floats) -> pd.DataFrame:
        columns = {
            name: words[name][values[:, at].astype(np.int64)] if name in words else values[:, at]
            for at, name in enumerate(rows)
        }
        return pd.DataFrame(columns).astype(kinds)

    return np.column_stack([np.asarray(each, dtype=float) for each in codes.values()]), decode


class Explained(NamedTuple):
    """A gap taken apart.

    Attributes
    ----------
    frame : pandas.DataFrame
        In the result form: `shap_difference`, the worse group less the other, with the feature as slice key;
        "all features", the difference of the mean scores, first, then the largest parts.
    found : Attribution
        Behind it.
    """

    frame: pd.DataFrame
    found: Attribution


def explain(study: FairnessStudy, gap: Comparison) -> Explained | None:
    """Return which features carry the difference of two groups' scores.

    Parameters
    ----------
    study : FairnessStudy
        With a model.
    gap : Comparison
        The two groups of its pair to speak of are explained.

    Returns
    -------
    Explained or None
        None where a group has fewer than two sampled rows.
    """
    asked, groups = study.asked, gap.slicing.groups
    pair = [int(at) for at in gap.pairs[gap.largest]]
    samples = [_members(study, gap, at) for at in pair]
    if min(len(each) for each in samples) < 2 or study.model is None:
        return None
    first, second = samples
    found = attribute(study.model, first, second, asked.model_features, recorded=asked.score,
                      threshold=study.operating, seed=asked.seed)  # fmt: skip
    slices = [groups.slice_of(at) for at in pair]
    rows = attribution_rows(found, slices, confidence=asked.confidence, min_n=asked.min_n)
    return Explained(result_frame(rows), found)


def _members(study: FairnessStudy, gap: Comparison, group: int) -> pd.DataFrame:
    """Return sampled rows of a group that the rate is about."""
    import narwhals as nw

    asked = study.asked
    wanted = dict(zip(gap.columns, gap.slicing.groups.names[group], strict=True))
    frame = study.table.lazy
    about = {"true_positive_rate": True, "false_positive_rate": False}.get(gap.metric)
    columns = [*asked.model_features, *([asked.score] if asked.score else [])]
    for feature, name in wanted.items():
        values = {text for text, shown in study.shown_values(feature).items() if shown == name}
        raw = [value for value in _values(study.table, feature) if text_of(value) in values]
        frame = frame.filter(nw.col(feature).is_in(raw))
    if about is not None:
        positives = [value for value in _values(study.table, asked.label) if text_of(value) == study.positive]
        is_positive = nw.col(asked.label).is_in(positives)
        frame = frame.filter(is_positive if about else ~is_positive & ~nw.col(asked.label).is_null())
    return drawn(frame, columns, EXPLAINED, seed=asked.seed)


def _values(table: Table, column: str) -> list[Any]:
    """Return the distinct values of a column, as the engine holds them."""
    import narwhals as nw

    found = collected(table.lazy.select(nw.col(column).alias("value")).unique()).to_pylist()
    return [row["value"] for row in found if row["value"] is not None]


def attribution_rows(
    found: Attribution, pair: Sequence[dict[str, str]], *, confidence: float, min_n: int
) -> Iterator[dict[str, Any]]:
    """Yield what each feature adds to the difference of the groups' mean scores, in the result form.

    Parameters
    ----------
    found : Attribution
        SHAP values of two groups.
    pair : sequence of dict
        The two groups.
    confidence : float
        Of normal intervals, over the sampled rows; that of the background comes on top.
    min_n : int
        Groups of fewer sampled rows are marked as small.

    Yields
    ------
    dict
        `shap_difference`: first group less second, with the feature as slice key; the largest first, their
        sum, the difference of the mean scores, at the top as "all features".
    """
    n = min(found.explained)
    critical = normal_critical_value(confidence)
    values = [np.column_stack([part.sum(axis=1), part]) for part in (found.first, found.second)]
    mean = values[0].mean(axis=0) - values[1].mean(axis=0)
    half = critical * np.sqrt(sum(part.var(axis=0, ddof=1) / len(part) for part in values))
    order = [0, *(1 + np.argsort(-np.abs(mean[1:]), kind="stable"))]
    for at in order:
        numbers = [float(mean[at]), float(mean[at] - half[at]), float(mean[at] + half[at])]
        key = {"feature": (WHOLE, *found.features)[at]}
        both = [key | each for each in pair]
        yield result_row("shap_difference", both[0], numbers, n=n, method="normal", confidence=confidence,
                         status=status_of(n, hidden=False, min_n=min_n), compared=both)  # fmt: skip
