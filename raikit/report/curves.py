"""Charts of scores: curves with the operating point, and scores beside what happened."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError
from raikit.report import words
from raikit.report.display import describe_figure
from raikit.report.figures import INK, chart_style, new_figure
from raikit.report.readings import Reading, readings_of
from raikit.report.timeline import MUTED, RUST, SERIES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["calibration_chart", "curve_chart"]

_METRIC, _BIN = "observed_rate", "score"


def curve_chart(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str | Sequence[str],
    point: Mapping[str, float] | None = None,
    diagonal: bool = False,
    ax: Axes | None = None,
    title: str | None = None,
    alt: str | None = None,
) -> Axes:
    """Draw rates against each other or against the threshold, with the operating point.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row a threshold, such as a study's `curves`; all values are drawn on a scale from 0 to 1.
    x : str
        Column of the horizontal axis.
    y : str or sequence of str
        At most four columns, a line each; undefined values are gaps.
    point : mapping of str to float, optional
        Column -> its value where the system operates: a dot on each line; left out where `x` is not known.
    diagonal : bool, default=False
        Whether to draw the line on which both axes agree: what chance gives in a ROC curve.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    title : str, optional
        By default what is drawn.
    alt : str, optional
        By default generated from the values.

    Returns
    -------
    matplotlib.axes.Axes
        One line for each column.

    Raises
    ------
    InputError
        If a column is missing or there is nothing to draw.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"false_positive_rate": [1.0, 0.2, 0.0], "true_positive_rate": [1.0, 0.8, 0.0]})
    >>> ax = curve_chart(frame, x="false_positive_rate", y="true_positive_rate", diagonal=True)
    >>> ax.get_title(loc="left")
    'True positive rate by false positive rate'
    """
    import seaborn as sns

    columns = [y] if isinstance(y, str) else list(y)
    _check(frame, [x, *columns])
    names = [words.metric_name(column) for column in columns]
    said = title or f"{' and '.join(names)} by {_small(x)}"
    figure: Any = new_figure(3.9) if ax is None else None
    with chart_style():
        ax = figure.subplots() if ax is None else ax
        if diagonal:
            ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (2, 3)), zorder=0.9)
        for column, name, (colour, marker, dash) in zip(columns, names, SERIES, strict=False):
            sns.lineplot(x=frame[x], y=frame[column], ax=ax, color=colour, linestyle=dash, linewidth=2.2,
                         sort=False, estimator=None, label=name if len(columns) > 1 else None)  # fmt: skip
            if point is not None and _known(point, x, column):
                ax.plot(point[x], point[column], marker, color=colour, markersize=9, markeredgecolor="white")
        if point is not None and any(_known(point, x, column) for column in columns):
            _mark(ax, float(point[x]), [float(point[column]) for column in columns])
        _frame(ax, words.metric_name(x), names[0] if len(names) == 1 else "Rate", said)
    return describe_figure(ax, alt or _in_words(frame, x, columns, point, said))


def calibration_chart(
    frame: pd.DataFrame,
    *,
    by: str = "",
    ax: Axes | None = None,
    title: str | None = None,
    alt: str | None = None,
) -> Axes:
    """Draw how often the event happened, with intervals, against the mean score.

    Parameters
    ----------
    frame : pandas.DataFrame
        A study's `calibration`: results of `observed_rate` by score bin, with a column `mean_score`.
    by : str, default=""
        A feature whose groups are drawn apart (the four largest); by default everybody.
    ax, title, alt
        As for `curve_chart`.

    Returns
    -------
    matplotlib.axes.Axes
        Dots of well calibrated scores lie on the diagonal.

    Raises
    ------
    InputError
        If there is no such result.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"metric": "observed_rate", "slice": [{"score": "0.2–0.3"}], "n": [80],
    ...                       "estimate": [0.3], "low": [0.21], "high": [0.41], "mean_score": [0.25]})
    >>> calibration_chart(frame).get_title(loc="left")
    'How often it happened, by the score'
    """
    series = _series(frame, by)
    tail = f", by {words.plain(by).replace('_', ' ')}" if by else ""
    said = title or f"How often it happened, by the score{tail}"
    figure: Any = new_figure(3.9) if ax is None else None
    with chart_style():
        ax = figure.subplots() if ax is None else ax
        ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (2, 3)), zorder=0.9)
        for (name, rows), (colour, marker, dash) in zip(series.items(), SERIES, strict=False):
            scores, rates = [score for score, _ in rows], [row.estimate for _, row in rows]
            for score, row in rows:
                ax.plot([score, score], [row.low, row.high], color=colour, linewidth=2)
            ax.plot(scores, rates, marker=marker, linestyle=dash, color=colour, linewidth=1, markersize=6,
                    label=name if len(series) > 1 else None)  # fmt: skip
        _frame(ax, "Mean score", "Observed rate", said)
    return describe_figure(ax, alt or _calibration_in_words(series, said))


def _check(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise InputError(
            f"curve_chart: no column {missing[0]!r}; columns: {', '.join(map(str, frame.columns))}"
        )
    if len(columns) - 1 > len(SERIES):
        raise InputError(f"curve_chart: {len(columns) - 1} lines; at most {len(SERIES)} are told apart")
    if frame.empty or frame[list(columns)].isna().all(axis=None):
        raise InputError("curve_chart: there is nothing to draw")


def _known(point: Mapping[str, float], x: str, column: str) -> bool:
    return all(math.isfinite(point.get(name, math.nan)) for name in (x, column))


def _mark(ax: Axes, x: float, heights: Sequence[float]) -> None:
    shown = [height for height in heights if math.isfinite(height)]
    if len(shown) > 1:
        ax.axvline(x, color=RUST, linewidth=1.3, linestyle=(0, (4, 3)), zorder=0.9)
    left = x > 0.6
    at = (x - 0.02 if left else x + 0.02, min(shown) - 0.02 if len(shown) == 1 else 0.04)
    said = f"operates here ({words.number(x)})" if len(shown) > 1 else "operates here"
    sides: dict[str, Any] = {"ha": "right" if left else "left", "va": "top" if len(shown) == 1 else "bottom"}
    ax.text(*at, said, color=INK, fontsize=9, **sides)


def _frame(ax: Axes, x: str, y: str, title: str) -> None:
    ax.set_xlim(-0.01, 1.01)
    ax.set_ylim(-0.02, 1.02)
    ax.set_xlabel(x, parse_math=False)
    ax.set_ylabel(y, parse_math=False)
    ax.set_title(title, loc="left", parse_math=False)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda value, _: words.bound(round(value, 6)))
    ax.spines[["top", "right"]].set_visible(False)
    if ax.get_legend_handles_labels()[1]:
        ax.legend(loc="best", frameon=False, fontsize=9)


def _in_words(
    frame: pd.DataFrame, x: str, columns: Sequence[str], point: Mapping[str, float] | None, title: str
) -> str:
    parts = [f"Curve: {title}."]
    for column in columns:
        rows = frame[[x, column]].dropna()
        some = (
            rows.iloc[[round(share * (len(rows) - 1)) for share in (0, 0.25, 0.5, 0.75, 1)]]
            if len(rows)
            else rows
        )
        pairs = [
            f"{words.number(float(b))} at {words.number(float(a))}" for a, b in some.itertuples(index=False)
        ]
        parts.append(f"{words.metric_name(column)} by {_small(x)}: {', '.join(dict.fromkeys(pairs))}.")
    if point is not None:
        held = [
            f"{_small(name)} {words.number(point[name])}"
            for name in (x, *columns)
            if _known(point, name, name)
        ]
        parts.append(f"The system operates at {', '.join(held)}." if held else "")
    return " ".join(part for part in parts if part)


def _small(name: str) -> str:
    said = words.metric_name(name)
    return said if said[:2].isupper() else said[:1].lower() + said[1:]


def _series(frame: pd.DataFrame, by: str) -> dict[str, list[tuple[float, Reading]]]:
    """Return the bins of everybody or of the largest groups, each with its mean score."""
    scores = frame[frame["metric"] == _METRIC].get("mean_score")
    rows = list(readings_of(frame, _METRIC))
    wanted = {by, _BIN} if by else {_BIN}
    held: dict[str, list[tuple[float, Reading]]] = {}
    for score, row in zip([] if scores is None else scores, rows, strict=False):
        if set(row.slice) == wanted and row.shown:
            name = words.plain(row.slice[by]) if by else "All"
            held.setdefault(name, []).append((float(score), row))
    if not held:
        what = f"by {by!r}" if by else "overall"
        raise InputError(f"calibration_chart: no {_METRIC!r} with a mean score {what}")
    largest = sorted(held, key=lambda name: -sum(row.n for _, row in held[name]))[: len(SERIES)]
    return {name: held[name] for name in held if name in largest}


def _calibration_in_words(series: Mapping[str, list[tuple[float, Reading]]], title: str) -> str:
    parts = [f"Calibration chart: {title}."]
    for name, rows in series.items():
        score, row = max(rows, key=lambda each: abs(each[1].estimate - each[0]))
        off = sum(not row.low <= score <= row.high for score, row in rows)
        parts.append(
            f"{name}: in {off} of {len(rows)} bins the mean score lies outside the interval of the observed "
            f"rate; furthest at a mean score of {words.number(score)}, where the rate is "
            f"{words.number(row.estimate)} ({words.span(row.low, row.high)}, n {words.count(row.n)})."
        )
    return " ".join(parts)
