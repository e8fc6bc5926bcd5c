"""A model beside a baseline on the same rows: paired, because both meet the same easy and hard cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.groups import Groups, key_of, text_of
from raikit.analyses.rates import result_row, status_of
from raikit.stats.hypothesis_tests import mcnemar_test, paired_difference_interval
from raikit.stats.intervals import normal_critical_value, wilson_interval
from raikit.stats.tally import Tally

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.analyses.question import Question

    Floats = NDArray[np.float64]

MODEL = "this model"
PAIRED = ("accuracy", "true_positive_rate", "false_positive_rate")


def name_of(column: str, majority: str | None) -> str:
    """Return what results call a baseline.

    Parameters
    ----------
    column : str
        Of predictions; empty where there is none.
    majority : str or None
        From `rule_of`.

    Returns
    -------
    str
        Empty without a baseline.

    Examples
    --------
    >>> name_of("", "sex"), name_of("", ""), name_of("old_model", None)
    ('commonest outcome by sex', 'commonest outcome', 'old_model')
    """
    if majority is None:
        return column
    return f"commonest outcome by {majority}" if majority else "commonest outcome"


def with_majority(tally: Tally, feature: str) -> Tally:
    """Return a tally with the commonest label as ``baseline``.

    Parameters
    ----------
    tally : Tally
        With ``label`` and, unless `feature` is empty, `key_of` it among its keys.
    feature : str
        Whose groups have a commonest label each; empty for one label for all.

    Returns
    -------
    Tally
        With the further key ``baseline``: a label; where labels tie, the first in their order. The rule is
        learnt from the rows that it is judged on, which flatters it, by little where groups are large.
    """
    keys = [key_of(feature)] if feature else []
    size = "w" if "w" in tally.sums else "n"
    known = tally.over(*keys, "label").cells
    known = known[known["label"].notna() & (known[size] > 0)]
    names = [text_of(value) for value in known[keys[0]]] if keys else [""] * len(known)
    best: dict[str, tuple[float, Any]] = {}
    for name, label, weight in zip(names, known["label"], known[size], strict=True):
        if weight > best.get(name, (0.0, None))[0]:
            best[name] = (float(weight), label)
    of = [text_of(value) for value in tally.cells[keys[0]]] if keys else [""] * len(tally.cells)
    guess = [best.get(name, (0.0, None))[1] for name in of]
    cells = tally.cells.assign(baseline=pd.Series(guess, dtype=object, index=tally.cells.index))
    return replace(tally, keys=(*tally.keys, "baseline"), cells=cells)


def paired_rows(
    tally: Tally, groups: Groups, metric: str, name: str, *, hidden: NDArray[np.bool_], asked: Question
) -> Iterator[dict[str, Any]]:
    """Yield the baseline's rate and the model's rate less the baseline's, in the result form.

    Parameters
    ----------
    tally : Tally
        With ``label``, ``prediction`` and ``baseline``; rows that lack one are left out.
    groups : Groups
        The slicing.
    metric : str
        One of `PAIRED`.
    name : str
        Of the baseline.
    hidden : array of bool
        Groups whose numbers are not shown.
    asked : Question
        Confidence, least n, weight and cluster.

    Yields
    ------
    dict
        `metric` of the baseline and its `_difference`, with ``model`` as a slice key; further columns of the
        difference: `only_model` and `only_baseline`, the rows where one alone succeeds, and McNemar's exact
        p value `p` (none with weights or clusters).
    """
    plain = not (asked.weight or asked.cluster)
    cells = _cells(tally, groups, metric, asked)
    rows = np.zeros((len(groups.names), 4), dtype=np.int64)
    np.add.at(rows, (cells["owner"].to_numpy(), cells["kind"].to_numpy()), cells["n"].to_numpy())
    weighed = np.bincount(cells["owner"], cells["w"], minlength=len(groups.names))
    for at, (both, one, other, neither) in enumerate(rows.tolist()):
        base, model = groups.slice_of(at) | {"model": name}, groups.slice_of(at) | {"model": MODEL}
        n = both + one + other + neither
        status = status_of(n, hidden=bool(hidden[at]), min_n=asked.min_n)
        shown = status in ("ok", "small") and weighed[at] > 0
        rate = difference = [np.nan] * 3
        counts = [both + other, n] if plain and shown else None
        if shown and plain:
            rate = [float(x) for x in wilson_interval(both + other, n, confidence=asked.confidence)]
            difference = list(
                paired_difference_interval(both, one, other, neither, confidence=asked.confidence)
            )
        elif shown:
            mine = cells[cells["owner"] == at]
            difference = _linear(mine, np.array([0.0, 1.0, -1.0, 0.0]), asked)
            rate = _linear(mine, np.array([1.0, 0.0, 1.0, 0.0]), asked)
        common: dict[str, Any] = {
            "status": status if shown or status == "suppressed" else "undefined",
            "n": n,
        }
        yield result_row(metric, base, rate, method="wilson" if plain else "normal, sums of clusters",
                         confidence=asked.confidence, counts=counts, **common)  # fmt: skip
        method = "newcombe, paired" if plain else "normal, paired"
        row = result_row(f"{metric}_difference", model, difference, method=method,
                         confidence=asked.confidence, compared=[model, base], **common)  # fmt: skip
        tested = {"only_model": one, "only_baseline": other, "p": mcnemar_test(one, other).p_value}
        yield row | (tested if shown and plain else dict.fromkeys(tested, None))


def _cells(tally: Tally, groups: Groups, metric: str, asked: Question) -> pd.DataFrame:
    """Return rows, weights and squared weights by group, cluster and which of the two succeeds.

    Kinds: 0 both, 1 the model alone, 2 the baseline alone, 3 neither.
    """
    keys = [key_of(column) for column in groups.columns]
    cluster = [key_of(asked.cluster)] if asked.cluster else []
    cells = tally.over(*dict.fromkeys([*keys, *cluster]), "label", "prediction", "baseline").cells
    truth = {"true_positive_rate": 1, "false_positive_rate": 0}.get(metric)
    able = cells[["label", "prediction", "baseline"]].notna().all(axis=1)
    cells = cells[able & ((cells["label"] == truth) if truth is not None else True)]
    right = cells["label"] if truth is None else 1
    kind = 2 * (cells["prediction"] != right).astype(int) + (cells["baseline"] != right).astype(int)
    place = {name: at for at, name in enumerate(groups.names)}
    names = [tuple(map(text_of, name)) for name in cells[keys].itertuples(index=False, name=None)]
    owner = np.array([place[name] for name in names] if keys else [0] * len(cells), dtype=np.int64)
    return pd.DataFrame(
        {
            "owner": owner, "kind": kind.to_numpy(), "n": cells["n"].to_numpy(),
            "w": cells["w" if "w" in cells else "n"].to_numpy(dtype=float),
            "w2": cells["w2" if "w2" in cells else "n"].to_numpy(dtype=float),
            "cluster": [text_of(value) for value in cells[cluster[0]]] if cluster else np.arange(len(cells)),
        }
    )  # fmt: skip


def _linear(cells: pd.DataFrame, value: Floats, asked: Question) -> list[float]:
    """Return a weighted mean of a value by kind, with a normal interval; clusters are summed first."""
    w, values = cells["w"].to_numpy(), value[cells["kind"].to_numpy()]
    mean = float((w * values).sum() / w.sum())
    if asked.cluster:
        parts = pd.Series(w * (values - mean)).groupby(cells["cluster"].to_numpy()).sum().to_numpy()
        clusters = max(len(parts), 2)
        spread = (parts**2).sum() * clusters / (clusters - 1)
    else:
        spread = (cells["w2"].to_numpy() * (values - mean) ** 2).sum()
    half = normal_critical_value(asked.confidence) * float(np.sqrt(spread)) / float(w.sum())
    return [mean, mean - half, mean + half]
