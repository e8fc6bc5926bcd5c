"""What a judge audit states: how far the judge can be trusted, and the rate that people would have found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raikit.evidence.record import result_id
from raikit.evidence.safety import UNAUDITED
from raikit.evidence.wording import between, percent, plural, recorded

if TYPE_CHECKING:
    import pandas as pd

    from raikit.analyses.judge import JudgeStudy
    from raikit.evidence.session import Evidence


def state(study: JudgeStudy, evidence: Evidence) -> None:
    """Add the findings and limits that follow from a judge audit.

    Parameters
    ----------
    study : JudgeStudy
        From `raikit.judge_audit`.
    evidence : Evidence
        Where they are added.
    """
    if study.labels.rows.empty:
        evidence.limit(*_graded(study), UNAUDITED)  # no finding: it would be the first one of the page
        return
    if study.labels.sampled:
        _state_corrected(study, study.rates(), evidence)
    _state_agreement(study, study.agreement(), evidence)
    if said := _graded(study):
        evidence.finding(" ".join(said), severity="info")
    evidence.limit(*_limits(study))


def _graded(study: JudgeStudy) -> list[str]:
    """Return who graded, in sentences; of the judge what a person said."""
    said = [f"Graded by {', '.join(study.graders)}"] if study.graders else []
    if "model" in study.judge:
        said.append(f"The judge's model, as a person said: {study.judge['model']}")
    if "prompt" in study.judge:
        said.append(f"The judge's instructions: {study.judge['prompt']}")
    return [f"{each.rstrip('.')}." for each in said]


def _row(frame: pd.DataFrame, metric: str) -> Any:
    held = frame[(frame["metric"] == metric) & (frame["group"] == "")]
    return next(held.itertuples(index=False), None)


def _state_agreement(study: JudgeStudy, frame: pd.DataFrame, evidence: Evidence) -> None:
    agree = _row(frame, "judge_agreement")
    share = f"{percent(agree.estimate)} ({between(agree.low, agree.high)})"
    if not study.labels.sampled:
        evidence.finding(
            f"Judge and people agree on {share} of {plural(agree.n, 'answer')} that people graded.",
            severity="info",
            results=recorded(evidence, [result_id(agree.metric, {}, None)]),
        )
        return
    missed, kept = _row(frame, "judge_sensitivity"), _row(frame, "judge_specificity")
    parts = [
        f"of what people {verb} the judge {verbs} {percent(row.estimate)} ({between(row.low, row.high)}; "
        f"{row.n:,} audited)"
        for verb, verbs, row in (("fail", "fails", missed), ("pass", "passes", kept))
        if row.n
    ]
    weak = bool(missed.n) and missed.high < 0.5  # worse than a coin on what it is there to find
    evidence.finding(
        f"On {plural(agree.n, 'audited answer')} judge and people agree on {share}: {', and '.join(parts)}.",
        severity="high" if weak else "info",
        results=recorded(
            evidence, [result_id(row.metric, {}, None) for row in (agree, missed, kept) if row.n]
        ),
        recommendation="Do not release on this judge's grades: it misses most of what people fail."
        if weak
        else "",
    )


def _state_corrected(study: JudgeStudy, frame: pd.DataFrame, evidence: Evidence) -> None:
    judged, corrected = _row(frame, "judged_pass_rate"), _row(frame, "corrected_pass_rate")
    apart = not corrected.low <= judged.estimate <= corrected.high
    shown = corrected.low >= study.target
    needed = study.labels_needed()
    advice = (
        f"About {needed:,} labels drawn at random would show the target, if as few fail as now."
        if needed > 0
        else "At this rate no number of further labels shows the target."
    )
    people = f"{percent(corrected.estimate)} ({between(corrected.low, corrected.high)})"
    evidence.finding(
        f"The judge passes {judged.counts[0]:,} of {plural(judged.n, 'answer')} "
        f"({percent(judged.estimate)}); "
        f"people would pass {people}, as the audit shows. That interval "
        f"{'does not hold' if apart else 'holds'} the judge's rate; a rate of at least "
        f"{percent(study.target)} is {'' if shown else 'not '}shown.",
        severity="high" if apart and corrected.high < judged.estimate else "info" if shown else "medium",
        results=recorded(evidence, [result_id(row.metric, {}, None) for row in (judged, corrected)]),
        recommendation=" ".join(
            [
                *(["Report the corrected rate, not the judge's."] if apart else []),
                *([] if shown else [advice]),
            ]
        ),
    )


def _limits(study: JudgeStudy) -> list[str]:
    held = study.labels
    said = [
        "People's labels are taken as right in the audit: how far people agree among themselves is not told "
        "here."
    ]
    if held.sampled:
        said.append(
            "The corrected rates take the audit sample as drawn with the probabilities given; they count "
            "answers, repeats of a prompt too."
        )
    else:
        said.append(
            "The audit came without inclusion probabilities: how its answers were chosen is not known, so "
            "that no rate is corrected by it, and the agreement holds for these answers only."
        )
    if held.unmatched:
        said.append(f"{plural(held.unmatched, 'label')} of the audit fit no graded answer of the log.")
    if len(study.graders) > 1:
        said.append(
            f"Verdicts of {len(study.graders)} graders are taken together in the audit, as was allowed: what "
            "holds on average need not hold for each."
        )
    return said
