"""The verdict and the verdict table, in the words of a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from raikit.evidence.decide import worst
from raikit.evidence.record import Decision, DecisionStatus, Record, Result
from raikit.report import words
from raikit.report.phrases import asks, disposition_words, estimate_words, result_name, turned

LABELS: dict[str, str] = {
    "pass": "Pass",
    "fail": "Fail",
    "insufficient": "Insufficient",
    "not_run": "Not run",
}
_SIGNS = {"<=": "≤", ">=": "≥", "<": "<", ">": ">"}


@dataclass(frozen=True)
class Banner:
    """The verdict in capitals, what it means, and the colour that stands for it."""

    word: str
    tone: str
    sentence: str


@dataclass(frozen=True)
class VerdictRow:
    """One rule of the verdict table; every field is ready to be shown."""

    rule: str
    anchor: str
    run: str
    asks: str
    source: str
    bound: str
    of: str
    estimate: str
    interval: str
    n: str
    status: str
    decision: str
    reason: str
    disposition: str


def banner_of(record: Record) -> Banner:
    """Return the banner of a run.

    Parameters
    ----------
    record : Record
        With its decisions.

    Returns
    -------
    Banner
        A run that did not complete never has a green one.
    """
    if record.state == "failed":
        reason = words.plain(record.error or "no reason was recorded", longest=400).rstrip(".")
        return Banner("FAILED", "fail", f"This run did not complete: {reason}. What follows is no evidence.")
    if record.state == "not_run":
        reason = words.plain(record.error or "it was not started", longest=400).rstrip(".")
        return Banner("NOT RUN", "open", f"This run was not made: {reason}.")
    if record.nonce is None:
        return Banner("NO DECISIONS", "open", "Run by hand, outside a release: no rule has been applied.")
    if not record.decisions:
        return Banner("NO RULES", "open", "The policy holds no rule for this run, so nothing was decided.")
    return decided(record.decisions)


def decided(decisions: Sequence[Decision]) -> Banner:
    """Return the banner of decisions: the worst, and how many there are of each.

    Parameters
    ----------
    decisions : sequence of Decision
        At least one.

    Returns
    -------
    Banner
        An accepted failure is still a failure.
    """
    status = worst(decision.status for decision in decisions) or "not_run"
    tone = {"pass": "pass", "fail": "fail"}.get(status, "open")
    sentence = counted(decisions)
    accepted = sum(decision.accepted for decision in decisions)
    if accepted:
        sentence += f" {accepted} {'is' if accepted == 1 else 'are'} accepted by a named approver."
    return Banner(LABELS[status].upper(), tone, sentence)


def counted(decisions: Iterable[Decision]) -> str:
    """Return how many rules were decided in each way.

    Parameters
    ----------
    decisions : iterable of Decision
        Any number.

    Returns
    -------
    str
        For example ``Of 4 rules 1 fails, 1 is insufficient and 2 pass.``
    """
    statuses = [decision.status for decision in decisions]
    verbs: dict[DecisionStatus, tuple[str, str]] = {
        "fail": ("fails", "fail"),
        "not_run": ("was not run", "were not run"),
        "insufficient": ("is insufficient", "are insufficient"),
        "pass": ("passes", "pass"),
    }
    total = len(statuses)
    if total == 1:
        return f"The one rule {verbs[statuses[0]][0]}."
    parts = [
        f"{statuses.count(status)} {verb[0 if statuses.count(status) == 1 else 1]}"
        for status, verb in verbs.items()
        if status in statuses
    ]
    if len(parts) == 1:
        return f"All {total} rules {verbs[statuses[0]][1]}."
    return f"Of {total} rules {', '.join(parts[:-1])} and {parts[-1]}."


def verdict_rows(
    decisions: Sequence[Decision], results: Sequence[Result], *, suppress_below: int | None = None
) -> list[VerdictRow]:
    """Return the rows of the verdict table.

    Parameters
    ----------
    decisions : sequence of Decision
        In the policy's order, kept.
    results : sequence of Result
        Where the numbers come from.
    suppress_below : int, optional
        For the words of a hidden result.

    Returns
    -------
    list of VerdictRow
        One a rule.
    """
    by_id = {result.id: result for result in results}
    return [_row(decision, by_id.get(decision.result or ""), suppress_below) for decision in decisions]


def _row(decision: Decision, found: Result | None, suppress_below: int | None) -> VerdictRow:
    result = turned(found) if found else None
    reason = decision.reason
    if decision.needed:
        reason += f"; about {words.count(decision.needed)} more rows would decide"
    return VerdictRow(
        rule=words.plain(decision.rule, longest=120),
        anchor=anchor_of(decision),
        run=words.plain(decision.run),
        asks=asks(decision.metric, decision.slice),
        source=words.plain(decision.source, longest=200),
        bound=f"{_SIGNS.get(decision.op, decision.op)} {words.bound(decision.bound)}".strip(),
        of=result_name(result) if result else "",
        estimate=estimate_words(result, suppress_below),
        interval=words.span(result.low, result.high) if result else words.NOTHING,
        n=words.count(result.n) if result else words.NOTHING,
        status=decision.status,
        decision=LABELS[decision.status],
        reason=words.plain(reason, longest=400),
        disposition=disposition_words(decision),
    )


def anchor_of(decision: Decision) -> str:
    """Return the id of a rule's row on the page of its run.

    Parameters
    ----------
    decision : Decision
        Rule ids hold letters, digits, dots and dashes only.

    Returns
    -------
    str
        ``rule-`` and the rule's id.
    """
    return f"rule-{decision.rule}"
