"""Traffic that shifted, told apart from rates that changed: Kitagawa's decomposition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.incident_windows import Windowed
from raikit.stats.quiet import quiet_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]

_DRAWS = 1000


def mix_rows(
    windows: Windowed, quiet: Bools, inside: Bools, column: str, *, confidence: float, seed: int
) -> pd.DataFrame:
    """Split the change of the overall rate into the part of the mix and the part of the rates.

    Parameters
    ----------
    windows : Windowed
        The counts.
    quiet, inside : array of bool
        Windows that stand for normal, and of the episode.
    column : str
        A segment, by whose levels the rows are standardised.
    confidence : float
        Of the intervals.
    seed : int
        Of the draws.

    Returns
    -------
    pandas.DataFrame
        Result form, slice {"column": column}: `traffic_mix_part` (who came), `traffic_rate_part` (how they
        fared); they add up to the change. Intervals by draws of the counts, as variable as quiet windows.

    References
    ----------
    .. [1] Kitagawa (1955), JASA 50(272), 1168-1194.
    """
    series = windows.series(column)
    counts = np.array(
        [[(k[mask].sum(), n[mask].sum()) for k, n in series.values()] for mask in (quiet, inside)]
    )
    factor = quiet_rate(windows.k[quiet], windows.n[quiet]).dispersion
    shown, rows = counts[..., 0], counts[..., 1]
    mix, rate = map(float, decompose(shown, rows))
    random = np.random.default_rng(seed)
    drawn = np.column_stack(_drawn(shown / factor, rows / factor, random))
    tail = 100 * (1 - confidence) / 2
    limits = np.percentile(drawn, [tail, 100 - tail], axis=0)
    made = []
    for at, (metric, estimate) in enumerate((("traffic_mix_part", mix), ("traffic_rate_part", rate))):
        low, high = min(float(limits[0, at]), estimate), max(float(limits[1, at]), estimate)
        made.append({
            "metric": metric, "slice": {"column": column}, "compared": None, "n": int(rows.sum(axis=1).min()),
            "estimate": estimate, "low": low, "high": high, "confidence": confidence,
            "method": "Kitagawa, resampled counts", "status": "ok", "counts": None, "group": column,
        })  # fmt: skip
    return pd.DataFrame(made)


def decompose(shown: Floats, rows: Floats) -> tuple[Floats, Floats]:
    """Return the parts of a rate's change that shares and rates of the levels have.

    Parameters
    ----------
    shown, rows : array of float, shape (…, 2, levels)
        Before and after; a level without rows on one side has the other side's rate.

    Returns
    -------
    mix, rate : array of float, shape (…)
        In the rate's unit.

    Examples
    --------
    >>> shown, rows = np.array([[10.0, 10.0], [15.0, 5.0]]), np.array([[50.0, 100.0], [75.0, 50.0]])
    >>> [round(float(part), 4) for part in decompose(shown, rows)]  # rates stay .2 and .1: mix alone
    [0.0267, 0.0]
    """
    share: Any = rows / rows.sum(axis=-1, keepdims=True)
    rate: Any = shown / np.maximum(rows, 1e-12)
    rate = np.where(rows > 0, rate, rate[..., ::-1, :])
    (before, after), (old, new) = (np.moveaxis(part, -2, 0) for part in (share, rate))
    return ((after - before) * (old + new)).sum(axis=-1) / 2, ((new - old) * (before + after)).sum(
        axis=-1
    ) / 2


def _drawn(shown: Floats, rows: Floats, random: np.random.Generator) -> tuple[Floats, Floats]:
    size = random.gamma(np.maximum(rows, 1e-9), size=(_DRAWS, *rows.shape))
    fails, others = np.maximum(shown, 0) + 1e-6, np.maximum(rows - shown, 0) + 1e-6
    return decompose(random.beta(fails, others, size=size.shape) * size, size)
