"""What a drift study states on contract, classifier and false alarms."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from raikit.analyses.estimated import MARGIN, withheld_words
from raikit.analyses.feature_windows import WHOLE
from raikit.analyses.pooled import SHOWN
from raikit.evidence.alert_pages import policy_of
from raikit.evidence.budgets import budget_of
from raikit.evidence.record import result_id
from raikit.evidence.wording import between, figure, listing, percent, plural, recorded

if TYPE_CHECKING:
    from raikit.analyses.categories import CategoryChange
    from raikit.analyses.drift_study import DriftStudy
    from raikit.evidence.session import Evidence

_NO_MORE = 3  # stretches of breaks that are written out


def state_pages(study: DriftStudy, evidence: Evidence) -> None:
    """Add the findings on broken contracts, the domain classifier and the alarms' false rate.

    Parameters
    ----------
    study : DriftStudy
        From `raikit.drift`.
    evidence : Evidence
        Where they are added.
    """
    _state_breaks(study, evidence)
    _state_domain(study, evidence)
    _state_alarms(study, evidence)


def _break_in_words(row: dict[Hashable, Any]) -> str:
    value = f" {row['value']}" if row["value"] else ""
    column = f" in {row['column']}" if row["column"] else ""
    span = dict.fromkeys([str(row["from"]), str(row["to"])])  # one window is named once
    return f"{row['broken']}{value}{column} ({' to '.join(span)})"


def _told(study: DriftStudy) -> set[tuple[str, str, Any]]:
    """Return the breaks that the findings on vanished and new categories tell of."""
    return {(each.feature, f"{each.kind} category", each.level) for each in study.changes}


def broken_windows(study: DriftStudy, change: CategoryChange) -> list[str]:
    """Return the windows whose contract a vanished or new category breaks.

    Parameters
    ----------
    study : DriftStudy
        From `raikit.drift`.
    change : CategoryChange
        One of its changes.

    Returns
    -------
    list of str
        In order; empty without windows.
    """
    if list(study.contract.windows) == [WHOLE]:
        return []
    kind = (change.feature, f"{change.kind} category", change.level)
    return sorted(
        {each.window for each in study.contract.breaks if (each.feature, each.check, each.level) == kind}
    )


def _state_breaks(study: DriftStudy, evidence: Evidence) -> None:
    told = _told(study)
    known = {(feature, check, study.shown(feature, level)) for feature, check, level in told}
    others = [
        row
        for row in study.breaks().to_dict("records")
        if (row["column"], row["broken"], row["value"]) not in known
    ]
    if others:
        said = [_break_in_words(row) for row in others]
        windows = {
            each.window
            for each in study.contract.breaks
            if (each.feature, each.check, each.level) not in told
        }
        ids = [result_id("contract_breaks", {"window": name}, None) for name in sorted(windows)]
        fitted = study.alarms is not None and study.alarms.calibrated
        why = (
            "So unusual a window is expected within the budget of "
            f"{study.choices.budget:g} false pages a quarter, as the reference's own windows vary."
            if fitted
            else f"Chance can't explain that, over all {study.contract.looked_at:,} checks together."
        )
        evidence.finding(
            f"{plural(len(windows), 'window')} of {len(study.contract.windows):,} broke the reference's "
            f"contract{' otherwise too' if told else ''}: {listing(said, most=_NO_MORE)}. {why}",
            severity="high",
            results=recorded(evidence, ids[:50]),
            recommendation="Ask whoever delivers the data what changed on that day.",
        )
    if study.contract.schema:
        evidence.finding(
            f"The table's form changed: {listing(study.contract.schema)}.",
            severity="medium",
            recommendation="Confirm that each change was meant.",
        )


def _state_domain(study: DriftStudy, evidence: Evidence) -> None:
    if study.domain is None:
        return
    row = study.domain.rows.iloc[0]
    held = study.domain.carried.head(_NO_MORE)
    carried = [f"{name} ({percent(share)})" for name, share in held.itertuples(index=False)]
    evidence.finding(
        f"A classifier tells current rows from the reference with an AUC of {figure(row['estimate'])} "
        f"({percent(study.choices.confidence)} interval {between(row['low'], row['high'])}; chance gives "
        f"{figure(0.5)}), on a sample of {study.domain.sampled[0]:,} and {study.domain.sampled[1]:,} rows."
        + (f" By SHAP values it rests on {listing(carried)}." if carried else ""),
        severity="low" if row["low"] > 0.5 else "info",  # the policy says from where on it pages
        results=recorded(evidence, [result_id("domain_classifier_auc", row["slice"], None)]),
    )


def _state_alarms(study: DriftStudy, evidence: Evidence) -> None:
    alarms = study.alarms
    if alarms is None or not alarms.windows:
        return
    rate = alarms.rate()
    pages = [alarms.per_quarter * value for value in rate]
    given = study.choices.budget
    stated = budget_of(policy_of(evidence), evidence.run, given)
    source = f", from {stated.source}" if stated.value == given else ""
    budget = f"the budget is {given:g} false pages a quarter{source}"
    status = (
        f" The thresholds of values, ranges, volume and duplicates are calibrated to {percent(alarms.level)} "
        f"of windows together ({budget}), each half judged by those of the other."
        if alarms.calibrated
        else f" Uncalibrated: the thresholds are those of the tests, since {alarms.needed:,} reference "
        f"windows would be needed to fit them to {percent(alarms.level)} of windows ({budget})."
    )
    ids = [result_id(metric, {}, None) for metric in ("false_alarm_rate", "false_pages_per_quarter")]
    evidence.finding(
        f"On held-out blocks of the reference {alarms.alarmed:,} of {plural(alarms.windows, 'window')} broke "
        f"the contract falsely: {percent(rate[0])} ({percent(alarms.confidence)} interval {percent(rate[1])} "
        f"to {percent(rate[2])}), which is {figure(pages[0])} false pages a quarter ({figure(pages[1])} to "
        f"{figure(pages[2])}).{status}",
        severity="info",
        results=recorded(evidence, ids),
    )


def page_limits(study: DriftStudy) -> list[str]:
    """Return what contract, classifier and label-free estimates can't tell.

    Parameters
    ----------
    study : DriftStudy
        From `raikit.drift`.

    Returns
    -------
    list of str
        A sentence each.
    """
    said = []
    if study.domain is not None:
        said.append(
            "The classifier looks at a sample, and sees differences that may not matter to the model."
        )
    if len(study.accuracy) and study.choices.score:
        said.append(
            "Accuracy estimated without labels can't see a changed relation of inputs and outcome; a group "
            f"has an estimate only where its rate was shown to lie within {figure(MARGIN)} of the expected."
        )
    said += filter(None, [withheld_words(study.withheld), _together(study)])
    if len(study.gaps):
        said.append(
            f"The gaps of groups over time hold one by one, at {percent(study.choices.confidence)}, not "
            "jointly: one window beyond 0 among many is no finding."
        )
    if study.contract.partial:
        said.append(
            f"{listing(study.contract.partial)}: not all days of the window are there, or more than its own; "
            "whether its number of rows is usual was not judged."
        )
    if not study.choices.key:
        said.append("No column was named as unique: duplicates were not looked for.")
    return said


def _together(study: DriftStudy) -> str:
    """Return which windows can't tell, and how many of them together could; empty when all can."""
    held = study.together()
    if held.empty:
        return ""
    reached = held[held["together"] > 1].sort_values("together", ascending=False)
    near = held[held["together"] == 1]["group"].tolist()
    never = held[held["together"].isna()]["group"].tolist()
    shown = figure(SHOWN * study.choices.min_effect)
    said = [
        f"{group} {times:,.0f} ({rows:,.0f} rows; one window shows "
        f"{figure(least) if math.isfinite(least) else 'nothing, its levels are too rare'})"
        for group, times, rows, least in zip(
            reached["group"], reached["together"], reached["rows_together"], reached["smallest"], strict=True
        )
    ]
    text = (
        f"{held['undecided'].sum():,} of {plural(len(study.windowed), 'verdict')} on features in windows "
        "could not be given."
    )
    if said:
        text += (
            f" Windows taken together that would show a shift of Cohen's w {shown} four times in five: "
            f"{listing(said, most=_NO_MORE)}."
        )
    if near:
        text += (
            f" One window shows a shift of {shown} four times in five in {listing(near, most=_NO_MORE)}: "
            f"what can't be told is on which side of {figure(study.choices.min_effect)} it lies."
        )
    if never:
        names = listing(never, most=_NO_MORE)
        text += f" No number of windows shows {shown} in {names}: the reference is too small."
    return text
