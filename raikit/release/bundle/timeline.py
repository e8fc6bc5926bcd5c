"""The timeline of an incident as JSON: what was computed and what people entered, told apart."""

from __future__ import annotations

import json
from typing import Any

from raikit.release.bundle.facts import CHANGE, EPISODE, Facts

_WORDS = {
    "onset": "onset, as a person supposed it",
    "aware": "somebody became aware",
    "triaged": "triaged",
    "mitigated": "mitigated, as a person entered it",
}


def timeline(facts: Facts) -> list[dict[str, Any]]:
    """Return the events of an incident.

    Parameters
    ----------
    facts : Facts
        Of the incident run.

    Returns
    -------
    list of dict
        In order of time: at, until, what, kind, by ("computed", "person" or "machine"), source. An onset has
        `earliest` and `latest`, the ends of its interval.
    """
    events = [*_episodes(facts), *_changes(facts)]
    events += [
        {"at": at, "what": _WORDS[name], "kind": name, "by": "person", "source": f"parameter {name}"}
        for name, at in facts.entered.items()
    ]
    return sorted(events, key=lambda event: (str(event["at"]).replace(" ", "T"), str(event["what"])))


def timeline_text(facts: Facts) -> str:
    """Return the timeline as a JSON document.

    Parameters
    ----------
    facts : Facts
        Of the incident run.

    Returns
    -------
    str
        Ends with a newline.
    """
    held = {
        "schema": "raikit.timeline/1",
        "release": facts.release,
        "run": facts.record.run,
        "system": facts.system,
        "times": "ISO 8601; UTC where a zone is not named",
        "events": timeline(facts),
    }
    return json.dumps(held, indent=1, ensure_ascii=False) + "\n"


def _episodes(facts: Facts) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    for item in facts.results(EPISODE):
        held = item.slice
        excess = "" if item.estimate is None else f", {item.estimate:+,.0f} rows against the expected"
        where = f" in {held['where']}" if held.get("where") else ""
        number = held.get("episode", "")
        common = {"by": "computed", "source": f"{EPISODE}, episode {number}"}
        events.append(
            {
                "at": held.get("from", ""), "earliest": held.get("onset from"),
                "latest": held.get("onset to"), "kind": "onset",
                "what": f"episode {number} begins{where}: {held.get('shape', '')}{excess}", **common,
            }
        )  # fmt: skip
        if held.get("state") == "over":
            events.append(
                {"at": held.get("to", ""), "kind": "end", "what": f"episode {number} is over", **common}
            )
    return events


def _changes(facts: Facts) -> list[dict[str, Any]]:
    return [
        {
            "at": item.slice.get("at", ""),
            "what": f"{item.slice['change']}: {item.slice.get('what', '')}",
            "kind": item.slice.get("kind", "other"),
            "by": item.slice.get("entered by", "person"),
            "source": item.slice.get("source", ""),
        }
        for item in facts.results(CHANGE)
        if "change" in item.slice
    ]
