"""A result turned to face a rule's bound: what is compared with it."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from raikit.evidence.policy import Rule
from raikit.evidence.record import Result
from raikit.stats import intervals


class Span(NamedTuple):
    """What is compared with the bound: the point and the limits of a result, turned to face it."""

    point: float | Fraction
    low: float
    high: float


def span_of(rule: Rule, result: Result) -> Span:
    """Turn a result to face the bound: a gap by its size, a ratio as smaller ÷ larger.

    Parameters
    ----------
    rule : Rule
        Its direction, and whether one limit or both are judged.
    result : Result
        With an estimate.

    Returns
    -------
    Span
        Ratios of counts stay exact.

    Examples
    --------
    >>> from raikit.evidence.policy import Rule
    >>> from raikit.evidence.record import Result
    >>> rule = Rule(id="a", run="r", metric="pass_rate_difference", op="<=", value=0.1, source="a test")
    >>> gap = Result(id="a", metric="pass_rate_difference", n=9, estimate=-0.2, low=-0.3, high=0.1,
    ...     confidence=0.95, method="newcombe", status="ok")
    >>> span_of(rule, gap)
    Span(point=0.2, low=0.0, high=0.3)
    """
    low, high = _limits(rule, result)
    point = _exact(result)
    if result.metric.endswith("_difference") and rule.op in ("<=", "<"):
        inner = 0.0 if low <= 0.0 <= high else min(abs(low), abs(high))
        size = point if point >= 0 else -point
        return Span(size, inner, max(abs(low), abs(high)))
    if result.metric.endswith("_ratio") and rule.op in (">=", ">"):
        flipped = (_inverse(high), _inverse(low))
        top = 1.0 if low <= 1.0 <= high else min(high, flipped[1])
        least: float | Fraction = 1 / point if point > 1 else point
        return Span(least, min(low, flipped[0]), top)
    return Span(point, low, high)


def _inverse(limit: float) -> float:
    return math.inf if limit == 0 else 1 / limit


def _exact(result: Result) -> float | Fraction:
    """Return the estimate as a fraction of integers where the counts give it."""
    counts = result.counts or []
    if len(counts) == 2 and counts[1]:
        return Fraction(counts[0], counts[1])
    if len(counts) == 4 and counts[1] and counts[3]:
        first, second = Fraction(counts[0], counts[1]), Fraction(counts[2], counts[3])
        if result.metric.endswith("_difference"):
            return first - second
        if result.metric.endswith("_ratio") and second:
            return first / second
    assert result.estimate is not None
    return result.estimate


def _limits(rule: Rule, result: Result) -> tuple[float, float]:
    low = -math.inf if result.low is None else result.low
    high = math.inf if result.high is None else result.high
    if rule.sided == "two":
        return low, high
    # One limit at the stated confidence is that limit of the two-sided interval at 2c - 1. Where the
    # counts don't give it, the two-sided limits stand: they are wider, so nothing passes by it.
    return _one_sided(result) or (low, high)


def _one_sided(result: Result) -> tuple[float, float] | None:
    methods: dict[tuple[str, int], Callable[..., intervals.Interval]] = {
        ("wilson", 2): intervals.wilson_interval,
        ("clopper-pearson", 2): intervals.clopper_pearson_interval,
        ("newcombe", 4): intervals.newcombe_interval,
        ("koopman", 4): intervals.koopman_interval,
    }
    method = methods.get((result.method, len(result.counts or ())))
    if method is None:
        return None
    interval = method(*(result.counts or ()), confidence=2 * result.confidence - 1)
    return float(interval.low), float(interval.high)
