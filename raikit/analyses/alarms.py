"""How often the rules alarm on quiet data: measured on held-out blocks of the reference, with an interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses import contract as contracts
from raikit.analyses.columns import Columns
from raikit.analyses.contract_checks import checks_of, reference_in, table_checks
from raikit.analyses.feature_windows import by_label, partial_windows
from raikit.stats.intervals import clopper_pearson_interval

if TYPE_CHECKING:
    from raikit.analyses.drift_choices import DriftChoices

_A_QUARTER: Mapping[str, float] = {"day": 91.3, "week": 13.0, "month": 3.0, "quarter": 1.0, "year": 0.25}
_KINDS = tuple(dict.fromkeys(contracts.KIND.values()))
_GUARD = 0.5  # the same window is a little less likely beside all of the reference than beside a half of it


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
    thresholds : mapping of str to float, or None
        Kind of check, see `raikit.analyses.contract.KIND` -> the chance below which it breaks the contract,
        calibrated on the reference's windows; None where these are too few, and the threshold is analytic.
    per_quarter : float
        Windows in a quarter.
    confidence : float
        Of the interval.
    """

    alarmed: int
    windows: int
    level: float
    needed: int
    thresholds: Mapping[str, float] | None
    per_quarter: float
    confidence: float

    @property
    def calibrated(self) -> bool:
        """Whether the threshold was fitted to the reference's windows; else it is analytic."""
        return self.thresholds is not None

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
    Checked is all that is checked in current windows: values (categories and missing ones), ranges, volume
    and duplicates. With at least 2 / level windows a threshold of each kind is fitted: to either half for the
    rate that is measured on the other; for the current windows the smaller of the two holds, and each breaks
    the contract by chance about as often as the level says, or less. Every alarm counts as false, as
    though nothing had changed within the reference: a real change makes the rate too high, never too low.
    """
    if not (choices.timestamp and len(columns.days[0])):
        return None
    a_quarter = _A_QUARTER[choices.window]
    level = min(choices.budget / a_quarter, 1 - choices.confidence)  # a long window is no licence
    needed = int(np.ceil(2 / level))
    folds = [half.windows for half in columns.halves]
    if not folds:
        return FalseAlarms(0, 0, level, needed, None, a_quarter, choices.confidence)
    found = [_checks(columns, choices, *pair) for pair in (folds, folds[::-1])]
    count = sum(map(len, folds))
    fitted = [_thresholds(checks, fold, level) for (checks, _), fold in zip(found, folds, strict=True)]
    enough = count >= needed
    alarmed = {
        each.window  # each half is judged by what the other half, which it does not contain, has fitted
        for (checks, looked_at), limits in zip(found, fitted[::-1], strict=True)
        for each in contracts.broken(checks, looked_at, choices.confidence, limits if enough else None)
    }
    both = {kind: min(limits[kind] for limits in fitted) for kind in _KINDS} if enough else None
    return FalseAlarms(len(alarmed), count, level, needed, both, a_quarter, choices.confidence)


def _thresholds(checks: Sequence[contracts.Check], windows: Sequence[str], level: float) -> dict[str, float]:
    """Return for each kind of check the chance below which a further window falls at most that often.

    The kinds share the level evenly; each has a threshold of its own, so that days on which many rows stand
    twice don't hide an empty one. The least chance of all windows is the least threshold; beyond its share of
    the level none goes: what chance explains more often than that pages nobody, however quiet the reference.
    """
    share, found = level / len(_KINDS), {}
    place = max(int(share * (len(windows) + 1)), 1)
    for kind in _KINDS:
        least = dict.fromkeys(windows, 1.0)  # 1 where nothing was unusual
        for each in checks:
            if contracts.KIND[each.check] == kind:
                least[each.window] = min(least[each.window], each.chance)
        found[kind] = min(sorted(least.values())[place - 1] * _GUARD, share)
    return found


def _checks(
    columns: Columns, choices: DriftChoices, held_out: Sequence[str], known: Sequence[str]
) -> tuple[list[contracts.Check], int]:
    """Return the checks of one half by the other, and how many were looked at."""
    held = by_label(columns.days[0])
    judging, judged = ({name: held.get(name, 0) for name in half} for half in (known, held_out))
    again, partial = columns.repeats[0], partial_windows(columns.days[0], choices.window)
    checks, looked_at = table_checks((judging, judged), (partial, partial), (again, again), choices.key)
    for column in columns.each:
        windows, usual = column.reference.of(held_out), column.reference.of(known)
        found, count = checks_of(column, windows, reference_in(column, known), choices, usual)
        checks, looked_at = checks + found, looked_at + count
    return checks, looked_at
