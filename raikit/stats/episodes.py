"""Episodes: stretches of windows whose rate the quiet ones don't explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from raikit.stats.scan import gain, gains
from raikit.stats.segmentation import best_cuts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.stats.quiet import QuietRate

    Floats = NDArray[np.float64]

_PRICE = 3.84  # of a cut: the 95% point of chi-squared; neighbours that are alike are joined again below
_HALF = 0.5  # of the peak's excess: what lies beside a peak and is lower is a stretch of its own


class Stretch(NamedTuple):
    """Neighbouring windows of one episode.

    Attributes
    ----------
    first, end : int
        Windows first … end - 1.
    excess : float
        Rows that show the signal less those that the quiet rate leads to expect.
    gain : float
        Quasi-likelihood ratio against the quiet rate, to be compared with `raikit.stats.scan.Chance`.
    """

    first: int
    end: int
    excess: float
    gain: float


def episodes(k: Floats, n: Floats, quiet: QuietRate, threshold: float) -> list[Stretch]:
    """Return the episodes of a series, the largest excess first.

    Parameters
    ----------
    k, n : array of float, shape (windows,)
        Counts in order of time.
    quiet : QuietRate
        What is expected.
    threshold : float
        Gain that chance reaches too seldom.

    Returns
    -------
    list of Stretch
        Neighbours that deviate to the same side are one episode down to half of the peak's excess.

    Examples
    --------
    >>> from raikit.stats.quiet import QuietRate
    >>> k, n = np.array([5.0, 5, 5, 40, 60, 5]), np.full(6, 100.0)
    >>> [(each.first, each.end) for each in episodes(k, n, QuietRate(0.05, 2000, 20, 1.0, ()), 12.0)]
    [(3, 5)]
    """
    pieces = [_stretch(k, n, quiet, *cut) for cut in best_cuts(gains(k, n, quiet), _PRICE)]
    made = []
    left = [piece for piece in pieces if piece.gain > 0]
    while left:
        peak = max(left, key=lambda piece: piece.gain)
        joined = _joined(k, n, quiet, left, peak)
        left = [piece for piece in left if piece.end <= joined.first or piece.first >= joined.end]
        if joined.gain > threshold:
            made.append(joined)
    return sorted(made, key=lambda each: -abs(each.excess))


def _joined(k: Floats, n: Floats, quiet: QuietRate, pieces: list[Stretch], peak: Stretch) -> Stretch:
    """Return a peak with its neighbours on both sides that are at least half as high."""
    first, end = peak.first, peak.end
    height = _height(n, peak)
    while True:
        beside = [piece for piece in pieces if piece.end == first or piece.first == end]
        high = [piece for piece in beside if _height(n, piece) / height >= _HALF]
        if not high:
            return _stretch(k, n, quiet, first, end)
        first, end = min(first, *(each.first for each in high)), max(end, *(each.end for each in high))


def _height(n: Floats, piece: Stretch) -> float:
    return piece.excess / max(float(n[piece.first : piece.end].sum()), 1.0)


def _stretch(k: Floats, n: Floats, quiet: QuietRate, first: int, end: int) -> Stretch:
    shown, rows = float(k[first:end].sum()), float(n[first:end].sum())
    factor = quiet.factor(np.array(end - first), rows)
    found = float(gain(np.array(shown), np.array(rows), quiet, factor))
    return Stretch(first, end, shown - rows * quiet.rate, found)
