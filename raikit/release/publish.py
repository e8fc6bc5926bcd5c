"""A finished release: index, copies, manifest, sums, swapped in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raikit import __version__
from raikit.evidence.provenance import now, package_versions, python_version
from raikit.release.batch import facts_of
from raikit.release.changes import since_baseline
from raikit.release.coverage import covered, figures
from raikit.release.pack import swap_in, write_manifest
from raikit.release.reuse import clear_marks
from raikit.release.verdict import conclude, coverage, notices
from raikit.report.summary import ReleaseSummary, RunSummary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raikit.evidence.record import Decision
    from raikit.release.batch import Done
    from raikit.release.plan import Plan
    from raikit.release.session import Session

_SEVERITY = ("high", "medium", "low", "info")


def publish(session: Session, done: Mapping[str, Done]) -> ReleaseSummary:
    """Finish the folder that holds the runs' files and put it under its final name.

    Parameters
    ----------
    session : Session
        The release.
    done : mapping of str to Done
        Every run.

    Returns
    -------
    ReleaseSummary
        As the index page shows it.
    """
    from raikit.report.index import render_index

    summary = _summary(session, done)
    build = session.build
    clear_marks(build)
    results = {name: item.record.results for name, item in done.items()}
    (build / "index.html").write_text(render_index(summary, results), encoding="utf-8")
    (build / "release.yaml").write_bytes(session.plan.file_bytes)
    (build / "policy.yaml").write_bytes(session.plan.policy_bytes)
    write_manifest(build, _facts(session, summary, done))
    swap_in(build, session.target)
    return summary


def _summary(session: Session, done: Mapping[str, Done]) -> ReleaseSummary:
    plan = session.plan
    records = [item.record for item in done.values()]
    tier = plan.release.system.tier
    decisions = [item for record in records for item in record.decisions] + coverage(
        plan.policy, tier, records
    )
    status, verdict, counts = conclude(records, decisions, plan.policy)
    return ReleaseSummary(
        release=plan.release.release,
        system=plan.release.system.model_dump(exclude_defaults=True),
        verdict=verdict,
        exit_status=status,
        counts=counts,
        runs=tuple(_run_summary(session, item) for item in done.values()),
        decisions=tuple(decisions),
        policy_sha256=plan.policy.rules_sha256(),
        coverage=tuple(figures(covered(plan.policy, plan.release, records))),
        notices=(*_since_baseline(plan), *notices(records, decisions, plan.policy)),
        started=session.started,
        finished=now(),
    )


def _since_baseline(plan: Plan) -> list[str]:
    """Return what is asked less than in the baseline that the release file names."""
    if plan.release.baseline is None:
        return []
    return since_baseline(plan.folder / plan.release.baseline, plan.release, plan.policy)


def _run_summary(session: Session, done: Done) -> RunSummary:
    record = done.record
    files = {suffix: f"{record.run}.{suffix}" for suffix in ("html", "ipynb", "json")}
    there = {suffix: name if (session.build / name).is_file() else "" for suffix, name in files.items()}
    ordered = sorted(record.findings, key=lambda finding: _SEVERITY.index(finding.severity))
    return RunSummary(
        name=record.run,
        template=record.template,
        state=record.state,
        error=record.error,
        page=there["html"],
        notebook=there["ipynb"],
        record=there["json"],
        seconds=done.seconds,
        reused_from=done.reused_from,
        findings=tuple(finding.text for finding in ordered),
    )


def _facts(session: Session, summary: ReleaseSummary, done: Mapping[str, Done]) -> dict[str, Any]:
    """Return what the manifest says besides its list of files; the gate judges again from it."""
    planned = {run.name: run for run in session.plan.runs}
    return {
        "schema": "raikit.manifest/1",
        "release": summary.release,
        "system": summary.system,
        "verdict": summary.verdict,
        "exit_status": summary.exit_status,
        "counts": summary.counts,
        "coverage": [_coverage_line(item) for item in summary.decisions if item.rule.startswith("coverage.")],
        "covered": dict(summary.coverage),
        "runs": [facts_of(planned[name], item) for name, item in done.items()],
        "policy_sha256": summary.policy_sha256,
        "runner": session.runner,
        "judged_on": session.today.isoformat(),
        "raikit": __version__,
        "python": python_version(),
        "packages": package_versions(),
        "started": summary.started,
        "finished": summary.finished,
    }


def _coverage_line(item: Decision) -> dict[str, Any]:
    return {"rule": item.rule, "status": item.status, "reason": item.reason}
