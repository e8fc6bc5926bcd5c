"""A scan of all stretches of windows for rates that the quiet ones don't explain, and what chance finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from raikit.stats.quiet import QuietRate, quiet_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Series = tuple[Floats, Floats]  # what shows the signal, and rows, of each window

_GROWTH = 1.15  # between the lengths of stretches that the resamples are scanned for
_TINY = 1e-300
_BOUND = 2.001  # chi-squared that a gain stays below, and a little for rounding
_EVEN = 1e5  # shape from which a gamma rate is as good as constant
_SCORES = 2049  # normal scores between which gamma quantiles are interpolated: to seven digits and more
_ALL = 16  # windows up to which every length is


class Chance(NamedTuple):
    """What scans find where nothing happened.

    Attributes
    ----------
    resampled : array of float
        The largest gain of each resample of blocks, in increasing order.
    simulated : array of float
        The same of simulated quiet windows, as variable and as alike as the real ones: a short quiet period
        hasn't seen the worst of its days.
    blocks : int
        How many blocks the quiet windows hold.
    length : int
        Windows in a block.
    """

    resampled: Floats
    simulated: Floats
    blocks: int
    length: int

    def threshold(self, confidence: float) -> float:
        """Return the gain that neither kind of scan reaches in more than 1 - confidence of cases.

        Parameters
        ----------
        confidence : float
            In (0, 1).

        Returns
        -------
        float
            The larger of two order statistics.
        """
        both = []
        for held in (self.resampled, self.simulated):
            place = int(np.ceil((len(held) + 1) * confidence)) - 1
            both.append(float(held[min(place, len(held) - 1)]))
        return max(both)

    def of(self, gain: float) -> float:
        """Return how often a scan finds as large a gain where nothing happened.

        Parameters
        ----------
        gain : float
            Of a stretch.

        Returns
        -------
        float
            (found as large + 1) / (scans + 1), the larger of both kinds.
        """
        both = (self.resampled, self.simulated)
        return max((int(np.count_nonzero(held >= gain * (1 - 1e-9))) + 1) / (len(held) + 1) for held in both)


def gain(k: Floats, n: Floats, quiet: QuietRate, factor: Floats) -> Floats:
    """Return twice the log-likelihood that counts gain over the quiet rate by a rate of their own.

    Parameters
    ----------
    k, n : array of float
        Counts.
    quiet : QuietRate
        What is expected.
    factor : array of float
        Variance over binomial variance, by which the gain is divided (quasi-likelihood).

    Returns
    -------
    array of float
        0 where there are no rows.

    Examples
    --------
    >>> held = QuietRate(0.5, 1000, 10, 1.0, ())
    >>> float(gain(np.array([8.0]), np.array([10.0]), held, np.array([1.0]))[0].round(4))  # by hand
    3.8549
    """
    rate = min(max(quiet.rate, 0.5 / max(quiet.rows, 1)), 1 - 0.5 / max(quiet.rows, 1))
    return _ratio(k, n, np.array(rate), factor)


def _ratio(k: Floats, n: Floats, rate: Floats, factor: Floats) -> Floats:
    rows, other = np.maximum(n, _TINY), n - k
    found = k * np.log(np.maximum(k, _TINY) / (rows * rate))  # 0 log 0 is 0
    found += other * np.log(np.maximum(other, _TINY) / (rows * (1 - rate)))
    return np.asarray(np.maximum(2 * found, 0.0) / factor, dtype=np.float64)


def gains(k: Floats, n: Floats, quiet: QuietRate) -> Floats:
    """Return the gain of every stretch of windows, each window by itself as variable as it is.

    All are divided by the dispersion of single windows, so that the gains of parts add up to that of the
    whole: that is for cutting. Whether a stretch is more than chance is judged with its own factor.

    Parameters
    ----------
    k, n : array of float, shape (windows,)
        Counts in order of time.
    quiet : QuietRate
        What is expected.

    Returns
    -------
    array of float, shape (windows + 1, windows + 1)
        At [first, end] the gain of windows first … end - 1; 0 elsewhere.
    """
    shown, rows = _sums(k), _sums(n)
    made = np.zeros((len(k) + 1, len(k) + 1))
    first, end = np.triu_indices(len(k) + 1, 1)
    size = rows[end] - rows[first]
    made[first, end] = gain(shown[end] - shown[first], size, quiet, np.array(quiet.dispersion))
    return made


def chance(
    series: Sequence[Series],
    quiet: NDArray[np.bool_],
    *,
    block: int,
    replicates: int = 199,
    seed: int,
) -> Chance:
    """Scan windows in which nothing happened: blocks of quiet ones put together anew, and simulated ones.

    Blocks keep bad days and the likeness of neighbours as they are: shuffling single windows would take both
    away, and call every bad week an incident. Each resample is judged by a quiet rate of its own, so that how
    well that rate is known counts too.

    Parameters
    ----------
    series : sequence of (k, n)
        All that is scanned together, window by window.
    quiet : array of bool, shape (windows,)
        Which windows are quiet.
    block : int
        Windows kept together.
    replicates : int, default=199
        Of each kind.
    seed : int
        Of the draws.

    Returns
    -------
    Chance
        Largest gains over all series and stretches.
    """
    place = np.flatnonzero(quiet)
    starts = [at for at in range(len(place) - block + 1) if place[at + block - 1] - place[at] == block - 1]
    first = place[starts] if starts else place[:1]
    random = np.random.default_rng(seed)
    drawn, usual = (_blocks(first, block, (replicates, size), random) for size in (len(quiet), len(place)))
    resampled, simulated = np.zeros(replicates), np.zeros(replicates)
    lengths = list(_lengths(len(quiet)))
    for k, n in series:
        known = quiet_rate(k[quiet], n[quiet])
        rows = n[usual].sum(axis=1)
        rate = np.where(rows > 0, k[usual].sum(axis=1) / np.maximum(rows, 1.0), known.rate)
        again = _Quiet(rate, rows, known.factor(lengths)[None, :])
        resampled = _largest(k[drawn], n[drawn], again, lengths, resampled)
        made = _simulated(n, known, replicates, random)
        rates = [quiet_rate(row[quiet], n[quiet]) for row in made]
        again = _Quiet(
            np.array([each.rate for each in rates]),
            np.array([each.rows for each in rates]),
            np.array([each.factor(lengths) for each in rates]),
        )
        simulated = _largest(made, n[None, :], again, lengths, simulated)
    return Chance(np.sort(resampled), np.sort(simulated), len(place) // block, block)


def _blocks(
    first: NDArray[np.intp], block: int, shape: tuple[int, int], random: np.random.Generator
) -> NDArray[np.intp]:
    chosen = random.choice(first, size=(shape[0], -(-shape[1] // block)))
    return (chosen[:, :, None] + np.arange(block)).reshape(shape[0], -1)[:, : shape[1]]


def _simulated(n: Floats, quiet: QuietRate, replicates: int, random: np.random.Generator) -> Floats:
    """Return quiet counts: binomial around a gamma rate that resembles that of the window before it."""
    from scipy.interpolate import CubicSpline
    from scipy.special import gammaincinv, ndtr

    rows = float(n[n > 0].mean()) if (n > 0).any() else 1.0
    rate = min(max(quiet.rate, 0.5 / max(quiet.rows, 1)), 1.0)
    extra = max(quiet.dispersion - 1, 0.0)
    shape = rows * rate / max(extra * (1 - rate), 1e-9)  # by which the variance of counts is as measured
    like = quiet.correlations[0] * quiet.dispersion / extra if quiet.correlations and extra > 0 else 0.0
    like = min(like, 0.98)
    noise = random.normal(size=(replicates, len(n)))
    for at in range(1, len(n)):
        noise[:, at] = like * noise[:, at - 1] + np.sqrt(1 - like**2) * noise[:, at]
    if shape > _EVEN:
        return random.binomial(n.astype(np.int64), rate, size=noise.shape).astype(float)
    scores = np.linspace(noise.min(), noise.max(), _SCORES)
    quantile = CubicSpline(scores, gammaincinv(shape, ndtr(scores)))
    rates = np.clip(rate * quantile(noise) / shape, 0, 1)
    return random.binomial(n.astype(np.int64), rates).astype(float)


class _Quiet(NamedTuple):
    """What is expected of each scan, one a row; `factors` by the length of a stretch."""

    rate: Floats
    rows: Floats
    factors: Floats


def _largest(k: Floats, n: Floats, quiet: _Quiet, lengths: Sequence[int], found: Floats) -> Floats:
    """Return the largest gain of each row of windows against its quiet rate, or `found` where that is larger.

    A gain is at most 2 (k - n rate)^2 / (n rate (1 - rate)), since the Kullback-Leibler divergence is no more
    than the chi-squared one: logarithms are taken only where that exceeds what was found.
    """
    known = np.maximum(quiet.rows, 1.0)
    rate = np.clip(quiet.rate, 0.5 / known, 1 - 0.5 / known)
    factors = np.broadcast_to(quiet.factors, (len(k), len(lengths)))
    shown, rows = (np.pad(np.cumsum(part, axis=1), ((0, 0), (1, 0))) for part in (k, n))
    excess, rows = shown - rows * rate[:, None], np.broadcast_to(rows, shown.shape)
    best = found.copy()
    for length, factor in zip(lengths, factors.T, strict=True):
        least = best * factor * rate * (1 - rate) / _BOUND
        size = rows[:, length:] - rows[:, :-length]
        row, first = np.nonzero((excess[:, length:] - excess[:, :-length]) ** 2 > size * least[:, None])
        held = size[row, first]
        gained = _ratio(shown[row, first + length] - shown[row, first], held, rate[row],
                        factor[row] * (1 + held / known[row]))  # fmt: skip
        np.maximum.at(best, row, gained)
    return best


def _lengths(windows: int) -> Iterator[int]:
    length = 1
    while length <= windows:
        yield length
        length = max(length + 1, int(length * _GROWTH) if length >= _ALL else 0)


def _sums(values: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(values)])
