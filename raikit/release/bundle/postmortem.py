"""A draft of the postmortem: facts from the record filled in, what people must say left open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from raikit.release.bundle.facts import EPISODE, Facts, plain
from raikit.release.bundle.timeline import timeline

if TYPE_CHECKING:
    from raikit.evidence.record import Finding, Result

_OPEN = "> **OPEN, for a person:**"
_HUMAN = (
    ("Root cause", "What made it happen. A change near the onset is no cause until something confirms it."),
    ("Trigger", "What set it off at that time."),
    ("What went well", "…"),
    ("What went wrong", "…"),
    ("Where we were lucky", "…"),
)  # fmt: skip
_UNITS = ((86_400, "days"), (3_600, "hours"), (60, "minutes"))


def postmortem(facts: Facts) -> str:
    """Return the draft as Markdown.

    Parameters
    ----------
    facts : Facts
        Of the incident run.

    Returns
    -------
    str
        Every open part begins with "OPEN, for a person".
    """
    lines = [
        f"# Postmortem (draft): {plain(facts.system)}, {plain(facts.release)}",
        "",
        "Facts below are copied from the evidence record; parts marked OPEN are for people. "
        f"Evidence: {plain(facts.page)}, sha256 {facts.page_sha256}.",
        "",
        f"{_OPEN} owner, authors, status, date of the review.",
        "",
        "## Summary",
        "",
        *_bullets([finding.text for finding in facts.findings[:3]], "the record states no finding"),
        "",
        f"{_OPEN} one paragraph that somebody outside the team understands.",
        "",
        "## Impact",
        "",
        *_bullets([_impact(item) for item in facts.results(EPISODE)], "the record claims no episode"),
        "",
        f"{_OPEN} what it meant for the people affected; confirm or change the proposed severity.",
        "",
        "## Timeline",
        "",
        *_timeline(facts),
        "",
        *_waiting(facts),
        "",
        "## Findings",
        "",
        *_bullets([_finding(item) for item in facts.findings], "none"),
        "",
    ]
    lines += [*_for_people(), *_limits_and_notes(facts)]
    return "\n".join(lines) + "\n"


def _for_people() -> list[str]:
    """Return the parts that no record can fill."""
    lines = []
    for title, hint in _HUMAN:
        lines += [f"## {title}", "", f"{_OPEN} {hint}", ""]
    return [
        *lines,
        "## Actions",
        "",
        "| action | kind (prevent, detect, mitigate) | owner | due | ticket |",
        "| --- | --- | --- | --- | --- |",
        "| OPEN | OPEN | OPEN | OPEN | OPEN |",
        "",
    ]


def _limits_and_notes(facts: Facts) -> list[str]:
    return [
        "## What this evidence cannot tell",
        "",
        *_bullets(facts.record.limits, "the record states no limits"),
        "",
        "## Notes by people",
        "",
        *_bullets([f"{note.author}, {note.at}: {note.text}" for note in facts.record.notes], "none"),
    ]


def _bullets(texts: Sequence[str], nothing: str) -> list[str]:
    return [f"- {plain(text)}" for text in texts] or [f"- {nothing}"]


def _impact(item: Result) -> str:
    held, estimate, low, high = item.slice, item.estimate, item.low, item.high
    rows = "an unknown number of" if estimate is None else f"{estimate:+,.0f}"
    between = "" if low is None or high is None else f" (interval {low:+,.0f} to {high:+,.0f})"
    return (
        f"Episode {held.get('episode', '')}: {rows} rows against the expected{between}, "
        f"from {held.get('from', '?')} to {held.get('to', '?')}, {held.get('state', 'state not said')}"
    )


def _finding(item: Finding) -> str:
    advice = item.recommendation
    return f"({item.severity}) {item.text}" + (f" Recommended: {advice}" if advice else "")


def _timeline(facts: Facts) -> list[str]:
    rows = [
        f"| {plain(event['at'])} | {plain(event['what'])} | {plain(event['by'])} | {plain(event['source'])} |"
        for event in timeline(facts)
    ]
    return ["| when | what | by | source |", "| --- | --- | --- | --- |", *rows]


def _waiting(facts: Facts) -> list[str]:
    """Return how long it took, where both ends are known."""
    ends = {name: _instant(at) for name, at in facts.entered.items()}
    said = []
    onset = _since_onset(facts, ends.get("aware"))
    if onset:
        said.append(onset)
    for first, second, words in (
        ("aware", "triaged", "From awareness to triage"),
        ("aware", "mitigated", "From awareness to mitigation"),
    ):
        one, two = ends.get(first), ends.get(second)
        if one is not None and two is not None:
            said.append(f"{words}: {_duration((two - one).total_seconds())}.")
    return _bullets(said, "how long detection and response took is not known: enter aware and mitigated")


def _since_onset(facts: Facts, aware: dt.datetime | None) -> str:
    """Return how long it took to become aware: a range, as the onset is known by its interval."""
    episodes = facts.results(EPISODE)
    where = episodes[0].slice if episodes else {}
    low, high = _instant(where.get("onset from", "")), _instant(where.get("onset to", ""))
    if aware is None or low is None or high is None:
        return ""
    least, most = (_duration((aware - at).total_seconds()) for at in (high, low))
    return f"From the computed onset of episode 1 (its interval) to awareness: {least} to {most}."


def _instant(text: str) -> dt.datetime | None:
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


def _duration(seconds: float) -> str:
    size, unit = next(((size, unit) for size, unit in _UNITS if abs(seconds) >= 2 * size), (1, "seconds"))
    return f"{seconds / size:.0f} {unit}"
