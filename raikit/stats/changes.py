"""When a rate left its level: a likelihood interval for a sudden change, a range for a gradual one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.stats.quiet import QuietRate

    Floats = NDArray[np.float64]

_AFTER = 120  # windows of the episode that are looked at: later ones say nothing of its beginning
_BEFORE = 30
_GRADUAL = 2.0  # what a rise has to gain over a step, which has as many free numbers, to be called gradual
_PLACES = 60  # beginnings of a rise that are tried, in steps of half a window or more


class Change(NamedTuple):
    """When a rate changed, in windows and parts of windows from the first.

    Attributes
    ----------
    at, low, high : float
        The likeliest beginning and the limits of its interval; of a gradual change the range from its
        earliest beginning to its completion.
    gradual : bool
        Whether a steady rise (or fall) fits clearly better than a step.
    """

    at: float
    low: float
    high: float
    gradual: bool


def onset(
    k: Floats, n: Floats, quiet: QuietRate, *, start: int, end: int, after: int = 0, parts: int = 1,
    confidence: float = 0.95,
) -> Change:  # fmt: skip
    """Return when the rate of an episode began, with its likelihood interval.

    Parameters
    ----------
    k, n : array of float, shape (windows,)
        Counts in order of time.
    quiet : QuietRate
        Before, and how much windows vary.
    start, end : int
        The episode as it was found: windows start … end - 1.
    after : int, default=0
        The first window that can be looked at: an earlier episode ends there.
    parts : int, default=1
        Steps within a window: 1 where times are known by the window only; else a change within a window is
        told by how many of its rows show the signal.
    confidence : float, default=0.95
        Of the interval: the quantile of chi-squared with one degree of freedom, for quasi-likelihoods. Rises
        that fit as well as the best step begin earlier; the interval reaches back to the earliest.

    Returns
    -------
    Change
        With parts = 1 whole windows: `high` is the last window that may be the first of the episode.

    References
    ----------
    .. [1] Hinkley and Hinkley (1970), Biometrika 57(3), 477-488.

    Examples
    --------
    >>> from raikit.stats.quiet import QuietRate
    >>> k, n = np.array([5.0, 6, 5, 40, 41, 39]), np.full(6, 100.0)
    >>> onset(k, n, QuietRate(0.05, 1000, 10, 1.0, ()), start=3, end=6)
    Change(at=3.0, low=3.0, high=3.0, gradual=False)
    """
    from scipy.stats import chi2

    first, last = max(after, start - _BEFORE), min(end, start + _AFTER)
    k, n = k[first:last], n[first:last]
    allowed, scale = float(chi2.ppf(confidence, 1)), float(quiet.factor(2))
    places, steps = _steps(k, n, quiet, parts)
    begins, rises, until = _ramps(k, n, quiet, start - first)
    best, rise = int(np.argmax(steps)), int(np.argmax(rises)) if len(rises) else -1
    gap = 2 * (rises[rise] - steps[best]) / scale if len(rises) else -np.inf
    least = max(steps[best], rises[rise] if len(rises) else -np.inf) - allowed * scale / 2
    held = places[steps >= least]
    early = begins[rises >= least]
    low = float(np.concatenate([held, early]).min())
    if gap > _GRADUAL:
        high = float(max(until[rise], early.max()))
        return Change(first + float(begins[rise]), first + low, first + min(high, last - first), True)
    return Change(first + float(places[best]), first + low, first + float(held.max()), False)


def _steps(k: Floats, n: Floats, quiet: QuietRate, parts: int) -> tuple[Floats, Floats]:
    """Return places of a step and their log-likelihoods; the levels on both sides are free."""
    size = len(k)
    places = np.arange(0, size * parts) / parts
    whole, part = np.floor(places).astype(int), places % 1
    later = whole + (part > 0)  # the first window that is wholly after
    shown, rows = np.concatenate([[0.0], np.cumsum(k)]), np.concatenate([[0.0], np.cumsum(n)])
    usual = quiet.rate
    before = np.where(rows[whole] > 0, shown[whole] / np.maximum(rows[whole], 1), usual)
    left = rows[-1] - rows[later]
    within = k[whole] / np.maximum(n[whole], 1)
    alone = np.clip(before + (within - before) / np.maximum(1 - part, 1 / parts), 0, 1)
    since = np.where(left > 0, (shown[-1] - shown[later]) / np.maximum(left, 1), alone)
    fits = _fit(shown[whole], rows[whole], before) + _fit(shown[-1] - shown[later], left, since)
    mixed = part * before + (1 - part) * since
    return places, fits + np.where(part > 0, _fit(k[whole], n[whole], mixed), 0.0)


def _ramps(k: Floats, n: Floats, quiet: QuietRate, start: int) -> tuple[Floats, Floats, Floats]:
    """Return beginnings, log-likelihoods and ends of steady rises from the quiet level to one that stays."""
    size = len(k)
    longest = size - max(start - _BEFORE, 0)
    if size - start < 3:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    lengths = np.unique(np.geomspace(2, max(longest, 3), 14).round())
    begins = np.linspace(0, size - 2, min(2 * size - 3, _PLACES * 2))
    begin, length = (part.ravel() for part in np.meshgrid(begins, lengths, indexing="ij"))
    fine = begin + length <= size
    begin, length = begin[fine], length[fine]
    middle = np.arange(size) + 0.5
    shape = np.clip((middle[None, :] - begin[:, None]) / length[:, None], 0, 1)
    weight = np.maximum((shape**2 * n).sum(axis=1), 1e-9)
    rise = (shape * (k - n * quiet.rate)).sum(axis=1) / weight
    rate = np.clip(quiet.rate + rise[:, None] * shape, 1e-9, 1 - 1e-9)
    return begin, _fit(k, n, rate).sum(axis=1), begin + length


def _fit(k: Any, n: Any, rate: Any) -> Any:
    from scipy.special import xlogy

    return xlogy(k, np.clip(rate, 1e-12, 1)) + xlogy(n - k, np.clip(1 - rate, 1e-12, 1))
