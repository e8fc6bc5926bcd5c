"""What an incident study states of its end: verified, not verified, too early."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from raikit.evidence.record import result_id
from raikit.evidence.wording import between, figure, listing, percent, plural, recorded

if TYPE_CHECKING:
    from raikit.analyses.incident_study import IncidentStudy
    from raikit.evidence.session import Evidence


def state_recovery(study: IncidentStudy, evidence: Evidence) -> None:
    """Add whether the mitigation is verified.

    Parameters
    ----------
    study : IncidentStudy
        With or without a time of mitigation.
    evidence : Evidence
        Where it is added.
    """
    held = study.recovery
    if held.verdict == "not mitigated":
        if study.episode is not None:
            evidence.limit("No time of mitigation was entered: whether it is over is not tested.")
        return
    if held.row is None:
        evidence.finding(
            "Not verified: the log has no rows after the mitigation, so nothing shows whether it is over.",
            severity="high",
            recommendation="Run this again when rows after the mitigation are there.",
        )
        return
    margin = "as stated" if held.stated else "a quarter of the episode's change; nobody stated one"
    figures = (
        f"after the mitigation the rate differs from the quiet one by {figure(held.row['estimate'])} "
        f"({percent(held.row['confidence'])} interval {between(held.row['low'], held.row['high'])}; margin "
        f"±{figure(held.margin)}, {margin}; {plural(held.windows, 'window')}, "
        f"{plural(held.row['counts'][1], 'row')})"
    )
    said = {
        "verified": ("info", f"Verified: {figures}: within the margin."),
        "not verified": ("high", f"Not verified: {figures}: beyond the margin."),
        "too early": ("medium", f"Too early to tell: {figures}: the interval reaches across the margin."),
    }
    severity, text = said[held.verdict]
    if held.needed:
        text += f" If it stays so, about {plural(held.needed, 'window')} in all would decide."
    advice = "" if held.verdict == "verified" else "Keep the incident open."
    ids = recorded(evidence, [result_id("recovery_difference", {}, None)])
    evidence.finding(text, severity=severity, results=ids,
                     recommendation=advice)  # fmt: skip


def state_rerun(study: IncidentStudy, evidence: Evidence) -> None:
    """Add whether the failing rows pass now.

    Parameters
    ----------
    study : IncidentStudy
        With or without a rerun.
    evidence : Evidence
        Where it is added.
    """
    held = study.rerun
    if held is None:
        if study.episode is not None:
            evidence.limit(
                "The episode has no failing row that could be paired with the rerun."
                if study.rerun_given
                else "No rerun of the failing rows was given: whether they pass now is not tested."
            )
        return
    text = (
        f"of {plural(held.again, 'failing item')} run again {held.passing:,} "
        f"{'passes' if held.passing == 1 else 'pass'} now (exact {percent(held.confidence)} interval "
        f"{percent(held.low)}–{percent(held.high)})"
    )
    if held.unknown:
        text += f"; {held.unknown:,} without a known result count as not passing"
    asked = f"{percent(held.margin)} that the parameter rerun_margin asks for"
    if held.verified:
        text, severity = f"Verified by rerun: {text}: the lower limit clears the {asked}.", "info"
    elif held.high < held.margin:
        text, severity = f"Not verified by rerun: {text}: below the {asked}.", "high"
    else:
        text, severity = f"Not verified by rerun: {text}: the interval reaches below the {asked}.", "medium"
    evidence.finding(text, severity=severity,
                     results=recorded(evidence, [result_id("rerun_pass_rate", {}, None)]),
                     recommendation="" if held.verified else "Keep the incident open.")  # fmt: skip
    if held.again < held.failing:
        evidence.limit(
            f"{held.failing - held.again:,} of {plural(held.failing, 'failing item')} were not run again; "
            "the rerun speaks for them only if its items were drawn at random."
        )


def state_times(study: IncidentStudy, evidence: Evidence) -> None:
    """Add how long it took to become aware, triage and mitigate, and what people reported.

    Parameters
    ----------
    study : IncidentStudy
        With times that people entered.
    evidence : Evidence
        Where it is added.
    """
    entered = [(name, study.times[name]) for name in ("aware", "triaged", "mitigated") if name in study.times]
    if study.episode is not None and entered:
        windows = study.windows
        began = windows.starts[0] + windows.width * study.episode.change.at
        said = [f"{name} {at:%Y-%m-%d %H:%M} UTC ({_after(at - began)})" for name, at in entered]
        text = f"As people entered it: {listing(said)}; counted from the likeliest onset."
        early = [name for name, at in entered if at < began]
        if early:
            text += f" {listing(early).capitalize()} lies before the onset: one of the two times is wrong."
        evidence.finding(text, severity="info")
    if len(study.reports):
        first, last = study.reports["at"].min(), study.reports["at"].max()
        evidence.finding(
            f"{plural(len(study.reports), 'report')} by people, {first:%Y-%m-%d %H:%M} to "
            f"{last:%Y-%m-%d %H:%M} UTC.",
            severity="info",
        )
    if "aware" not in study.times and study.episode is not None:
        evidence.limit("No time of awareness was entered: the clocks have not been started.")


def _after(apart: pd.Timedelta) -> str:
    hours = abs(apart) / pd.Timedelta(hours=1)
    size = plural(round(hours / 24), "day") if hours >= 48 else f"{hours:.1f} hours"
    return f"{size} {'after' if apart >= pd.Timedelta(0) else 'before'}"
