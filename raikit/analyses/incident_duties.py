"""Severity by a matrix and clocks by dated duties: proposals, which a person confirms."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, NamedTuple

import pandas as pd

_FOLDER = "duties"


class Proposal(NamedTuple):
    """A severity for a person to confirm.

    Attributes
    ----------
    severity : str
        "" when no line of the matrix is met.
    reasons : tuple of str
        What met the line.
    respond : str
        How soon, says the matrix.
    source : str
        Of the line.
    """

    severity: str
    reasons: tuple[str, ...]
    respond: str
    source: str


def duties() -> dict[str, Any]:
    """Return the shipped clocks and checklist, with their status, effective date, source and day of checking.

    Returns
    -------
    dict
        `clocks`, `checklist`, `checked_on`, `note`.

    Examples
    --------
    >>> {clock["id"]: clock["hours"] for clock in duties()["clocks"]}["gdpr-33"]
    72
    """
    return _read("clocks")


def matrix() -> list[dict[str, Any]]:
    """Return the shipped example of a severity matrix, the gravest first.

    Returns
    -------
    list of dict
        severity, and the least `excess` rows and `change` of rate, and whether it is `going_on`, that a line
        asks for.
    """
    return list(_read("severity")["levels"])


def _read(name: str) -> dict[str, Any]:
    text = files("raikit.analyses").joinpath(_FOLDER, f"{name}.json").read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


def propose(levels: Sequence[Mapping[str, Any]], *, excess: float, change: float, going_on: bool) -> Proposal:
    """Return the gravest severity whose line is met: every condition that the line states.

    Parameters
    ----------
    levels : sequence of mapping
        The matrix, the gravest first.
    excess : float
        Rows in excess, at least (the lower limit), as a size.
    change : float
        Of the rate, as a size.
    going_on : bool
        Whether the episode reaches the last window.

    Returns
    -------
    Proposal
        With its reasons.

    Examples
    --------
    >>> propose(matrix(), excess=150, change=0.05, going_on=False).severity
    'SEV2'
    """
    for level in levels:
        reasons = []
        if (least := level.get("excess")) is not None:
            reasons.append(
                (excess >= least, f"at least {excess:,.0f} rows in excess (the line: {least:,.0f})")
            )
        if (least := level.get("change")) is not None:
            reasons.append((change >= least, f"the rate changed by {change:.3f} (the line: {least:g})"))
        if level.get("going_on"):
            reasons.append((going_on, "it is going on at the end of the log"))
        if reasons and all(met for met, _ in reasons):
            said = tuple(text for _, text in reasons)
            return Proposal(
                str(level["severity"]), said, str(level.get("respond") or ""), str(level["source"])
            )
    return Proposal("", (), "", "")


def clock_table(
    held: Mapping[str, Any], *, aware: pd.Timestamp | None, now: pd.Timestamp | None = None
) -> pd.DataFrame:
    """Return when each duty falls due.

    Parameters
    ----------
    held : mapping
        From `duties`.
    aware : pandas.Timestamp, optional
        When somebody became aware, as a person entered it (UTC).
    now : pandas.Timestamp, optional
        To tell which are past; by default none is.

    Returns
    -------
    pandas.DataFrame
        Columns duty, applies when, due, effective from, status, incomplete report first, source, checked on.
    """
    rows = []
    for clock in held["clocks"]:
        due = "no time of awareness was entered" if aware is None else (
            (aware + pd.Timedelta(hours=clock["hours"])).strftime("%Y-%m-%d %H:%M UTC")
        )  # fmt: skip
        early = aware is not None and aware < pd.Timestamp(clock["effective"])
        status = clock["status"] + ("; not yet in force at the time of awareness" if early else "")
        past = now is not None and aware is not None and now > aware + pd.Timedelta(hours=clock["hours"])
        rows.append((clock["duty"], clock["when"], due + (" (past)" if past else ""), clock["effective"],
                     status, "allowed" if clock["incomplete_first"] else "not foreseen", clock["source"],
                     held["checked_on"]))  # fmt: skip
    columns = ["duty", "applies when", "due", "effective from", "status", "incomplete report first", "source"]
    return pd.DataFrame(rows, columns=[*columns, "checked on"])
