"""What a chart shows: its rows, and the same in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError
from raikit.report import words

if TYPE_CHECKING:
    import pandas as pd

_HIDDEN = {"suppressed": "hidden to protect small groups", "undefined": "undefined: no cases"}
_BRIEFLY = {"suppressed": "hidden: small groups", "undefined": "undefined: no cases"}
_ALOUD = {"suppressed": "Hidden to protect small groups", "undefined": "Undefined, no cases"}


@dataclass(frozen=True)
class Reading:
    """One row of a chart; numbers that are hidden or undefined are NaN."""

    label: str
    column: str
    n: float
    estimate: float
    low: float
    high: float
    confidence: float
    status: str
    slice: Mapping[str, Any]

    @property
    def shown(self) -> bool:
        """Whether there is an estimate to draw."""
        return math.isfinite(self.estimate)

    @property
    def text(self) -> str:
        """The estimate, its interval and n; or why there is none."""
        if not self.shown:
            return _HIDDEN.get(self.status, _HIDDEN["undefined"])
        return f"{words.number(self.estimate)} [{words.span(self.low, self.high)}], n {words.count(self.n)}"

    @property
    def brief(self) -> str:
        """The same beside a chart, where there is less room."""
        return self.text if self.shown else _BRIEFLY.get(self.status, _BRIEFLY["undefined"])

    @property
    def sentence(self) -> str:
        """The same with the group's name, for a listener."""
        level = words.percent(self.confidence)
        return (
            f"{self.label} {words.number(self.estimate)} "
            f"({level} interval {words.span(self.low, self.high)}, n {words.count(self.n)})"
        )


def readings_of(frame: pd.DataFrame, metric: str) -> Iterator[Reading]:
    """Yield the rows of a metric, in the frame's order.

    Parameters
    ----------
    frame : pandas.DataFrame
        In the result form.
    metric : str
        Rows of others are left out.

    Yields
    ------
    Reading
        One a row.

    Raises
    ------
    InputError
        If there is none.
    """
    chosen = frame[frame["metric"] == metric]
    if chosen.empty:
        there = ", ".join(dict.fromkeys(map(str, frame["metric"]))) or "none"
        raise InputError(f"chart: no result of {metric!r}; metrics in the frame: {there}")
    for row in chosen.to_dict("records"):
        slice_ = row["slice"] if isinstance(row.get("slice"), dict) else {}
        yield Reading(
            label=_label(row, slice_, metric),
            column=" × ".join(map(words.plain, slice_)),
            **{name: _float(row[name]) for name in ("n", "estimate", "low", "high")},
            confidence=_float(row.get("confidence", 0.95)),
            status=str(row.get("status", "ok")),
            slice=slice_,
        )


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):  # None and pandas.NA stand for a hidden number
        return math.nan


def _label(row: dict[Any, Any], slice_: Mapping[str, Any], metric: str) -> str:
    pair = row.get("compared")
    if isinstance(pair, list | tuple) and len(pair) == 2:
        sign = "÷" if metric.endswith("_ratio") else words.MINUS
        return f"{words.slice_name(pair[0])} {sign} {words.slice_name(pair[1])}"
    return words.slice_name(slice_) if slice_ else words.plain(row.get("group") or "All")


def describe(
    rows: Sequence[Reading],
    metric: str,
    bounds: Sequence[float],
    reference: float | None,
    *,
    over: str = "",
    events: Sequence[str] = (),
) -> str:
    """Return the words for a reader who can't see the chart, generated from its rows.

    Parameters
    ----------
    rows : sequence of Reading
        What is drawn.
    metric : str
        Its name.
    bounds : sequence of float
        Where dashed lines are.
    reference : float or None
        Where the solid line is.
    over : str, optional
        The key that names windows, in a time chart.
    events : sequence of str, optional
        What is marked.

    Returns
    -------
    str
        Kind, extremes with n and interval, what is hidden, lines.
    """
    shown = sorted((row for row in rows if row.shown), key=lambda row: row.estimate)
    name = words.metric_name(metric)
    groups = "group" if len(rows) == 1 else "groups"
    what = f"over {len(rows)} results by {words.plain(over)}" if over else f"for {len(rows)} {groups}"
    parts = [f"{'Time' if over else 'Dot-and-interval'} chart of {name[0].lower() + name[1:]} {what}."]
    if len(shown) > 1:
        parts.append(f"Lowest: {shown[0].sentence}. Highest: {shown[-1].sentence}.")
    elif shown:
        parts.append(f"{shown[0].sentence}.")
    for status, said in _ALOUD.items():
        names = [row.label for row in rows if not row.shown and row.status == status]
        if names:
            parts.append(f"{said}: {', '.join(names[:6])}{' and others' if len(names) > 6 else ''}.")
    if reference is not None:
        parts.append(f"Reference line at {words.number(reference)}.")
    if bounds:
        parts.append(f"Margin drawn at {' and '.join(words.number(place) for place in bounds)}.")
    if events:
        parts.append(f"Marked: {'; '.join(words.plain(name) for name in events)}.")
    return " ".join(parts)
