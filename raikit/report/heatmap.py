"""All features over time in one figure: a cell a window, its verdict told by a mark as well as by colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.errors import InputError
from raikit.report import words
from raikit.report.display import describe_figure
from raikit.report.figures import chart_style, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["window_heatmap"]

_MARKS = {"material": "●", "underpowered": "?", "immaterial": "", "undefined": "–"}
_MOST_LABELS = 16


def window_heatmap(frame: pd.DataFrame, *, title: str = "", alt: str | None = None) -> Axes:
    """Draw how far each feature moved in each window.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `DriftStudy.windows`: `cohens_w` by feature, segment and window, with verdicts.
    title : str
        By default "Shift of each feature by window".
    alt : str, optional
        By default generated from the rows.

    Returns
    -------
    matplotlib.axes.Axes
        Darker cells moved further; a dot is material, a question mark underpowered.

    Raises
    ------
    InputError
        If no row has a window.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = [("a", "2025-01", 0.02, "immaterial"), ("a", "2025-02", 0.2, "material")]
    >>> frame = pd.DataFrame([{"metric": "cohens_w", "slice": {"feature": f, "window": w}, "estimate": x,
    ...                        "verdict": v} for f, w, x, v in cells])
    >>> [text.get_text() for text in window_heatmap(frame).texts]
    ['●']
    """
    rows: list[Any] = frame.to_dict("records")
    held = [row for row in rows if "window" in row["slice"]]
    if not held:
        raise InputError("window_heatmap: no result has the slice key 'window'")
    names = {id(row): " in ".join(str(v) for k, v in row["slice"].items() if k != "window") for row in held}
    features = list(dict.fromkeys(names.values()))
    windows = sorted({str(row["slice"]["window"]) for row in held})
    values = np.full((len(features), len(windows)), np.nan)
    marks = {}
    for row in held:
        at = features.index(names[id(row)]), windows.index(str(row["slice"]["window"]))
        values[at], marks[at] = row["estimate"], _MARKS[row["verdict"]]
    figure: Any = new_figure(1.5 + 0.3 * len(features))
    with chart_style():
        ax = figure.subplots()
        _draw(ax, values, marks)
        step = -(-len(windows) // _MOST_LABELS)
        shown = range(0, len(windows), step)
        ax.set_xticks(list(shown), [windows[at] for at in shown], rotation=45 if len(windows) > 6 else 0)
        ax.set_yticks(range(len(features)), [words.plain(name) for name in features], parse_math=False)
        ax.set_title(title or "Shift of each feature by window", loc="left", parse_math=False)
        ax.set_xlabel("● material   ? these rows can't tell   blank: immaterial")
    return describe_figure(ax, alt or _in_words(held, names, len(windows)))


def _draw(ax: Axes, values: Any, marks: dict[tuple[int, int], str]) -> None:
    top = max(float(np.nanmax(values, initial=0.0)), 0.1)
    image = ax.imshow(values, aspect="auto", cmap="Blues", vmin=0, vmax=top, interpolation="nearest")
    size = 9 if values.shape[1] <= 40 else 5
    for (row, column), mark in marks.items():
        if mark:
            dark = values[row, column] > 0.6 * top
            ax.text(
                column, row, mark, ha="center", va="center", fontsize=size, color="white" if dark else "black"
            )
    ax.grid(visible=False)
    ax.tick_params(length=0)
    bar = ax.figure.colorbar(image, ax=ax, pad=0.02, fraction=0.04)
    bar.set_label("Cohen's w")


def _in_words(held: list[dict[str, Any]], names: dict[int, str], windows: int) -> str:
    counted = {verdict: sum(row["verdict"] == verdict for row in held) for verdict in _MARKS}
    said = ", ".join(f"{n:,} {verdict}" for verdict, n in counted.items() if n)
    moved: dict[str, list[str]] = {}
    for row in held:
        if row["verdict"] == "material":
            moved.setdefault(names[id(row)], []).append(str(row["slice"]["window"]))
    which = "; ".join(f"{words.plain(name)}: {', '.join(at[:12])}" for name, at in list(moved.items())[:12])
    start = f"Shift of {len(set(names.values())):,} features in {windows:,} windows, by verdict: {said}."
    return f"{start} Material: {which}." if which else start
