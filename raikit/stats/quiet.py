"""How a rate behaves when nothing happens: its level, how much windows vary, and how alike neighbours are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.stats.intervals import checked_counts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_LEAST = 8  # windows, to measure how much they vary
_SHARE = 4  # correlations are looked at over a quarter of the quiet windows at most


@dataclass(frozen=True)
class QuietRate:
    """The rate of quiet windows, and how much more than binomially sums of windows vary around it.

    Attributes
    ----------
    rate : float
        Share of rows that show the signal.
    rows : float
        Rows it was measured on.
    windows : int
        Windows it was measured on.
    dispersion : float
        Variance of single windows over binomial variance, at least 1.
    correlations : tuple of float
        Of windows one, two, … apart, up to the first that is not positive.
    """

    rate: float
    rows: float
    windows: int
    dispersion: float
    correlations: tuple[float, ...]

    def factor(self, windows: ArrayLike, rows: ArrayLike = 0.0) -> Floats:
        """Return the variance of a sum of neighbouring windows over its binomial variance.

        Parameters
        ----------
        windows : array of int
            How many neighbours are added up.
        rows : array of float, default=0
            Their rows: what is compared with an estimated rate varies with that estimate too.

        Returns
        -------
        array of float
            At least 1.

        Examples
        --------
        >>> QuietRate(0.1, 1000, 10, 2.0, (0.5,)).factor([1, 2]).tolist()
        [2.0, 3.0]
        """
        length = np.asarray(windows, dtype=float)
        total = np.ones_like(length)
        for lag, correlation in enumerate(self.correlations, 1):
            total += 2 * correlation * np.maximum(1 - lag / length, 0)
        return np.asarray(self.dispersion * total * (1 + np.asarray(rows) / max(self.rows, 1.0)))


def quiet_rate(n_success: ArrayLike, n: ArrayLike, *, longest: int = 14) -> QuietRate:
    """Measure a quiet stretch of windows.

    Parameters
    ----------
    n_success, n : array of int, shape (windows,)
        Counts of each window in order of time.
    longest : int, default=14
        Windows apart up to which likeness is looked for.

    Returns
    -------
    QuietRate
        Dispersion by Pearson's statistic, correlations of its residuals (the initial positive ones). With
        fewer than eight windows, or a signal that never or always shows, rows count as independent.

    Raises
    ------
    ValueError
        If counts are impossible.

    References
    ----------
    .. [1] McCullagh and Nelder (1989), Generalized Linear Models, section 4.5.
    .. [2] Geyer (1992), Statistical Science 7(4), 473-483: initial positive sequence.

    Examples
    --------
    >>> held = quiet_rate([10, 12, 8, 10] * 3, [100] * 12)
    >>> held.rate, held.dispersion  # varies less than binomially: by no less than that is reckoned with
    (0.1, 1.0)
    """
    k, rows = checked_counts(n_success, n)
    k, rows = k[rows > 0], rows[rows > 0]
    total = float(rows.sum())
    rate = float(k.sum() / total) if total else float("nan")
    if len(rows) < _LEAST or not 0 < rate < 1:
        return QuietRate(rate, total, len(rows), 1.0, ())
    residual: Any = (k - rows * rate) / np.sqrt(rows * rate * (1 - rate))
    squares = float((residual**2).sum())
    dispersion = squares / (len(rows) - 1)
    kept: list[float] = []
    for lag in range(1, min(longest, len(rows) // _SHARE) + 1) if squares > 0 else ():
        found = float((residual[:-lag] * residual[lag:]).sum() / squares)
        if found <= 0:
            break
        kept.append(found)
    return QuietRate(rate, total, len(rows), max(dispersion, 1.0), tuple(kept))
