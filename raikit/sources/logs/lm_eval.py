"""The LM Evaluation Harness's samples: one row a document and filter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from raikit.sources.logs.rows import Row, Told, labelled, text_of, word
from raikit.sources.logs.text import Unreadable, json_lines


def read(path: Path, told: Told) -> Iterator[Row]:
    """Yield a row for each document, filter and metric of 0 or 1.

    Parameters
    ----------
    path : Path
        A `samples_….jsonl` file.
    told : Told
        Filled.

    Yields
    ------
    Row
        `grader` is metric and filter; a metric that is neither 0 nor 1 leaves the outcome missing.
    """
    graders: dict[str, int] = {}
    for held in json_lines(path):
        if isinstance(held, Unreadable):
            told.limits.append(f"{path.name}: a line can't be read ({held.reason}).")
            yield Row(why="unreadable")
            continue
        for row in _rows(held):
            graders[row.grader or "none"] = graders.get(row.grader or "none", 0) + 1
            yield row
    told.about.append("LM Evaluation Harness: samples graded by " + ", ".join(sorted(graders)) + ".")
    if len(graders) > 1:
        told.limits.append(
            f"The samples hold {len(graders)} graders (metric and filter): a prompt passes when it passes "
            "all; name one by the parameter columns to report it alone."
        )


def _rows(held: dict[str, Any]) -> Iterator[Row]:
    arguments = held.get("arguments") or {}
    first = next(iter(arguments.values()), None) if isinstance(arguments, dict) else arguments[0]
    prompt = first.get("arg_0") if isinstance(first, dict) else first[0] if first else None
    said = held.get("filtered_resps")
    response = said[0] if isinstance(said, list) and said and isinstance(said[0], str) else None
    metrics = held.get("metrics") or []
    if not metrics:
        yield labelled(held.get("doc"), Row(prompt=text_of(prompt), response=response, why="ungraded"))
    for name in metrics:
        value = held.get(name)
        score = float(value) if isinstance(value, bool | int | float) else None
        outcome = {1.0: "pass", 0.0: "fail"}.get(score) if score is not None else None
        why = None if outcome else "ungraded" if score is None else "neither pass nor fail"
        row = Row(
            prompt=text_of(prompt), response=text_of(response), outcome=outcome, score=score, why=why,
            grader=f"{name}, {held.get('filter', 'none')}", attack=word(held.get("task")),
        )  # fmt: skip
        yield labelled(held.get("doc"), row)
