"""What drills are held on: real rows without an incident, laid out in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from raikit.errors import InputError
from raikit.release.drill.injector import Target
from raikit.sources.table import open_table

_START = pd.Timestamp("2026-01-05", tz="UTC")  # a Monday
_DAYS = {"flights": 84, "acs": 56, "refusals": 42}
_DAY = pd.Timedelta("1D")
_NEAR = 645  # miles: half of the flights go no farther
_REFUSALS_A_DAY = 400
_CHANNELS = ("app", "web", "partner")
_QUIET = (
    pd.Timestamp("2015-07-01"),
    pd.Timestamp("2015-11-01"),
)  # without the winter's episodes; after the change of carrier codes
_HIGH_SCORE = 0.94  # a tenth of the people in the census rows are scored so high


@dataclass(frozen=True)
class Subject:
    """A quiet log, and what can be damaged in it.

    Parameters
    ----------
    source : str
        Its name.
    frame : pandas.DataFrame
        With the column `at`.
    targets : tuple of Target
        One for each kind of fault that it can have.
    segments : tuple of str
        The columns that a page is given to look in; some hold no fault.
    about : str
        What is real and what is made up, for the page.
    """

    source: str
    frame: pd.DataFrame
    targets: tuple[Target, ...]
    segments: tuple[str, ...]
    about: str


def subject(source: str, seed: int) -> Subject:
    """Return a quiet log of real rows.

    Parameters
    ----------
    source : {"flights", "acs", "refusals"}
        Which demo data.
    seed : int
        Of the draw of days or times.

    Returns
    -------
    Subject
        The same for the same seed.

    Raises
    ------
    InputError
        If there is no such source, or the demo data can't be fetched.
    """
    if source not in SOURCES:
        raise InputError(f"drill: source is {source!r}; allowed: {', '.join(SOURCES)}")
    return _BUILDERS[source](np.random.default_rng([seed, len(source)]))


def _flights(random: np.random.Generator) -> Subject:
    """Return quiet months' flights, resampled in blocks of seven days: ordinary bad days stay bad days."""
    rows = _rows("demo:flights", ["date", "day_of_week", "airline", "distance", "departure_delay"])
    rows = rows.join(_rows("demo:flights", ["cancelled", "predicted_probability"]))
    date = pd.to_datetime(rows["date"])
    quiet = rows[date.ge(_QUIET[0]) & date.lt(_QUIET[1])].assign(date=date)
    mondays = pd.date_range(*_QUIET, freq="W-MON")[:-1]
    weeks = []
    for number, start in enumerate(random.choice(mondays.to_numpy(), _DAYS["flights"] // 7)):
        since = quiet["date"] - pd.Timestamp(start)
        block = quiet[since.ge(pd.Timedelta(0)) & since.lt(7 * _DAY)]
        at = _START + since[block.index] + number * 7 * _DAY
        weeks.append(block.assign(at=at + _within_a_day(random, len(block))))
    frame = pd.concat(weeks, ignore_index=True).drop(columns="date")
    frame["distance_band"] = np.where(frame["distance"] <= _NEAR, "up to 645 miles", "over 645 miles")
    both = ("airline", "distance_band")
    targets = (
        Target("recode", "airline", "at", _DAY, ("distance_band",)),
        Target("units", "departure_delay", "at", _DAY, both),
        Target("score", "predicted_probability", "at", _DAY, both, threshold=0.3),
        Target("harm", "cancelled", "at", _DAY, both),
    )
    about = (
        "Real flights of July to October 2015, resampled in blocks of seven days; the dates and the time of "
        "day are made up, and a fault was put in: a drill."
    )
    return Subject(
        "flights", frame.sort_values("at", ignore_index=True), targets, (*both, "day_of_week"), about
    )


def _acs(random: np.random.Generator) -> Subject:
    """Return the census rows of one year at random times."""
    names = ["age", "age_band", "sex", "nativity", "marital_status", "disability"]
    frame = _rows(
        "demo:acs-employment?year=2018", [*names, "employed", "prediction", "predicted_probability"]
    )
    frame["wrong"] = (frame["employed"] != frame["prediction"]).astype("int64")
    frame = _at_random_times(frame, random, _DAYS["acs"])
    segments = ("age_band", "sex", "nativity")
    targets = (
        Target("recode", "marital_status", "at", _DAY, segments),
        Target("units", "age", "at", _DAY, segments, factor=12.0),
        Target("score", "predicted_probability", "at", _DAY, segments, threshold=_HIGH_SCORE),
        Target("harm", "wrong", "at", _DAY, segments),
    )
    about = "Real census rows at made-up times, and a fault was put in: a drill."
    return Subject("acs", frame, targets, (*segments, "disability"), about)


def _refusals(random: np.random.Generator) -> Subject:
    """Return graded replies, drawn with replacement, at random times and over made-up channels."""
    pairs = _rows("demo:refusals", ["item", "category", "set", "outcome"])
    drawn = random.integers(0, len(pairs), _REFUSALS_A_DAY * _DAYS["refusals"])
    frame = pairs.iloc[drawn].reset_index(drop=True)
    frame["failed"] = frame.pop("outcome").eq("fail").astype("int64")
    frame["channel"] = random.choice(_CHANNELS, len(frame), p=[0.5, 0.3, 0.2])
    frame = _at_random_times(frame, random, _DAYS["refusals"])
    segments = ("category", "channel")
    targets = (
        Target("recode", "set", "at", _DAY, segments),
        Target("harm", "failed", "at", _DAY, segments),
    )
    about = "Real graded replies, repeated, at made-up times and channels, and a fault was put in: a drill."
    return Subject("refusals", frame, targets, (*segments, "set"), about)


def _rows(source: str, columns: list[str]) -> pd.DataFrame:
    return open_table(source).to_pandas(columns)


def _at_random_times(frame: pd.DataFrame, random: np.random.Generator, days: int) -> pd.DataFrame:
    since = pd.to_timedelta(random.integers(0, days * 86_400, len(frame)), unit="s")
    return frame.assign(at=_START + since).sort_values("at", ignore_index=True, kind="stable")


def _within_a_day(random: np.random.Generator, rows: int) -> pd.TimedeltaIndex:
    return pd.to_timedelta(random.integers(0, 86_400, rows), unit="s")


_BUILDERS: dict[str, Callable[[np.random.Generator], Subject]] = {
    "flights": _flights,
    "acs": _acs,
    "refusals": _refusals,
}
SOURCES = tuple(_BUILDERS)
