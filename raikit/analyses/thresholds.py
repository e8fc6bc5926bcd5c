"""What other thresholds would do: rates at every hundredth of the score, from the counts of its bins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.groups import gather
from raikit.analyses.rates import rate_of, rate_rows
from raikit.stats.tally import Tally

if TYPE_CHECKING:
    from raikit.analyses.question import Question

SWEPT = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "positive_predictive_value",
    "accuracy",
)
TENTHS = tuple(range(10, 100, 10))


def at_threshold(scored: Tally, hundredth: int) -> Tally:
    """Return the tally that predicting by a threshold would have given.

    Parameters
    ----------
    scored : Tally
        With ``label`` and ``score_bin`` (100 equal bins from 0 to 1) among its keys.
    hundredth : int
        Positive is predicted from this hundredth of the score on, itself included.

    Returns
    -------
    Tally
        With ``prediction`` in the place of ``score_bin``: exact, since the threshold is an edge of bins.

    Examples
    --------
    >>> from raikit.stats.tally import count
    >>> rows = pd.DataFrame({"label": [0, 1, 1], "p": [0.2, 0.5, 0.9]})
    >>> at_threshold(count(rows, ["label"], score="p"), 50).cells[["label", "prediction", "n"]]
      label prediction  n
    0     0          0  1
    1     1          1  2
    """
    cut = {value: int(value >= hundredth) for value in scored.values("score_bin")}
    pooled = scored.pooled({"score_bin": cut})
    keys = tuple("prediction" if key == "score_bin" else key for key in pooled.keys)
    return replace(
        pooled, keys=keys, cells=pooled.cells.rename(columns={"score_bin": "prediction"}), edges=None
    )


def threshold_rows(scored: Tally, asked: Question) -> Iterator[dict[str, Any]]:
    """Yield overall rates at nine thresholds, in the result form.

    Parameters
    ----------
    scored : Tally
        Cluster, label and score bin.
    asked : Question
        Confidence, least n and the cluster.

    Yields
    ------
    dict
        A row a threshold and rate, ``swept_`` and the rate's name, with the threshold as slice key: a rule on
        the rate itself doesn't judge what nobody decides by.
    """
    for hundredth in TENTHS:
        tally = at_threshold(scored, hundredth)
        everybody = gather(tally, ())
        for metric in SWEPT:
            rate = rate_of(tally, everybody, metric, asked.cluster)
            rows = rate_rows(everybody, f"swept_{metric}", rate, hidden=np.array([False]),
                             confidence=asked.confidence, min_n=asked.min_n)  # fmt: skip
            slice_ = {"threshold": f"{hundredth / 100:.1f}"}
            yield from (row | {"slice": slice_, "group": slice_["threshold"]} for row in rows)


def curve_frame(scored: Tally) -> pd.DataFrame:
    """Return rates at every hundredth of the score.

    Parameters
    ----------
    scored : Tally
        With ``label`` and ``score_bin`` among its keys; labelled rows with a score count.

    Returns
    -------
    pandas.DataFrame
        A row a threshold from 0 (everybody is predicted positive) to beyond 1 (nobody), with the columns
        threshold and, of sums of weights where there are any, the rates of `SWEPT`; NaN where undefined.
    """
    cells = scored.over("label", "score_bin").cells
    cells = cells[cells["label"].notna() & cells["score_bin"].notna()]
    sums = np.zeros((2, 101))
    place = np.clip(cells["score_bin"].to_numpy(dtype=np.int64), 0, 99)
    event = (cells["label"] == 1).to_numpy(dtype=np.int64)
    np.add.at(sums, (event, place), cells["w" if "w" in cells else "n"].to_numpy(dtype=float))
    negative, positive = np.cumsum(sums[:, ::-1], axis=1)[:, ::-1]
    total = positive[0] + negative[0]
    right = positive + negative[0] - negative
    with np.errstate(divide="ignore", invalid="ignore"):
        values = (
            (positive + negative) / total, positive / positive[0], negative / negative[0],
            positive / (positive + negative), right / total,
        )  # fmt: skip
    return pd.DataFrame({"threshold": np.arange(101) / 100, **dict(zip(SWEPT, values, strict=True))})


def threshold_of(curves: pd.DataFrame, point: Mapping[str, float]) -> float:
    """Return the threshold that gives some rates.

    Parameters
    ----------
    curves : pandas.DataFrame
        From `curve_frame`.
    point : mapping of str to float
        The rates of `SWEPT`.

    Returns
    -------
    float
        The middle one where several give all of them; NaN where none does.
    """
    apart = sum((abs(curves[metric] - point[metric]) for metric in SWEPT), start=0 * curves["threshold"])
    same = curves.loc[apart < 1e-9, "threshold"]  # rates of the same counts differ by rounding only
    return float(same.iloc[len(same) // 2]) if len(same) else float("nan")
