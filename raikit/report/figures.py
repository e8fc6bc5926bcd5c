"""Charts of estimates with their intervals: what they show is also said in words."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError
from raikit.report import words
from raikit.report.display import describe_figure, draw_narrow
from raikit.report.narrow import LINE, WIDTH, stacked, wrapped
from raikit.report.readings import Reading, describe, readings_of
from raikit.report.timeline import MUTED, RUST, draw_timeline

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["describe_figure", "interval_chart", "time_chart"]

INK, BLUE = "#1b1f24", "#0b5394"


def interval_chart(
    frame: pd.DataFrame,
    *,
    metric: str,
    margin: float | None = None,
    reference: float | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    alt: str | None = None,
    headline: bool = False,
) -> Axes:
    """Draw a dot with its interval for each group, n on each row.

    Parameters
    ----------
    frame : pandas.DataFrame
        Results; rows of other metrics are left out. Hidden and undefined rows are shown as words.
    metric : str
        The metric to draw.
    margin : float, optional
        In the metric's unit. Beside a reference the distance from it that is tolerated (dashed lines
        on both sides); without one, and for a ratio, the bound itself (one dashed line).
    reference : float, optional
        Drawn as a line; by default 0 for a difference and 1 for a ratio.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure as tall as the rows need.
    title : str, optional
        By default the metric's name.
    alt : str, optional
        By default generated from the rows.
    headline : bool, default=False
        Whether the page shows the chart on its first screen; of several, the last.

    Returns
    -------
    matplotlib.axes.Axes
        With one row for each group, in the order of the frame.

    Raises
    ------
    InputError
        If the frame has no row of the metric.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"metric": ["accuracy"], "group": ["Female"], "n": [50],
    ...                       "estimate": [0.8], "low": [0.67], "high": [0.89]})
    >>> interval_chart(frame, metric="accuracy").get_title(loc="left")
    'Accuracy'
    """
    rows = list(readings_of(frame, metric))
    if reference is None and metric.endswith(("_difference", "_ratio")):
        reference = 1.0 if metric.endswith("_ratio") else 0.0
    bounds = _margin_lines(metric, margin, reference)
    figure: Any = new_figure(1.26 + 0.31 * _places(rows)[0][-1]) if ax is None else None
    with chart_style():
        ax = figure.subplots() if ax is None else ax
        _draw_rows(ax, rows)
        _draw_lines(ax.axvline, reference, bounds)
        said = f"{words.metric_name(metric)}, {words.percent(rows[0].confidence)} intervals"
        texts = title or words.metric_name(metric), "; ".join([said, *_legend(reference, bounds)])
        ax.set_title(texts[0], loc="left", parse_math=False)
        ax.set_xlabel(texts[1], parse_math=False)
    if figure is not None and headline:
        draw_narrow(figure, lambda: _narrow(rows, reference, bounds, texts))
    return describe_figure(ax, alt or describe(rows, metric, bounds, reference), headline=headline)


def time_chart(
    frame: pd.DataFrame,
    *,
    x: str,
    metric: str,
    events: Mapping[str, Any] | None = None,
    margin: float | None = None,
    reference: float | None = None,
    ax: Axes | None = None,
    title: str | None = None,
    alt: str | None = None,
    headline: bool = False,
) -> Axes:
    """Draw estimates over windows with their intervals as bands, events as labelled lines.

    Parameters
    ----------
    frame : pandas.DataFrame
        Results; rows of other metrics and rows without a window are left out. Other slice keys give
        a line each. Hidden and undefined windows are gaps.
    x : str
        The slice key that names the window: ISO dates or ordered labels.
    metric : str
        The metric to draw.
    events : mapping of str to date or label, optional
        What happened, and when: a date where the windows are dates, else a window's label.
    margin, reference, ax, title, alt, headline
        As for `interval_chart`.

    Returns
    -------
    matplotlib.axes.Axes
        One line for each series.

    Raises
    ------
    InputError
        If the frame has no window of the metric, or an event falls on no window.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"metric": "late_rate", "slice": [{"month": "2015-01"}, {"month": "2015-02"}],
    ...                       "n": [500, 510], "estimate": [.2, .3], "low": [.17, .26], "high": [.24, .34]})
    >>> len(time_chart(frame, x="month", metric="late_rate").get_lines())
    1
    """
    rows = [row for row in readings_of(frame, metric) if x in row.slice]
    if not rows:
        raise InputError(f"time_chart: no result of {metric!r} has the slice key {x!r}")
    bounds = _margin_lines(metric, margin, reference)
    figure: Any = new_figure(3.4) if ax is None else None
    with chart_style():
        ax = figure.subplots() if ax is None else ax
        draw_timeline(ax, rows, x=x, events=events or {})
        _draw_lines(ax.axhline, reference, bounds)
        ax.set_xlabel("; ".join([ax.get_xlabel(), *_legend(reference, bounds)]), parse_math=False)
        ax.set_ylabel(words.metric_name(metric), parse_math=False)
        ax.set_title(title or words.metric_name(metric), loc="left", parse_math=False)
    if figure is not None and headline:
        draw_narrow(figure)
    said = alt or describe(rows, metric, bounds, reference, over=x, events=list(events or {}))
    return describe_figure(ax, said, headline=headline)


def _margin_lines(metric: str, margin: float | None, reference: float | None) -> list[float]:
    if margin is None:
        return []
    if reference is None or metric.endswith("_ratio"):
        return [margin]
    return [reference - margin, reference + margin]


def chart_style() -> Any:
    """Return the look of all charts, as a context to draw in.

    Returns
    -------
    context manager
        Restores matplotlib's settings at its end.
    """
    import matplotlib as mpl
    import seaborn as sns

    settings = sns.axes_style("whitegrid", {"grid.color": "#e3e6ea", "axes.edgecolor": "#aab2bd"})
    settings |= {
        "font.size": 10, "font.family": ["DejaVu Sans"], "text.color": INK, "text.parse_math": False,
        "axes.labelcolor": MUTED, "axes.labelsize": 9, "axes.titlesize": 11, "axes.titleweight": "bold",
        "xtick.color": MUTED, "ytick.color": INK, "xtick.labelsize": 9, "ytick.labelsize": 10,
        "axes.axisbelow": True, "axes.titley": 1.0,  # nothing stands above the axes: no search for room
    }  # fmt: skip
    return mpl.rc_context(settings)


def new_figure(height: float) -> Any:
    """Return a figure; made outside of `chart_style`, whose end would undo what loading a backend sets.

    Parameters
    ----------
    height : float
        In inches; the width is that of the page.

    Returns
    -------
    matplotlib.figure.Figure
        Empty.
    """
    import matplotlib.pyplot as plt
    from matplotlib.layout_engine import TightLayoutEngine

    layout = TightLayoutEngine(pad=0.3, rect=None)  # type: ignore[arg-type]  # a rectangle would measure twice
    return plt.figure(figsize=(7.4, height), layout=layout, facecolor="white")


def _places(rows: Sequence[Reading]) -> tuple[list[float], list[tuple[float, str]]]:
    """Return the height of each row, and of everything with a label: rows and headings of columns."""
    several = len({row.column for row in rows}) > 1
    heights, labels, at, column = [], [], 0.0, None
    for row in rows:
        if several and row.column != column:
            if row.column:
                at += 0.25 if column is not None else 0.0
                labels.append((at, row.column))
                at += 1
            column = row.column
        lines = textwrap.wrap(row.label, 30) or [""]
        room = max(0.0, 0.55 * len(lines) - 0.85) / 2  # on each side, for what one line doesn't hold
        heights.append(at + room)
        labels.append((at + room, "\n".join(lines)))
        at += 1 + 2 * room
    return heights, labels


def _draw_rows(ax: Axes, rows: Sequence[Reading]) -> None:
    heights, labels = _places(rows)
    _draw_intervals(ax, rows, heights)
    ax.set_ylim(labels[-1][0] + 0.6, labels[0][0] - 0.6)
    ax.set_yticks([at for at, _ in labels], [text for _, text in labels], parse_math=False)
    for (at, _), text in zip(labels, ax.get_yticklabels(), strict=True):
        if at not in heights:
            text.set(color=MUTED, fontweight="bold", fontsize=9)
    for row, at in zip(rows, heights, strict=True):  # ticks of a second axis would take three times as long
        ax.annotate(
            row.brief, (1, at), xycoords=("axes fraction", "data"), xytext=(3.5, 0),
            textcoords="offset points", va="center_baseline", annotation_clip=False, parse_math=False,
            color=INK if row.shown else MUTED, style="normal" if row.shown else "italic",
        )  # fmt: skip
    ax.tick_params(axis="y", length=0)
    ax.spines[["left", "right"]].set_visible(False)


def _draw_intervals(ax: Axes, rows: Sequence[Reading], heights: Sequence[float]) -> None:
    shown = [(row, at) for row, at in zip(rows, heights, strict=True) if row.shown]
    ax.hlines([at for _, at in shown], [row.low for row, _ in shown], [row.high for row, _ in shown],
              color=BLUE, linewidth=2.2)  # fmt: skip
    for hollow in (False, True):
        dots = [(row.estimate, at) for row, at in shown if (row.status == "small") is hollow]
        if dots:
            ax.plot(*zip(*dots, strict=True), "o", color=BLUE, markersize=7, markeredgewidth=1.6,
                    markerfacecolor="white" if hollow else BLUE)  # fmt: skip
    ax.spines["top"].set_visible(False)
    ax.grid(visible=False, axis="y")
    ax.xaxis.set_major_formatter(lambda value, _: words.bound(round(value, 6)))
    if not any(row.shown for row in rows):
        ax.set_xticks([])


def _narrow(
    rows: Sequence[Reading], reference: float | None, bounds: Sequence[float], texts: tuple[str, str]
) -> Figure:
    """Return the chart for a phone: labels above the intervals, with estimate and n."""
    from matplotlib.figure import Figure

    places = stacked(rows)
    figure = Figure(figsize=(WIDTH, 0.9 + LINE * places.bottom), layout="constrained", facecolor="white")
    with chart_style():
        ax = figure.subplots()
        _draw_intervals(ax, rows, places.rows)
        _draw_lines(ax.axvline, reference, bounds)
        for at, said, heading in places.labels:
            ax.text(0, at, said, transform=ax.get_yaxis_transform(), va="top", fontsize=9,
                    color=MUTED if heading else INK, fontweight="bold" if heading else None,
                    parse_math=False, in_layout=False,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 0})  # fmt: skip
        ax.set_ylim(places.bottom, -0.2)
        ax.set_yticks([])
        ax.spines[["left", "right"]].set_visible(False)
        ax.set_title(wrapped(texts[0], title=True), loc="left", parse_math=False)
        ax.set_xlabel(wrapped(texts[1]), parse_math=False)
    return figure


def _draw_lines(line: Callable[..., Any], reference: float | None, bounds: Sequence[float]) -> None:
    if reference is not None:
        line(reference, color=MUTED, linewidth=1, zorder=0.9)
    for place in bounds:
        line(place, color=RUST, linewidth=1.3, linestyle=(0, (4, 3)), zorder=0.9)


def _legend(reference: float | None, bounds: Sequence[float]) -> list[str]:
    line = [] if reference is None else [f"line: {words.bound(round(reference, 3))}"]
    dashed = " and ".join(words.bound(round(place, 3)) for place in bounds)
    return line + ([f"dashed: margin at {dashed}"] if bounds else [])
