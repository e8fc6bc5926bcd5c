"""deepeval's saved test runs (JSON)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from raikit.sources.logs.rows import Row, Told, labelled, numbered, text_of, word
from raikit.sources.logs.text import Unreadable, top_level


def read(path: Path, told: Told) -> Iterator[Row]:
    """Yield a row for each test case and metric.

    Parameters
    ----------
    path : Path
        A test run, or a list of test results.
    told : Told
        Filled.

    Yields
    ------
    Row
        A metric that broke is an error, not a fail.
    """
    return numbered(_read(path, told))


def _read(path: Path, told: Told) -> Iterator[Row]:
    told.about.append("deepeval: each metric is a grader; a case passes when all its metrics do.")
    for key, held in top_level(path, "testCases", "test_cases", "conversationalTestCases", "test_results"):
        if isinstance(held, Unreadable):
            told.limits.append(f"{path.name}: {held.reason}; what came before was read.")
            yield Row(why="unreadable")
        elif isinstance(held, dict) and (not key or key.lower().endswith(("cases", "results"))):
            yield from _rows(held)


def _rows(case: dict[str, Any]) -> Iterator[Row]:
    prompt = text_of(_either(case, "input", "turns"))
    metrics = _either(case, "metricsData", "metrics_data") or []
    metadata = _either(case, "additionalMetadata", "additional_metadata", "metadata")
    tags, calls = case.get("tags"), _either(case, "toolsCalled", "tools_called")
    for metric in metrics or [None]:
        row = Row(prompt=prompt, response=text_of(_either(case, "actualOutput", "actual_output")))
        row.tool_calls = len(calls) if isinstance(calls, list) else None
        if metric is None:
            row.why = "ungraded"
        else:
            row.grader, row.score = word(metric.get("name")), metric.get("score")
            row.grader_version = word(_either(metric, "evaluationModel", "evaluation_model"))
            if metric.get("error"):
                row.why = "error"
            else:
                row.outcome = {True: "pass", False: "fail"}.get(metric.get("success"))
                row.why = None if row.outcome else "ungraded"
        labelled(metadata, row)
        row.category = row.category or word(tags)
        yield row


def _either(held: dict[str, Any], *names: str) -> Any:
    return next((held[name] for name in names if held.get(name) is not None), None)
