"""Rates that a judge of known faults reports, corrected by a sample that people graded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from raikit.stats.intervals import Interval, checked_confidence, normal_critical_value

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

NEAR_ONE = 0.93  # from here on the normal interval of PPI++ covers too rarely (92% at .95, 88% at .98)

_ROUNDING = 1e-9
_PRIOR = 0.25  # chosen by the simulation in tests/benchmarks/bench_judge_audit.py: 0.5 covers 99%, 0.1 91%


class Corrected(NamedTuple):
    """A corrected rate, and how it was made."""

    interval: Interval
    method: str
    effective: float


def corrected_rate(
    judged: int,
    total: int,
    judge: ArrayLike,
    human: ArrayLike,
    probability: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Corrected:
    """Return the rate that people would have found, from a judge's verdicts on all and theirs on a sample.

    In the middle PPI++: the judge's rate on all items, plus the weighted mean of what the judge got wrong on
    the sample. Within `NEAR_ONE` of an end, the sample's own labels alone, by an exact interval on the number
    of independent labels that they are worth (Korn and Graubard).

    Parameters
    ----------
    judged, total : int
        Items that the judge passes, of how many.
    judge, human : array of bool, shape (sample,)
        Passes by the judge and by people, item by item.
    probability : array of float, shape (sample,)
        With which each item came into the sample, in (0, 1].
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    Corrected
        NaN without a sample.

    Raises
    ------
    ValueError
        If shapes differ or a probability is out of range.

    References
    ----------
    .. [1] Angelopoulos, Duchi and Zrnic (2023), PPI++, arXiv:2311.01453.
    .. [2] Korn and Graubard (1998), Survey Methodology 24(2), 193-201.

    Examples
    --------
    >>> found = corrected_rate(800, 1000, [True] * 80 + [False] * 20, [True] * 70 + [False] * 30, [0.1] * 100)
    >>> [round(x, 3) for x in found.interval], found.method
    ([0.7, 0.638, 0.762], 'ppi++')
    """
    checked_confidence(confidence)
    said, truth, chance = (np.asarray(each, dtype=float) for each in (judge, human, probability))
    if not said.shape == truth.shape == chance.shape:
        raise ValueError("judge, human and probability must be of one length")
    if ((chance <= 0) | (chance > 1)).any():
        raise ValueError("a probability of being in the sample must lie in (0, 1]")
    if not len(truth):
        return Corrected(Interval(np.nan, np.nan, np.nan), "undefined", 0.0)
    weight = 1 / chance / (1 / chance).sum()
    share = float(weight @ truth)
    size = _effective(truth, weight, chance, share)
    if min(share, 1 - share) <= 1 - NEAR_ONE:
        return Corrected(_exact(share, size, confidence), "exact (mid-P) on the audit labels", size)
    return Corrected(_powered(judged / total, total, said, truth, weight, confidence), "ppi++", size)


def _powered(
    rate: float, total: int, said: Floats, truth: Floats, weight: Floats, confidence: float
) -> Interval:
    """Return PPI++ with the tuning that makes its interval shortest."""
    centred, told = truth - weight @ truth, said - weight @ said
    spread = float(weight**2 @ told**2)
    tuning = float(np.clip((weight**2 @ (centred * told)) / spread, 0, 1)) if spread else 0.0
    wrong = truth - tuning * said
    estimate = tuning * rate + float(weight @ wrong)
    # The sample is a part of all items, so that the judge's rate on all adds only its own spread.
    variance = float(weight**2 @ (wrong - weight @ wrong) ** 2) * len(truth) / max(len(truth) - 1, 1)
    variance += tuning**2 * rate * (1 - rate) / total
    reach = normal_critical_value(confidence) * np.sqrt(variance)
    return Interval(*(float(np.clip(each, 0, 1)) for each in (estimate, estimate - reach, estimate + reach)))


def _effective(truth: Floats, weight: Floats, chance: Floats, share: float) -> float:
    """Return how many independent labels the sample is worth; items of one probability are a stratum."""
    variance = 0.0
    for each in np.unique(chance):
        part = truth[chance == each]
        labels, mass = len(part), float(weight[chance == each].sum())
        # A quarter of a pass and of a failure more: a stratum without any still has a rate beside 0 and 1.
        smoothed = (part.sum() + _PRIOR) / (labels + 2 * _PRIOR)
        variance += mass**2 * smoothed * (1 - smoothed) / labels
    centre = (share * len(truth) + _PRIOR) / (len(truth) + 2 * _PRIOR)
    return float(centre * (1 - centre) / variance)


def _exact(share: float, size: float, confidence: float) -> Interval:
    """Return the exact interval with mid-P: without it, coverage is near 99% here."""
    from scipy.optimize import brentq
    from scipy.stats import beta

    passed, failed, tail = share * size, (1 - share) * size, (1 - confidence) / 2
    some_passed, some_failed = share > _ROUNDING, 1 - share > _ROUNDING

    def reached(p: float) -> float:
        """P(X >= passed) and P(X > passed) at a rate p, halfway."""
        at_least = beta.cdf(p, passed, failed + 1) if some_passed else 1.0
        more = beta.cdf(p, passed + 1, failed) if some_failed else 0.0
        return float(at_least + more) / 2

    low = float(brentq(lambda p: reached(p) - tail, 0, 1)) if some_passed else 0.0
    high = float(brentq(lambda p: reached(p) - 1 + tail, 0, 1)) if some_failed else 1.0
    return Interval(share, low, high)
