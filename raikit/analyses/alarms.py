"""How often the rules alarm on quiet data: measured on held-out blocks of the reference, with an interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses import contract as contracts
from raikit.analyses.columns import Columns, checks_of, reference_in
from raikit.analyses.feature_windows import WINDOW
from raikit.stats.intervals import clopper_pearson_interval

if TYPE_CHECKING:
    from raikit.analyses.drift_choices import DriftChoices

_A_QUARTER: Mapping[str, float] = {"day": 91.3, "week": 13.0, "month": 3.0, "quarter": 1.0, "year": 0.25}
_GUARD = 0.5  # the same window is a little less likely beside all of the reference than beside a half of it
_BLOCKS = 4  # the reference's windows in four stretches; each pair is judged by the other pair


@dataclass(frozen=True)
class FalseAlarms:
    """Windows of the reference that would have paged for a broken contract.

    Attributes
    ----------
    alarmed, windows : int
        Of how many that the rest of the reference could judge.
    level : float
        The level a window that the budget asks for, 1 - confidence at most.
    needed : int
        Reference windows that a threshold calibrated to that level needs.
    threshold : float or None
        The chance below which a window's categories and missing values break the contract, calibrated on the
        reference's windows; None where these are too few, and the threshold is analytic.
    per_quarter : float
        Windows in a quarter.
    confidence : float
        Of the interval.
    """

    alarmed: int
    windows: int
    level: float
    needed: int
    threshold: float | None
    per_quarter: float
    confidence: float

    @property
    def calibrated(self) -> bool:
        """Whether the threshold was fitted to the reference's windows; else it is analytic."""
        return self.threshold is not None

    def rate(self) -> tuple[float, float, float]:
        """Return the share of windows that alarmed, with Clopper and Pearson's interval.

        Returns
        -------
        tuple of float
            Estimate, low, high; NaN without windows.
        """
        found = clopper_pearson_interval(self.alarmed, self.windows, confidence=self.confidence)
        return float(found.estimate), float(found.low), float(found.high)

    def rows(self) -> pd.DataFrame:
        """Return rate and expected false pages a quarter, in the result form.

        Returns
        -------
        pandas.DataFrame
            Metrics `false_alarm_rate` and `false_pages_per_quarter`, slice {}.
        """
        common: dict[str, Any] = {
            "compared": None,
            "n": self.windows,
            "confidence": self.confidence,
            "group": "",
            "method": "clopper-pearson, held-out blocks",
            "counts": None,
            "status": "ok" if self.windows else "undefined",
        }
        made = []
        for metric, times in (("false_alarm_rate", 1.0), ("false_pages_per_quarter", self.per_quarter)):
            estimate, low, high = (times * value for value in self.rate())
            limits = {"estimate": estimate, "low": low, "high": high}
            made.append({"metric": metric, "slice": {}} | limits | common)
        return pd.DataFrame(made)


def measure(columns: Columns, choices: DriftChoices) -> FalseAlarms | None:
    """Judge blocks of the reference by its other blocks, with the rules that judge current windows.

    Parameters
    ----------
    columns : Columns
        Counted columns.
    choices : DriftChoices
        With window, budget, confidence.

    Returns
    -------
    FalseAlarms or None
        None without times.

    Notes
    -----
    Checked are categories and missing values of each column. With at least 2 / level windows the threshold
    is fitted to them: to either half for the rate that is measured on the other, to all for the current
    windows, of which each then breaks the contract by chance with at most that probability. Every alarm
    counts as false, as though nothing had changed within the reference: a real change makes the rate too
    high, never too low.
    """
    timed = choices.timestamp and len(columns.days[0])
    labels = sorted(columns.days[0][WINDOW].unique()) if timed else []
    if not labels:
        return None
    parts = np.array_split(np.array(labels, dtype=object), min(_BLOCKS, len(labels)))
    folds = [[str(name) for part in parts[start::2] for name in part] for start in (0, 1)]
    a_quarter = _A_QUARTER[choices.window]
    level = min(choices.budget / a_quarter, 1 - choices.confidence)  # a long window is no licence
    needed = int(np.ceil(2 / level))
    if len(parts) < 2:
        return FalseAlarms(0, 0, level, needed, None, a_quarter, choices.confidence)
    found = [_checks(columns, choices, *pair) for pair in (folds, folds[::-1])]
    chances = [_least(checks, fold) for (checks, _), fold in zip(found, folds, strict=True)]
    enough = len(labels) >= needed
    limits = [_threshold(each, level) if enough else None for each in chances]
    alarmed = {
        each.window  # each half is judged by what the other half, which it does not contain, has fitted
        for (checks, looked_at), limit in zip(found, limits[::-1], strict=True)
        for each in contracts.broken(checks, looked_at, choices.confidence, limit)
    }
    fitted = min(_threshold(each, level) for each in chances) if enough else None
    return FalseAlarms(len(alarmed), len(labels), level, needed, fitted, a_quarter, choices.confidence)


def _threshold(chances: list[float], level: float) -> float:
    """Return the order statistic below which a further window of the same kind falls at most that often.

    No more than the level itself: what chance explains more often than that pages nobody, however quiet
    the reference was.
    """
    place = int(level * (len(chances) + 1))
    return min(sorted(chances)[place - 1] * _GUARD, level) if place else 0.0


def _least(checks: list[contracts.Check], windows: list[str]) -> list[float]:
    """Return the least chance of each window; 1 where nothing was unusual."""
    held = dict.fromkeys(windows, 1.0)
    for each in checks:
        if each.check in contracts.CALIBRATED:
            held[each.window] = min(held[each.window], each.chance)
    return list(held.values())


def _checks(
    columns: Columns, choices: DriftChoices, held_out: list[str], known: list[str]
) -> tuple[list[contracts.Check], int]:
    checks: list[contracts.Check] = []
    looked_at = 0
    for column in columns.each:
        judged, usual = column.reference.of(held_out), column.reference.of(known)
        # The range is that of the whole reference, so that nothing held out can leave it.
        found, count = checks_of(column, judged, reference_in(column, known), choices, usual)
        checks, looked_at = checks + found, looked_at + count
    return checks, looked_at
