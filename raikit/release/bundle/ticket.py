"""A summary of an incident for a ticket: Markdown to paste, CSV to import."""

from __future__ import annotations

import csv
import io

from raikit.release.bundle.facts import EPISODE, SEGMENT, Facts, plain

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run what begins so


def ticket_markdown(facts: Facts) -> str:
    """Return the summary as Markdown.

    Parameters
    ----------
    facts : Facts
        Of the incident run.

    Returns
    -------
    str
        What is known, and what a person must do next.
    """
    held = _fields(facts)
    lines = [f"# {plain(held.pop('title'))}", ""]
    lines += [f"- {name.replace('_', ' ')}: {plain(value)}" for name, value in held.items() if value]
    lines += ["", "## Findings", ""]
    lines += [f"- ({item.severity}) {plain(item.text)}" for item in facts.findings] or ["- none"]
    lines += [
        "",
        "## To do by a person",
        "",
        "- [ ] keep a snapshot of model, prompt, data and configuration before anything is changed",
        "- [ ] confirm or change the severity",
        "- [ ] confirm the cause: a change near the onset is a coincidence until something confirms it",
        "- [ ] decide whom to tell, and by when",
    ]
    return "\n".join(lines) + "\n"


def ticket_csv(facts: Facts) -> str:
    """Return the summary as CSV: a head and one row.

    Parameters
    ----------
    facts : Facts
        Of the incident run.

    Returns
    -------
    str
        Cells that a spreadsheet would take for a formula begin with an apostrophe.
    """
    held = _fields(facts)
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(held)
    writer.writerow(f"'{value}" if value.startswith(_FORMULA) else value for value in held.values())
    return written.getvalue()


def _fields(facts: Facts) -> dict[str, str]:
    episodes, segments = facts.results(EPISODE), facts.results(SEGMENT)
    first = episodes[0] if episodes else None
    where = first.slice if first else {}
    excess = "" if first is None or first.estimate is None else f"{first.estimate:.0f}"
    return {
        "title": f"{facts.system}: incident {facts.release}",
        "finding": facts.findings[0].text if facts.findings else "no finding",
        "episodes": str(len(episodes)),
        "onset": where.get("from", ""),
        "onset_earliest": where.get("onset from", ""),
        "onset_latest": where.get("onset to", ""),
        "end": where.get("to", "") if where.get("state") == "over" else "",
        "state": where.get("state", ""),
        "rows_in_excess": excess,
        "segment_named_first": ", ".join(f"{key} = {value}" for key, value in segments[0].slice.items())
        if segments
        else "",
        "signal": str(facts.record.parameters.get("signal") or ""),
        "aware": facts.entered.get("aware", ""),
        "mitigated": facts.entered.get("mitigated", ""),
        "owner": str(facts.record.system.get("owner") or ""),
        "evidence": facts.page,
        "evidence_sha256": facts.page_sha256,
    }
