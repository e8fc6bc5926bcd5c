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
_BLOCKS = 4  # the reference's windows in four stretches; each pair is judged by the other pair


@dataclass(frozen=True)
class FalseAlarms:
    """Windows of the reference that would have paged for a broken contract.

    Attributes
    ----------
    alarmed, windows : int
        Of how many that the rest of the reference could judge.
    level : float
        The level a window that the budget asks for.
    needed : int
        Reference windows that a threshold calibrated to that level needs.
    per_quarter : float
        Windows in a quarter.
    confidence : float
        Of the interval.
    """

    alarmed: int
    windows: int
    level: float
    needed: int
    per_quarter: float
    confidence: float

    @property
    def calibrated(self) -> bool:
        """Whether the reference has windows enough to show the level; else thresholds are analytic alone."""
        return self.windows >= self.needed

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
    Checked are categories and missing values of each column; every alarm counts as false, as though
    nothing had changed within the reference: a real change makes the rate too high, never too low.
    """
    labels = sorted(columns.days[0][WINDOW].unique()) if len(columns.days[0]) else []
    if not labels:
        return None
    parts = np.array_split(np.array(labels, dtype=object), min(_BLOCKS, len(labels)))
    folds = [[str(name) for part in parts[start::2] for name in part] for start in (0, 1)]
    alarmed: set[str] = set()
    judged = len(labels) if len(parts) > 1 else 0
    for held_out, known in (folds, folds[::-1]) if judged else ():
        alarmed |= {each.window for each in _broken(columns, choices, held_out, known)}
    a_quarter = _A_QUARTER[choices.window]
    level = min(choices.budget / a_quarter, 1.0)
    return FalseAlarms(len(alarmed), judged, level, int(np.ceil(2 / level)), a_quarter, choices.confidence)


def _broken(
    columns: Columns, choices: DriftChoices, held_out: list[str], known: list[str]
) -> tuple[contracts.Check, ...]:
    checks: list[contracts.Check] = []
    looked_at = 0
    for column in columns.each:
        judged, usual = column.reference.of(held_out), column.reference.of(known)
        # The range is that of the whole reference, so that nothing held out can leave it.
        found, count = checks_of(column, judged, reference_in(column, known), choices, usual)
        checks, looked_at = checks + found, looked_at + count
    return contracts.broken(checks, looked_at, choices.confidence)
