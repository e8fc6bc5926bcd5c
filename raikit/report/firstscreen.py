"""The first screen: what a busy reader sees before scrolling, all of it from the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from raikit.evidence.people import lower_is_worse
from raikit.evidence.record import Finding, Note, Record, Result
from raikit.report import words
from raikit.report.phrases import estimate_words, result_name, turned
from raikit.report.verdicts import Banner, VerdictRow, banner_of, verdict_rows

_SHOWN = 3  # findings beside the first; the rest follows in the body


@dataclass(frozen=True)
class Primary:
    """The metric that was agreed to matter most."""

    name: str
    reading: str
    why: str
    chosen_by: str


_REVEALED = {
    "full": Banner(
        "TEXT SHOWN",
        "fail",
        "Prompts and answers stand on this page as they are (reveal: full). Keep it to those who may read "
        "them.",
    ),
    "True": Banner(
        "TEXT SHOWN",
        "fail",
        "Texts of the items stand on this page as they are (reveal). Keep it to those who may read them.",
    ),
    "redacted": Banner(
        "MASKED TEXT SHOWN",
        "open",
        "Prompts and answers stand on this page with personal data and secrets masked by their patterns "
        "(reveal: redacted). Masking can't find names, postal addresses, data put in words, or text in "
        "pictures.",
    ),
    "words": Banner(
        "WORDS SHOWN",
        "open",
        "Single words from texts of the data stand on this page (reveal: words), without those that look "
        "like personal data. No pattern finds a name.",
    ),
}


@dataclass(frozen=True)
class FirstScreen:
    """Everything the first screen shows, as text."""

    title: str
    banner: Banner
    facts: tuple[tuple[str, str], ...]
    purpose: str
    finding: Finding | None
    primary: Primary | None
    others: tuple[Finding, ...]
    rest: tuple[Finding, ...]
    verdicts: tuple[VerdictRow, ...]
    limits: tuple[str, ...]
    notes: tuple[Note, ...]
    notices: tuple[str, ...]
    level: str
    revealed: Banner | None = None


def first_screen(record: Record, *, title: str) -> FirstScreen:
    """Return the first screen of a record.

    Parameters
    ----------
    record : Record
        After decisions, or of a notebook run by hand.
    title : str
        The page's.

    Returns
    -------
    FirstScreen
        Text, to be escaped by the template.
    """
    findings = record.findings
    return FirstScreen(
        title=title,
        banner=banner_of(record),
        facts=tuple(_facts(record)),
        purpose=str(record.system.get("purpose") or ""),
        finding=findings[0] if findings else None,
        primary=_primary(record),
        others=tuple(findings[1 : 1 + _SHOWN]),
        rest=tuple(findings[1 + _SHOWN :]),
        verdicts=tuple(verdict_rows(record.decisions, record.results, suppress_below=_suppress(record))),
        limits=tuple(record.limits),
        notes=tuple(record.notes),
        notices=tuple(record.provenance.ledger) if (record.provenance.run_number or 1) > 1 else (),
        level=_level(record),
        revealed=_REVEALED.get(str(record.parameters.get("reveal"))),
    )


def _suppress(record: Record) -> int | None:
    value = record.parameters.get("suppress_below")
    return value if isinstance(value, int) and value > 0 else None


def _level(record: Record) -> str:
    levels = {result.confidence for result in record.results}
    return f"{words.percent(levels.pop())} interval" if len(levels) == 1 else "interval"


def _facts(record: Record) -> list[tuple[str, str]]:
    system: Mapping[str, Any] = record.system
    name = " ".join(str(system[key]) for key in ("name", "version") if system.get(key))
    facts = [("System", name), ("Owner", system.get("owner")), ("Risk tier", system.get("tier"))]
    inputs = [f"{held.source}, {words.count(held.rows)} rows" for held in record.inputs[:3]]
    facts.append(("Data", "; ".join(inputs)))
    facts.append(("Date", record.provenance.finished[:10]))
    number = record.provenance.run_number
    facts.append(("Run", f"{record.run}, run {number} in this ledger" if number else record.run))
    return [(label, words.plain(value, longest=200)) for label, value in facts if value]


def _primary(record: Record) -> Primary | None:
    agreed = record.agreed.get("primary")
    if not isinstance(agreed, Mapping) or not agreed.get("metric"):
        return None
    metric, column = str(agreed["metric"]), agreed.get("slice")
    name = words.metric_name(metric) + (f" by {words.plain(column)}" if column else "")
    return Primary(
        name=name,
        reading=_reading(_leading(record, metric, column), _suppress(record)),
        why=words.plain(agreed.get("why", ""), longest=600),
        chosen_by=words.plain(agreed.get("chosen_by", ""), longest=120),
    )


def _leading(record: Record, metric: str, column: Any) -> Result | None:
    """Return the result that speaks for the metric: the worst for those that it is about.

    Of a comparison the one furthest from no difference; of a plain metric the worst group, or without a
    direction the one furthest from zero.
    """
    columns = {part.strip() for part in str(column).split("×")} if column else set()
    chosen = [held for held in record.results if held.metric == metric and set(held.slice) == columns]
    shown = [held for held in chosen if held.estimate is not None]
    if not shown:
        return chosen[0] if chosen else None
    lower = lower_is_worse(metric)
    return max(shown, key=lambda held: _badness(metric, held.estimate or 0.0, lower=lower))


def _badness(metric: str, estimate: float, *, lower: bool | None) -> float:
    if metric.endswith("_ratio"):
        return -min(estimate, 1 / estimate if estimate else 0.0)
    if metric.endswith("_difference") or lower is None:
        return abs(estimate)
    return -estimate if lower else estimate


def _reading(result: Result | None, suppress_below: int | None) -> str:
    if result is None:
        return "Not reported by this run."
    result = turned(result)
    estimate = estimate_words(result, suppress_below)
    if result.estimate is None or result.status in ("suppressed", "undefined"):
        return f"{result_name(result)}: {estimate}"
    level = words.percent(result.confidence)
    return (
        f"{estimate} ({level} interval {words.span(result.low, result.high)}; "
        f"{result_name(result)}; n\N{NO-BREAK SPACE}{words.count(result.n)})"
    )
