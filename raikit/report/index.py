"""The index of a release: its verdict, its rules, its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from raikit.evidence.record import Result
from raikit.report import words
from raikit.report.markup import fill
from raikit.report.summary import ReleaseSummary, RunSummary
from raikit.report.verdicts import Banner, counted, verdict_rows

_TONES = {"PASS": "pass", "FAIL": "fail", "INCOMPLETE": "fail"}
_STATES = {"complete": ("Complete", "pass"), "failed": ("Failed", "fail"), "not_run": ("Not run", "open")}


@dataclass(frozen=True)
class _RunRow:
    name: str
    template: str
    state: str
    tone: str
    detail: str
    finding: str
    page: str
    files: tuple[tuple[str, str], ...]


def render_index(summary: ReleaseSummary, results: Mapping[str, Sequence[Result]] | None = None) -> str:
    """Return the index page of a release.

    Parameters
    ----------
    summary : ReleaseSummary
        What the release found; nothing is computed again.
    results : mapping of str to sequence of Result, optional
        Each run's, so that the table shows the numbers that its decisions name.

    Returns
    -------
    str
        One HTML file without scripts; links only to files beside it.
    """
    runs = [_run_row(run) for run in summary.runs]
    held = results or {}
    rows = [row for item in summary.decisions for row in verdict_rows([item], held.get(item.run, ()))]
    return fill(
        "index.html.j2",
        tab=f"{summary.verdict}: release {words.plain(summary.release)}",
        release=words.plain(summary.release),
        banner=_banner(summary),
        facts=_facts(summary),
        purpose=words.plain(summary.system.get("purpose", ""), longest=600),
        notices=[words.plain(notice, longest=600) for notice in summary.notices],
        rows=rows,
        pages={run.name: run.page for run in runs},
        runs=runs,
        checks=[
            ("Policy rules", summary.policy_sha256),
            ("Started", summary.started),
            ("Finished", summary.finished),
        ],
    )


def _banner(summary: ReleaseSummary) -> Banner:
    if summary.verdict == "NO RULES":
        sentence = "The policy holds no rule, so nothing was decided."
    else:
        sentence = counted(summary.decisions) if summary.decisions else "No rule was decided."
    broken = [words.plain(run.name) for run in summary.runs if run.state == "failed"]
    if broken:
        sentence += f" {len(broken)} of {len(summary.runs)} runs did not complete: {', '.join(broken)}."
    accepted = summary.counts.get("accepted", 0)
    if accepted:
        sentence += f" {accepted} {'is' if accepted == 1 else 'are'} accepted by a named approver."
    return Banner(summary.verdict, _TONES.get(summary.verdict, "open"), sentence)


def _facts(summary: ReleaseSummary) -> list[tuple[str, str]]:
    system = summary.system
    facts = [
        ("System", " ".join(str(system[key]) for key in ("name", "version") if system.get(key))),
        ("Owner", system.get("owner")),
        ("Risk tier", system.get("tier")),
        ("Date", summary.finished[:10]),
        ("Runs", str(len(summary.runs))),
        *summary.coverage,
    ]
    return [(label, words.plain(value, longest=200)) for label, value in facts if value]


def _run_row(run: RunSummary) -> _RunRow:
    state, tone = _STATES[run.state]
    details = [run.error or ""]
    if run.reused_from:
        details.append(f"reused; made {run.reused_from}")
    elif run.seconds is not None:
        details.append(f"{run.seconds:.0f} s")
    files = [("Page", run.page), ("Notebook", run.notebook), ("Record", run.record)]
    return _RunRow(
        name=words.plain(run.name),
        template=words.plain(run.template),
        state=state,
        tone=tone,
        detail=words.plain("; ".join(part for part in details if part), longest=600),
        finding=words.plain(run.findings[0] if run.findings else "", longest=600),
        page=_address(run.page),
        files=tuple((label, _address(name)) for label, name in files if name),
    )


def _address(name: str) -> str:
    """Return a file name as a link that can only lead to a file beside the index."""
    return f"./{quote(name)}" if name else ""
