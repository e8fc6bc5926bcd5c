"""Alerts over windows: which rules would have paged, when, and how often past pages were right."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from raikit.errors import InputError
from raikit.evidence.decide import decide
from raikit.evidence.policy import Policy, Rule, problems_of
from raikit.evidence.record import Result
from raikit.stats.intervals import Interval, clopper_pearson_interval


class Fired(NamedTuple):
    """An alert: its rule and tier, the window in which it fired, whom it tells, and why."""

    rule: str
    tier: str
    window: str
    owner: str
    runbook: str
    reason: str


class PastAlert(BaseModel):
    """A line of the history file: what fired, and what it turned out to be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str
    window: str
    fired: dt.date
    outcome: Literal["real", "noise", "open"] = "open"
    note: str = ""


def replay(
    rule: Rule, results: Sequence[Result], *, value: float | None = None, today: dt.date | None = None
) -> list[Fired]:
    """Return the alerts that a rule gives over the windows of a run.

    Parameters
    ----------
    rule : Rule
        With an `alert`; of its metric, results with the slice key "window" are judged one by one.
    results : sequence of Result
        Of the run.
    value : float, optional
        Another bound than the rule's: "at this threshold, these would have fired".
    today : datetime.date, optional
        The day on which expiry is judged; by default the present day.

    Returns
    -------
    list of Fired
        In order of time: a window fires when it and the `persistence` - 1 before it fail, and none of the
        `cooldown` windows before it fired. None without an alert, or once it has expired.

    Examples
    --------
    >>> from raikit.evidence.policy import parse_policy
    >>> policy = parse_policy({"version": 1, "rules": [{"id": "form", "run": "drift", "op": "<=", "value": 0,
    ...     "metric": "contract_breaks", "source": "policy 5", "alert": {"tier": "page", "owner": "al"}}]},
    ...     where="example")
    >>> result = Result(id="contract_breaks|window=2015-07-01", metric="contract_breaks", n=280, estimate=1.0,
    ...     slice={"window": "2015-07-01"}, low=1.0, high=1.0, confidence=0.95, method="", status="ok")
    >>> [(each.window, each.tier) for each in replay(policy.rules[0], [result])]
    [('2015-07-01', 'page')]
    """
    alert = rule.alert
    if alert is None or (alert.expires is not None and (today or dt.date.today()) > alert.expires):
        return []
    bound = rule.value if value is None else value
    one = rule.model_copy(update={"slice": "each", "value": bound, "min_n": 1})
    policy = Policy(version=1, rules=[one])
    windows: dict[str, list[Result]] = {}
    for result in results:
        if result.metric == rule.metric and "window" in result.slice and result.compared is None:
            windows.setdefault(str(result.slice["window"]), []).append(result)
    fired: list[Fired] = []
    failing, quiet = 0, alert.cooldown
    for window in sorted(windows):
        decision = decide(policy, windows[window], run=rule.run)[0]
        failing = failing + 1 if decision.status == "fail" else 0
        if failing >= alert.persistence and quiet >= alert.cooldown:
            fired.append(Fired(rule.id, alert.tier, window, alert.owner, alert.runbook, decision.reason))
            quiet = 0
        else:
            quiet += 1
    return fired


def load_history(path: Path) -> list[PastAlert]:
    """Return past alerts from a file with one JSON object a line.

    Parameters
    ----------
    path : pathlib.Path
        Written by people and tools as alerts fire and are settled.

    Returns
    -------
    list of PastAlert
        In the file's order.

    Raises
    ------
    InputError
        With every line that can't be read.
    """
    found, problems = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found.append(PastAlert.model_validate(json.loads(line)))
        except json.JSONDecodeError:
            problems.append(f"{path.name}: line {number}: no JSON object; one a line is allowed")
        except ValidationError as error:
            problems += problems_of(error, f"{path.name}: line {number}")
    if problems:
        raise InputError.joined(problems)
    return found


def live_precision(history: Sequence[PastAlert], *, rule: str = "", confidence: float = 0.95) -> Interval:
    """Return the share of settled alerts that were real.

    Parameters
    ----------
    history : sequence of PastAlert
        From `load_history`; open ones don't count.
    rule : str, default=""
        Only this rule's; empty for all.
    confidence : float, default=0.95
        Of Clopper and Pearson's interval.

    Returns
    -------
    Interval
        NaN when none is settled.

    Examples
    --------
    >>> day = dt.date(2026, 11, 2)
    >>> history = [PastAlert(rule="form", window="2026-11-01", fired=day, outcome=was) for was in
    ...     ("real", "real", "noise", "open")]
    >>> [round(x, 3) for x in live_precision(history)]
    [0.667, 0.094, 0.992]
    """
    settled = [each for each in history if each.outcome != "open" and rule in ("", each.rule)]
    real = sum(each.outcome == "real" for each in settled)
    return clopper_pearson_interval(real, len(settled), confidence=confidence)
