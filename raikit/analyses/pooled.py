"""How many windows would have to be taken together before their rows can tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.feature_windows import WINDOW
from raikit.stats.distances import effect_tests

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.analyses.shifts import FeatureShift

    Floats = NDArray[np.float64]

UNDECIDED = ("underpowered", "undefined")
SHOWN = 2.0  # times the smallest shift that matters: one that just matters no number of rows tells from less
_MOST = 4096  # windows that are thought of together


def windows_together(
    windowed: Sequence[FeatureShift], *, min_effect: float, confidence: float
) -> pd.DataFrame:
    """Return for each feature whose windows can't all tell, how many of them together could.

    Parameters
    ----------
    windowed : sequence of FeatureShift
        A feature (and segment) and window each.
    min_effect, confidence : float
        As they were judged by.

    Returns
    -------
    pandas.DataFrame
        Columns group (the feature, with its segment), undecided (windows that are underpowered or undefined),
        windows, rows (of the median window), smallest (the w that such a window calls material with
        probability .8; NaN where all its levels but one are too rare), together (such windows that would call
        twice `min_effect` material so often; NaN where the reference is too small for any number) and
        rows_together.

    Notes
    -----
    Windows pooled are thought of with the shares of all rows, and with the same reference; rare levels are
    pooled as they are in the test.
    """
    features: dict[str, list[FeatureShift]] = {}
    for shift in windowed:
        held = [value for key, value in shift.slice.items() if key != WINDOW]
        features.setdefault(" × ".join(held), []).append(shift)
    asked = {
        name: parts for name, parts in features.items() if any(each.verdict in UNDECIDED for each in parts)
    }
    usual = [_usual(parts) for parts in asked.values()]
    settings = {"min_effect": min_effect, "confidence": confidence}

    def smallest(times: NDArray[np.int64]) -> Floats:
        pairs = [(first, window * m) for (first, window), m in zip(usual, times, strict=True)]
        return np.array([test.smallest for test in effect_tests(pairs, **settings)], dtype=float)

    together = _least(lambda times: smallest(times) <= SHOWN * min_effect, len(usual))
    one = smallest(np.ones(len(usual), dtype=np.int64))
    rows = [
        _row(name, parts, float(window.sum()), float(least), float(m))
        for (name, parts), (_, window), least, m in zip(asked.items(), usual, one, together, strict=True)
    ]
    columns = ["group", "undecided", "windows", "rows", "smallest", "together", "rows_together"]
    return pd.DataFrame(rows, columns=columns)


def _usual(parts: Sequence[FeatureShift]) -> tuple[Floats, Floats]:
    """Return the reference's counts, and those of a window of median size with the shares of all rows."""
    first = parts[0].counts.reference.astype(float)
    windows = [each.counts.current.astype(float) for each in parts]
    total = first + np.sum(windows, axis=0)
    size = float(np.median([each.sum() for each in windows]))
    return first, total / total.sum() * size


def _least(enough: Callable[[NDArray[np.int64]], NDArray[np.bool_]], count: int) -> Floats:
    """Return the least number of windows that is enough for each feature, by halving; NaN where none is."""
    low, high = np.zeros(count, dtype=np.int64), np.full(count, _MOST, dtype=np.int64)
    possible = enough(high)
    while (high - low > 1).any():
        middle = np.maximum((low + high) // 2, 1)
        fine = enough(middle)
        low, high = np.where(fine, low, middle), np.where(fine, middle, high)
    return np.where(possible, high, np.nan)


def _row(
    name: str, parts: Sequence[FeatureShift], size: float, smallest: float, together: float
) -> tuple[Any, ...]:
    undecided = sum(each.verdict in UNDECIDED for each in parts)
    return name, undecided, len(parts), round(size), smallest, together, together * size
