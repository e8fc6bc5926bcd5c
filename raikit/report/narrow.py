"""Charts once more for a phone: as wide as its screen, in letters of the same size."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from raikit.report.readings import Reading

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 3.4  # inches: 326 pixels, a small phone without its margins
LINE = 0.165  # inches: a line of a label
_SIGN, _BOLD = 0.07, 0.092  # inches: a character of a label, of a title
_YEAR = 0.45  # inches: what matplotlib writes at the right end of an axis of dates
_NOTE = 24  # characters of a remark in a chart
_WHOLE = "\u00a0"  # numbers stay together where a label takes two lines
_TALLER = 1.15  # times as tall as on a page: legends and titles take more lines


class Stacked(NamedTuple):
    """Where the rows of a chart are that has their labels above them, in lines of text from the top."""

    rows: list[float]
    labels: list[tuple[float, str, bool]]  # the last: a heading
    bottom: float


def stacked(rows: Sequence[Reading]) -> Stacked:
    """Place rows below each other, each under its label with estimate, interval and n.

    Parameters
    ----------
    rows : sequence of Reading
        From above.

    Returns
    -------
    Stacked
        A line is as tall as a label's.
    """
    several = len({row.column for row in rows}) > 1
    at, heights, labels, column = 0.0, [], [], None
    for row in rows:
        if several and row.column != column:
            if row.column:
                at += 0.4
                labels.append((at, row.column, True))
                at += 1.2
            column = row.column
        said = wrapped(f"{row.label}: {row.brief.replace(' ', _WHOLE)}")
        labels.append((at, said, False))
        at += said.count("\n") + 1
        heights.append(at + 0.4)
        at += 1.3
    return Stacked(heights, labels, at)


def wrapped(text: str, *, title: bool = False) -> str:
    """Return a text in lines that a phone is wide enough for.

    Parameters
    ----------
    text : str
        One line.
    title : bool, default=False
        Whether it stands in a title's letters; else in a label's.

    Returns
    -------
    str
        With line breaks.
    """
    return _wrapped(text, WIDTH, _BOLD if title else _SIGN)


def _wrapped(text: str, room: float, sign: float) -> str:
    return "\n".join(textwrap.wrap(text, max(int(room / sign), 10)))


@contextmanager
def shrunk(figure: Figure) -> Iterator[None]:
    """Have a chart as narrow as a phone for as long as its drawing takes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Drawn wide before; its titles, axis labels and remarks may be too long.

    Yields
    ------
    None
        Once; afterwards all is as before.
    """
    width, height = figure.get_size_inches()
    held = [(text, text.get_text(), fits) for ax in figure.axes for text, fits in _texts(ax, width)]
    turned = [label for ax in figure.axes if _crowded(ax) for label in ax.get_xticklabels()]
    angles = [label.get_rotation() for label in turned]
    margins = {side: getattr(figure.subplotpars, side) for side in ("left", "right", "bottom", "top")}
    figure.set_size_inches(WIDTH, height * _TALLER)
    for text, _, fits in held:
        text.set_text(fits)
    for label in turned:
        label.set_rotation(90)
    try:
        yield
    finally:
        figure.set_size_inches(width, height)
        figure.subplots_adjust(**margins)
        for text, said, _ in held:
            text.set_text(said)
        for label, angle in zip(turned, angles, strict=True):
            label.set_rotation(angle)


def _texts(ax: Any, width: float) -> Iterator[tuple[Any, str]]:
    """Yield the texts of axes, each with what of it fits; margins stay what they are on a wide page."""
    place = ax.get_position()
    left, right = place.x0 * width, (1 - place.x1) * width
    for title in (ax.title, ax._left_title, ax._right_title):
        yield title, _wrapped(title.get_text(), WIDTH - left, _BOLD)
    aside = 2 * _YEAR if ax.xaxis.get_offset_text().get_text() else 0.0
    yield ax.xaxis.label, _wrapped(ax.get_xlabel(), WIDTH - left - right - aside, _SIGN)
    for text in ax.texts:
        yield text, textwrap.shorten(text.get_text(), _NOTE, placeholder="…")


def _crowded(ax: Any) -> bool:
    """Tell whether the labels below axes, with a blank between, are longer than a phone is wide."""
    labels = [label.get_text() for label in ax.get_xticklabels()]
    return (sum(map(len, labels)) + len(labels)) * _SIGN > 0.8 * WIDTH
