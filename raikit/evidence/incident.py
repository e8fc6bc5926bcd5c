"""What an incident study states: findings with their numbers, and what it can't tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.evidence.record import result_id
from raikit.evidence.wording import between, figure, listing, percent, plural, recorded, result_of

if TYPE_CHECKING:
    import pandas as pd

    from raikit.analyses.incident import IncidentStudy
    from raikit.evidence.session import Evidence


def state(study: IncidentStudy, evidence: Evidence) -> None:
    """Add the findings and limits that follow from an incident study.

    Parameters
    ----------
    study : IncidentStudy
        From `raikit.incident`.
    evidence : Evidence
        Where they are added.
    """
    frame = study.before_after()
    if _stands_out(study):
        _state_onset(study, frame, evidence)
        _state_excess(study, frame, evidence)
        for column in study.levels:
            _state_levels(study, column, evidence)
        _state_events(study, evidence)
    else:
        evidence.finding(
            f"No change of {study.signal} stands out: as large a one as that of {_date(study.onset.day)} is "
            f"found in {percent(study.onset.chance)} of cases when whole fortnights are shuffled.",
            severity="info",
            results=recorded(evidence, [result_id("signal_rate_change", {}, None)]),
        )
    evidence.limit(*_limits(study))


def _stands_out(study: IncidentStudy) -> bool:
    return not study.onset.chance > 1 - study.confidence  # where nothing is known of chance, it stands


def _state_onset(study: IncidentStudy, frame: pd.DataFrame, evidence: Evidence) -> None:
    before, after = (result_of(frame, "signal_rate", {"period": name}) for name in ("before", "after"))
    onset, rows = study.onset, after.counts
    if rows[0] == 0:
        what = f"{study.signal} vanishes: none of {rows[1]:,} later rows has it"
    else:
        moves = "rises" if after.estimate > before.estimate else "falls"
        what = f"{study.signal} {moves} to {figure(after.estimate)} of {rows[1]:,} later rows "
        what += f"({between(after.low, after.high)})"
    text = (
        f"From {_date(onset.day)} {what}; before, {before.counts[0]:,} of {before.counts[1]:,} had it "
        f"({figure(before.estimate)}, {percent(study.confidence)} interval "
        f"{between(before.low, before.high)})."
    )
    if onset.given:
        text += " The day was given by a person."
    else:
        text += f" The {percent(study.confidence)} interval of the day is {_span(onset.low, onset.high)}."
    if not np.isnan(onset.chance):
        text += f" With fortnights shuffled, a scan finds as much in {percent(onset.chance)} of cases."
    evidence.finding(
        text,
        severity="high",
        results=recorded(evidence, [result_id("signal_rate", row.slice, None) for row in (before, after)]),
        recommendation="Keep a snapshot of data, model and configuration before anything is changed.",
    )


def _state_excess(study: IncidentStudy, frame: pd.DataFrame, evidence: Evidence) -> None:
    row = result_of(frame, "excess_rows", {})
    observed = result_of(frame, "signal_rate", {"period": "after"}).counts[0]
    limits = sorted(abs(limit) for limit in (row.low, row.high))
    more = "more" if row.estimate > 0 else "fewer"
    if row.low <= 0 <= row.high:
        text = f"Of {row.n:,} rows since, {observed:,} show it: within what the earlier rate leads to expect."
    else:
        text = (
            f"Of {row.n:,} rows since, {observed:,} show it, about {abs(row.estimate):,.0f} {more} "
            f"({percent(study.confidence)} interval {limits[0]:,.0f}–{limits[1]:,.0f}) than at the earlier "
            "rate."
        )
    evidence.finding(text, results=recorded(evidence, [result_id("excess_rows", {}, None)]))


def _state_levels(study: IncidentStudy, column: str, evidence: Evidence) -> None:
    frame = study.by_level(column)
    clear = frame[(frame["low"] > 0) | (frame["high"] < 0)]
    own = column == study.signal.partition("=")[0]
    what = f"levels of {column}, by their share" if own else f"levels of {column}, by rate of {study.signal}"
    rows: list[Any] = list(clear.itertuples(index=False))
    said = [
        f"{row.slice[column]} {'+' if row.estimate > 0 else ''}{figure(row.estimate)} "
        f"({between(row.low, row.high)})"
        for row in rows
    ]
    several = f"intervals hold for all {len(frame)} together"
    text = (
        f"With the onset {len(rows)} of {len(frame)} {what}, moved beyond chance: "
        f"{listing(said, most=4)} ({several})."
        if rows
        else f"None of {len(frame)} {what}, moved beyond chance with the onset ({several})."
    )
    if own and len(rows) > 1 and rows[0].estimate * rows[1].estimate < 0:
        first, second = rows[0], rows[1]
        if second.low <= -first.estimate <= second.high:
            text += (
                f" The change of {second.slice[column]} matches that of {first.slice[column]} with opposite "
                "sign, as a change of code would."
            )
    ids = [result_id(row.metric, row.slice, None) for row in rows]
    evidence.finding(text, severity="medium" if rows else "info", results=recorded(evidence, ids))


def _state_events(study: IncidentStudy, evidence: Evidence) -> None:
    table = study.coincident()
    if table.empty:
        return
    near = table[table["days from the onset's interval"] == 0]["change"].tolist()
    if near:
        text = f"Recorded within the onset's interval: {listing(near)}. Coincidence in time is not a cause."
        advice = "Ask for what would confirm it: the change undone, or made elsewhere, with the same effect."
    else:
        row = table.iloc[0]
        days = int(row.iloc[2])
        text = (
            f"No recorded change falls within the onset's interval; the nearest, {row.iloc[0]}, lies "
            f"{plural(abs(days), 'day')} {'before' if days < 0 else 'after'} it."
        )
        advice = "Look for changes that nobody recorded."
    evidence.finding(text, severity="info", recommendation=advice)


def _limits(study: IncidentStudy) -> list[str]:
    said = [
        "One lasting change is searched. An episode that passed shows as its beginning or its end, a gradual "
        "change as a day in its midst.",
        "What happened at the same time is not shown to be the cause.",
        "Days are the windows: the hour of the onset can't be told.",
    ]
    if study.dispersion.blocks:
        said.append(
            f"Weekly counts vary {study.dispersion.factor:.1f} times as much around the rates before and "
            "after as independent rows would; intervals are widened for that."
        )
    else:
        said.append("Too few weeks to measure how the signal varies when nothing happens: "
                    "intervals are those of independent rows.")  # fmt: skip
    if study.onset.given:
        said.append("The onset was given, not searched: nothing here tests it.")
    elif np.isnan(study.onset.chance):
        said.append("Too few fortnights to say how often a scan finds as large a change by chance.")
    if study.undated:
        said.append(f"{plural(study.undated, 'row')} without a time are left out.")
    return said


def _date(day: Any) -> str:
    return str(day.strftime("%Y-%m-%d"))


def _span(low: Any, high: Any) -> str:
    return "that day alone" if low == high else f"{_date(low)} to {_date(high)}"
