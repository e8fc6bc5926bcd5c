"""Rates that a judge of known faults reports, corrected by a sample that people graded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from raikit.stats.intervals import Interval, checked_confidence, normal_critical_value, wilson_interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

NEAR_ONE = 0.7  # from here on the normal interval of PPI++ covers too rarely (92% at .90, 88% at .98)

_ROUNDING = 1e-9
_FEWEST = 10  # labels of one probability that make a stratum with an interval of its own


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
    the sample. Beyond `NEAR_ONE`, at either end, an exact (mid-P) interval on the sample's labels for each
    stratum, combined by adding squared distances (MOVER), and with them what chance had in how many items
    the judge passes. Strata are what the judge passes and what it fails, whose shares of all items are known
    (post-stratification), by the probability of being in the sample; labels of rare probabilities are taken
    together, for as many as they are worth (Kish). The estimate of strata is that of PPI++ but for rounding,
    so that nothing jumps where the one interval takes over from the other.

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
    .. [2] Zou and Donner (2008), Statistics in Medicine 27(10), 1693-1702 (MOVER).
    .. [3] Kish (1965), Survey Sampling, section 8.2.
    .. [4] Holt and Smith (1979), JRSS A 142(1), 33-46 (post-stratification).

    Examples
    --------
    >>> found = corrected_rate(800, 1000, [True] * 80 + [False] * 20, [True] * 60 + [False] * 40, [0.1] * 100)
    >>> [round(x, 3) for x in found.interval], found.method
    ([0.6, 0.521, 0.679], 'ppi++')
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
    size = float(1 / (weight**2).sum())
    rate = judged / total
    exact = _corrected_by_strata(rate, total, said, truth, weight, chance, confidence)
    if min(exact.estimate, 1 - exact.estimate) <= 1 - NEAR_ONE:
        return Corrected(exact, "exact (mid-P) on the audit labels, by verdict", size)
    return Corrected(_powered(rate, total, said, truth, weight, confidence), "ppi++", size)


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


def _corrected_by_strata(
    rate: float, total: int, said: Floats, truth: Floats, weight: Floats, chance: Floats, confidence: float
) -> Interval:
    """Return the rate by strata of verdict and probability, the verdicts weighing what they do among all."""
    passes = said == 1
    sampled = float(weight[passes].sum())
    if not 0 < sampled < 1 or not passes.any() or passes.all():  # of one verdict the sample tells nothing
        return _by_strata(truth, weight, _strata(chance), confidence)
    weight = weight * np.where(passes, rate / sampled, (1 - rate) / (1 - sampled))
    strata = [part & verdict for part in _strata(chance) for verdict in (passes, ~passes)]
    found = _by_strata(truth, weight, strata, confidence)
    means = [np.average(truth[verdict], weights=1 / chance[verdict]) for verdict in (passes, ~passes)]
    # The items are a draw, too: another one of them holds other numbers of the two verdicts.
    more = normal_critical_value(confidence) ** 2 * rate * (1 - rate) / total * (means[0] - means[1]) ** 2
    low = found.estimate - np.hypot(found.estimate - found.low, np.sqrt(more))
    high = found.estimate + np.hypot(found.high - found.estimate, np.sqrt(more))
    return Interval(found.estimate, float(max(low, 0.0)), float(min(high, 1.0)))


def _strata(chance: Floats) -> list[NDArray[np.bool_]]:
    """Return the rows of each common probability, and those of all rare ones."""
    values, sizes = np.unique(chance, return_counts=True)
    common = values[sizes >= _FEWEST]
    return [*(chance == value for value in common), ~np.isin(chance, common)]


def _by_strata(
    truth: Floats, weight: Floats, strata: Sequence[NDArray[np.bool_]], confidence: float
) -> Interval:
    """Return the weighted mean of the strata's rates, limits by MOVER.

    An effective number of labels over all strata would need the variance of a stratum without a failure,
    which its labels do not tell: whatever stands for it covers 99% in one design and 91% in another.
    """
    estimate = below = above = 0.0
    for part in strata:
        mass = float(weight[part].sum())
        if not mass:
            continue
        worth = mass**2 / float((weight[part] ** 2).sum())
        held = _exact(float(weight[part] @ truth[part]) / mass, worth, confidence)
        estimate += mass * held.estimate
        below += (mass * (held.estimate - held.low)) ** 2
        above += (mass * (held.high - held.estimate)) ** 2
    low, high = estimate - np.sqrt(below), estimate + np.sqrt(above)
    return Interval(min(estimate, 1.0), float(max(low, 0.0)), float(min(high, 1.0)))


def _exact(share: float, size: float, confidence: float) -> Interval:
    """Return the exact interval with mid-P: without it, coverage is near 99% here."""
    from scipy.optimize import brentq
    from scipy.special import betainc

    passed, failed, tail = share * size, (1 - share) * size, (1 - confidence) / 2
    some_passed, some_failed = share > _ROUNDING, 1 - share > _ROUNDING

    def reached(p: float) -> float:
        """P(X >= passed) and P(X > passed) at a rate p, halfway."""
        at_least = betainc(passed, failed + 1, p) if some_passed else 1.0
        more = betainc(passed + 1, failed, p) if some_failed else 0.0
        return float(at_least + more) / 2

    low = float(brentq(lambda p: reached(p) - tail, 0, 1)) if some_passed else 0.0
    high = float(brentq(lambda p: reached(p) - 1 + tail, 0, 1)) if some_failed else 1.0
    return Interval(share, low, high)


def audited_share(
    hit: ArrayLike, base: ArrayLike, probability: ArrayLike, *, confidence: float = 0.95
) -> Interval:
    """Return which share of a class has a property, from a sample with known probabilities.

    Such as a judge's sensitivity: of what people fail, the share that the judge fails. In a sample by verdict
    the labels as they are would say too much: what the judge passes, with what it misses, is rare there.

    Parameters
    ----------
    hit, base : array of bool, shape (sample,)
        Whether a row has the property, and whether it is of the class.
    probability : array of float, shape (sample,)
        With which each row came into the sample, in (0, 1].
    confidence : float, default=0.95
        Coverage in (0, 1).

    Returns
    -------
    Interval
        Wilson's for rows of one probability; else the two parts of the class, each with limits by strata,
        are set in relation (MOVER). NaN for an empty class.

    References
    ----------
    .. [1] Donner and Zou (2012), Statistical Methods in Medical Research 21(4), 347-359.

    Examples
    --------
    >>> [round(x, 3) for x in audited_share([True] * 8 + [False] * 2, [True] * 10, [0.5] * 10)]
    [0.8, 0.49, 0.943]
    """
    has, among, chance = np.asarray(hit, bool), np.asarray(base, bool), np.asarray(probability, float)
    if not among.any():
        return Interval(np.nan, np.nan, np.nan)
    if np.ptp(chance) < _ROUNDING:
        return wilson_interval(int((has & among).sum()), int(among.sum()), confidence=confidence)
    weight = 1 / chance / (1 / chance).sum()
    strata = _strata(chance)
    inside = _by_strata((has & among).astype(float), weight, strata, confidence)
    outside = _by_strata((~has & among).astype(float), weight, strata, confidence)
    if outside.estimate <= inside.estimate:
        odds = _ratio(outside, inside)
        return Interval(1 / (1 + odds.estimate), 1 / (1 + odds.high), 1 / (1 + odds.low))
    odds = _ratio(inside, outside)
    return Interval(*(1 - 1 / (1 + each) for each in odds))


def _ratio(first: Interval, second: Interval) -> Interval:
    """Return first ÷ second, taken as independent; `second` is not 0."""
    (a, low_a, high_a), (b, low_b, high_b) = first, second
    product = (a * b) ** 2
    low = a * b - np.sqrt(max(product - low_a * high_b * (2 * a - low_a) * (2 * b - high_b), 0))
    under = high_b * (2 * b - high_b)
    bottom = low_b * (2 * b - low_b)
    top = a * b + np.sqrt(max(product - high_a * low_b * (2 * a - high_a) * (2 * b - low_b), 0))
    return Interval(
        a / b,
        max(float(low / under), 0.0) if under else 0.0,
        float(top / bottom) if bottom > 0 else float("inf"),
    )
