"""The search for episodes: over all rows and within each segment, against quiet windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from raikit.analyses.incident_windows import Windowed
from raikit.errors import InputError
from raikit.stats.changes import Change, onset
from raikit.stats.episodes import Stretch, episodes
from raikit.stats.quiet import QuietRate, quiet_rate
from raikit.stats.scan import Chance, chance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_WEEKS = 4  # of quiet windows, so that blocks of seven days can be drawn; below that blocks are shorter
_BLOCKS = 4
_PARTS = 12  # a window of times is told in twelfths
_MOST = 40  # series scanned beside the whole: those with the most rows
_LEAST_WINDOWS = 4
_LEAST_GAIN = 1e-6  # of what is an episode at all, claimed or not


@dataclass(frozen=True)
class Episode:
    """A stretch of time in which the signal was not what it is when all is quiet.

    Attributes
    ----------
    number : int
        1 for the largest.
    where : dict of str to str
        The segment in which it was found; empty for all rows.
    stretch : Stretch
        Its windows, excess and gain.
    change : Change
        When it began, in windows.
    going_on : bool
        Whether it reaches the last window.
    chance : float
        How often a scan of quiet windows finds as much.
    """

    number: int
    where: dict[str, str]
    stretch: Stretch
    change: Change
    going_on: bool
    chance: float


@dataclass(frozen=True)
class Search:
    """What was searched and found.

    Attributes
    ----------
    quiet : array of bool
        The windows that stand for normal.
    usual : QuietRate
        Of all rows in them.
    drawn : Chance
        What chance finds in them.
    episodes : tuple of Episode
        Largest first.
    best : float
        Chance of the largest gain that was found, claimed or not.
    series : int
        How many series were scanned.
    given : bool
        Whether a person named the quiet windows.
    """

    quiet: NDArray[np.bool_]
    usual: QuietRate
    drawn: Chance
    episodes: tuple[Episode, ...]
    best: float
    series: int
    given: bool


def quiet_windows(windows: Windowed, quiet: str, suspected: pd.Timestamp | None) -> NDArray[np.bool_]:
    """Return which windows stand for normal.

    Parameters
    ----------
    windows : Windowed
        The counts.
    quiet : str
        "from..to", both days inside; empty: what lies before the suspicion less one window, else the first
        half.
    suspected : pandas.Timestamp, optional
        When people think it began.

    Returns
    -------
    array of bool, shape (windows,)
        At least four.

    Raises
    ------
    InputError
        If the text is no period, or too little of the data lies in it.
    """
    place = np.arange(len(windows.n))
    if quiet:
        first, last = _period(quiet)
        inside = (windows.starts >= first) & (windows.starts < last)
        held = np.asarray(inside)
    elif suspected is not None:
        held = place < np.floor(windows.place(suspected)) - 1
    else:
        held = place < len(place) // 2
    held = held & (windows.n > 0)
    if held.sum() < _LEAST_WINDOWS:
        span = f"{windows.text(0)} to {windows.text(len(place) - 1)}"
        what = (
            f"quiet: {quiet}" if quiet else "before the onset" if suspected is not None else "the first half"
        )
        raise InputError(
            f"incident: {what}: {held.sum()} window(s) with rows; allowed: a quiet period of at least "
            f"{_LEAST_WINDOWS} windows within the data, {span}, such as '2015-07-01..2015-10-31'"
        )
    return held


def _period(text: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    parts = [part.strip() for part in text.split("..")]
    days = [instant("quiet", part) for part in parts] if len(parts) == 2 else []
    if len(days) != 2 or days[0] > days[1]:
        raise InputError(
            f"incident: quiet: came {text!r}; allowed: two dates such as '2015-07-01..2015-10-31'"
        )
    whole_day = len(parts[1]) <= len("2015-10-31")
    return days[0], days[1] + pd.Timedelta(days=1) if whole_day else days[1]


def instant(parameter: str, text: str) -> pd.Timestamp:
    """Return a time that a person entered, in UTC, without zone.

    Parameters
    ----------
    parameter : str
        For the message.
    text : str
        ISO 8601; without a zone it counts as UTC.

    Returns
    -------
    pandas.Timestamp
        Without zone.

    Raises
    ------
    InputError
        If it is no time.

    Examples
    --------
    >>> str(instant("aware", "2015-07-01T09:00+02:00"))
    '2015-07-01 07:00:00'
    """
    at = pd.to_datetime(text, errors="coerce", format="ISO8601")
    if pd.isna(at):
        raise InputError(f"incident: {parameter}: came {text!r}; allowed: a date such as '2015-07-01', or a "
                         "time such as '2015-07-01T09:30+02:00'")  # fmt: skip
    made = pd.Timestamp(at)
    return made.tz_convert("UTC").tz_localize(None) if made.tzinfo else made


def search(
    windows: Windowed, quiet: NDArray[np.bool_], *, segments: Sequence[str], confidence: float, seed: int,
    given: bool,
) -> Search:  # fmt: skip
    """Search all rows and each level of each segment for episodes.

    Parameters
    ----------
    windows : Windowed
        The counts.
    quiet : array of bool
        Which windows stand for normal.
    segments : sequence of str
        Columns within whose levels is searched too.
    confidence : float
        1 - confidence is how often a scan of quiet windows may claim anything at all.
    seed : int
        Of the resamples.
    given : bool
        Whether a person named the quiet windows.

    Returns
    -------
    Search
        Episodes of a segment only where none of all rows overlaps them.

    Raises
    ------
    InputError
        If the signal always shows in the quiet windows.
    """
    series = [each for each in _series(windows, segments) if each[2][quiet].sum()]
    known = [quiet_rate(k[quiet], n[quiet], longest=_week(windows, most=14)) for _, k, n in series]
    if known[0].rate == 1:
        raise InputError("incident: signal: every quiet row shows it; allowed: one that some rows don't show")
    # Half of the false claims are allowed to all rows, half to the segments: rare levels have long tails.
    level = (1 + confidence) / 2 if len(series) > 1 else confidence
    settings = {"block": _block(windows, quiet), "seed": seed}
    families = [range(1), range(1, len(series))] if len(series) > 1 else [range(1)]
    found: list[_Found] = []
    best, draws = 1.0, []
    for family in families:
        now = chance([series[at][1:] for at in family], quiet, **settings)
        draws.append(now)
        for at in family:
            threshold = now.threshold(level)
            made = episodes(*series[at][1:], known[at], _LEAST_GAIN)
            new = [
                _Found(series[at], each, known[at], now, threshold) for each in made if each.gain > threshold
            ]
            found += [each for each in new if not any(_overlap(each, other) for other in found)]
            best = min(best, now.of(max((each.gain for each in made), default=0.0)) * len(families))
    found.sort(key=lambda held: -held.certain)
    ranked = [_episode(number, held, found, windows, confidence) for number, held in enumerate(found, 1)]
    return Search(quiet, known[0], draws[0], tuple(ranked), min(best, 1.0), len(series), given)


@dataclass(frozen=True)
class _Found:
    series: tuple[dict[str, str], Floats, Floats]
    stretch: Stretch
    usual: QuietRate
    drawn: Chance
    threshold: float

    @property
    def certain(self) -> float:
        """The excess beyond what chance may add to a stretch of that length."""
        rows = float(self.series[2][self.stretch.first : self.stretch.end].sum())
        factor = float(self.usual.factor(np.array(self.stretch.end - self.stretch.first), rows))
        spread = np.sqrt(self.threshold * factor * rows * self.usual.rate * (1 - self.usual.rate))
        return float(abs(self.stretch.excess) - spread)


def _series(windows: Windowed, segments: Sequence[str]) -> Iterator[tuple[dict[str, str], Floats, Floats]]:
    yield {}, windows.k, windows.n
    levels = [
        (column, level, *counts) for column in segments for level, counts in windows.series(column).items()
    ]
    levels.sort(key=lambda held: -held[3].sum())
    for column, level, k, n in levels[:_MOST]:
        yield {column: level}, k, n


def _week(windows: Windowed, *, most: int) -> int:
    return max(1, min(int(pd.Timedelta(days=7) / windows.width), most))


def _block(windows: Windowed, quiet: NDArray[np.bool_]) -> int:
    """Return the windows of a block: seven days, or what makes four blocks of a shorter quiet period."""
    week = max(1, int(pd.Timedelta(days=7) / windows.width))
    day = max(1, int(pd.Timedelta(days=1) / windows.width))
    held = int(quiet.sum())
    for length in (week, day):
        if held >= _WEEKS * length:
            return length
    return max(1, held // _BLOCKS)


def _overlap(one: _Found, other: _Found) -> bool:
    return one.stretch.first < other.stretch.end and other.stretch.first < one.stretch.end


def _episode(
    number: int, held: _Found, found: Sequence[_Found], windows: Windowed, confidence: float
) -> Episode:
    (where, k, n), stretch = held.series, held.stretch
    earlier = [other.stretch.end for other in found if other.stretch.end < stretch.first]
    parts = 1 if windows.whole_days else _PARTS
    change = onset(k, n, held.usual, start=stretch.first, end=stretch.end, after=max(earlier, default=0),
                   parts=parts, confidence=confidence)  # fmt: skip
    if windows.whole_days:
        change = change._replace(at=float(np.floor(change.at)), low=float(np.floor(change.low)),
                                 high=float(np.floor(min(change.high, stretch.end - 1))))  # fmt: skip
    going_on = stretch.end == len(n)
    return Episode(number, where, stretch, change, going_on, held.drawn.of(stretch.gain))
