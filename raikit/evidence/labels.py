"""What a labels study states: findings with their numbers, and what it can't tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raikit.evidence.record import result_id
from raikit.evidence.wording import between, figure, percent, plural, recorded, result_of

if TYPE_CHECKING:
    from raikit.analyses.labels import LabelStudy
    from raikit.evidence.session import Evidence


def state(study: LabelStudy, evidence: Evidence) -> None:
    """Add the findings and limits that follow from a labels study.

    Parameters
    ----------
    study : LabelStudy
        From `raikit.labels`.
    evidence : Evidence
        Where they are added.
    """
    agreement = study.agreement()
    row = result_of(agreement, "krippendorff_alpha", {})
    evidence.finding(
        f"Krippendorff's alpha ({study.ratings.level}) is {figure(row.estimate)} "
        f"({percent(row.confidence)} interval {between(row.low, row.high)}) over {plural(row.n, 'item')}.",
        severity="info",
        results=recorded(evidence, [result_id("krippendorff_alpha", {}, None)]),
    )
