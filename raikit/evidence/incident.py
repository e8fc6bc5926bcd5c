"""What an incident study states: findings with their numbers, and what it can't tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from raikit.analyses.incident_duties import duties
from raikit.analyses.incident_study import NOBODY
from raikit.evidence.incident_over import state_recovery, state_rerun, state_times
from raikit.evidence.incident_who import state_mix, state_segments, state_users
from raikit.evidence.record import result_id
from raikit.evidence.wording import between, figure, listing, moment, percent, plural, recorded, result_of

if TYPE_CHECKING:
    from raikit.analyses.incident_study import IncidentStudy
    from raikit.evidence.session import Evidence

_MOST = 6  # episodes and columns that a sentence lists


def state(study: IncidentStudy, evidence: Evidence) -> None:
    """Add the findings and limits that follow from an incident study.

    Parameters
    ----------
    study : IncidentStudy
        From `raikit.incident`.
    evidence : Evidence
        Where they are added.
    """
    frame = study.excess()
    if study.episode is None:
        _state_nothing(study, frame, evidence)
    else:
        _state_episode(study, frame, evidence)
        _state_excess(study, frame, evidence)
        state_users(study, evidence)
        _state_severity(study, evidence)
        if study.segments:
            state_segments(study, evidence)
            state_mix(study, evidence)
        _state_changes(study, evidence)
        _state_contract(study, evidence)
        _state_breaks(study, evidence)
        _state_others(study, evidence)
    state_times(study, evidence)
    state_recovery(study, evidence)
    state_rerun(study, evidence)
    evidence.limit(*_limits(study))


def _state_nothing(study: IncidentStudy, frame: pd.DataFrame, evidence: Evidence) -> None:
    row = result_of(frame, "excess_rows", {})
    said = (
        f"No change of {study.signal} stands out: scans of quiet data put together anew find as much in "
        f"{percent(study.search.best)} of cases."
    )
    if "onset" in study.times:
        said += (
            f" Since the suspected onset {row.counts[0]:,} of {row.n:,} rows show it, {_more(row)} than "
            f"the quiet rate leads to expect ({percent(study.confidence)} interval {_span_of(row)})."
        )
    ids = [result_id("incident_chance", {}, None), result_id("excess_rows", {}, None)]
    evidence.finding(said, severity="info", results=recorded(evidence, ids))


def _state_episode(study: IncidentStudy, frame: pd.DataFrame, evidence: Evidence) -> None:
    episode, windows = study.episode, study.windows
    assert episode is not None
    quiet, now = (result_of(frame, "signal_rate", {"period": name}) for name in ("quiet", study.period))
    first, last = (moment(windows.text(place)) for place in (episode.stretch.first, episode.stretch.end - 1))
    if now.counts[0] == 0:
        what = f"{study.signal} vanishes: none of {now.counts[1]:,} rows has it"
    else:
        moves = "rises" if now.estimate > quiet.estimate else "falls"
        what = (
            f"{study.signal} {moves} to {figure(now.estimate)} ({now.counts[0]:,} of {now.counts[1]:,} rows)"
        )
    where = ", ".join(f"{name}={level}" for name, level in episode.where.items())
    until = "it goes on to the end of the log" if episode.going_on else (
        "one window" if first == last else f"until {last}"
    )  # fmt: skip
    text = (
        f"From {first} {what}{' (found within ' + where + ')' if where else ''}, {until}; "
        f"in the quiet period {quiet.counts[0]:,} of {quiet.counts[1]:,} rows had it "
        f"({figure(quiet.estimate)}). {_onset(study)} Scans of quiet data find as much in "
        f"{_seldom(episode.chance, len(study.search.drawn.resampled))} of cases."
    )
    evidence.finding(
        text,
        severity="high",
        results=recorded(evidence, _episode_ids(study, episode.number)),
        recommendation=duties()["checklist"][0],
    )


def _onset(study: IncidentStudy) -> str:
    episode, windows = study.episode, study.windows
    assert episode is not None
    low, high = (moment(windows.text(place)) for place in (episode.change.low, episode.change.high))
    if episode.change.gradual:
        return f"It comes gradually, between {low} and {high}: no single onset can be told."
    said = "that window alone" if low == high else f"{low} to {high}"
    return f"The {percent(study.confidence)} interval of its onset is {said}."


def _seldom(chance: float, drawn: int) -> str:
    least = 1 / (drawn + 1)
    return f"at most {percent(least)}" if chance <= least * (1 + 1e-9) else percent(chance)


def _episode_ids(study: IncidentStudy, number: int) -> list[str]:
    made = study.episodes()
    held = [slice_ for slice_ in made["slice"] if slice_.get("episode") == str(number)]
    return [result_id("incident_excess", slice_, None) for slice_ in held]


def _state_excess(study: IncidentStudy, frame: pd.DataFrame, evidence: Evidence) -> None:
    row = result_of(frame, "excess_rows", {})
    text = (
        f"Of {row.n:,} rows in the episode {row.counts[0]:,} show it, {_more(row)} than the quiet rate "
        f"leads to expect ({percent(study.confidence)} interval {_span_of(row)})."
    )
    ids = recorded(evidence, [result_id("excess_rows", {}, None)])
    evidence.finding(text, severity="medium", results=ids)


def _more(row: Any) -> str:
    return f"about {abs(row.estimate):,.0f} {'more' if row.estimate > 0 else 'fewer'}"


def _span_of(row: Any) -> str:
    if row.low <= 0 <= row.high:
        return f"{-row.low:,.0f} fewer to {row.high:,.0f} more"
    low, high = sorted(abs(limit) for limit in (row.low, row.high))
    return f"{low:,.0f}–{high:,.0f}"


def _state_severity(study: IncidentStudy, evidence: Evidence) -> None:
    policy = evidence.policy
    levels = [line.model_dump() for line in policy.incidents] if policy and policy.incidents else None
    found = study.severity(levels)
    if not found.severity:
        return
    whose = (
        "the policy's matrix"
        if levels
        else "the example matrix shipped with raikit, which is nobody's policy"
    )
    text = (
        f"Proposed severity, for a person to confirm: {found.severity}, by {whose}: {listing(found.reasons)}."
        + (f" The matrix asks for a response {found.respond}." if found.respond else "")
    )
    ids = recorded(evidence, [result_id("excess_rows", {}, None), result_id("signal_rate_change", {}, None)])
    evidence.finding(text, severity="info", results=ids,
                     recommendation="Confirm or change the severity, with a name and a time.")  # fmt: skip


def _state_changes(study: IncidentStudy, evidence: Evidence) -> None:
    table = study.ranked_changes()
    if table.empty:
        return
    near = table[table["falls"].str.startswith("within")]
    if len(near):
        rows = near.to_dict("records")
        text = (
            f"Recorded within the onset's interval: {listing([str(row['change']) for row in rows])}. "
            "Coincidence in time is not a cause."
        )
        advice = f"What would confirm it: {rows[0]['what would confirm it']}."
    else:
        row = table.iloc[0]
        text = f"No recorded change falls within the onset's interval; the nearest, {row['change']}, lies "
        text += f"{row['falls']}."
        advice = "Look for changes that nobody recorded."
    evidence.finding(text, severity="info", recommendation=advice,
                     results=recorded(evidence, _change_ids(study)))  # fmt: skip


def _change_ids(study: IncidentStudy) -> list[str]:
    return [result_id("change_distance", slice_, None) for slice_ in study.change_distances()["slice"]]


def _state_contract(study: IncidentStudy, evidence: Evidence) -> None:
    if study.before is None:
        return
    categories, shifted = study.before.categories(), study.before.shifted()
    rows: list[Any] = list(shifted.itertuples())
    for held in categories.head(_MOST).to_dict("records"):
        day = f"last seen {held['day']}" if held["change"] == "vanished" else f"first seen {held['day']}"
        heir = held["may be the same as"]
        text = (
            f"{held['feature']}={held['category']} "
            f"{'vanished' if held['change'] == 'vanished' else 'is new'} "
            f"({day}): {held['rows']:,} rows, {percent(held['share'])} of those "
            f"{'before' if held['change'] == 'vanished' else 'of the episode'}."
        )
        text += f" {heir} may have taken its place, as a change of code would have it." if heir else ""
        evidence.finding(text, severity="medium",
                         recommendation="Ask who makes the data whether the code was changed.")  # fmt: skip
    if len(shifted):
        said = [f"{row.slice['feature']} (w {figure(row.estimate)}, {between(row.low, row.high)})"
                for row in rows]  # fmt: skip
        ids = [result_id(row.metric, row.slice, None) for row in rows]
        evidence.finding(
            f"{plural(len(said), 'column')} of {study.before.compared} moved materially between the quiet "
            f"rows and "
            f"the episode: {listing(said, most=_MOST)}.",
            severity="info",
            results=recorded(evidence, ids),
        )


def _state_breaks(study: IncidentStudy, evidence: Evidence) -> None:
    """Add what broke the contract beside categories, as before and during."""
    table = study.broken()
    ids = [result_id("contract_breaks", {"check": check}, None) for check in table["broken"].unique()]
    said = []
    for row in table.to_dict("records"):
        span = row["from"] if row["from"] == row["to"] else f"{row['from']} to {row['to']}"
        if row["broken"] == "volume":
            said.append(f"{row['during']:,.0f} rows a window, usually {row['before']:,.0f} ({span})")
        else:
            what = "missing" if row["broken"] == "missing values" else "outside the quiet rows' range"
            said.append(f"{row['column']} {what} in {percent(row['during'])} of rows, before in "
                        f"{percent(row['before'])} ({span})")  # fmt: skip
    if said:
        evidence.finding(
            f"What the quiet rows don't explain by chance: {listing(said, most=_MOST)}.", severity="medium",
            results=recorded(evidence, ids),
            recommendation="Ask who delivers the data what they changed on these days.",
        )  # fmt: skip


def _state_others(study: IncidentStudy, evidence: Evidence) -> None:
    assert study.episode is not None
    others = [each for each in study.search.episodes if each.number != study.episode.number]
    if not others:
        return
    said = []
    for each in others:
        first, last = (study.windows.text(place) for place in (each.stretch.first, each.stretch.end - 1))
        where = "".join(f", {name}={level}" for name, level in each.where.items())
        span = first if first == last else f"{first} to {last}"
        said.append(f"{span} ({each.stretch.excess:+,.0f}{where})".replace("-", "−", 0))
    ids = [name for each in others for name in _episode_ids(study, each.number)]
    evidence.finding(
        f"{plural(len(others), 'other episode')} {'stands' if len(others) == 1 else 'stand'} out, by rows in "
        f"excess: {listing(said, most=_MOST)}.",
        severity="low",
        results=recorded(evidence, ids),
    )


def _limits(study: IncidentStudy) -> list[str]:
    windows, held = study.windows, study.search
    said = [] if study.segments else [NOBODY]
    said += [
        "What happened at the same time is not shown to be the cause.",
        f"Rows are counted by windows of {_length(windows.width)}"
        + (": times are known by the day, the hour of the onset can't be "
           "told." if windows.whole_days else "."),
        f"Quiet windows vary {held.usual.dispersion:.1f} times as much as independent rows would, longer "
        f"stretches "
        "more; intervals and tests reckon with it. Seasons longer than the quiet period are not in it.",
        f"What chance finds is told by {len(held.drawn.resampled)} scans of blocks of "
        f"{_length(windows.width * held.drawn.length)} of quiet windows, over "
        f"{plural(held.series, 'series', 'series')}.",
    ]  # fmt: skip
    if not held.given and "onset" not in study.times:
        said.append("No quiet period was named: the first half of the windows stands for it. A problem "
                    "that was "
                    "already there would be missed.")  # fmt: skip
    if windows.width * held.drawn.length < pd.Timedelta(days=7):
        said.append(
            "The quiet period is shorter than four weeks: what it holds of weekly ups and downs is unknown."
        )
    if any(study.search.quiet[each.stretch.first : each.stretch.end].any() for each in held.episodes):
        said.append("An episode lies in the quiet period: it was not quiet, and the expected rate is off.")
    if study.times:
        said.append(f"{listing(sorted(study.times)).capitalize()} as people entered "
                    f"{'it' if len(study.times) == 1 else 'them'}; times without a zone count as "
                    f"UTC.")  # fmt: skip
    if study.people.unknown:
        said.append(f"{plural(study.people.unknown, 'row')} without a known signal are left out.")
    if study.people.undated:
        said.append(f"{plural(study.people.undated, 'row')} without a time are left out.")
    return said


def _length(width: pd.Timedelta) -> str:
    hours = width / pd.Timedelta(hours=1)
    if hours >= 24:
        return plural(round(hours / 24), "day")
    return plural(round(hours), "hour") if hours >= 1 else plural(round(60 * hours), "minute")
