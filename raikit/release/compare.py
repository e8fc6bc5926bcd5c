"""Two releases side by side: verdicts first, then what moved, then what was asked differently."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from raikit.errors import InputError
from raikit.evidence.rebaselined import REFERENCE, identity
from raikit.evidence.record import Decision, Record, Result, load_record
from raikit.release.changes import asked_changes, loosened, read_asked
from raikit.release.coverage import covered
from raikit.release.pack import read_manifest, runs_of, sum_problems


@dataclass(frozen=True)
class Turned:
    """A rule whose decision is another one now."""

    rule: str
    before: str
    after: str
    reason: str


@dataclass(frozen=True)
class Moved:
    """A result that moved beyond its intervals: each estimate lies outside the other's interval."""

    run: str
    result: str
    before: float
    after: float
    intervals: str


@dataclass(frozen=True)
class Comparison:
    """What differs between two evidence folders.

    Parameters
    ----------
    before, after : str
        The releases' names, with their verdicts.
    verdicts : tuple of Turned
        Newly failing first, then newly undecided or not run, then newly passing.
    results : tuple of Moved
        The largest moves first.
    loosened : tuple of str
        What is asked less than before: rules loosened or dropped, slices dropped or no longer tested.
    rules, slices, parameters, inputs, environment : tuple of str
        In words.
    """

    before: str
    after: str
    verdicts: tuple[Turned, ...]
    loosened: tuple[str, ...]
    results: tuple[Moved, ...]
    rules: tuple[str, ...]
    slices: tuple[str, ...]
    parameters: tuple[str, ...]
    inputs: tuple[str, ...]
    environment: tuple[str, ...]


def compare(one: Path, two: Path) -> Comparison:
    """Compare two evidence folders.

    Parameters
    ----------
    one, two : pathlib.Path
        The earlier and the later.

    Returns
    -------
    Comparison
        Nothing is decided or computed again.

    Raises
    ------
    InputError
        If one of them is no evidence folder, or not as it was published.
    """
    manifests = [_manifest(folder) for folder in (one, two)]
    asked = [read_asked(folder) for folder in (one, two)]
    records = [_records(folder, manifest) for folder, manifest in zip((one, two), manifests, strict=True)]
    rules, slices = asked_changes(asked[0], asked[1])
    tested = [
        set(held.agreed) - set(held.untested)
        for held in (
            covered(policy, release, list(found.values()))
            for (release, policy), found in zip(asked, records, strict=True)
        )
    ]
    slices += [f"slice {name} no longer tested" for name in sorted(tested[0] - tested[1])]
    names = [f"{item['release']} ({item['verdict']})" for item in manifests]
    return Comparison(
        before=names[0],
        after=names[1],
        verdicts=tuple(_turned(*(_decisions(held) for held in records))),
        loosened=tuple(line for line in (*rules, *slices) if loosened(line)),
        results=tuple(_moved(*records)),
        rules=tuple(rules),
        slices=tuple(slices),
        parameters=tuple(_parameters(*records)),
        inputs=tuple(_inputs(*records)),
        environment=tuple(_environment(*manifests)),
    )


def _manifest(folder: Path) -> dict[str, Any]:
    manifest = read_manifest(folder)
    problems = sum_problems(folder)
    if problems:
        raise InputError.joined([f"{folder}: {line}" for line in problems])
    return manifest


def _records(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Record]:
    names = [str(item["name"]) for item in runs_of(manifest)]
    return {
        name: load_record((folder / f"{name}.json").read_text(encoding="utf-8"), where=f"{name}.json")
        for name in names
    }


def _decisions(records: Mapping[str, Record]) -> dict[str, Decision]:
    return {item.rule: item for record in records.values() for item in record.decisions}


def _turned(old: Mapping[str, Decision], new: Mapping[str, Decision]) -> list[Turned]:
    order = ("fail", "not_run", "insufficient", "pass", "no rule")
    found = []
    for rule in dict.fromkeys([*old, *new]):
        before, after = (held[rule].status if rule in held else "no rule" for held in (old, new))
        if before != after:
            reason = new[rule].reason if rule in new else "the rule was dropped"
            found.append(Turned(rule, before, after, reason))
    return sorted(found, key=lambda item: order.index(item.after))


def _moved(old: Mapping[str, Record], new: Mapping[str, Record]) -> list[Moved]:
    found = []
    for run in [name for name in old if name in new]:
        later = {item.id: item for item in new[run].results}
        pairs = [(item, later[item.id]) for item in old[run].results if item.id in later]
        found += [_move(run, *pair) for pair in pairs if _beyond(*pair)]
    return sorted(found, key=lambda item: -abs(item.after - item.before))


def _beyond(one: Result, two: Result) -> bool:
    return _outside(one.estimate, two) and _outside(two.estimate, one)


def _outside(value: float | None, result: Result) -> bool:
    low, high = result.low, result.high
    if value is None or low is None or high is None:
        return False
    return value < low or value > high


def _move(run: str, one: Result, two: Result) -> Moved:
    spans = [f"{held.low:.4g} to {held.high:.4g}" for held in (one, two)]
    values = [math.nan if held.estimate is None else held.estimate for held in (one, two)]
    return Moved(run, one.id, values[0], values[1], f"{spans[0]}, now {spans[1]}")


def _parameters(old: Mapping[str, Record], new: Mapping[str, Record]) -> list[str]:
    lines = [f"run {name} dropped" for name in old if name not in new]
    lines += [f"run {name} added" for name in new if name not in old]
    for run in [name for name in old if name in new]:
        before, after = old[run].parameters, new[run].parameters
        lines += [
            f"{run}: {name}: {_shown(before, name)}, now {_shown(after, name)}"
            for name in dict.fromkeys([*before, *after])
            if before.get(name) != after.get(name)
        ]
    return lines


def _shown(held: Mapping[str, Any], name: str) -> str:
    return repr(held[name])[:120] if name in held else "not there"


def _inputs(old: Mapping[str, Record], new: Mapping[str, Record]) -> list[str]:
    lines = []
    for run in [name for name in old if name in new]:
        before = {item.name: item for item in old[run].inputs}
        for item in new[run].inputs:
            earlier = before.get(item.name)
            if earlier is None:
                lines.append(f"{run}: input {item.name} added")
            elif earlier.fingerprint != item.fingerprint and item.name == REFERENCE:
                lines.append(f"{run}: reference changed: {identity(earlier)}, now {identity(item)}")
            elif earlier.fingerprint != item.fingerprint:
                lines.append(f"{run}: {item.name}: other data, {earlier.rows:,} rows, now {item.rows:,}")
    return lines


def _environment(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    facts: Sequence[dict[str, Any]] = [
        {"raikit": held["raikit"], "Python": held["python"], **held["packages"]} for held in (old, new)
    ]
    return [
        f"{name}: {facts[0].get(name, 'not there')}, now {facts[1].get(name, 'not there')}"
        for name in dict.fromkeys([*facts[0], *facts[1]])
        if facts[0].get(name) != facts[1].get(name)
    ]


_HEADS = {
    "rules": "Rules",
    "slices": "Slices",
    "parameters": "Parameters",
    "inputs": "Inputs",
    "environment": "Environment",
}


def as_text(found: Comparison) -> str:
    """Return a comparison as lines for a terminal.

    Parameters
    ----------
    found : Comparison
        What differs.

    Returns
    -------
    str
        Verdicts first; parts without a difference are left out.
    """
    lines = [f"{found.before} → {found.after}"]
    lines += [
        f"{item.rule}: {item.before.replace('_', ' ')} → {item.after.replace('_', ' ')}: {item.reason}"
        for item in found.verdicts
    ] or ["every rule is decided as before"]
    lines += [
        f"{item.run}: {item.result}: {item.before:.4g} → {item.after:.4g} ({item.intervals})"
        for item in found.results
    ]
    lines += [f"asked less than before: {line}" for line in found.loosened]
    for name in _HEADS:
        lines += [f"{name}: {line}" for line in getattr(found, name) if line not in found.loosened]
    return "\n".join(lines)


def as_json_text(found: Comparison) -> str:
    """Return a comparison as JSON.

    Parameters
    ----------
    found : Comparison
        What differs.

    Returns
    -------
    str
        Of schema ``raikit.diff/1``; ends with a newline.
    """
    held: dict[str, Any] = {"schema": "raikit.diff/1", **asdict(found)}
    return json.dumps(held, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_page(found: Comparison) -> str:
    """Return a comparison as a page.

    Parameters
    ----------
    found : Comparison
        What differs.

    Returns
    -------
    str
        One HTML file without scripts.
    """
    from raikit.report.comparison import render_comparison

    return render_comparison(
        found.before,
        found.after,
        [(item.rule, item.before, item.after, item.reason) for item in found.verdicts],
        [
            (item.run, item.result, f"{item.before:.4g}", f"{item.after:.4g}", item.intervals)
            for item in found.results
        ],
        [
            ("Asked less than before", found.loosened or ("Nothing: no rule loosened, no slice dropped.",)),
            *((head, getattr(found, name)) for name, head in _HEADS.items()),
        ],
    )
