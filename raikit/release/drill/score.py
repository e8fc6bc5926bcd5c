"""The score of a drill: what the page said against the sealed truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

EPISODE = "incident_excess"
SEGMENT = "segment_excess"


@dataclass(frozen=True)
class Score:
    """How a page did.

    Parameters
    ----------
    claimed : bool
        It claimed an episode at all.
    onset_off : float or None
        Windows from the true onset to the start of the earliest episode claimed; negative: too early.
    onset : bool
        Within one window; of a fault that grew slowly, which has no first window to be seen in: its interval
        holds the true onset.
    segment : bool
        The segment named first is a true one.
    named : str
        The segment named first; "" where none is.
    covers : bool
        The onset's interval holds the window of the true onset.
    width : float or None
        Windows in that interval.
    """

    claimed: bool
    onset_off: float | None
    onset: bool
    segment: bool
    named: str
    covers: bool
    width: float | None

    @property
    def right(self) -> bool:
        """Return whether onset, interval and segment are all right."""
        return self.onset and self.covers and self.segment


def score(truth: Mapping[str, Any], results: Sequence[Mapping[str, Any]]) -> Score:
    """Return how the results of an incident run stand to the truth.

    The onset that counts is the start of the *earliest* episode claimed, and the true one that of the first
    fault: a page that names an ordinary day before it, or only a later phase of it, is wrong.

    Parameters
    ----------
    truth : mapping
        As the injector gave it.
    results : sequence of mapping
        With `metric` and `slice`, in the record's order.

    Returns
    -------
    Score
        All False where nothing was claimed.

    Examples
    --------
    >>> truth = {"window_seconds": 86400, "faults": [
    ...     {"course": {"onset": "2026-02-03T14:00:00+00:00"}, "segment": {"sex": "Male"}}]}
    >>> claim = {"metric": "incident_excess", "slice": {
    ...     "from": "2026-02-04", "onset from": "2026-02-03", "onset to": "2026-02-04"}}
    >>> score(truth, [claim, {"metric": "segment_excess", "slice": {"sex": "Male"}}])
    Score(claimed=True, onset_off=1.0, onset=True, segment=True, named='sex=Male', covers=True, width=2.0)
    """
    window = pd.Timedelta(seconds=truth["window_seconds"])
    claims = [item["slice"] for item in results if item["metric"] == EPISODE]
    if not claims:
        return Score(False, None, False, False, "", False, None)
    first = min(claims, key=lambda held: _at(held["from"], window))
    onset = min(_at(fault["course"]["onset"], window) for fault in truth["faults"])
    off = (_at(first["from"], window) - onset) / window
    low, high = _at(first["onset from"], window), _at(first["onset to"], window)
    named = next((dict(item["slice"]) for item in results if item["metric"] == SEGMENT and item["slice"]), {})
    true = [fault["segment"] for fault in truth["faults"]]
    covers = low <= onset <= high
    return Score(
        claimed=True,
        onset_off=off,
        onset=covers if truth.get("shape") == "gradual" else abs(off) <= 1,
        segment=any(_holds(named, one) for one in true),
        named=", ".join(f"{key}={value}" for key, value in named.items()),
        covers=covers,
        width=(high - low) / window + 1,
    )


def _holds(named: Mapping[str, Any], true: Mapping[str, str]) -> bool:
    return bool(named) and all(str(named.get(column)) == value for column, value in true.items())


def _at(text: str, window: pd.Timedelta) -> pd.Timestamp:
    """Return the window in which a time lies."""
    at = pd.Timestamp(text)
    at = at.tz_localize("UTC") if at.tzinfo is None else at.tz_convert("UTC")
    return at.floor(window)
