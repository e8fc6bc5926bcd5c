"""What a comparison with an earlier run states: what is fixed, what is new, what still fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raikit.evidence.record import result_id
from raikit.evidence.wording import MINUS, percent, plural, recorded

if TYPE_CHECKING:
    from raikit.analyses.versions import VersionStudy
    from raikit.evidence.session import Evidence


def state(study: VersionStudy, evidence: Evidence) -> None:
    """Add the findings and limits that follow from a comparison with an earlier run.

    Parameters
    ----------
    study : VersionStudy
        From `SafetyStudy.since`.
    evidence : Evidence
        Where they are added.
    """
    if study.paired.empty:
        if study.earlier:
            evidence.limit(f"Nothing is compared with the earlier run: {study.why}.")
        return
    row: Any = next(study.changes().itertuples(index=False))
    items = study.items().iloc[0]
    new, fixed, still = (int(items[word]) for word in ("new failure", "fixed", "still fails"))
    chance = "under .001" if row.p_value < 0.001 else f"{row.p_value:.3f}"
    held = row.low > -study.margin
    worse = row.high < -study.margin
    tolerated = f"a drop of {100 * study.margin:g} points or more" if study.margin else "a drop"
    verdict = "shown" if worse else "ruled out" if held else "not ruled out"
    evidence.finding(
        f"Since the earlier run, of {plural(row.n, 'item')} in both: {new:,} newly fail{_s(new)}, "
        f"{fixed:,} {'is' if fixed == 1 else 'are'} fixed, {still:,} still fail{_s(still)}. "
        f"The pass rate changed by {_points(row.estimate)} points ({_limits(row)}; exact McNemar p "
        f"{chance}): {tolerated} is {verdict}.",
        severity="high" if worse else "medium" if new else "info",
        results=recorded(evidence, [result_id(row.metric, row.slice, row.compared)]),
        recommendation=f"Review the {plural(new, 'new failure')} first." if new else "",
    )
    evidence.limit(*_said(study))


def _s(count: int) -> str:
    return "s" if count == 1 else ""


def _points(value: float) -> str:
    return f"{100 * value:+.1f}".replace("-", MINUS)


def _limits(row: Any) -> str:
    return f"{percent(row.confidence)} interval {_points(row.low)} to {_points(row.high)}"


def _said(study: VersionStudy) -> list[str]:
    said = [study.marked] if study.marked else []
    if study.added or study.gone:
        said.append(
            f"Only items graded in both runs are compared: {study.added:,} of this run are new, "
            f"{study.gone:,} of the earlier run were not graded again, "
            f"{study.open_again:,} of them failing then."
        )
    return said
