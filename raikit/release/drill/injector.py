"""The injector of a drill: it puts a fault into a table at a random time, and says what it did.

It knows nothing of how an incident is found. A fault damages one column of the rows of one segment, from a
random time on; a check that a monitored system would have (is the value a known one, within its range, below
the threshold, harmless) then fails more often. Times, segments and rows are drawn from the seed alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from raikit.errors import InputError
from raikit.release.drill.shapes import SHAPES, Course, draw_course

KINDS = ("recode", "units", "score", "harm")
FAILS = "check_failed"
_UNKNOWN = "??"  # what a recoded category reads like: a value that nobody declared
_LARGEST_SHARE = 0.8  # a segment that is nearly all rows can't be told from all rows
# 80% power at a two-sided 5%, the usual convention for a smallest detectable difference
_LEVEL, _POWER = NormalDist().inv_cdf(0.975), NormalDist().inv_cdf(0.8)
_ROUNDS = 50  # of a fixed point that settles in ten


@dataclass(frozen=True)
class Target:
    """What is damaged, and the check that then fails.

    Parameters
    ----------
    kind : {"recode", "units", "score", "harm"}
        A category gets a value that nobody declared; a number another unit; a score a shift; an outcome
        flips to 1.
    column : str
        The column that is damaged. A `harm` column is 0 or 1, a `score` is a probability.
    timestamp : str
        When each row was logged.
    window : pandas.Timedelta
        The width in which a page counts; the effect is stated for one window.
    segments : tuple of str
        Columns in which a segment is drawn.
    threshold : float, default=0.5
        Of a score: a row fails from there on.
    factor : float, default=60.0
        Of units: what values are multiplied by (60: minutes became seconds).
    """

    kind: str
    column: str
    timestamp: str
    window: pd.Timedelta
    segments: tuple[str, ...]
    threshold: float = 0.5
    factor: float = 60.0


@dataclass(frozen=True)
class Fault:
    """One fault: when, where and how much.

    Parameters
    ----------
    course : Course
        When it begins, is complete and ends.
    segment : dict of str to str
        The column and value whose rows are damaged.
    smallest, effect : float
        The smallest rise of the check's failure rate that one window of the segment could show, and the rise
        planned, both as shares of the segment's rows.
    share : float
        Of the exposed rows, how many are damaged when the fault is complete.
    damaged, failing : int
        Rows changed, and rows whose check fails because of it.
    """

    course: Course
    segment: dict[str, str]
    smallest: float
    effect: float
    share: float
    damaged: int
    failing: int


@dataclass(frozen=True)
class Injected:
    """A table with a fault in it, and the truth.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows given, in their order, with the column `check_failed` (0 or 1) added.
    target : Target
        What was damaged.
    shape : str
        How it came.
    faults : tuple of Fault
        One, or two that overlap.
    seed : int
        What it was drawn from.
    """

    frame: pd.DataFrame
    target: Target
    shape: str
    faults: tuple[Fault, ...]
    seed: int

    def truth(self) -> dict[str, Any]:
        """Return what was done, in JSON's types.

        Returns
        -------
        dict
            Times in ISO 8601, UTC.
        """
        return {
            "schema": "raikit.drill-truth/1",
            "kind": self.target.kind,
            "shape": self.shape,
            "column": self.target.column,
            "window_seconds": int(self.target.window.total_seconds()),
            "seed": self.seed,
            "rows": len(self.frame),
            "faults": [asdict(fault) | {"course": fault.course.as_json()} for fault in self.faults],
        }


def inject(
    frame: pd.DataFrame, target: Target, *, shape: str, seed: int, multiple: float = 5.0, rows: int = 60
) -> Injected:
    """Put a fault into a table at a random time and into a random segment.

    Parameters
    ----------
    frame : pandas.DataFrame
        A log; it is left as it is. An Arrow table is given as ``table.to_pandas()``.
    target : Target
        What to damage.
    shape : {"sudden", "gradual", "intermittent", "overlapping"}
        How it comes; `overlapping` is two sudden faults in two segments, the second before the first is over.
    seed : int
        Of every draw.
    multiple : float, default=5.0
        The effect, in smallest detectable rises of one window.
    rows : int, default=60
        The least rows that the segment must have in each whole window.

    Returns
    -------
    Injected
        The damaged table and the truth.

    Raises
    ------
    InputError
        If no segment has so many rows and room for so large an effect, or the log has too few windows.
    """
    _refuse_unknown(target, shape)
    random = np.random.default_rng(seed)
    times = pd.to_datetime(frame[target.timestamp], utc=True)
    courses = draw_course(random, times.min().floor(target.window), times.max(), target.window, shape)
    damaged, check = _damage(frame, target), _check(frame, target)
    before = check(frame[target.column])
    log = _Log(frame, target, times.dt.floor(target.window), before, check(damaged) & ~before, multiple, rows)
    hit = pd.Series(False, index=frame.index)
    faults: list[Fault] = []
    for course in courses:
        chosen = _segment(log, random, faults, len(courses))
        column, value = chosen.where
        drawn = random.random(len(frame)) < chosen.share * course.exposure(times)
        exposed = frame[column].astype(str).eq(value) & drawn
        hit |= exposed
        faults.append(
            Fault(
                course, {column: value}, chosen.smallest, chosen.effect, chosen.share,
                int(exposed.sum()), int((exposed & log.gains).sum()),
            )
        )  # fmt: skip
    values = damaged.where(hit, frame[target.column].astype(damaged.dtype))
    made = frame.assign(**{target.column: values, FAILS: check(values).astype("int64")})
    return Injected(made, target, shape, tuple(faults), seed)


def smallest_detectable(failing: pd.Series, windows: pd.Series) -> float:
    """Return the smallest rise of a rate that one window could show, from how quiet windows vary.

    Parameters
    ----------
    failing : pandas.Series of bool
        A row each.
    windows : pandas.Series
        Each row's window.

    Returns
    -------
    float
        The rise that a two-sided test at 5% sees with 80% power; a window's rate varies as it was seen to
        vary between windows, or as independent rows do where that is more.

    Examples
    --------
    >>> quiet = pd.Series([True, False, False, False] * 100)
    >>> round(smallest_detectable(quiet, pd.Series(range(400)) // 100), 3)
    0.126
    """
    by = failing.groupby(windows)
    number = float(by.size().mean())
    rate = (float(failing.sum()) + 1) / (len(failing) + 2)  # never zero: none seen is not none possible
    seen = float(by.mean().var(ddof=1)) if by.ngroups > 1 else 0.0
    more = max(1.0, seen * number / (rate * (1 - rate)))  # how much more than independent rows
    rise = 0.0
    for _ in range(_ROUNDS):
        risen = min(rate + rise, 1.0)
        rise = _LEVEL * _spread(rate, number, more) + _POWER * _spread(risen, number, more)
    return rise


def _spread(rate: float, number: float, more: float) -> float:
    return float(np.sqrt(more * rate * (1 - rate) / number))


@dataclass(frozen=True)
class _Log:
    """The rows as a segment is drawn from them."""

    frame: pd.DataFrame
    target: Target
    windows: pd.Series
    before: pd.Series  # the check fails as it is
    gains: pd.Series  # and fails only when the row is damaged
    multiple: float
    rows: int

    @cached_property
    def able(self) -> list[_Chosen]:
        """The segments with rows and room enough, looked for once."""
        return _able(self)


@dataclass(frozen=True)
class _Chosen:
    where: tuple[str, str]
    smallest: float
    effect: float
    share: float


def _segment(log: _Log, random: np.random.Generator, faults: Sequence[Fault], number: int) -> _Chosen:
    """Draw a segment with rows and room enough; the second of two lies in the first one's column."""
    taken = {next(iter(fault.segment.items())) for fault in faults}
    columns = {column for column, _ in taken}
    able = [
        each for each in log.able if each.where not in taken and (not columns or each.where[0] in columns)
    ]
    enough = Counter(each.where[0] for each in able)
    able = [each for each in able if enough[each.where[0]] >= number - len(faults)]
    if not able:
        raise InputError(
            f"drill: in none of the columns {', '.join(log.target.segments)} have {number} segment(s) "
            f"{log.rows} rows in each window of {log.target.window} and room for {log.multiple:g} times the "
            "smallest detectable rise; take a longer window or more rows"
        )
    return able[int(random.integers(len(able)))]


def _able(log: _Log) -> list[_Chosen]:
    """Return the segments with rows and room enough."""
    codes, every = pd.factorize(log.windows, sort=True)
    inner = (codes > 0) & (codes < len(every) - 1)  # the first and the last window may be cut off
    found = []
    for column in log.target.segments:
        values, names = pd.factorize(log.frame[column].astype("object"), sort=True)
        for number, value in enumerate(names):
            all_of_it = values == number
            inside = all_of_it & inner
            counts = np.bincount(codes[inside], minlength=len(every))[1:-1]
            if (
                all_of_it.sum() > _LARGEST_SHARE * len(log.frame)
                or not counts.size
                or counts.min() < log.rows
            ):
                continue
            smallest = smallest_detectable(log.before[inside], log.windows[inside])
            effect, room = log.multiple * smallest, float(log.gains[inside].mean())
            if effect <= room:
                found.append(_Chosen((column, str(value)), smallest, effect, effect / room))
    return found


def _damage(frame: pd.DataFrame, target: Target) -> pd.Series:
    """Return the column as it would be if every row were damaged."""
    column = frame[target.column]
    if target.kind == "recode":
        return column.astype("str").map(lambda value: f"{_UNKNOWN}{value}", na_action="ignore")
    if target.kind == "units":
        return column.astype("float64") * target.factor
    if target.kind == "score":
        return (column.astype("float64") + target.threshold).clip(0, 1)
    return pd.Series(1, index=frame.index, dtype=column.dtype)


def _check(frame: pd.DataFrame, target: Target) -> Callable[[pd.Series], pd.Series]:
    """Return the check of the column, as it was set up on the undamaged rows: a missing value never fails."""
    column = frame[target.column]
    if target.kind == "recode":
        known = set(column.dropna().astype("str").unique())
        return lambda values: values.notna() & ~values.astype("str").isin(known)
    if target.kind == "units":
        low, high = column.min(), column.max()
        return lambda values: (values < low) | (values > high)
    if target.kind == "score":
        return lambda values: values.ge(target.threshold).fillna(False).astype(bool)
    return lambda values: values.eq(1).fillna(False).astype(bool)


def _refuse_unknown(target: Target, shape: str) -> None:
    for name, value, allowed in (("kind", target.kind, KINDS), ("shape", shape, SHAPES)):
        if value not in allowed:
            raise InputError(f"drill: {name} is {value!r}; allowed: {', '.join(allowed)}")
