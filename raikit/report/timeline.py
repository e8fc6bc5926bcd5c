"""Estimates over windows: bands, gaps and events."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError
from raikit.report import words
from raikit.report.readings import Reading

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABEL = 40  # characters of an event: a longer one leaves the chart
MUTED, RUST = "#5b6470", "#9a3412"
# dark enough on white, told apart in every common colour blindness, each with its own marker and dash
SERIES = (("#0b5394", "o", "-"), ("#9a3412", "s", "--"), ("#00664f", "^", "-."), ("#7a3b7c", "D", ":"))


def draw_timeline(ax: Axes, rows: Sequence[Reading], *, x: str, events: Mapping[str, Any]) -> None:
    """Draw one line with its band for each series of windows.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    rows : sequence
        Results that all have the slice key `x`.
    x : str
        The slice key that names the window.
    events : mapping of str to date or label
        What happened, and when.

    Raises
    ------
    InputError
        If an event falls on no window.
    """
    labels = list(dict.fromkeys(str(row.slice[x]) for row in rows))
    dates = _dates(labels)
    places = dates if dates is not None else {label: float(at) for at, label in enumerate(labels)}
    series: dict[str, list[Reading]] = {}
    for row in rows:
        rest = {key: value for key, value in row.slice.items() if key != x}
        series.setdefault(words.slice_name(rest) if rest else "", []).append(row)
    for at, (name, members) in enumerate(series.items()):
        _draw_series(ax, members, [places[str(row.slice[x])] for row in members], name, at)
    _label_axis(ax, labels, rows, x=x, dated=dates is not None)
    ends = (min(places.values()), max(places.values()))
    for at, (name, when) in enumerate(events.items()):
        _draw_event(ax, name, _place_of(when, places, dated=dates is not None), at, ends)
    if len(series) > 1:
        ax.legend(frameon=False, fontsize=9, loc="best")


def _dates(labels: Sequence[str]) -> dict[str, Any] | None:
    import pandas as pd

    if not all(label[:4].isdigit() and "-" in label for label in labels):
        return None
    found = pd.to_datetime(pd.Series(labels), errors="coerce", format="ISO8601")
    if found.isna().any():
        return None
    return dict(zip(labels, found.dt.to_pydatetime(), strict=True))


def _draw_series(ax: Axes, rows: Sequence[Reading], at: Sequence[Any], name: str, index: int) -> None:
    import seaborn as sns

    colour, marker, dash = SERIES[index % len(SERIES)]
    estimates = [row.estimate if row.shown else math.nan for row in rows]
    ax.fill_between(at, [row.low for row in rows], [row.high for row in rows], color=colour, alpha=0.16,
                    linewidth=0)  # fmt: skip
    small = [row.status == "small" for row in rows]
    faces = ["white" if hollow else colour for hollow in small]
    ax.plot(at, estimates, color=colour, linestyle=dash, linewidth=1.8, label=name or None)
    if len(rows) <= 60:  # more markers than that are a smear
        ax.scatter(at, estimates, marker=marker, s=26, facecolors=faces, edgecolors=colour, zorder=3)
    sns.despine(ax=ax, left=True)


def _label_axis(ax: Axes, labels: Sequence[str], rows: Sequence[Reading], *, x: str, dated: bool) -> None:
    if dated:
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        locator = AutoDateLocator(maxticks=9)  # type: ignore[no-untyped-call]
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    else:
        step = max(1, math.ceil(len(labels) / 12))
        ax.set_xticks(range(0, len(labels), step), [words.plain(text) for text in labels[::step]],
                      parse_math=False)  # fmt: skip
    ax.yaxis.set_major_formatter(lambda value, _: words.bound(round(value, 6)))
    sizes = [row.n for row in rows if math.isfinite(row.n)]
    ends = " to ".join(dict.fromkeys(words.count(each(sizes)) for each in (min, max))) if sizes else ""
    n = f"; n {ends} a window" if sizes else ""
    level = words.percent(rows[0].confidence)
    ax.set_xlabel(f"{words.metric_name(x)} (bands: {level} intervals{n})", parse_math=False)


def _place_of(when: Any, places: Mapping[str, Any], *, dated: bool) -> Any:
    import pandas as pd

    if dated:
        return pd.Timestamp(when).to_pydatetime()
    if str(when) not in places:
        raise InputError(f"time_chart: event at {when!r}, which is no window; windows: {', '.join(places)}")
    return places[str(when)]


def _draw_event(ax: Axes, name: str, place: Any, at: int, ends: tuple[Any, Any]) -> None:
    """Draw an event with its label, each a line below the one before, on the side that has more room."""
    ax.axvline(place, color=RUST, linewidth=1.2, linestyle=(0, (2, 2)))
    left = _place_in(place, ends) > 0.5
    ax.annotate(
        textwrap.shorten(words.plain(name), _LABEL, placeholder="…"), (place, 0.97 - 0.065 * at),
        xycoords=("data", "axes fraction"), xytext=(-4 if left else 4, 0), textcoords="offset points",
        ha="right" if left else "left", va="top", fontsize=9, color=MUTED, parse_math=False,
    )  # fmt: skip


def _place_in(place: Any, ends: tuple[Any, Any]) -> float:
    """Return where between the first and the last window a place lies, 0 to 1."""
    first, last = ends
    if hasattr(place, "tzinfo"):  # events may know their zone where windows don't, and the other way round
        first, last, place = (each.replace(tzinfo=None) for each in (first, last, place))
    return float((place - first) / (last - first)) if last != first else 0.0
