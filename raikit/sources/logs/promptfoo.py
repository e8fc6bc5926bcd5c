"""promptfoo's JSON output (versions 2 to 3 of its results)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from raikit.sources.logs.rows import Row, Told, canonical_json, labelled, numbered, text_of, word
from raikit.sources.logs.text import Unreadable, top_level

_ERROR = 2  # promptfoo's failureReason: 0 none, 1 an assertion, 2 an error


def read(path: Path, told: Told) -> Iterator[Row]:
    """Yield a row for each result.

    Parameters
    ----------
    path : Path
        As written by `promptfoo eval -o`.
    told : Told
        Filled.

    Yields
    ------
    Row
        A result without any assertion, which promptfoo counts as a success, has no grade.
    """
    return numbered(_read(path, told))


def _read(path: Path, told: Told) -> Iterator[Row]:
    counted = {"successes": 0, "failures": 0, "errors": 0}
    stats: dict[str, Any] = {}
    version, empty = "of unknown version", 0
    providers: set[str] = set()
    for key, held in top_level(path, "results/results"):
        if key == "results/results":
            row = _row(held)
            provider = held.get("provider") if isinstance(held, dict) else None
            providers.add(str(provider.get("id") if isinstance(provider, dict) else provider))
            kind = "errors" if row.why == "error" else "failures" if row.outcome == "fail" else "successes"
            counted[kind] += 1
            empty += row.why == "ungraded"
            yield row
        elif isinstance(held, Unreadable):
            told.limits.append(f"{path.name}: {held.reason}; what came before was read.")
            yield Row(why="unreadable")
        elif key == "results/stats" and isinstance(held, dict):
            stats = held
        elif key == "metadata" and isinstance(held, dict):
            version = word(held.get("promptfooVersion")) or version
    told.about.append(f"promptfoo {version}.")
    if len(providers) > 1:
        told.limits.append(
            f"The log mixes answers of {len(providers)} providers: its rates describe none alone."
        )
    if empty:
        told.limits.append(
            f"{empty:,} results have no assertion: promptfoo counts them as successes, here they have no "
            "grade."
        )
    for kind, found in counted.items():
        if kind in stats and stats[kind] != found:
            told.limits.append(f"promptfoo's own sum of {kind} is {stats[kind]}, the log holds {found}.")


def _row(held: Any) -> Row:
    if not isinstance(held, dict):
        return Row(why="unreadable")
    case, grading = held.get("testCase") or {}, held.get("gradingResult") or {}
    response = held.get("response") or {}
    prompt = text_of(_chat((held.get("prompt") or {}).get("raw")))
    graders = [
        word((part.get("assertion") or {}).get("type")) for part in grading.get("componentResults") or []
    ]
    row = Row(
        prompt=prompt, response=text_of(response.get("output")), score=held.get("score"),
        grader=" + ".join(sorted({name for name in graders if name})) or None,
        variables=_unseen(held.get("vars"), prompt or ""), cut=word(response.get("finishReason")),
        answer=word(held.get("id")),
    )  # fmt: skip
    row.cut = row.cut if row.cut in ("length", "max_tokens", "content_filter") else None
    failed = held.get("failureReason") == _ERROR or (held.get("error") and not grading)
    if failed:
        row.why = "error"
    elif not graders:
        row.why = "ungraded"
    else:
        row.outcome = "pass" if held.get("success") else "fail"
    for metadata in (held.get("metadata"), case.get("metadata"), held.get("vars")):
        labelled(metadata, row)
    return row


def _chat(raw: Any) -> Any:
    """Return the messages where the prompt is a chat written as JSON."""
    if isinstance(raw, str) and raw.lstrip().startswith("[{"):
        import json

        try:
            return json.loads(raw)
        except (ValueError, RecursionError):
            return raw
    return raw


def _unseen(variables: Any, prompt: str) -> str | None:
    """Return the variables that the prompt doesn't show: those alone tell two items apart."""
    if not isinstance(variables, dict):
        return None
    left = {name: value for name, value in variables.items() if str(value) not in prompt}
    return canonical_json(left) if left else None
