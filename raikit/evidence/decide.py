"""Decisions: each rule of a policy against the results of a run, by the whole interval."""

from __future__ import annotations

import datetime as dt
import math
import operator
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from raikit.evidence.dispositions import dispose
from raikit.evidence.policy import Policy, Rule
from raikit.evidence.record import Decision, DecisionStatus, Result
from raikit.evidence.spans import Span, span_of
from raikit.evidence.wording import between, figure
from raikit.evidence.wording import bound as bound_words
from raikit.stats import sample_size

# A rule over several contrasts takes the worst of them, in this order.
WORST_FIRST: tuple[DecisionStatus, ...] = ("fail", "not_run", "insufficient", "pass")

_HOLDS: dict[str, Callable[[float | Fraction, float | Fraction], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
}


class _Judged(NamedTuple):
    status: DecisionStatus
    reason: str
    needed: int | None
    result: Result
    margin: float  # signed distance past the bound, to order results of one status


def decide(
    policy: Policy,
    results: Sequence[Result],
    *,
    run: str,
    state: str = "complete",
    today: dt.date | None = None,
    runner: str = "",
    model: str = "",
) -> list[Decision]:
    """Judge every rule of a run.

    The one function from which decisions come: the release, the gate and the foot of a notebook
    that an analyst runs by hand all call it.

    Parameters
    ----------
    policy : Policy
        Rules and dispositions.
    results : sequence of Result
        The run's results.
    run : str
        Rules that name another run are left out.
    state : {"complete", "failed", "not_run"}
        Unless complete, every rule is ``not_run``.
    today : datetime.date, optional
        The day on which expiry is judged; by default the present day.
    runner : str, optional
        Who ran the release; can't accept its risks.
    model : str, optional
        Digest of the model, or the system's version where there is no model file.

    Returns
    -------
    list of Decision
        One a rule, in the policy's order.

    Examples
    --------
    >>> from raikit.evidence.policy import parse_policy
    >>> policy = parse_policy({"version": 1, "rules": [{"id": "acc", "run": "performance",
    ...     "metric": "accuracy", "op": ">=", "value": 0.8, "source": "AI policy 2.1"}]}, where="example")
    >>> result = Result(id="accuracy", metric="accuracy", n=1000, estimate=0.85, low=0.826, high=0.871,
    ...     confidence=0.95, method="wilson", status="ok", counts=[850, 1000])
    >>> [d.status for d in decide(policy, [result], run="performance")]
    ['pass']
    """
    day = today or dt.date.today()
    decisions = []
    for rule in policy.rules:
        if rule.run == run:
            bare = _decide_rule(rule, results, state)
            decisions.append(dispose(bare, policy.dispositions, today=day, runner=runner, model=model))
    return decisions


def worst(statuses: Iterable[DecisionStatus]) -> DecisionStatus | None:
    """Return the worst of several statuses.

    Parameters
    ----------
    statuses : iterable of str
        Any number.

    Returns
    -------
    str or None
        In the order fail, not_run, insufficient, pass; None for none.

    Examples
    --------
    >>> worst(["pass", "insufficient", "not_run"])
    'not_run'
    """
    present = set(statuses)
    return next((status for status in WORST_FIRST if status in present), None)


def _decide_rule(rule: Rule, results: Sequence[Result], state: str) -> Decision:
    if state != "complete":
        return _decision(rule, "not_run", None, f"the run {rule.run!r} did not complete", None)
    chosen = select(rule, results)
    if not chosen:
        return _decision(rule, "not_run", None, f"the run reports no {_target(rule)}", None)
    judged = [_judge(rule, result) for result in chosen]
    verdict = worst(item.status for item in judged)
    leading = max((item for item in judged if item.status == verdict), key=lambda item: item.margin)
    reason = leading.reason
    same = sum(item.status == verdict for item in judged)
    if len(judged) > 1:
        reason += f"; {same} of {len(judged)} results {_words(leading.status)}"
    return _decision(rule, leading.status, leading.result.id, reason, leading.needed)


def select(rule: Rule, results: Sequence[Result]) -> list[Result]:
    """Return the results that a rule judges.

    Parameters
    ----------
    rule : Rule
        ``slice`` absent: the overall result; a column (or several joined by ``×``): each result or
        contrast by it; ``{column: value}``: that group's; ``"each"``: all of the metric.
    results : sequence of Result
        The run's results.

    Returns
    -------
    list of Result
        In the record's order.
    """
    of_metric = [result for result in results if result.metric == rule.metric]
    if rule.slice is None:
        return [result for result in of_metric if not _groups(result)]
    if rule.slice == "each":
        return of_metric
    if isinstance(rule.slice, str):
        columns = {part.strip() for part in rule.slice.split("×")}
        return [result for result in of_metric if columns in (set(_groups(result)), set(result.slice))]
    return [
        result
        for result in of_metric
        if rule.slice in (_groups(result), result.slice, *(result.compared or ()))
    ]  # a contrast names two groups; a rule on either of them judges it


def _groups(result: Result) -> dict[str, str]:
    """Return whom a result is about; a change since the baseline is about the same group in both runs."""
    if [each.get("run") for each in result.compared or ()] == ["this", "baseline"]:
        return {name: value for name, value in result.slice.items() if name != "run"}
    return dict(result.slice)


def _judge(rule: Rule, result: Result) -> _Judged:
    bound = float(rule.value)
    if result.status == "suppressed":
        return _Judged("not_run", "hidden to protect small groups", None, result, 0.0)
    if result.status == "undefined" or result.estimate is None or result.n is None:
        return _Judged("not_run", "undefined: nothing to divide by", None, result, 0.0)
    span = span_of(rule, result)
    upper = rule.op in ("<=", "<")
    margin = float(span.point) - bound if upper else bound - float(span.point)
    if rule.judge == "estimate":
        return _by_estimate(rule, result, span, margin)
    holds = _HOLDS[rule.op]
    far, near = (span.high, span.low) if upper else (span.low, span.high)
    level = f"{'one-sided ' if rule.sided == 'one' else ''}{result.confidence:.0%}"
    interval = f"{level} interval {between(span.low, span.high)}"
    limit = bound_words(bound)
    if not holds(near, bound):
        return _Judged("fail", f"{interval} lies beyond {limit}", None, result, margin)
    if not holds(far, bound):
        more = _needed(result, float(span.point), far if holds(span.point, bound) else near, bound)
        more = max(more, rule.min_n - result.n) if more is not None else None
        return _Judged("insufficient", f"{interval} contains {limit}", more, result, margin)
    if result.n < rule.min_n:
        reason = f"{interval} keeps {limit}, but n = {result.n} is under {rule.min_n}"
        return _Judged("insufficient", reason, rule.min_n - result.n, result, margin)
    return _Judged("pass", f"{interval} keeps {limit}", None, result, margin)


def _by_estimate(rule: Rule, result: Result, span: Span, margin: float) -> _Judged:
    shown = f"estimate {figure(float(span.point))} judged alone, as the source says"
    assert result.n is not None  # checked by the caller
    if result.n < rule.min_n:
        reason = f"{shown}, but n = {result.n} is under {rule.min_n}"
        return _Judged("insufficient", reason, rule.min_n - result.n, result, margin)
    # Fraction of the decimal text: 0.8 means 4/5, not the nearest binary number.
    keeps = _HOLDS[rule.op](span.point, Fraction(str(rule.value)))
    status: DecisionStatus = "pass" if keeps else "fail"
    return _Judged(
        status,
        f"{shown}: {'keeps' if keeps else 'misses'} {bound_words(float(rule.value))}",
        None,
        result,
        margin,
    )


def _needed(result: Result, point: float, limit: float, bound: float) -> int | None:
    """About how many more rows would decide, if the rates stay."""
    assert result.n is not None  # checked by the caller
    total: int | None
    if result.method == "wilson" and result.counts and len(result.counts) == 2:
        k, n = result.counts
        total = sample_size.rows_needed(k, n, bound, confidence=result.confidence)
    elif (
        result.method.startswith("newcombe")
        and "paired" not in result.method  # its counts are of the same rows twice
        and result.counts
        and len(result.counts) == 4
    ):
        k, n, k_other, n_other = result.counts
        low, high = result.low or 0.0, result.high or 0.0
        critical = sample_size.critical_value_of(k, n, k_other, n_other, low, high)
        total = sample_size.rows_needed_difference(k, n, k_other, n_other, bound, critical=critical)
    elif point == bound or not math.isfinite(limit):
        return None
    else:  # the width of an interval shrinks with the root of n
        total = math.ceil(result.n * ((limit - point) / (point - bound)) ** 2)
    return None if total is None else max(0, total - result.n)


def _decision(
    rule: Rule, status: DecisionStatus, result: str | None, reason: str, needed: int | None
) -> Decision:
    about = rule.model_dump(include={"run", "metric", "slice", "op", "source", "severity"})
    return Decision(
        rule=rule.id,
        status=status,
        result=result,
        bound=float(rule.value),
        reason=reason,
        needed=needed,
        **about,
    )


def _target(rule: Rule) -> str:
    if rule.slice is None:
        return f"overall {rule.metric}"
    if isinstance(rule.slice, dict):
        return f"{rule.metric} for " + ", ".join(f"{key} = {value}" for key, value in rule.slice.items())
    return rule.metric if rule.slice == "each" else f"{rule.metric} by {rule.slice}"


def _words(status: DecisionStatus) -> str:
    return {"fail": "fail", "not_run": "were not run", "insufficient": "are undecided", "pass": "pass"}[
        status
    ]
