"""Rates of groups with their intervals, in the result form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from raikit.analyses.groups import Groups, gather
from raikit.stats.effective import clustered_counts, weighted_counts
from raikit.stats.intervals import normal_critical_value, score_limits
from raikit.stats.metrics import rate_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.stats.tally import Tally

    Floats = NDArray[np.float64]

REPORTED = (
    "selection_rate", "true_positive_rate", "false_positive_rate", "false_negative_rate",
    "true_negative_rate", "positive_predictive_value", "negative_predictive_value", "accuracy", "base_rate",
)  # fmt: skip
COLUMNS = (
    "metric", "group", "slice", "compared", "n", "estimate", "low", "high", "confidence", "method", "status",
    "counts",
)  # fmt: skip


class Rate(NamedTuple):
    """One metric of every group of a slicing.

    Intervals rest on the effective numbers: the counts themselves, or with weights and clusters as many equal
    and independent rows as are as informative.
    """

    success: NDArray[np.int64]
    total: NDArray[np.int64]
    effective_success: Floats
    effective_total: Floats
    plain: bool  # whether the effective numbers are the counts


def rate_of(tally: Tally, groups: Groups, metric: str, cluster: str = "") -> Rate:
    """Return a metric of every group of a slicing.

    Parameters
    ----------
    tally : Tally
        That `groups` are of; looked at for clusters only.
    groups : Groups
        Label × prediction counts by group.
    metric : str
        A key of `raikit.stats.metrics.RATES`.
    cluster : str, default=""
        Key of the tally that names the cluster; empty for independent rows.

    Returns
    -------
    Rate
        Arrays, a value a group.

    Examples
    --------
    >>> from raikit.stats.tally import count
    >>> tally = count(pd.DataFrame({"label": [1, 1, 0], "prediction": [1, 0, 0]}), ["label", "prediction"])
    >>> rate = rate_of(tally, gather(tally, []), "true_positive_rate")
    >>> rate.success.tolist(), rate.total.tolist(), rate.plain
    ([1], [2], True)
    """
    success, total = rate_counts(metric, groups.counts)
    plain = groups.weights is None and not cluster
    if cluster:
        effective = _clustered(tally, groups, metric, cluster)
    elif groups.weights is not None and groups.squares is not None:
        top, all_ = rate_counts(metric, groups.weights)
        effective = weighted_counts(top, rate_counts(metric, groups.squares)[0], all_,
                                    rate_counts(metric, groups.squares)[1])  # fmt: skip
    else:
        effective = success.astype(float), total.astype(float)
    return Rate(success, total, *effective, plain)


def _clustered(tally: Tally, groups: Groups, metric: str, cluster: str) -> tuple[Floats, Floats]:
    """Return effective counts by group from the sums of each of its clusters."""
    finest = gather(tally, [*groups.columns, cluster])
    top, bottom = rate_counts(metric, finest.counts if finest.weights is None else finest.weights)
    place = {name: at for at, name in enumerate(groups.names)}
    owner = np.array([place[name[:-1]] for name in finest.names], dtype=np.int64)
    found = [clustered_counts(top[owner == at], bottom[owner == at]) for at in range(len(groups.names))]
    success, total = np.array(found, dtype=float).reshape(-1, 2).T
    return success, total


def rate_rows(
    groups: Groups,
    metric: str,
    rate: Rate,
    *,
    hidden: NDArray[np.bool_],
    confidence: float,
    min_n: int,
) -> list[dict[str, Any]]:
    """Return a metric of a slicing in the result form.

    Parameters
    ----------
    groups : Groups
        The slicing.
    metric : str
        Name of the metric.
    rate : Rate
        The metric of every group.
    hidden : array of bool
        Groups whose numbers are not shown.
    confidence : float
        Of the Wilson intervals.
    min_n : int
        Below it a group is marked as small.

    Returns
    -------
    list of dict
        A row a group.
    """
    interval = score_limits(rate.effective_success, rate.effective_total, normal_critical_value(confidence))
    method = "wilson" if rate.plain else "wilson, effective n"
    rows = []
    for at in range(len(groups.names)):
        n, defined = int(rate.total[at]), rate.effective_total[at] > 0  # weights may all be zero
        status = status_of(n if defined else 0, hidden=bool(hidden[at]), min_n=min_n)
        shown = status in ("ok", "small")
        numbers = [float(part[at]) if shown else np.nan for part in interval]
        counts = [int(rate.success[at]), n] if rate.plain and shown else None
        rows.append(
            result_row(
                metric,
                groups.slice_of(at),
                numbers,
                status=status,
                n=n,
                method=method,
                confidence=confidence,
                counts=counts,
            )
        )
    return rows


def status_of(n: int, *, hidden: bool, min_n: int) -> str:
    """Return a result's status.

    Parameters
    ----------
    n : int
        Its denominator.
    hidden : bool
        Whether it must not be shown.
    min_n : int
        Below it the result is small.

    Returns
    -------
    str
        As the record names it.

    Examples
    --------
    >>> status_of(0, hidden=False, min_n=30), status_of(12, hidden=False, min_n=30)
    ('undefined', 'small')
    """
    if hidden:
        return "suppressed"
    return "undefined" if n == 0 else "small" if n < min_n else "ok"


def result_row(
    metric: str,
    slice_: dict[str, str],
    numbers: Sequence[float],
    *,
    status: str,
    n: int,
    method: str,
    confidence: float,
    counts: list[int] | None = None,
    compared: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Return one row of the result form.

    Parameters
    ----------
    metric : str
        Name of the metric.
    slice_ : dict of str to str
        The group, or the first of two.
    numbers : sequence of float
        Estimate, low, high.
    status : str
        As the record names it.
    n : int
        The denominator; of a comparison the smaller.
    method : str
        Of the interval.
    confidence : float
        Of the interval.
    counts : list of int, optional
        Of a rate [k, n], of a comparison [k1, n1, k2, n2].
    compared : list of dict, optional
        The two groups.

    Returns
    -------
    dict
        A value for each of `COLUMNS`; no n where the row is hidden.
    """
    estimate, low, high = numbers
    pair = [" × ".join(part.values()) for part in compared or [slice_]]
    values = (
        metric, " vs ".join(pair), slice_, compared, None if status == "suppressed" else n,
        estimate, low, high, confidence, method, status, counts,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def result_frame(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows as a data frame in the result form.

    Parameters
    ----------
    rows : iterable of mapping
        As `result_row` returns them; other keys are kept as further columns.

    Returns
    -------
    pandas.DataFrame
        `n` is a nullable integer, null where the row is hidden.
    """
    held = list(rows)
    further = dict.fromkeys(name for row in held for name in row if name not in COLUMNS)
    frame = pd.DataFrame(held, columns=[*COLUMNS, *further])
    kinds = dict.fromkeys(("estimate", "low", "high", "confidence"), "float64")
    frame = frame.astype({"n": "Int64", **kinds})
    for name in ("compared", "counts"):
        frame[name] = pd.Series([row.get(name) for row in held], dtype=object, index=frame.index)
    return frame
