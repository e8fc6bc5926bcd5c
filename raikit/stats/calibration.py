"""Are scores the probabilities that they claim to be? From score bins, with analytic intervals.

The functions take arrays by bin: `n` rows, `k` events, `s` the sum of scores and `s2` of squared scores,
columns of a tally with a score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from raikit.stats.intervals import (
    Interval,
    checked_confidence,
    checked_counts,
    normal_critical_value,
    score_limits,
    wilson_interval,
)
from raikit.stats.tally import Tally

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike


class CalibrationTest(NamedTuple):
    """Observed minus expected events a row, its standard score and the two-sided p-value."""

    difference: float
    z: float
    p_value: float


def calibration_bins(
    tally: Tally, *, label: str = "label", positive: Any = 1, confidence: float = 0.95
) -> pd.DataFrame:
    """Return observed event rates beside mean scores, by score bin.

    Parameters
    ----------
    tally : Tally
        Counted with a score, and with `label` among its keys; other keys are summed over.
    label : str, default="label"
        Key of the label; rows without one are left out.
    positive : any, default=1
        The label that is the event.
    confidence : float, default=0.95
        Coverage of each bin's Wilson interval.

    Returns
    -------
    pandas.DataFrame
        A row for each bin that occurs: bin, lower, upper (its edges, infinite outside them), n, k, s, s2,
        predicted (mean score), observed, low, high.

    Raises
    ------
    ValueError
        If the tally has no score bins or no such key.

    Examples
    --------
    >>> import pandas as pd
    >>> from raikit.stats.tally import count
    >>> frame = pd.DataFrame({"label": [0, 0, 1, 1], "p": [0.1, 0.3, 0.2, 0.9]})
    >>> bins = calibration_bins(count(frame, ["label"], score="p", edges=[0, 0.5, 1]))
    >>> bins[["lower", "upper", "n", "k", "predicted"]]
       lower  upper  n  k  predicted
    0    0.0    0.5  3  1        0.2
    1    0.5    1.0  1  1        0.9
    """
    import pandas as pd

    if tally.edges is None:
        raise ValueError("tally: it has no score bins; count with a score")
    cells = tally.over(label, "score_bin").cells.dropna()
    cells["k"] = np.where(cells[label] == positive, cells["n"], 0)
    bins = cells.groupby("score_bin", as_index=False)[["n", "k", "s", "s2"]].sum()
    number = bins["score_bin"].astype(int).to_numpy()
    limits = np.array([-np.inf, *tally.edges, np.inf])
    rate = wilson_interval(bins["k"], bins["n"], confidence=confidence)
    return pd.DataFrame(
        {
            "bin": number,
            "lower": limits[number + 1],
            "upper": limits[number + 2],
            **{name: bins[name] for name in ("n", "k", "s", "s2")},
            "predicted": bins["s"] / bins["n"],
            "observed": rate.estimate,
            "low": rate.low,
            "high": rate.high,
        }
    )


def calibration_in_the_large(n: ArrayLike, k: ArrayLike, s: ArrayLike, s2: ArrayLike) -> CalibrationTest:
    """Test whether as many events happen as the scores add up to.

    Exact sums over all rows, however coarse the bins; the variance is that of calibrated scores.

    Parameters
    ----------
    n, k, s, s2 : array
        By bin (or totals): rows, events, sums of scores and of squared scores, these in [0, 1].

    Returns
    -------
    CalibrationTest
        NaN without rows; a z of 0, or infinite, where all scores are 0 or 1.

    References
    ----------
    .. [1] Spiegelhalter (1986), Statistics in Medicine 5, 421-433.

    Examples
    --------
    >>> result = calibration_in_the_large(100, 60, 50.0, 25.0)
    >>> round(result.difference, 3), round(result.z, 3), round(result.p_value, 4)
    (0.1, 2.0, 0.0455)
    """
    from scipy.special import ndtr

    rows, events, expected, squares = (float(np.sum(x)) for x in (n, k, s, s2))
    checked_counts(events, rows)
    if not rows:
        return CalibrationTest(np.nan, np.nan, np.nan)
    gap, spread = events - expected, np.sqrt(max(expected - squares, 0.0))
    z = gap / spread if spread > 0 else float(np.sign(gap)) * np.inf if gap else 0.0
    return CalibrationTest(gap / rows, float(z), float(2 * ndtr(-abs(z))))


def expected_calibration_error(
    n: ArrayLike, k: ArrayLike, s: ArrayLike, *, confidence: float = 0.95
) -> Interval:
    """Return the mean distance of observed rates from mean scores over bins, weighted by rows.

    The estimate is biased upward: chance alone separates rate and score in each bin. Perfectly calibrated
    scores give about `calibration_error_by_chance`, which is to be shown beside it. The limits are estimate
    ± the upper quantile of that chance distance, by the triangle inequality: they cover at least as stated.

    Parameters
    ----------
    n, k, s : array
        By bin: rows, events, sums of scores.
    confidence : float, default=0.95
        Least coverage in (0, 1).

    Returns
    -------
    Interval
        Floats in [0, 1], about the error of these bins (finer bins would find more); NaN without rows.

    References
    ----------
    .. [1] Naeini, Cooper and Hauskrecht (2015), AAAI, 2901-2907.

    Examples
    --------
    >>> [round(x, 3) for x in expected_calibration_error([500, 500], [60, 380], [50.0, 400.0])]
    [0.03, 0.005, 0.055]
    """
    from scipy.special import ndtri

    rows, events, sums = (np.atleast_1d(np.asarray(x, dtype=float)) for x in (n, k, s))
    checked_counts(events, rows)
    if not rows.sum():
        return Interval(np.nan, np.nan, np.nan)
    share = rows / rows.sum()
    some = rows > 0
    gap = float((share[some] * np.abs(events[some] / rows[some] - sums[some] / rows[some])).sum())
    spread = share[some] * _standard_error(events[some], rows[some])
    variance = float((spread**2).sum()) * (1 - 2 / np.pi)
    chance = float(spread.sum()) * np.sqrt(2 / np.pi)
    reach = chance + float(ndtri(checked_confidence(confidence))) * np.sqrt(variance)
    return Interval(gap, float(max(gap - reach, 0.0)), float(min(gap + reach, 1.0)))


def calibration_error_by_chance(n: ArrayLike, s: ArrayLike) -> float:
    """Return the expected calibration error that perfectly calibrated scores would show in such bins.

    Parameters
    ----------
    n, s : array
        By bin: rows, sums of scores.

    Returns
    -------
    float
        By the normal approximation; NaN without rows.

    Examples
    --------
    >>> round(calibration_error_by_chance([500, 500], [50.0, 400.0]), 4)
    0.0125
    """
    rows, sums = (np.atleast_1d(np.asarray(x, dtype=float)) for x in (n, s))
    if not rows.sum():
        return float("nan")
    mean = np.clip(sums / np.maximum(rows, 1), 0, 1)
    return float((np.sqrt(rows * mean * (1 - mean)) / rows.sum()).sum() * np.sqrt(2 / np.pi))


def brier_interval(
    n: ArrayLike, positive: ArrayLike, s: ArrayLike, s2: ArrayLike, *, confidence: float = 0.95
) -> Interval:
    """Return the mean squared distance of scores from labels (Brier score).

    The estimate is exact, since it needs sums only. The interval is normal, with the variance between cells:
    what varies within a bin of one hundredth is missing, less than a hundredth of the standard error.

    Parameters
    ----------
    n, s, s2 : array
        By cell (label × score bin): rows, sums of scores and of squared scores.
    positive : array of bool
        Whether the cell's label is the event.
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    Interval
        Floats in [0, 1]; NaN without rows.

    References
    ----------
    .. [1] Brier (1950), Monthly Weather Review 78, 1-3.

    Examples
    --------
    >>> result = brier_interval([50, 50], [False, True], [10.0, 40.0], [2.0, 32.0])
    >>> round(result.estimate, 3)
    0.04
    """
    rows, sums, squares = (np.atleast_1d(np.asarray(x, dtype=float)) for x in (n, s, s2))
    rows, sums, squares, event = (x[rows > 0] for x in (rows, sums, squares, np.atleast_1d(positive)))
    if not rows.sum():
        return Interval(np.nan, np.nan, np.nan)
    error = np.maximum(np.where(event, rows - 2 * sums + squares, squares), 0.0)
    total = rows.sum()
    mean = float(error.sum() / total)
    half = (
        normal_critical_value(confidence) * float(np.sqrt((rows * (error / rows - mean) ** 2).sum())) / total
    )
    return Interval(mean, max(mean - half, 0.0), min(mean + half, 1.0))


def _standard_error(events: Any, rows: Any) -> Any:
    """Return a standard error that isn't 0 where all or no rows are events: half of Wilson's width."""
    _, low, high = score_limits(events, rows, 1.0)
    return (high - low) / 2
