"""What the index page is told about a release: the facts of its runs, nothing computed again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from raikit.evidence.record import Decision

Verdict = Literal["PASS", "FAIL", "INSUFFICIENT", "NOT RUN", "NO RULES", "INCOMPLETE"]


@dataclass(frozen=True)
class RunSummary:
    """One run of a release.

    Parameters
    ----------
    name, template : str
        The run's name and the template it was made from.
    state : {"complete", "failed", "not_run"}
        What was proven of it.
    error : str or None
        Why it is not complete, in words.
    page, notebook, record : str
        File names beside the index; empty where there is none.
    seconds : float or None
        How long the notebook took; None where it did not start.
    reused_from : str or None
        When the reused evidence was made; None where the run is new.
    findings : tuple of str
        Generated sentences, the most severe first.
    """

    name: str
    template: str
    state: Literal["complete", "failed", "not_run"]
    error: str | None = None
    page: str = ""
    notebook: str = ""
    record: str = ""
    seconds: float | None = None
    reused_from: str | None = None
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReleaseSummary:
    """A release as its index page shows it.

    Parameters
    ----------
    release : str
        Its name.
    system : dict
        The release's system: name, version, owner, tier, purpose.
    verdict : str
        The banner: INCOMPLETE (a run did not complete) before NO RULES, FAIL, INSUFFICIENT, NOT RUN, PASS.
    exit_status : int
        What the command line returns for it.
    counts : dict of str to int
        Decisions by status (pass, fail, insufficient, not_run), and `accepted` among the latter three.
    runs : tuple of RunSummary
        In the release file's order.
    decisions : tuple of Decision
        Every rule's, each with its run's name.
    policy_sha256 : str
        Hash of the rules.
    notices : tuple of str
        What the reader of the index must know besides (coverage, dispositions no longer needed, ledger).
    coverage : tuple of pairs of str
        How much of what was required and agreed was tested: a label and a sentence each.
    started, finished : str
        ISO 8601, UTC.
    """

    release: str
    system: dict[str, Any]
    verdict: Verdict
    exit_status: int
    counts: dict[str, int]
    runs: tuple[RunSummary, ...]
    decisions: tuple[Decision, ...]
    policy_sha256: str
    notices: tuple[str, ...] = ()
    coverage: tuple[tuple[str, str], ...] = ()
    started: str = ""
    finished: str = ""
