"""From records to the verdict: decisions of each run, coverage of the tier, the exit status."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from raikit.evidence.decide import decide, worst
from raikit.evidence.policy import Policy, Tier
from raikit.evidence.record import Decision, Record
from raikit.release.attributes import refused_rule
from raikit.report.summary import Verdict


def decisions_of(
    policy: Policy, record: Record, *, today: dt.date, runner: str, model: str
) -> list[Decision]:
    """Judge a run's rules; what its tier refuses is not run.

    Parameters
    ----------
    policy : Policy
        The rules.
    record : Record
        With state, results, system and provenance.
    today : datetime.date
        The day on which expiry is judged.
    runner : str
        Who ran the release.
    model : str
        Digest of the model, or the system's version.

    Returns
    -------
    list of Decision
        One for each rule of the run.
    """
    refusal = _refusal(policy.tiers.get(str(record.system.get("tier", ""))), record)
    state = "not_run" if refusal else record.state
    made = decide(
        policy, record.results, run=record.run, state=state, today=today, runner=runner, model=model
    )
    reason = refusal or (record.error if record.state != "complete" else None)
    if reason:
        return [item.model_copy(update={"reason": reason}) for item in made]
    bare = decide(policy, (), run=record.run, state="not_run", today=today, runner=runner, model=model)
    rules = [rule for rule in policy.rules if rule.run == record.run]
    for index, rule in enumerate(rules):
        if why := refused_rule(policy, rule, record, today):
            made[index] = bare[index].model_copy(update={"reason": why})
    return made


def judged(policy: Policy, record: Record, *, today: dt.date, runner: str, model: str) -> Record:
    """Return a record with the decisions of a policy; whatever it held before is made anew.

    Parameters
    ----------
    policy : Policy
        The rules.
    record : Record
        Of a run, new or reused.
    today : datetime.date
        The day on which expiry is judged.
    runner, model : str
        As for `decisions_of`.

    Returns
    -------
    Record
        Everything else as it was.
    """
    provenance = record.provenance.model_copy(update={"policy_sha256": policy.rules_sha256()})
    placed = record.model_copy(update={"provenance": provenance})
    decisions = decisions_of(policy, placed, today=today, runner=runner, model=model)
    return placed.model_copy(update={"decisions": decisions})


def coverage(policy: Policy, tier: str, records: Iterable[Record]) -> list[Decision]:
    """Return a line for each template that the tier requires and that no complete run covers.

    Parameters
    ----------
    policy : Policy
        Its tiers.
    tier : str
        The release's system's.
    records : iterable of Record
        Of all runs.

    Returns
    -------
    list of Decision
        Each ``not_run``; empty when everything required is there.
    """
    asked = policy.tiers.get(tier)
    complete = {record.template for record in records if record.state == "complete"}
    return [
        Decision(
            rule=f"coverage.{name}",
            status="not_run",
            result=None,
            bound=1,
            reason=f"tier {tier!r} requires the template {name!r}, and no run of it is complete",
            metric="complete_runs",
            op=">=",
            source=f"policy, tier {tier!r}",
            severity="high",
        )
        for name in (asked.required if asked else [])
        if name not in complete
    ]


def conclude(
    records: Sequence[Record], decisions: Sequence[Decision], policy: Policy
) -> tuple[int, Verdict, dict[str, int]]:
    """Return exit status, banner and counts of a release.

    Parameters
    ----------
    records : sequence of Record
        Of all runs.
    decisions : sequence of Decision
        Of all rules, and the coverage.
    policy : Policy
        Whether it has rules at all.

    Returns
    -------
    status : int
        0, 1 or 3.
    verdict : str
        The banner.
    counts : dict of str to int
        Decisions by status, and those accepted.
    """
    counts = {
        status: sum(item.status == status for item in decisions)
        for status in ("pass", "fail", "insufficient", "not_run")
    }
    counts["accepted"] = sum(item.accepted for item in decisions)
    if any(record.state == "failed" for record in records):
        return 3, "INCOMPLETE", counts
    if not policy.rules:
        return 1, "NO RULES", counts
    open_ = worst(item.status for item in decisions if not item.accepted and item.status != "pass")
    if open_ is None and any(record.state == "not_run" for record in records):
        open_ = "not_run"
    words: dict[str, Verdict] = {"fail": "FAIL", "not_run": "NOT RUN", "insufficient": "INSUFFICIENT"}
    return (1, words[open_], counts) if open_ else (0, "PASS", counts)


def runner_of(folder: Path) -> str:
    """Return who runs this release: ``RAIKIT_RUNNER``, else git's e-mail, else "".

    Parameters
    ----------
    folder : pathlib.Path
        Where git is asked.

    Returns
    -------
    str
        An address or a name.
    """
    named = os.environ.get("RAIKIT_RUNNER", "").strip()
    if named:
        return named
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "config", "user.email"], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def notices(records: Sequence[Record], decisions: Sequence[Decision], policy: Policy) -> list[str]:
    """Return what the index says besides the verdict.

    Parameters
    ----------
    records : sequence of Record
        Of all runs.
    decisions : sequence of Decision
        Of all rules.
    policy : Policy
        The rules.

    Returns
    -------
    list of str
        Runs without a rule, dispositions no longer needed, what changed since earlier runs.
    """
    said = []
    judged = {rule.run for rule in policy.rules}
    for record in records:
        if record.run not in judged:
            said.append(f"{record.run}: no rule of the policy judges this run.")
        if (record.provenance.run_number or 1) > 1:  # a first run has nothing to say
            said += [f"{record.run}: {line}" for line in record.provenance.ledger]
    for item in decisions:
        disposition: Mapping[str, Any] = item.disposition or {}
        if item.status == "pass" and disposition:
            said.append(f"{item.rule}: its disposition is no longer needed, the rule passes.")
    return said


def _refusal(tier: Tier | None, record: Record) -> str | None:
    """Return why the tier does not let this run be gated; None where it does."""
    cells = record.provenance.modified_cells
    if tier is None or tier.modified_templates or cells == 0:
        return None
    asked = f"tier {record.system.get('tier')!r} asks for unmodified templates"
    if cells is None:
        return f"{asked}; this notebook can't be compared with a shipped one"
    return f"{asked}; this one was modified from {record.template}: {cells} cell{'s' if cells != 1 else ''}"
