"""Mean prediction against the true rate over time, with intervals as wide as whole weeks really vary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.windows import DAY, count_by_day, window_labels
from raikit.stats.intervals import score_limits

if TYPE_CHECKING:
    from raikit.sources.table import Table

_BLOCK_DAYS = 7  # a day resembles the next; weeks are nearly independent, and hold each weekday once
_LEAST_BLOCKS = 8


@dataclass(frozen=True)
class Dispersion:
    """How many times more than independent rows the weekly counts vary.

    Attributes
    ----------
    factor : float
        Variance over binomial variance, at least 1.
    blocks : int
        Blocks of seven days it was measured on; 0 when there were fewer than eight, and the factor is 1.
    """

    factor: float
    blocks: int

    def critical_value(self, confidence: float, comparisons: int = 1) -> float:
        """Return the two-sided critical value, Student's for the blocks, Bonferroni for the comparisons.

        Parameters
        ----------
        confidence : float
            Joint, in (0, 1).
        comparisons : int, default=1
            How many intervals are to hold together.

        Returns
        -------
        float
            In standard errors.
        """
        from scipy.stats import norm, t

        tail = (1 - confidence) / 2 / comparisons
        return float(t.isf(tail, self.blocks - 1) if self.blocks else norm.isf(tail))


def daily_outcomes(table: Table, timestamp: str, label: str, score: str, positive: Any) -> pd.DataFrame:
    """Return for each day the labelled rows, the positives and the sums of the score.

    Parameters
    ----------
    table : Table
        The rows.
    timestamp, label, score : str
        Columns; `score` may be empty.
    positive : object
        The value of the label that counts.

    Returns
    -------
    pandas.DataFrame
        Columns day, n, k, s, s2, floats; rows without a label or a day are left out.
    """
    cells = count_by_day(table, timestamp, {"label": label}, score=score or None).cells
    known = cells[cells["label"].notna() & cells[DAY].notna()]
    columns = {"n": known["n"], "k": known["n"].where(known["label"] == positive, 0)}
    columns |= {name: known[name] for name in ("s", "s2") if score}
    days = pd.DataFrame({DAY: pd.to_datetime(known[DAY]), **columns})
    return days.groupby(DAY, as_index=False).sum().astype(dict.fromkeys(columns, float))


def measured_dispersion(days: pd.DataFrame) -> Dispersion:
    """Measure how much more than binomially blocks of seven days vary around their common rate.

    Parameters
    ----------
    days : pandas.DataFrame
        From `daily_outcomes`, of the reference.

    Returns
    -------
    Dispersion
        Pearson's statistic over its degrees of freedom, of positives less what the score expected.

    References
    ----------
    .. [1] McCullagh and Nelder (1989), Generalized Linear Models, section 4.5.
    """
    if days.empty:
        return Dispersion(1.0, 0)
    block = (days[DAY] - days[DAY].min()).dt.days // _BLOCK_DAYS
    sums = days.groupby(block)[[name for name in ("n", "k", "s") if name in days]].sum()
    rate = sums["k"].sum() / sums["n"].sum()
    if len(sums) < _LEAST_BLOCKS or not 0 < rate < 1:
        return Dispersion(1.0, 0)
    excess = sums["k"] - sums["s"] if "s" in sums else sums["k"]
    excess = excess - sums["n"] * excess.sum() / sums["n"].sum()
    factor = float((excess**2 / (sums["n"] * rate * (1 - rate))).sum() / (len(sums) - 1))
    return Dispersion(max(factor, 1.0), len(sums))


def outcome_rows(
    sums: pd.DataFrame, dispersion: Dispersion, *, confidence: float, min_n: int, comparisons: int = 1
) -> pd.DataFrame:
    """Return base rate, mean prediction and calibration error of each window, in the result form.

    Parameters
    ----------
    sums : pandas.DataFrame
        One row a window: slice, n, k and, with a score, s and s2.
    dispersion : Dispersion
        Of the reference.
    confidence : float
        In (0, 1).
    min_n : int
        Windows with fewer labelled rows are "small".
    comparisons : int, default=1
        How many windows the intervals are to hold for together.

    Returns
    -------
    pandas.DataFrame
        Metrics `base_rate`, and with a score `mean_prediction` and `calibration_error`: the size of mean
        prediction less base rate.
    """
    critical = dispersion.critical_value(confidence, comparisons)
    n, k = sums["n"].to_numpy(float), sums["k"].to_numpy(float)
    rate = score_limits(k / dispersion.factor, n / dispersion.factor, critical)
    method = "score, 7-day blocks" if dispersion.blocks else "score"
    frames = [_rows(sums, "base_rate", rate, method)]
    frames[0]["counts"] = [[int(hit), int(total)] for hit, total in zip(k, n, strict=True)]
    if "s" in sums:
        mean = sums["s"].to_numpy(float) / n
        spread = np.sqrt(np.maximum(sums["s2"].to_numpy(float) / n - mean**2, 0) / n) * critical
        frames.append(_rows(sums, "mean_prediction", (mean, mean - spread, mean + spread), "normal"))
        gap = mean - rate[0]
        half = critical * np.sqrt(dispersion.factor * rate[0] * (1 - rate[0]) / n)
        low = np.maximum(np.abs(gap) - half, 0.0)
        frames.append(_rows(sums, "calibration_error", (np.abs(gap), low, np.abs(gap) + half), method))
    made = pd.concat(frames, ignore_index=True).assign(confidence=confidence)
    made["status"] = np.where(made["n"] < min_n, "small", "ok")
    return made


def _rows(sums: pd.DataFrame, metric: str, interval: Any, method: str) -> pd.DataFrame:
    estimate, low, high = interval
    return pd.DataFrame(
        {"metric": metric, "slice": sums["slice"], "compared": None, "n": sums["n"].astype(int),
         "estimate": estimate, "low": low, "high": high, "method": method, "counts": None,
         "group": [" × ".join(map(str, held.values())) for held in sums["slice"]]}
    )  # fmt: skip


def by_window(days: pd.DataFrame, window: str) -> pd.DataFrame:
    """Return the sums of each window.

    Parameters
    ----------
    days : pandas.DataFrame
        From `daily_outcomes`.
    window : str
        See `raikit.analyses.windows.window_labels`.

    Returns
    -------
    pandas.DataFrame
        Columns window, slice, n, k and, with a score, s and s2, in order of time.
    """
    labels = window_labels(days[DAY], window)
    sums = days.drop(columns=DAY).groupby(labels.to_numpy()).sum().rename_axis("window").reset_index()
    return sums.assign(slice=pd.Series([{"window": label} for label in sums["window"]]))


def miscalibrated_runs(
    windows: pd.DataFrame, dispersion: Dispersion, *, confidence: float, min_n: int
) -> pd.DataFrame:
    """Return the stretches of consecutive windows, pooled, whose mean prediction and base rate differ.

    All stretches are looked at; their intervals hold together by Bonferroni. Of overlapping ones the
    clearest is kept.

    Parameters
    ----------
    windows : pandas.DataFrame
        From `by_window`, with a score.
    dispersion : Dispersion
        Of the reference.
    confidence, min_n
        As for `outcome_rows`.

    Returns
    -------
    pandas.DataFrame
        Result form, slice {"windows": "2015-09 to 2015-11"}; empty when there is none.
    """
    count = len(windows)
    totals = windows[["n", "k", "s", "s2"]].to_numpy(float)
    spans, rows = [], []
    for first in range(count):
        for last in range(first, count):
            spans.append((first, last))
            rows.append(totals[first : last + 1].sum(axis=0))
    sums = pd.DataFrame(rows, columns=["n", "k", "s", "s2"])
    names = windows["window"].tolist()
    said = [names[i] if i == j else f"{names[i]} to {names[j]}" for i, j in spans]
    sums["slice"] = pd.Series([{"windows": text} for text in said])
    made = outcome_rows(sums, dispersion, confidence=confidence, min_n=min_n, comparisons=len(spans))
    errors = made[made["metric"] == "calibration_error"].reset_index(drop=True)
    clear = errors[errors["low"] > 0]
    clear = clear.loc[(clear["estimate"] / (clear["high"] - clear["low"])).sort_values(ascending=False).index]
    kept: list[int] = []
    for place in clear.index:
        if all(spans[place][0] > spans[other][1] or spans[place][1] < spans[other][0] for other in kept):
            kept.append(int(place))
    chosen = [sums["slice"][place] for place in sorted(kept, key=lambda at: spans[at])]
    return made[[held in chosen for held in made["slice"]]].reset_index(drop=True)
