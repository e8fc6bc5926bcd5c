"""How a figure reaches a page: as a small, repeatable SVG with the words that describe it."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FONTS = "Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif"

# How a figure is drawn for a phone: anew by a function that doesn't hold it, or shrunk (None).
_NARROW: WeakKeyDictionary[Any, Callable[[], Figure] | None] = WeakKeyDictionary()
_ABOUT: WeakKeyDictionary[Any, list[tuple[str, bool]]] = WeakKeyDictionary()


def describe_figure(ax: Axes, alt: str, *, headline: bool = False) -> Axes:
    """Give a figure the words that a reader who can't see it gets, and show it as SVG.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Any axes of the figure; the texts of several axes are joined.
    alt : str
        What the figure shows, with its numbers.
    headline : bool, default=False
        Whether the page shows the figure on its first screen.

    Returns
    -------
    matplotlib.axes.Axes
        The one given.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = describe_figure(Figure().subplots(), "Nothing is drawn here.")
    """
    figure = ax.get_figure(root=True)
    _ABOUT.setdefault(figure, []).append((alt, headline))
    _register()
    return ax


def draw_narrow(figure: Figure, anew: Callable[[], Figure] | None = None) -> None:
    """Have a figure of ours drawn a second time, for a phone's first screen.

    It takes a tenth of a second: other figures are swiped sideways.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Described by `describe_figure`.
    anew : callable, optional
        Returns another figure, which pyplot does not know; by default this one is shrunk.
    """
    _NARROW[figure] = anew


def _register() -> None:
    """Take over how IPython shows figures; outside IPython nothing happens."""
    import sys

    if "IPython" not in sys.modules:
        return
    from IPython.core.getipython import get_ipython
    from matplotlib.figure import Figure

    shell = get_ipython()
    if shell is None or shell.display_formatter is None:
        return
    _draw_once()
    formatters = shell.display_formatter.formatters
    for formatter in formatters.values():
        formatter.pop(Figure, None)
    formatters["image/svg+xml"].for_type(Figure, _described)
    formatters["image/png"].for_type(Figure, _undescribed)


def _draw_once() -> None:
    """Keep pyplot from drawing every figure as pixels before it is shown as SVG: half of a figure's time."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    if "inline" in mpl.get_backend():  # the others redraw their windows by that hook
        plt.uninstall_repl_displayhook()


def _described(figure: Figure) -> tuple[str, dict[str, Any]] | None:
    about = _ABOUT.get(figure)
    if not about:
        return None
    metadata: dict[str, Any] = {"alt": " ".join(dict.fromkeys(alt for alt, _ in about))}
    wide = svg_of(figure)
    more: dict[str, Any] = {}
    if any(headline for _, headline in about):
        more["headline"] = True
    if figure in _NARROW:
        more["narrow"] = _narrow_svg(figure, _NARROW[figure])
    return wide, metadata | ({"raikit": more} if more else {})


def _narrow_svg(figure: Figure, anew: Callable[[], Figure] | None) -> str:
    from raikit.report.narrow import shrunk

    if anew is not None:
        return svg_of(anew())
    with shrunk(figure):
        return svg_of(figure)


def _undescribed(figure: Figure) -> Any:
    """Show as PNG, as Jupyter would: nobody knows how much such a figure draws."""
    if _ABOUT.get(figure):
        return None
    from IPython.core.pylabtools import print_figure

    return print_figure(figure, fmt="png", base64=True)  # type: ignore[no-untyped-call]


def svg_of(figure: Figure) -> str:
    """Return the figure as compact SVG, the same text each time.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Text stays text, in the reader's own sans-serif.

    Returns
    -------
    str
        One ``<svg>`` element without prolog, comments or metadata.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context({"svg.hashsalt": "raikit", "svg.fonttype": "none"}), warnings.catch_warnings():
        # the browser's fonts draw the text, so a glyph that matplotlib's font lacks is no loss
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        shown_on = figure.canvas
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(buffer, metadata=nothing)  # savefig draws twice, to the same end
        figure.set_canvas(shown_on)
    return _compact(buffer.getvalue())


def _compact(svg: str) -> str:
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: '[^;\">]*(; )?", "", svg)  # the root's holds for all
    svg = re.sub(r' transform="rotate\(-0 [^"]*"', "", svg)
    svg = re.sub(r"\s+", " ", svg).replace("> <", "><").strip()
    return svg.replace("<svg ", f'<svg font-family="{FONTS}" ', 1)
