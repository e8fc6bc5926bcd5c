"""Is it over: after the mitigation against the quiet windows, by an equivalence test with a stated margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.stats.limits import difference_limits, normal_critical_value
from raikit.stats.quiet import quiet_rate

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from raikit.analyses.incident_windows import Windowed

    Bools = NDArray[np.bool_]

_PART = 0.25  # of the episode's change of rate: the margin when nobody stated one


@dataclass(frozen=True)
class Recovery:
    """Whether the rate is back.

    Attributes
    ----------
    verdict : {"verified", "not verified", "too early", "no rows", "not mitigated"}
        Verified when the whole interval of the difference lies within the margin; not verified when it lies
        beyond it; else too early.
    row : dict or None
        Result form, metric `recovery_difference`: after less quiet.
    margin : float
        In the rate's unit.
    stated : bool
        Whether a person stated the margin.
    windows : int
        After the mitigation, with rows.
    needed : int or None
        About how many windows in all would decide, if the difference stays as it is.
    """

    verdict: str
    row: dict[str, Any] | None
    margin: float
    stated: bool
    windows: int
    needed: int | None


def recovery(
    windows: Windowed, quiet: Bools, *, mitigated: pd.Timestamp | None, change: float, margin: float,
    confidence: float, min_n: int,
) -> Recovery:  # fmt: skip
    """Compare what came after the mitigation with the quiet windows.

    Parameters
    ----------
    windows : Windowed
        The counts.
    quiet : array of bool
        Windows that stand for normal.
    mitigated : pandas.Timestamp or None
        The window that holds it is left out.
    change : float
        Of the rate, during the episode.
    margin : float
        What counts as alike, in the rate's unit; 0 for a quarter of the episode's change.
    confidence : float
        Of each of the two one-sided tests.
    min_n : int
        Rows below which the result is small.

    Returns
    -------
    Recovery
        With its reason in figures.

    References
    ----------
    .. [1] Schuirmann (1987), Journal of Pharmacokinetics and Biopharmaceutics 15(6), 657-680: two one-sided
       tests, here by the score interval at twice their level.
    """
    held = margin if margin > 0 else _PART * abs(change)
    if mitigated is None:
        return Recovery("not mitigated", None, held, margin > 0, 0, None)
    after = np.arange(len(windows.n)) >= np.ceil(windows.place(mitigated))
    rows, number = float(windows.n[after].sum()), int((windows.n[after] > 0).sum())
    if not rows:
        return Recovery("no rows", None, held, margin > 0, 0, None)
    usual = quiet_rate(windows.k[quiet], windows.n[quiet])
    factor, scale = float(usual.factor(np.array(number))), usual.dispersion
    shown = float(windows.k[after].sum())
    counts = [shown, rows, float(windows.k[quiet].sum()), float(windows.n[quiet].sum())]
    parts = [np.array(part) for part in (shown / factor, rows / factor, counts[2] / scale, counts[3] / scale)]
    critical = normal_critical_value(2 * confidence - 1)
    gap, low, high = (
        float(limit)
        for limit in difference_limits(parts[0], parts[1], parts[2], parts[3], np.array(critical))
    )
    verdict = "verified" if -held < low and high < held else "not verified"
    if verdict != "verified" and low < held and high > -held:
        verdict = "too early"
    row: dict[str, Any] = {
        "metric": "recovery_difference", "slice": {}, "compared": None, "n": int(min(rows, counts[3])),
        "estimate": gap, "low": low, "high": high, "confidence": 2 * confidence - 1,
        "method": "two one-sided score tests, quasi-binomial", "status": "small" if rows < min_n else "ok",
        "counts": [int(count) for count in counts], "group": "",
    }  # fmt: skip
    needed = _needed(number, abs(gap), (high - low) / 2, held) if verdict == "too early" else None
    return Recovery(verdict, row, held, margin > 0, number, needed)


def _needed(windows: int, gap: float, half: float, margin: float) -> int | None:
    """Return about how many windows would bring the interval within the margin, or wholly beyond it."""
    room = abs(margin - gap)
    return int(np.ceil(windows * (half / room) ** 2)) if room > 0.05 * margin else None
