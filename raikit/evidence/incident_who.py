"""What an incident study states of segments: who carries the excess, and traffic that shifted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from raikit.evidence.record import result_id
from raikit.evidence.wording import between, figure, listing, percent, plural, recorded

if TYPE_CHECKING:
    from raikit.analyses.incident_study import IncidentStudy
    from raikit.analyses.incident_users import Users
    from raikit.evidence.session import Evidence


def state_segments(study: IncidentStudy, evidence: Evidence) -> None:
    """Add who was affected: segments that changed more than all others, else who leads by count.

    Parameters
    ----------
    study : IncidentStudy
        With segments.
    evidence : Evidence
        Where it is added.
    """
    frame = study.by_segment()
    apart = frame[frame["metric"] == "segment_disproportion"]
    excess = frame[frame["metric"] == "segment_excess"].reset_index(drop=True)
    side = 1 if excess["estimate"].sum() > 0 else -1
    clear = apart[(apart["low"] > 0) if side > 0 else (apart["high"] < 0)]
    total = sum(1 for _ in apart.itertuples())
    if len(clear):
        _state_clear(study, evidence, clear, excess, total)
    else:
        _state_lead(study, evidence, excess, total)
    best = study.description()
    if best.text:
        evidence.finding(
            f"The smallest description of the excess that was found: {best.text} holds "
            f"{percent(best.covers)} of it "
            f"in {percent(best.rows)} of the rows.",
            severity="medium",
            results=recorded(evidence, [result_id("excess_rows", {}, None)]),
        )


def state_users(study: IncidentStudy, evidence: Evidence) -> None:
    """Add how many people the episode touched.

    Parameters
    ----------
    study : IncidentStudy
        With an episode, with or without a column of users.
    evidence : Evidence
        Where it is added.
    """
    held = study.users
    if held is None:
        evidence.limit("No column of users was named: how many people were affected is not told.")
        return
    if not held.rows + held.without:
        evidence.limit("No row of the episode shows the signal: whom the missing rows would have been of is "
                       "not told.")  # fmt: skip
        return
    evidence.finding(_of_users(held), severity="medium", results=recorded(evidence, _user_ids(study)))


def _of_users(held: Users) -> str:
    if not held.rows:
        return f"{plural(held.without, 'affected row')} of the episode, and none names a user."
    hidden, repeated_hidden = held.hidden
    if hidden:
        text = f"Fewer than {plural(held.smallest, 'user')} are behind the affected rows of the episode"
    else:
        text = f"{plural(held.users, 'user')} behind {plural(held.rows, 'affected row')} of the episode"
        if repeated_hidden:
            text += f"; how many had more than one is hidden, as numbers of people below {held.smallest} are"
        else:
            text += f"; {held.repeated:,} of them had more than one"
    more = f" {plural(held.without, 'further affected row')} without a user." if held.without else ""
    return f"{text}.{more}"


def _user_ids(study: IncidentStudy) -> list[str]:
    return [result_id(metric, {}, None) for metric in study.affected()["metric"]]


def _state_clear(
    study: IncidentStudy, evidence: Evidence, clear: pd.DataFrame, excess: pd.DataFrame, total: int
) -> None:
    said = []
    for row in _rows(clear):
        held = next(each for each in _rows(excess) if each["slice"] == row["slice"])
        said.append(f"{_name(row['slice'])} by {figure(row['estimate'])} "
                    f"({between(row['low'], row['high'])}; "
                    f"{abs(held['estimate']):,.0f} rows of the excess)")  # fmt: skip
    ids = [result_id(row["metric"], row["slice"], None) for row in _rows(clear)]
    evidence.finding(
        f"The rate of {study.signal} changed more than among all other rows in {len(said)} of {total} "
        f"segments: "
        f"{listing(said, most=4)}; {percent(study.confidence)} intervals hold for all {total} together.",
        severity="medium",
        results=recorded(evidence, ids),
        recommendation="Look first at what these rows share.",
    )


def _state_lead(study: IncidentStudy, evidence: Evidence, excess: pd.DataFrame, total: int) -> None:
    """Say who leads by count in each column, as a count: no segment stands out beyond chance."""
    leads = []
    for column in study.segments:
        rows = [row for row in _rows(excess) if column in row["slice"] and row["counts"]]
        rows.sort(key=lambda row: -row["counts"][0])
        if len(rows) > 1:
            first, second = rows[:2]
            leads.append(f"{_name(first['slice'])} leads by count with {first['counts'][0]:,} of "
                         f"{first['counts'][1]:,} rows ({_name(second['slice'])}: {second['counts'][0]:,} of "
                         f"{second['counts'][1]:,})")  # fmt: skip
    if leads:
        evidence.finding(
            f"None of {total} segments changed more than all other rows beyond chance. "
            f"{'; '.join(leads)}: a count, "
            "no finding.",
            severity="info",
        )


def state_mix(study: IncidentStudy, evidence: Evidence) -> None:
    """Add how much of the change comes from traffic that shifted, where that is beyond chance.

    Parameters
    ----------
    study : IncidentStudy
        With segments.
    evidence : Evidence
        Where it is added.
    """
    for column, rows in study.mix().groupby(study.mix()["group"], sort=False):
        mix, rate = _rows(rows)
        if mix["low"] <= 0 <= mix["high"]:
            continue
        ids = [result_id(row["metric"], row["slice"], None) for row in (mix, rate)]
        text = (
            f"Traffic shifted between the levels of {column}: that alone moves the overall rate by "
            f"{figure(mix['estimate'])} ({between(mix['low'], mix['high'])}); rates within the levels "
            f"move it by "
            f"{figure(rate['estimate'])} ({between(rate['low'], rate['high'])})."
        )
        evidence.finding(text, severity="info", results=recorded(evidence, ids))


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _name(slice_: dict[str, str]) -> str:
    return ", ".join(f"{column}={level}" for column, level in slice_.items())
