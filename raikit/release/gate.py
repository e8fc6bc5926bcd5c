"""The gate: sums, records and decisions of an evidence folder, checked and made again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit.errors import RaikitError
from raikit.evidence.policy import load_policy
from raikit.evidence.record import load_record
from raikit.evidence.yaml import load_yaml
from raikit.release.pack import read_manifest, runs_of, sum_problems
from raikit.release.schema import ReleaseFile, parse_release
from raikit.release.verdict import conclude, coverage, decisions_of

if TYPE_CHECKING:
    from raikit.evidence.policy import Policy
    from raikit.evidence.record import Decision, Record


@dataclass(frozen=True)
class Gate:
    """What the gate found.

    Parameters
    ----------
    status : int
        0, 1 or 3.
    verdict : str
        The banner as of today; "" when the folder can't be believed.
    decisions : tuple of Decision
        As of today.
    problems : tuple of str
        Why the folder can't be believed.
    """

    status: int
    verdict: str
    decisions: tuple[Decision, ...] = ()
    problems: tuple[str, ...] = ()


def gate(folder: Path, *, today: dt.date | None = None) -> Gate:
    """Check an evidence folder and judge it as of today; no notebook is run.

    Parameters
    ----------
    folder : pathlib.Path
        ``outputs/<release>``.
    today : datetime.date, optional
        The day on which expiry is judged; by default the present one (UTC).

    Returns
    -------
    Gate
        Status 3 if a file is changed, missing or extra, or if decisions made again from records and
        policy differ from the recorded ones.

    Raises
    ------
    InputError
        If the folder holds no evidence.
    """
    manifest = read_manifest(folder)
    problems = sum_problems(folder)
    if problems:
        return Gate(3, "", problems=tuple(problems))
    try:
        policy = load_policy(folder / "policy.yaml")
        release = parse_release(load_yaml(folder / "release.yaml"), where="release.yaml")
        records = [
            load_record((folder / f"{run.name}.json").read_text(encoding="utf-8"), where=f"{run.name}.json")
            for run in release.runs
        ]
    except (RaikitError, OSError, ValueError) as error:
        return Gate(3, "", problems=tuple(str(error).splitlines()))
    problems = _disagreements(manifest, release, policy, records)
    if problems:
        return Gate(3, "", problems=tuple(problems))
    day = today or dt.datetime.now(dt.UTC).date()
    decisions = _decisions(manifest, release, policy, records, day)
    status, verdict, _ = conclude(records, decisions, policy)
    return Gate(status, verdict, tuple(decisions))


def _disagreements(
    manifest: Mapping[str, Any], release: ReleaseFile, policy: Policy, records: list[Record]
) -> list[str]:
    """Return where decisions made again, as of the recorded day, differ from the recorded ones."""
    named = [str(item.get("name")) for item in runs_of(manifest)]
    if named != [record.run for record in records] or named != [run.name for run in release.runs]:
        return ["manifest.json, release.yaml and the records do not name the same runs"]
    problems = []
    states = [(item.get("state"), record) for item, record in zip(runs_of(manifest), records, strict=True)]
    for state, record in states:
        if state != record.state:
            problems.append(f"{record.run}: manifest.json says {state}, its record {record.state}")
    try:
        day = dt.date.fromisoformat(str(manifest.get("judged_on")))
    except ValueError:
        return [*problems, f"manifest.json: judged_on: not a date: {manifest.get('judged_on')!r}"]
    again = {item.rule: item for item in _decisions(manifest, release, policy, records, day)}
    recorded = {item.rule: item for record in records for item in record.decisions}
    for rule in policy.rules:
        if recorded.get(rule.id) != again[rule.id]:
            problems.append(f"{rule.id}: the recorded decision is not what policy and results give")
    problems += [f"{rule}: recorded, but no rule of the policy" for rule in recorded if rule not in again]
    status, verdict, _ = conclude(records, list(again.values()), policy)
    if (status, verdict) != (manifest.get("exit_status"), manifest.get("verdict")):
        problems.append(f"manifest.json says {manifest.get('verdict')}, policy and results give {verdict}")
    return problems


def _decisions(
    manifest: Mapping[str, Any], release: ReleaseFile, policy: Policy, records: list[Record], day: dt.date
) -> list[Decision]:
    models = {str(item.get("name")): str(item.get("model", "")) for item in runs_of(manifest)}
    runner = str(manifest.get("runner", ""))
    made = [
        item
        for record in records
        for item in decisions_of(policy, record, today=day, runner=runner, model=models[record.run])
    ]
    return made + coverage(policy, release.system.tier, records)
