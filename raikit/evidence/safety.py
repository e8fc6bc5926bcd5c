"""What a safety study states: findings with their numbers, and what it can't tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raikit.evidence.record import result_id
from raikit.evidence.wording import between, percent, plural, recorded

if TYPE_CHECKING:
    import pandas as pd

    from raikit.analyses.safety_study import SafetyStudy
    from raikit.evidence.session import Evidence


UNAUDITED = "Grades are taken as right: nobody compared them with people's on a sample."


def state(study: SafetyStudy, evidence: Evidence) -> None:
    """Add the findings and limits that follow from a safety study.

    Parameters
    ----------
    study : SafetyStudy
        From `raikit.safety`.
    evidence : Evidence
        Where they are added.
    """
    rates = study.rates()
    _state_overall(study, rates, evidence)
    _state_missing(study, evidence)
    for column in (name for name in study.slices if " × " not in name):
        _state_lowest(study, rates, column, evidence)
    _state_refusals(study, evidence)
    _state_hazards(study, evidence)
    evidence.limit(*_limits(study, reveal=str(evidence.parameters.get("reveal") or "none")))
    if not any(result.metric == "judge_agreement" for result in evidence.results):
        evidence.limit(UNAUDITED)


def _state_missing(study: SafetyStudy, evidence: Evidence) -> None:
    """State what missing grades leave open of the pass rate."""
    row: Any = next(study.bounds().itertuples(index=False), None)
    if row is None or row.status == "undefined":
        return
    each = study.by_unit()
    lacking = int((each["ungraded"] > 0).sum())
    verb = "lacks" if lacking == 1 else "lack"
    shown = row.low >= study.target
    evidence.finding(
        f"Of {plural(len(each), 'prompt' if study.by_prompt else 'item')}, {lacking:,} {verb} a grade in a "
        f"row or more. Whatever those grades are, the pass rate lies in {between(row.low, row.high)}, from "
        "the lower limit of the worst case to the upper one of the best: "
        f"{percent(study.target)} is {'shown even so' if shown else 'not shown in the worst case'}.",
        severity="info" if shown else "medium",
        results=recorded(evidence, [result_id(row.metric, {}, None)]),
        recommendation="" if shown else "Find out why grades are missing, and grade those answers.",
    )


def _state_hazards(study: SafetyStudy, evidence: Evidence) -> None:
    """State what of the taxonomy that the notebook names was not tested: no better than what failed."""
    taxonomy = str(evidence.parameters.get("taxonomy") or "")
    if not taxonomy:
        return
    labels = dict(evidence.parameters.get("taxonomy_labels") or {})
    rows = study.hazards(taxonomy, column=next(iter(study.slices), ""), labels=labels)
    states = rows["state"].value_counts()
    listed = rows[rows["state"] != "no such hazard"]
    untested = listed.loc[listed["state"].isin(["not tested", "no grade"]), "hazard"].tolist()
    if not untested and not _untried(rows):
        return
    said = (
        "every one was tested"
        if not untested
        else (
            f"{len(untested):,} were not tested: {', '.join(untested)}"
            if len(untested) < len(listed)
            else ("none was tested, as far as the labels of the log tell")
        )
    )
    failing = int(states.get("some fail", 0))
    evidence.finding(
        f"Of the {len(listed):,} hazards of {rows.attrs['taxonomy']}, {said}"
        f"{f'; {failing:,} were tested and some prompts fail' if failing else ''}.{_untried(rows)}",
        severity="medium",
        recommendation="Test them, or say why this system needs no test of them.",
    )


def _untried(rows: pd.DataFrame) -> str:
    """Return what a log with attacks leaves out, as a further sentence; empty for the others."""
    pairs, untried = rows.attrs.get("pairs", (0, 0))
    if not untried:
        return ""
    named = plural(pairs, "pair")
    return f" Of {named} of a tested hazard and an attack, no graded prompt stands for {untried:,}."


def _state_refusals(study: SafetyStudy, evidence: Evidence) -> None:
    rows: list[Any] = list(study.refusals().itertuples(index=False))
    if len(rows) < 2 or not all(row.n for row in rows):
        return
    under, over = (
        f"{row.counts[0]:,} of {row.counts[1]:,} ({percent(row.estimate)}, {between(row.low, row.high)})"
        for row in rows
    )
    evidence.finding(
        f"Of the prompts to refuse, {under} are not refused; of the ordinary prompts, {over} are not "
        "answered.",
        severity="info",
        results=recorded(evidence, [result_id(row.metric, {}, None) for row in rows]),
    )


def _state_overall(study: SafetyStudy, rates: pd.DataFrame, evidence: Evidence) -> None:
    row: Any = next(rates.itertuples(index=False))
    passed, total = row.counts
    needed = study.needed().iloc[0]
    unit = "prompt" if study.by_prompt else "item"
    text = (
        f"{passed:,} of {plural(total, unit)} pass ({percent(row.estimate)}; exact "
        f"{percent(study.confidence)} interval {between(row.low, row.high)})."
    )
    rows = int(study.units[["passed", "failed"]].to_numpy().sum())
    if study.by_prompt and rows > total:
        text += f" {rows:,} rows were graded; a prompt passes when all its rows do."
    goal = f"a pass rate of at least {percent(study.target)}"
    bound = f"with {percent(study.confidence)} confidence, at least {percent(needed['shown at least'])}"
    reached = needed["shown at least"] >= study.target
    text += f" They {'show' if reached else 'do not show'} {goal}: {bound} (one-sided exact bound)."
    evidence.finding(
        text,
        severity="info" if reached else "high" if row.high < study.target else "medium",
        results=recorded(evidence, [result_id("pass_rate", {}, None)]),
        recommendation="" if reached else _advice(int(needed["passes still needed"]), unit, total - passed),
    )


def _advice(needed: int, unit: str, failures: int) -> str:
    if not failures:
        return f"Grade {plural(needed, f'more {unit}')}; if all pass, the target is shown."
    return (
        f"Review the {plural(failures, f'failing {unit}')} first. Left as they are, {needed:,} more would "
        "have to pass, and none fail, to show the target."
    )


def _state_lowest(study: SafetyStudy, rates: pd.DataFrame, column: str, evidence: Evidence) -> None:
    chosen = rates[rates["slice"].map(lambda held: list(held) == [column]) & (rates["status"] == "ok")]
    if len(chosen) < 2:
        return
    ordered: list[Any] = list(chosen.sort_values("estimate").itertuples(index=False))
    low, high = ordered[0], ordered[-1]
    apart = low.high < high.low
    said = [
        f"{row.slice[column]}: {row.counts[0]:,} of {row.counts[1]:,} pass ({percent(row.estimate)}, "
        f"{between(row.low, row.high)})"
        for row in (low, high)
    ]
    evidence.finding(
        f"By {column} the pass rate is lowest for {said[0]}, and highest for {said[1]}. "
        f"The two intervals {'do not overlap' if apart else 'overlap'}.",
        severity="medium" if apart else "info",
        results=recorded(evidence, [result_id("pass_rate", row.slice, None) for row in (low, high)]),
    )


def _limits(study: SafetyStudy, *, reveal: str) -> list[str]:
    said = [
        f"What the prompts stand for, as a person said: {study.population}"
        if study.population
        else "Nobody said which population the prompts stand for: the rates describe these prompts only.",
        "The bounds take prompts as independent draws; prompts that were picked, or are variants of each "
        "other, are not.",
        *(
            [f"Graded by {len(study.graders)} graders; a prompt passes when all pass it."]
            if len(study.graders) > 1
            else []
        ),
    ]
    if not study.by_prompt:
        said.append("No prompt column was named: repeats of a prompt, if any, count as if independent.")
    sums = study.graded().iloc[0]
    if sums["ungraded"]:
        everything = sums["total"] + sums["ungraded"]
        worst, best = sums["passed"] / everything, (sums["passed"] + sums["ungraded"]) / everything
        are = "is" if sums["ungraded"] == 1 else "are"
        said.append(
            f"Left out {are} {plural(int(sums['ungraded']), 'prompt')} of {everything:,} without a grade: "
            f"had all failed the rate were {percent(worst)}, had all passed {percent(best)}."
        )
    public = ", the demo's public one: these anchors hide nothing" if study.key.public else ""
    hidden = "No text from the data is shown. " if reveal == "none" else ""
    said.append(f"{hidden}Prompts stand as anchors under the key {study.key.id}{public}.")
    return said
