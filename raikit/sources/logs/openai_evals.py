"""OpenAI evals' record logs (JSON Lines): a `spec`, then events of samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from raikit.sources.logs.rows import Row, Told, numbered, text_of, word
from raikit.sources.logs.text import Unreadable, json_lines

_LATEST = 1_000  # samples whose texts are kept after their grade
_ROUNDED = 1e-6
_CHOICES = {"Y": "pass", "Yes": "pass", "C": "pass", "N": "fail", "No": "fail", "I": "fail"}


def read(path: Path, told: Told) -> Iterator[Row]:
    """Yield a row for each grade of a sample; samples that were asked and never graded are ungraded.

    Parameters
    ----------
    path : Path
        A record log.
    told : Told
        Filled.

    Yields
    ------
    Row
        In the order of the grades.
    """
    return numbered(_read(path, told))


def _read(path: Path, told: Told) -> Iterator[Row]:
    spec: dict[str, Any] = {}
    report: dict[str, Any] | None = None
    seen: Counter[str] = Counter()
    asked: dict[str, tuple[str | None, str | None]] = {}
    graded: dict[str, tuple[str | None, str | None]] = {}  # the latest: a sample may be graded twice in a row
    for held in json_lines(path):
        if isinstance(held, Unreadable):
            told.limits.append(f"{path.name}: a line can't be read ({held.reason}).")
            yield Row(why="unreadable")
            continue
        spec = held.get("spec") or spec
        report = held.get("final_report", report)
        sample, data = str(held.get("sample_id")), held.get("data") or {}
        # The first holds: what follows before the grade is a judge's prompt, which quotes the answer.
        if held.get("type") == "sampling" and sample not in asked:
            said = data.get("sampled")
            asked[sample] = (
                text_of(data.get("prompt")),
                text_of(said[0] if isinstance(said, list) else said),
            )
        elif held.get("type") in ("match", "metrics", "error"):
            texts = asked.pop(sample, graded.get(sample))
            graded[sample] = texts or (None, None)
            if len(graded) > _LATEST:
                del graded[next(iter(graded))]
            if held["type"] == "error":
                yield Row(prompt=graded[sample][0], why="error")
            else:
                row = _graded(held["type"], data, texts, word(spec.get("eval_name")))
                row.answer = f"{held.get('run_id')} {held.get('event_id')}"
                seen[f"counts/{data.get('choice')}"] += 1
                seen.update([row.outcome or "neither"])
                yield row
    for prompt, response in asked.values():
        yield Row(prompt=prompt, response=response, why="ungraded")
    name = word(spec.get("eval_name")) or "unknown"
    told.about.append(f"OpenAI evals: {name}, run {word(spec.get('run_id'))}.")
    if report is None:
        told.limits.append(f"{path.name}: no final report; the run was cut short.")
    told.limits += [f"{path.name}: {text}" for text in _differences(report, seen)]


def _differences(report: Any, seen: Counter[str]) -> Iterator[str]:
    """Yield what the run's own report says otherwise than its events."""
    held = report if isinstance(report, dict) else {}
    for name, total in held.items():
        if str(name).startswith("counts/") and isinstance(total, int) and total != seen[name]:
            yield f"the run's own report counts {total:,} of a grade, its events {seen[name]:,}."
    rows = seen["pass"] + seen["fail"] + seen["neither"]
    accuracy = held.get("accuracy")
    if isinstance(accuracy, int | float) and abs(accuracy * rows - seen["pass"]) > _ROUNDED:
        yield f"the run's own accuracy is {accuracy:.3f}; of its events {seen['pass']:,} of {rows:,} pass."


def _graded(
    kind: str, data: dict[str, Any], asked: tuple[str | None, str | None] | None, name: str | None
) -> Row:
    prompt, response = asked or (None, None)
    if kind == "match":
        outcome = {True: "pass", False: "fail"}.get(data.get("correct"))  # type: ignore[arg-type]
    else:
        outcome = _CHOICES.get(str(data.get("choice")))
    score = data.get("score")
    return Row(
        prompt=prompt, response=response or text_of(data.get("picked")), outcome=outcome, grader=name,
        score=float(score) if isinstance(score, int | float) else None,
        why=None if outcome else "neither pass nor fail",
    )  # fmt: skip
