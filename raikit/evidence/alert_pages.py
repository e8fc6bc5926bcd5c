"""What a page says of its alerts: whom each tells, when it would have fired, and how often it was right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from raikit.evidence.alerts import Fired, PastAlert, live_precision, load_history, replay
from raikit.evidence.policy import Alert, Policy, Rule, load_policy
from raikit.evidence.wording import bound, listing, percent, plural

if TYPE_CHECKING:
    from raikit.evidence.record import Result
    from raikit.evidence.session import Evidence

_NAMED = 3  # windows that are written out


def state_alerts(evidence: Evidence) -> None:
    """Add a finding for each alert of the policy on this run, and a limit where there is none.

    The policy is the release's, or the file that the parameter `policy` names; past alerts come from the file
    that the parameter `history` names.

    Parameters
    ----------
    evidence : Evidence
        With the results so far; rules are replayed over those that have a window.

    Raises
    ------
    InputError
        If the history can't be read.
    """
    policy = policy_of(evidence)
    if policy is None:
        return
    rules = [rule for rule in policy.rules if rule.run == evidence.run and rule.alert is not None]
    if not rules:
        evidence.limit("No rule of the policy on this run has an alert: nobody is told when a window fails.")
        return
    path = str(evidence.parameters.get("history") or "")
    history = load_history(Path(path)) if path else []
    for rule in rules:
        _state_alert(rule, history, evidence)


def policy_of(evidence: Evidence) -> Policy | None:
    """Return the release's policy, or that of the file that the parameter `policy` names.

    Parameters
    ----------
    evidence : Evidence
        Of a run.

    Returns
    -------
    Policy or None
        None where neither is there.
    """
    path = str(evidence.parameters.get("policy") or "")
    return evidence.policy or (load_policy(Path(path)) if path else None)


def _state_alert(rule: Rule, history: Sequence[PastAlert], evidence: Evidence) -> None:
    alert = rule.alert
    assert alert is not None  # the caller chose rules with one
    judged = [each for each in evidence.results if each.metric == rule.metric and "window" in each.slice]
    fired = replay(rule, judged)
    page = alert.tier == "page"
    evidence.finding(
        f"Alert {rule.id} ({alert_words(alert)}): {fired_words(rule, fired, judged)}"
        f"{_other_bounds(rule, judged)}{_past_words(rule, history)}",
        severity="high" if page and fired else "info",
        results=[each.id for each in judged if str(each.slice["window"]) in {one.window for one in fired}][
            :50
        ],
        recommendation=f"{alert.owner}: follow {alert.runbook}." if page and fired and alert.runbook else "",
    )


def alert_words(alert: Alert) -> str:
    """Return an alert's tier and terms in words.

    Parameters
    ----------
    alert : Alert
        Of a rule.

    Returns
    -------
    str
        Without a full stop.

    Examples
    --------
    >>> alert_words(Alert(tier="page", owner="ann", persistence=2, cooldown=7, runbook="wiki/drift"))
    'pages ann, runbook wiki/drift, after 2 windows in a row, then quiet for 7'
    """
    said = [f"{'pages' if alert.tier == 'page' else 'evidence for'} {alert.owner}"]
    said += [f"runbook {alert.runbook}"] if alert.runbook else []
    said += [f"after {alert.persistence} windows in a row"] if alert.persistence > 1 else []
    said += [f"then quiet for {alert.cooldown}"] if alert.cooldown else []
    said += [f"until {alert.expires}"] if alert.expires else []
    said += [f"at most {alert.budget:g} false pages a quarter"] if alert.budget is not None else []
    return ", ".join(said)


def fired_words(rule: Rule, fired: Sequence[Fired], judged: Sequence[Result]) -> str:
    """Return in which windows a rule fired.

    Parameters
    ----------
    rule : Rule
        With an alert.
    fired : sequence of Fired
        From `raikit.evidence.alerts.replay`.
    judged : sequence of Result
        What it was replayed over.

    Returns
    -------
    str
        A sentence.
    """
    windows = plural(len({str(each.slice["window"]) for each in judged}), "window")
    if not judged:
        return f"no result of {rule.metric} has a window, so it can't fire."
    if not fired:
        return f"with its bound {bound(rule.value)} it fires in none of {windows}."
    named = listing([one.window for one in fired], most=_NAMED)
    return f"with its bound {bound(rule.value)} it fires in {len(fired):,} of {windows}: {named}."


def _other_bounds(rule: Rule, judged: Sequence[Result]) -> str:
    """Return how often other bounds would have fired: half and double, or 1 and 2 beside 0."""
    if not judged:
        return ""
    others = (rule.value / 2, rule.value * 2) if rule.value else (1, 2)
    said = [f"with {bound(value)} in {len(replay(rule, judged, value=value)):,}" for value in others]
    return f" It would have fired {' and '.join(said)}."


def _past_words(rule: Rule, history: Sequence[PastAlert]) -> str:
    mine = [each for each in history if each.rule == rule.id]
    settled = [each for each in mine if each.outcome != "open"]
    if not settled:
        return (
            " No past alert of it is settled: how often it is right isn't known." if mine or history else ""
        )
    found = live_precision(mine)
    real = sum(each.outcome == "real" for each in settled)
    return (
        f" Of {plural(len(settled), 'settled alert')} in the history {real:,} "
        f"{'was' if real == 1 else 'were'} real ({percent(found.estimate)}, 95% interval "
        f"{percent(found.low)} to {percent(found.high)})."
    )
