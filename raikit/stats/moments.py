"""Mean errors of predicted quantities from sums over groups of rows, with intervals for weights and clusters.

One pass of the engine adds up powers of the error and of the label; what follows never sees a row again, and
sums add up over groups. The label is taken less a number near its mean, so that squares keep their digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from raikit.stats.frames import coded
from raikit.stats.intervals import Interval, checked_confidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Columns of sums. a: absolute error, e: error (prediction less label), y: label less the centre, d: absolute
# error less that of a baseline, p: prediction less the centre. Those of w are times the weight, those of v
# times its square.
_FIRST = ("1", "a", "e", "ee", "y", "yy", "d", "b", "p")
_SECOND = ("1", "a", "e", "ee", "eeee", "y", "yy", "yyy", "yyyy", "eey", "eeyy", "d", "dd", "b", "bb",
           "p", "pp")  # fmt: skip
SUMS = ("n", *(f"w{name}" for name in _FIRST), *(f"v{name}" for name in _SECOND))
METRICS = ("mean_absolute_error", "root_mean_squared_error", "bias", "r_squared")


def error_sums(
    frame: Any,
    keys: Mapping[str, str],
    *,
    label: str,
    prediction: str,
    baseline: str = "",
    weight: str = "",
    centre: float = 0.0,
) -> pd.DataFrame:
    """Add up powers of errors and labels by groups, in one pass of the engine that holds the rows.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        Where the rows are.
    keys : mapping of str to str
        Name in the result -> column; a missing value is a group of its own.
    label, prediction : str
        Columns of numbers; rows where one is missing are left out.
    baseline : str, default=""
        Column of another prediction; rows without it are left out too.
    weight : str, default=""
        Column of weights.
    centre : float, default=0
        A number near the label's mean.

    Returns
    -------
    pandas.DataFrame
        The keys and `SUMS`, a row a group.
    """
    import narwhals as nw

    needed = [label, prediction, *([baseline] if baseline else [])]
    for name in needed:
        column = nw.col(name).cast(nw.Float64())
        frame = frame.filter(~column.is_null()).filter(~column.is_nan())
    y = nw.col(label).cast(nw.Float64())
    e = nw.col(prediction).cast(nw.Float64()) - y
    b = (nw.col(baseline).cast(nw.Float64()) - y).abs() if baseline else nw.lit(0.0)
    w = nw.col(weight).cast(nw.Float64()) if weight else nw.lit(1.0)
    named = [nw.col(column).alias(f"k{at}") for at, column in enumerate(keys.values())]
    parts = {"e": e, "a": e.abs(), "y": y - centre, "p": y + e - centre, "b": b, "w": w}
    rows = frame.select(*named, *(part.alias(name) for name, part in parts.items()))
    rows = rows.with_columns((nw.col("a") - nw.col("b")).alias("d"))
    made = [_product("w" if name[0] == "w" else "ww", name[1:]).alias(name) for name in SUMS[1:]]
    rows = rows.select(*(f"k{at}" for at in range(len(keys))), nw.lit(1).alias("n"), *made)
    sums = [nw.col(name).sum() for name in SUMS]
    places = [f"k{at}" for at in range(len(keys))]
    table = (
        (rows.group_by(*places).agg(*sums) if places else rows.select(*sums)).collect("pyarrow").to_arrow()
    )
    found = {}
    for at, key in enumerate(keys):
        codes, values = coded(table.column(f"k{at}"))
        found[key] = pd.Series([values[code] for code in codes], dtype=object)
    numbers = {name: np.nan_to_num(table.column(name).to_numpy().astype(float)) for name in SUMS}
    cells = pd.DataFrame(found | numbers)
    order = cells[list(keys)].astype(str).sort_values(list(keys)).index if keys else cells.index
    return cells.loc[order].reset_index(drop=True).astype({"n": np.int64})


def _product(weight: str, name: str) -> Any:
    import narwhals as nw

    product = nw.col("w") * nw.col("w") if weight == "ww" else nw.col("w") * 1.0
    for letter in name if name != "1" else "":
        product = product * nw.col(letter)
    return product


def metric_interval(
    metric: str, sums: pd.DataFrame, *, clusters: Iterable[Any] | None = None, confidence: float = 0.95
) -> Interval:
    """Return a metric of a group of rows with its interval.

    Mean errors: Student's t about the (weighted) mean; the root mean squared error is the root of such limits
    of the mean squared error; R squared by its influence function. With clusters the sums of each are
    what varies.

    Parameters
    ----------
    metric : str
        One of `METRICS`, or "difference": mean absolute error less the baseline's, or "baseline": that one's.
    sums : pandas.DataFrame
        Rows of `error_sums` that make up the group.
    clusters : iterable, optional
        The cluster of each row of `sums`.
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    Interval
        Floats; NaN without rows, and R squared where all labels are alike. The limits are NaN where one row
        or one cluster tells nothing of the spread.

    Examples
    --------
    >>> import narwhals as nw
    >>> frame = nw.from_native(pd.DataFrame({"y": [1.0, 2.0, 4.0], "p": [2.0, 2.0, 3.0]})).lazy()
    >>> sums = error_sums(frame, {}, label="y", prediction="p")
    >>> round(metric_interval("mean_absolute_error", sums).estimate, 4)
    0.6667
    """
    from scipy.stats import t

    found = metric_spread(metric, sums, clusters=clusters)
    if found.size <= 1 or not np.isfinite(found.estimate):
        return Interval(found.estimate, np.nan, np.nan)
    half = float(t.isf((1 - checked_confidence(confidence)) / 2, found.size - 1)) * found.error
    return _shaped(metric, found.estimate, half)


class Spread(NamedTuple):
    """A metric with what its sampling varies by.

    `size` is the number of rows, of as many equal rows as are as informative where they have weights, or of
    clusters. Of the root mean squared error both numbers are those of its square.
    """

    estimate: float
    error: float
    size: float


def metric_spread(metric: str, sums: pd.DataFrame, *, clusters: Iterable[Any] | None = None) -> Spread:
    """Return a metric of a group of rows with its standard error.

    Parameters
    ----------
    metric : str
        As for `metric_interval`, or "mean_prediction" or "mean_label", both less the centre of the sums.
    sums : pandas.DataFrame
        Rows of `error_sums` that make up the group.
    clusters : iterable, optional
        The cluster of each row of `sums`.

    Returns
    -------
    Spread
        NaN without rows, or where the metric is undefined; size 0 then.
    """
    total = {name: float(sums[name].sum()) for name in SUMS}
    if not total["w1"]:
        return Spread(np.nan, np.nan, 0.0)
    estimate, weights = _estimate(metric, total)
    if not np.isfinite(estimate):
        return Spread(np.nan, np.nan, 0.0)
    if clusters is not None:
        influence = sum(value * sums[f"w{name}"].to_numpy(dtype=float) for name, value in weights.items())
        parts = pd.Series(influence).groupby([str(each) for each in clusters]).sum().to_numpy()
        size = float(len(parts))
        spread = float((parts**2).sum()) * size / max(size - 1, 1)
    else:
        size = total["w1"] ** 2 / total["v1"]
        spread = _square(weights, total) * size / max(size - 1, 1)
    return Spread(estimate, float(np.sqrt(max(spread, 0.0))) / total["w1"], size)


def _estimate(metric: str, total: Mapping[str, float]) -> tuple[float, dict[str, float]]:
    """Return what the interval is made for, and the influence of a row times the sum of weights.

    The influence is a polynomial: name of a power -> its factor, such as {"a": 1, "1": -mean}.
    """
    w = total["w1"]
    power = {"mean_absolute_error": "a", "bias": "e", "root_mean_squared_error": "ee", "difference": "d",
             "baseline": "b", "mean_prediction": "p", "mean_label": "y"}.get(metric)  # fmt: skip
    if power is not None:
        mean = total[f"w{power}"] / w
        return mean, {power: 1.0, "1": -mean}
    mean, square = total["wy"] / w, total["wyy"] / w
    spread, error = square - mean**2, total["wee"] / w
    if spread <= 1e-14 * max(square, 1e-300):
        return float("nan"), {}
    share = error / spread
    # of error / spread: (e² - share (y - mean)²) / spread
    factors = {"ee": 1.0, "yy": -share, "y": 2 * share * mean, "1": -share * mean**2}
    return 1 - share, {name: factor / spread for name, factor in factors.items()}


def _square(weights: Mapping[str, float], total: Mapping[str, float]) -> float:
    """Return the sum over rows of squared weight times squared influence, multiplied out."""
    return sum(
        first * second * total[f"v{_joined(one, other)}"]
        for one, first in weights.items()
        for other, second in weights.items()
    )


def _joined(one: str, other: str) -> str:
    joined = "".join(sorted((one + other).replace("1", "")))
    return {"aa": "ee"}.get(joined, joined) or "1"


def _shaped(metric: str, estimate: float, half: float) -> Interval:
    if metric == "root_mean_squared_error":
        numbers = [estimate, max(estimate - half, 0.0), estimate + half]
        return Interval(*(float(np.sqrt(number)) for number in numbers))
    least = 0.0 if metric in ("mean_absolute_error", "baseline") else -np.inf
    most = 1.0 if metric == "r_squared" else np.inf
    return Interval(estimate, float(max(estimate - half, least)), float(min(estimate + half, most)))
