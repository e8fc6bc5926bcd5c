"""The rows that failed in an incident: anchors for the bundle, the full rows for the restricted folder."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError, RunError
from raikit.release.bundle.facts import EPISODE, Facts
from raikit.release.parameters import located
from raikit.sources.anchors import anchor, anchor_key
from raikit.sources.engine import identifier, literal

if TYPE_CHECKING:
    import pandas as pd

    from raikit.sources.table import Table

_MOST = 20_000  # anchors in a bundle, so that it stays small; the restricted file has every row
_TRUE = ("1", "1.0", "true")


@dataclass(frozen=True)
class Failing:
    """The rows that show the signal within the episode named first.

    Parameters
    ----------
    rows : int
        How many.
    anchors : str
        CSV: anchor and day of each, at most 20,000; nothing else of a row.
    full : bytes
        JSON Lines: every column of every row. Never for a bundle.
    key : str
        Id of the key that the anchors are made with.
    """

    rows: int
    anchors: str
    full: bytes
    key: str


def failing_rows(facts: Facts, beside: Path) -> Failing:
    """Return the failing rows of an incident, from the data that its record names.

    Parameters
    ----------
    facts : Facts
        Of the incident run.
    beside : pathlib.Path
        Where the release file's relative paths start.

    Returns
    -------
    Failing
        Rows of the first episode that show the signal.

    Raises
    ------
    InputError
        If the data can't be opened.
    RunError
        If they are no longer those of the record, or the record claims no episode.
    """
    import narwhals as nw

    held = facts.record.parameters
    episodes = facts.results(EPISODE)
    if not episodes:
        raise RunError(f"{facts.record.run}: the record claims no episode: there are no failing rows to list")
    table = _opened(facts, beside)
    at = identifier(str(held["timestamp"]))
    start, end = (literal(str(episodes[0].slice[name]).replace("Z", "+00:00")) for name in ("from", "to"))
    when = f"CAST({at} AS TIMESTAMP)"
    within = f"{when} >= CAST(CAST({start} AS TIMESTAMPTZ) AS TIMESTAMP) AND "
    within += f"{when} < CAST(CAST({end} AS TIMESTAMPTZ) AS TIMESTAMP)"
    native: Any = nw.to_native(table.lazy)
    condition = _condition(str(held["signal"]), {each.name for each in table.columns})
    found = native.filter(f"{within} AND ({condition})").order(at).to_df()
    given = str(held.get("anchor_key") or "")
    key = anchor_key(given, source=str(held.get("log") or held.get("data") or ""))
    rows: list[dict[str, Any]] = [
        {str(name): _plain(value) for name, value in row.items()} for row in found.to_dict("records")
    ]
    names = [anchor(row.get("prompt") or row, key) for row in rows]
    return Failing(
        rows=len(rows),
        anchors=_anchors(names, found[str(held["timestamp"])]),
        full="".join(
            json.dumps({"anchor": name, **row}, ensure_ascii=False) + "\n"
            for name, row in zip(names, rows, strict=True)
        ).encode(),
        key=key.id,
    )


def _opened(facts: Facts, beside: Path) -> Table:
    """Open the data of the record, and refuse other data."""
    from raikit.sources.logs.opening import open_log
    from raikit.sources.table import open_table

    held = facts.record.parameters
    if log := held.get("log"):
        table = open_log(located(log, beside), columns=held.get("columns") or {})
    elif data := held.get("data"):
        table = open_table(located(data, beside))
    else:
        raise InputError(f"{facts.record.run}: its record names neither data nor log")
    recorded = {item.fingerprint for item in facts.record.inputs}
    if table.fingerprint not in recorded:
        raise RunError(f"{table.source}: is other data now: {table.fingerprint} is not in the record")
    return table


def _condition(signal: str, names: set[str]) -> str:
    """Return SQL for a signal: a column of 0 and 1, "column=value", or a condition."""
    column, equals, value = signal.partition("=")
    if signal in names:
        return f"lower(CAST({identifier(signal)} AS VARCHAR)) IN {_TRUE}"
    if equals and column.strip() in names:
        return f"CAST({identifier(column.strip())} AS VARCHAR) = {literal(value.strip())}"
    return signal


def _anchors(names: list[str], days: pd.Series) -> str:
    """Return anchors and days: a row's exact time and segments together could tell who somebody is."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(["anchor", "day"])
    writer.writerows(zip(names[:_MOST], days.astype(str).str[:10], strict=False))
    return written.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, str | int | bool) or value is None:
        return value
    if isinstance(value, float):
        return value if value == value else None
    return value.item() if hasattr(value, "item") else str(value)
