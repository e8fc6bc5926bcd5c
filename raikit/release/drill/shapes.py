"""How a fault comes: at once, slowly, on and off, or two that overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from raikit.errors import InputError

SHAPES = ("sudden", "gradual", "intermittent", "overlapping")
_FEWEST = 30  # windows of a log: half of them stay undamaged
_QUIET = 0.5  # of the log stays undamaged, so that there is something to compare with


@dataclass(frozen=True)
class Course:
    """When a fault is there.

    Parameters
    ----------
    onset, full : pandas.Timestamp
        When the first rows are damaged, and from when on it is complete; the same for a sudden one.
    phases : tuple of (pandas.Timestamp, pandas.Timestamp or None)
        When it is on, from and to; a last end of None: until the log ends.
    """

    onset: pd.Timestamp
    full: pd.Timestamp
    phases: tuple[tuple[pd.Timestamp, pd.Timestamp | None], ...]

    def exposure(self, times: pd.Series) -> np.ndarray:
        """Return how complete the fault is at each time.

        Parameters
        ----------
        times : pandas.Series of datetime64
            In UTC.

        Returns
        -------
        numpy.ndarray
            From 0 (not there) to 1 (complete).
        """
        on = np.zeros(len(times), dtype=bool)
        for start, end in self.phases:
            on |= (times.ge(start) & (times.lt(end) if end is not None else True)).to_numpy()
        ramp = (self.full - self.onset).total_seconds()
        if not ramp:
            return on.astype("float64")
        since = (times - self.onset).dt.total_seconds().to_numpy()
        return np.where(on, np.clip(since / ramp, 0, 1), 0.0)

    def as_json(self) -> dict[str, Any]:
        """Return the course in JSON's types.

        Returns
        -------
        dict
            Times in ISO 8601.
        """
        end = self.phases[-1][1]
        return {
            "onset": self.onset.isoformat(),
            "full": self.full.isoformat(),
            "end": None if end is None else end.isoformat(),
            "phases": [[one.isoformat(), two and two.isoformat()] for one, two in self.phases],
        }


def draw_course(
    random: np.random.Generator, start: pd.Timestamp, end: pd.Timestamp, window: pd.Timedelta, shape: str
) -> list[Course]:
    """Draw when a fault is there: after the first half of the log, at any second.

    Parameters
    ----------
    random : numpy.random.Generator
        Of every draw.
    start, end : pandas.Timestamp
        Of the log.
    window : pandas.Timedelta
        The width in which a page counts.
    shape : {"sudden", "gradual", "intermittent", "overlapping"}
        How it comes.

    Returns
    -------
    list of Course
        One; two for `overlapping`.

    Raises
    ------
    InputError
        If the log has too few windows.
    """
    windows = (end - start) / window
    if windows < _FEWEST:
        raise InputError(f"drill: the log has {windows:.0f} windows of {window}; {_FEWEST} are the least")
    # The last third of the second half is left, so that every shape has room to be seen.
    onset = start + window * float(random.uniform(_QUIET, _QUIET + (1 - _QUIET) / 3) * windows)
    onset = onset.round("s")
    left = (end - onset) / window
    if shape == "gradual":
        full = (onset + window * float(random.uniform(0.3, 0.6) * left)).round("s")
        return [Course(onset, full, ((onset, None),))]
    if shape == "intermittent":
        return [Course(onset, onset, _phases(random, onset, end, window))]
    first = _sudden(random, onset, left, window)
    if shape == "sudden":
        return [first]
    later = (onset + window * float(random.uniform(2, 4))).round("s")
    return [Course(onset, onset, ((onset, None),)), _sudden(random, later, left - 4, window)]


def _sudden(random: np.random.Generator, onset: pd.Timestamp, left: float, window: pd.Timedelta) -> Course:
    """Return a fault that comes at once; every second one is put right before the log ends."""
    over = random.random() < 0.5
    end = (onset + window * float(random.uniform(0.5, 0.8) * left)).round("s") if over else None
    return Course(onset, onset, ((onset, end),))


def _phases(
    random: np.random.Generator, onset: pd.Timestamp, end: pd.Timestamp, window: pd.Timedelta
) -> tuple[tuple[pd.Timestamp, pd.Timestamp | None], ...]:
    """Return when a fault that comes and goes is on: two or three windows, then one or two without."""
    phases = []
    at = onset
    while at < end:
        off = (at + window * float(random.uniform(2, 3))).round("s")
        phases.append((at, off))
        at = (off + window * float(random.uniform(1, 2))).round("s")
    return tuple(phases)
