"""The ledger: a line for each run before its kernel starts, and one when it is done; it only grows."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from raikit.errors import InputError
from raikit.evidence.provenance import now
from raikit.release.changes import changed_rules, moved, rule_facts, slices_of
from raikit.release.lock import locked
from raikit.release.plan import Plan, PlannedRun


def open_lines(outputs: Path, plan: Plan, runs: Sequence[PlannedRun]) -> dict[str, dict[str, Any]]:
    """Write a line for each run that is about to start.

    Parameters
    ----------
    outputs : pathlib.Path
        The folder that holds ``ledger.jsonl``.
    plan : Plan
        The release.
    runs : sequence of PlannedRun
        Those that will start.

    Returns
    -------
    dict of str to dict
        By run name: its ``number`` (how many times this system's run was started, this one included)
        and ``said``, sentences on what changed since the one before.

    Raises
    ------
    InputError
        If the ledger can't be written; nothing has started then.
    """
    path = outputs / "ledger.jsonl"
    with locked(outputs / ".ledger.lock", what="ledger.jsonl", wait=True):
        earlier = _read(path)
        lines, told = [], {}
        for run in runs:
            before = [line for line in earlier if line["event"] == "started" and _same(line, run)]
            line = _line(plan, run, number=len(before) + 1)
            lines.append(line)
            told[run.name] = {"number": line["number"], "said": _said(before, line)}
        try:
            _append(path, lines)
        except OSError as error:
            raise InputError(f"{path}: can't be written: {os.strerror(error.errno or 0)}") from None
    return told


def close_line(
    outputs: Path, run: PlannedRun, number: int, state: str, inputs: Mapping[str, str]
) -> list[str]:
    """Write that a run is done, with the fingerprints of what it read.

    Parameters
    ----------
    outputs : pathlib.Path
        The folder that holds ``ledger.jsonl``.
    run : PlannedRun
        The run.
    number : int
        Its number.
    state : str
        What was proven of it.
    inputs : mapping of str to str
        Fingerprint by input name.

    Returns
    -------
    list of str
        A sentence on whether the data are those of the run before.
    """
    path = outputs / "ledger.jsonl"
    with locked(outputs / ".ledger.lock", what="ledger.jsonl", wait=True):
        done = [line for line in _read(path) if line["event"] == "finished" and _same(line, run)]
        _append(
            path,
            [
                {
                    "event": "finished", "at": now(), "system": run.system["name"], "run": run.name,
                    "number": number, "state": state, "inputs": dict(inputs),
                }
            ],
        )  # fmt: skip
    known = [line for line in done if line["inputs"]]
    if not known or not inputs:
        return []
    last, same = known[-1], sum(line["inputs"] == dict(inputs) for line in known)
    if last["inputs"] != dict(inputs):
        return [f"The data are not those of run {last['number']}."]
    return [f"The same data as in {same} earlier run{'s' if same > 1 else ''} in this ledger."]


def _same(line: Mapping[str, Any], run: PlannedRun) -> bool:
    return bool(line["system"] == run.system["name"] and line["run"] == run.name)


def _line(plan: Plan, run: PlannedRun, *, number: int) -> dict[str, Any]:
    rules = {rule.id: rule_facts(rule) for rule in plan.policy.rules if rule.run == run.name}
    return {
        "event": "started", "at": now(), "system": run.system["name"], "run": run.name, "number": number,
        "release": plan.release.release, "version": run.system.get("version", ""), "key": run.key,
        "template": run.template.name, "template_sha256": run.template.sha256,
        "policy_sha256": plan.policy.rules_sha256(), "rules": rules,
        "slices": slices_of(run.agreed.get("slices") or [], run.values), "parameters": sorted(run.parameters),
    }  # fmt: skip


def _said(before: Sequence[Mapping[str, Any]], line: Mapping[str, Any]) -> list[str]:
    """Return what changed since the run before, in words."""
    head = f"Run {line['number']} of {line['run']!r} for {line['system']} in this ledger."
    if not before:
        return [head]
    last = before[-1]
    changes = [
        *changed_rules(last["rules"], line["rules"]),
        *moved("slice", last["slices"], line["slices"]),
    ]
    if last["template_sha256"] != line["template_sha256"]:
        changes.append("another template")
    since = "; ".join(changes) if changes else "rules, slices and template are the same"
    return [head, f"Since run {last['number']}: {since}."]


def _read(path: Path) -> list[dict[str, Any]]:
    """Return the lines that can be read: a driver killed while it wrote may have left half of one."""
    lines = []
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    for row in text.splitlines():
        try:
            line = json.loads(row)
        except ValueError:
            continue
        if isinstance(line, dict) and {"event", "system", "run"} <= line.keys():
            lines.append(line)
    return lines


def _append(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Add lines and wait until they are on the disk."""
    text = "".join(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n" for line in lines)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":
            text = "\n" + text  # half a line of a killed driver stays alone on its row
        os.write(handle, text.encode())
        os.fsync(handle)
    finally:
        os.close(handle)
