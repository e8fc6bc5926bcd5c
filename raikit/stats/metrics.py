"""Rates of a binary decision as counts: which rows are the successes, and which are the denominator.

Every rate of raikit gets its `k` and `n` here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.stats.tally import Tally

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Positions along the last two axes of `Confusion.cells`: label, then prediction.
POSITIVE, NEGATIVE, MISSING = 0, 1, 2

_TP, _FN, _FP, _TN = (0, 0), (0, 1), (1, 0), (1, 1)
_PREDICTED_POSITIVE = ((0, 0), (1, 0), (2, 0))
_PREDICTED_NEGATIVE = ((0, 1), (1, 1), (2, 1))
_LABELLED_POSITIVE = ((0, 0), (0, 1), (0, 2))
_LABELLED_NEGATIVE = ((1, 0), (1, 1), (1, 2))

# Metric -> (cells that are successes, cells that are failures). F1 is here by way of Jaccard's index
# tp / (tp + fp + fn), a proportion of which it is the increasing function 2 j / (1 + j): see `value`.
RATES: Mapping[str, tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]] = MappingProxyType(
    {
        "selection_rate": (_PREDICTED_POSITIVE, _PREDICTED_NEGATIVE),
        "true_positive_rate": ((_TP,), (_FN,)),
        "false_negative_rate": ((_FN,), (_TP,)),
        "false_positive_rate": ((_FP,), (_TN,)),
        "true_negative_rate": ((_TN,), (_FP,)),
        "positive_predictive_value": ((_TP,), (_FP,)),
        "negative_predictive_value": ((_TN,), (_FN,)),
        "accuracy": ((_TP, _TN), (_FP, _FN)),
        "base_rate": (_LABELLED_POSITIVE, _LABELLED_NEGATIVE),
        "f1": ((_TP,), (_FP, _FN)),
    }
)


@dataclass(frozen=True)
class Confusion:
    """Label × prediction counts of each group.

    Attributes
    ----------
    keys : tuple of str
        What the groups are made by.
    groups : tuple of tuple
        The keys' values of each group; None is a missing value.
    cells : array, shape (groups, 3, 3)
        Counts (or sums of weights) by label and prediction, each positive, negative, missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from raikit.stats.tally import count
    >>> frame = pd.DataFrame({"sex": list("mmff"), "label": [1, 1, 1, 0], "prediction": [1, 0, 1, 1]})
    >>> by_sex = confusion(count(frame, ["sex", "label", "prediction"]), ["sex"])
    >>> by_sex.groups
    (('f',), ('m',))
    >>> [x.tolist() for x in by_sex.counts("true_positive_rate")]
    [[1, 1], [1, 2]]
    """

    keys: tuple[str, ...]
    groups: tuple[tuple[Any, ...], ...]
    cells: NDArray[Any]

    @property
    def slices(self) -> list[dict[str, Any]]:
        """Each group as key -> value."""
        return [dict(zip(self.keys, group, strict=True)) for group in self.groups]

    def counts(self, metric: str) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the successes and the denominator of a rate in each group.

        Parameters
        ----------
        metric : str
            A name in `RATES`.

        Returns
        -------
        tuple of array
            `k` and `n`, one number a group.
        """
        return rate_counts(metric, self.cells)


def rate_counts(metric: str, cells: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the successes and the denominator of a rate.

    Rows without a label count only where no label is needed (`selection_rate`), and rows without a prediction
    only where none is (`base_rate`).

    Parameters
    ----------
    metric : str
        A name in `RATES`. For "f1" the counts are those of Jaccard's index, see `value`.
    cells : array, shape (..., 3, 3)
        Counts by label and prediction.

    Returns
    -------
    tuple of array
        `k` and `n`, shape (...).

    Raises
    ------
    ValueError
        If there is no such rate.

    Examples
    --------
    >>> cells = np.array([[8, 2, 0], [1, 9, 0], [0, 0, 0]])
    >>> [int(x) for x in rate_counts("false_positive_rate", cells)]
    [1, 10]
    """
    if metric not in RATES:
        raise ValueError(f"metric: {metric!r}; allowed: {', '.join(RATES)}")
    successes, failures = (sum(cells[..., i, j] for i, j in part) for part in RATES[metric])
    return np.asarray(successes), np.asarray(successes + failures)


def value(metric: str, share: Any) -> Any:
    """Return a metric's value for a share of successes: the share itself, but for F1.

    Being increasing, it may be applied to limits of an interval as well as to the estimate.

    Parameters
    ----------
    metric : str
        A name in `RATES`.
    share : float or array
        Successes divided by the denominator.

    Returns
    -------
    float or array
        2 j / (1 + j) for "f1", where j is Jaccard's index.

    Examples
    --------
    >>> round(value("f1", 8 / 11), 4)
    0.8421
    """
    return 2 * share / (1 + share) if metric == "f1" else share


def confusion(
    tally: Tally,
    by: Sequence[str] = (),
    *,
    label: str | None = "label",
    prediction: str | None = "prediction",
    positive: Any = 1,
    sums: str = "n",
) -> Confusion:
    """Return label × prediction counts of each group from a tally.

    Parameters
    ----------
    tally : Tally
        With `by`, `label` and `prediction` among its keys.
    by : sequence of str, default=()
        Keys that make the groups; none is one group of all rows.
    label, prediction : str or None
        Keys; None when there is no such column, which makes all of its values missing.
    positive : any, default=1
        The value of both columns that counts as positive.
    sums : {"n", "w", "w2"}, default="n"
        Rows, sums of weights or of squared weights.

    Returns
    -------
    Confusion
        Groups sorted, missing values last.

    Raises
    ------
    ValueError
        If a column has more than two values, or two of which none is `positive`.

    Examples
    --------
    >>> import pandas as pd
    >>> from raikit.stats.tally import count
    >>> frame = pd.DataFrame({"sex": list("ffmm"), "label": [1, 1, 1, 0], "prediction": [1, 0, 1, 0]})
    >>> groups = confusion(count(frame, ["sex", "label", "prediction"]), ["sex"])
    >>> groups.groups, [counts.tolist() for counts in groups.counts("true_positive_rate")]
    ((('f',), ('m',)), [[1, 1], [2, 1]])
    """
    outcomes = [key for key in (label, prediction) if key is not None]
    cells = tally.over(*by, *outcomes).cells
    places = [
        _places(cells[key].tolist(), key, positive) if key else np.full(len(cells), MISSING)
        for key in (label, prediction)
    ]
    groups: dict[tuple[Any, ...], int] = {}
    rows = zip(*(cells[key] for key in by), strict=True) if by else [()] * len(cells)
    place = np.array([groups.setdefault(row, len(groups)) for row in rows], dtype=np.int64)
    table = np.zeros((len(groups), 3, 3), dtype=np.int64 if sums == "n" else np.float64)
    np.add.at(table, (place, *places), cells[sums].to_numpy())
    return Confusion(tuple(by), tuple(groups), table)


def _places(values: list[Any], key: str, positive: Any) -> NDArray[np.int64]:
    distinct = {value for value in values if value is not None}
    if len(distinct) > 2 or (len(distinct) == 2 and positive not in distinct):
        shown = ", ".join(sorted(repr(value) for value in distinct)[:5])
        raise ValueError(
            f"{key}: values {shown}; allowed are two values, one of them the positive {positive!r}"
        )
    return np.array(
        [MISSING if value is None else POSITIVE if value == positive else NEGATIVE for value in values],
        dtype=np.int64,
    )
