"""garak's `report.jsonl`: a row for each output of an attempt and each detector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from raikit.sources.logs.rows import Row, Told, text_of, word
from raikit.sources.logs.text import Unreadable, json_lines

_DONE = 2  # an attempt stands in the report twice: before (1) and after (2) its detectors ran
_HIT = 0.5  # garak's own threshold, where the report names none


def read(path: Path, told: Told) -> Iterator[Row]:
    """Yield a row for each output and detector; a hit is a fail.

    Parameters
    ----------
    path : Path
        A report; a hit log is refused before.
    told : Told
        Filled; differences from the report's own sums are stated.

    Yields
    ------
    Row
        `attack` is the probe, `category` the intent where garak names one.
    """
    threshold, version, ended = _HIT, "of unknown version", False
    seen: Counter[tuple[str, str, str]] = Counter()
    sums: Counter[tuple[str, str, str]] = Counter()
    begun, done = set(), set()
    for entry in json_lines(path):
        if isinstance(entry, Unreadable):
            told.limits.append(f"{path.name}: a line can't be read ({entry.reason}).")
            yield Row(why="unreadable", source=path.name)
            continue
        kind = entry.get("entry_type")
        if kind == "init":
            version = word(entry.get("garak_version")) or version
        elif kind == "start_run setup":
            threshold = float(entry.get("run.eval_threshold") or _HIT)
        elif kind == "completion":
            ended = True
        elif kind == "eval":
            name = (str(entry.get("probe")), str(entry.get("detector")).removeprefix("detector."))
            sums[*name, "pass"] += int(entry.get("passed") or 0)
            total = entry.get("total_evaluated", entry.get("total"))
            sums[*name, "fail"] += int(total or 0) - int(entry.get("passed") or 0)
        elif kind == "attempt":
            begun.add(entry.get("uuid"))
            if entry.get("status") == _DONE:
                done.add(entry.get("uuid"))
                for row in _rows(entry, threshold, version):
                    if row.outcome:
                        seen[str(row.attack), str(row.grader), row.outcome] += 1
                    yield row
    for _ in begun - done:
        yield Row(why="cancelled", source=path.name)
    _tell(path, version, ended, seen, sums, told)


def _rows(entry: dict[str, Any], threshold: float, version: str) -> Iterator[Row]:
    prompt, language = _prompt(entry.get("prompt"))
    outputs = entry.get("outputs") or []
    detectors = entry.get("detector_results") or {}
    shared: dict[str, Any] = {
        "prompt": prompt, "language": language, "attack": word(entry.get("probe_classname")),
        "category": word(entry.get("intent")), "grader_version": version,
    }  # fmt: skip
    if not detectors:
        yield from (Row(**shared, response=text_of(held), why="ungraded") for held in outputs)
    for name, scores in detectors.items():
        for place in range(max(len(scores), len(outputs))):
            said = outputs[place] if place < len(outputs) else None
            score = scores[place] if place < len(scores) else None
            outcome = None if score is None else "fail" if score >= threshold else "pass"
            yield Row(
                **shared, answer=f"{entry.get('uuid')} {place}", response=text_of(said), repeat=place + 1,
                grader=name, score=score,
                outcome=outcome, why=None if outcome else "error" if said is None else "ungraded",
            )  # fmt: skip


def _prompt(held: Any) -> tuple[str | None, str | None]:
    """Return prompt and language; up to 0.10 the prompt was a plain text."""
    if isinstance(held, dict) and "turns" in held:
        turns = [turn for turn in held["turns"] if turn.get("role") == "user"]
        first = turns[0].get("content") if turns else None
        language = first.get("lang") if isinstance(first, dict) else None
        return text_of([{"role": "user", "content": turn.get("content")} for turn in turns]), word(language)
    return text_of(held), None


def _tell(path: Path, version: str, ended: bool, seen: Counter[Any], sums: Counter[Any], told: Told) -> None:
    told.about.append(f"garak {version}: a hit of a detector is a fail.")
    if not ended:
        told.limits.append(f"{path.name}: garak did not finish this run; later probes are missing.")
    # Older versions write "detector.always.Pass" in the sums and "always.Pass" with attempts.
    for (probe, detector, outcome), total in sums.items():
        found = sum(n for (a, b, c), n in seen.items() if (a, b.removeprefix("detector."), c) == (
            probe, detector, outcome))  # fmt: skip
        if found != total:
            told.limits.append(
                f"garak's own sum for {probe} and {detector} is {total:,} {outcome}, "
                f"its attempts hold {found:,}."
            )
