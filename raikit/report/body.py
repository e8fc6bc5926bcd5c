"""The notebook's own cells as the body of a page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from raikit.report.clean import clean_html, image_source, markdown_to_html
from raikit.report.tables import dress_tables
from raikit.report.words import without_codes

_IMAGES = ("image/svg+xml", "image/png", "image/jpeg")
# What a cell's last line says of a drawing that is shown anyway.
_REPR = re.compile(r"<(Axes|Figure|seaborn\.)[^\n]*>|\[<matplotlib\.[^\n]*\]|array\(\[+<Axes.*", re.DOTALL)
_PHONE = "screen and (max-width: 36rem)"  # as in the style sheet
_SIZE = re.compile(r'<svg [^>]*?viewBox="[\d.-]+ [\d.-]+ (?P<width>[\d.]+) (?P<height>[\d.]+)"')
_LONGEST = 20_000  # characters of one text output; a log is in the notebook


@dataclass(frozen=True)
class Heading:
    """A heading of the notebook, as the contents list shows it."""

    level: int
    anchor: str
    text: str


@dataclass(frozen=True)
class Figure:
    """A figure that was found to be one."""

    number: int
    source: str
    alt: str
    caption: str
    tall: bool = False  # taller than wide: findings then stand beside it
    narrow: str | None = None  # the same for a phone


@dataclass
class Body:
    """What the cells became."""

    parts: list[Markup] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    headline: Figure | None = None
    moved: int = 0  # the place among the parts that the headline left
    figures: int = 0
    tables: int = 0
    title: str = ""

    @property
    def near(self) -> str:
        """The nearest heading above."""
        return self.headings[-1].text if self.headings else self.title


def render_body(notebook: Any, *, title: str) -> Body:
    """Return the notebook's cells as clean HTML.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Executed or not.
    title : str
        Names what stands above the first heading.

    Returns
    -------
    Body
        Parts in order, headings, and the figure for the first screen.
    """
    body = Body(title=title)
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "markdown":
            _markdown(body, cell.source)
        elif cell.cell_type == "code" and cell.source.strip():
            _code(body, cell, number)
        elif cell.cell_type == "raw":
            _text(body, cell.source, kind="text")
    return body


def _markdown(body: Body, source: str) -> None:
    from bs4 import BeautifulSoup

    clean = markdown_to_html(source, raw_html=True)
    soup = BeautifulSoup(clean, "html.parser")
    for tag in soup.find_all(re.compile(r"^h[1-6]$")):
        words = " ".join(tag.get_text().split())
        if not words:
            tag.decompose()
            continue
        above = body.headings[-1].level if body.headings else 2
        level = min(int(tag.name[1]) + 1, above + 1, 6)  # h1 is the page's; no level is left out
        if not body.headings:
            level = 2
        anchor = _anchor(words, body)
        tag.name, tag["id"] = f"h{level}", anchor
        body.headings.append(Heading(level, anchor, words))
    dressed, count = dress_tables(soup.decode(formatter="minimal"), caption=body.near, first=body.tables + 1)
    body.tables += count
    body.parts.append(_part('<div class="prose">{}</div>', dressed))


def _anchor(words: str, body: Body) -> str:
    stem = "s-" + (re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:48] or "section")
    taken = {heading.anchor for heading in body.headings}
    return next(name for name in _numbered(stem) if name not in taken)


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    at = 2
    while True:
        yield f"{stem}-{at}"
        at += 1


def _code(body: Body, cell: Any, number: int) -> None:
    label = f"Code of cell {number}"
    tags = cell.get("metadata", {}).get("tags", [])
    if "injected-parameters" in tags:
        label += " (parameters of this run)"
    elif "parameters" in tags:
        label += " (parameters and their defaults)"
    body.parts.append(
        _part(
            '<details class="code"><summary>{}</summary><pre><code>{}</code></pre></details>',
            label,
            _highlight(cell.source),
        )
    )
    for output in cell.get("outputs", []):
        _output(body, output)


@lru_cache(maxsize=256)  # runs of one template have most of their cells in common
def _highlight(source: str) -> Markup:
    from pygments import highlight
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers.python import PythonLexer  # the lazy pygments.lexers is not for several threads

    text = highlight(without_codes(source), PythonLexer(), HtmlFormatter(nowrap=True))
    return Markup(text.rstrip("\n"))  # noqa: S704 - pygments escapes what it marks


def _output(body: Body, output: Any) -> None:
    if output.output_type == "stream":
        _text(body, output.text, kind="log")
    elif output.output_type == "error":
        lines = "\n".join(output.get("traceback") or []) or f"{output.get('ename')}: {output.get('evalue')}"
        said = without_codes(f"{output.get('ename', 'Error')}: {output.get('evalue', '')}").strip()
        body.parts.append(_part('<p class="error"><strong>This cell stopped:</strong> {}</p>', said))
        _text(body, lines, kind="error")
    else:
        _data(body, output.get("data", {}), output.get("metadata", {}))


def _data(body: Body, data: Any, metadata: Any) -> None:
    if any(mime.startswith("application/scrapbook.") for mime in data):
        return  # the record: shown on the first screen, not as JSON
    for mime in _IMAGES:
        if mime in data:
            _figure(body, mime, data[mime], metadata)
            return
    if "text/html" in data:
        caption = _about(metadata, "text/html").get("caption") or body.near
        dressed, count = dress_tables(
            clean_html(_joined(data["text/html"])), caption=str(caption), first=body.tables + 1
        )
        body.tables += count
        body.parts.append(_part('<div class="output">{}</div>', _without_headings(dressed)))
    elif "text/markdown" in data:
        clean = markdown_to_html(_joined(data["text/markdown"]), raw_html=False)
        dressed, count = dress_tables(clean, caption=body.near, first=body.tables + 1)
        body.tables += count
        body.parts.append(_part('<div class="prose output">{}</div>', _without_headings(dressed)))
    elif "text/plain" in data and not _REPR.fullmatch(_joined(data["text/plain"]).strip()):
        _text(body, data["text/plain"], kind="text")


def _without_headings(markup: Markup) -> Markup:
    """Turn headings of an output into bold lines: a page's outline is its author's."""
    text = re.sub(r"<h[1-6]>", '<p class="lead-in"><strong>', markup)
    return Markup(re.sub(r"</h[1-6]>", "</strong></p>", text))  # noqa: S704 - clean before and after


def _figure(body: Body, mime: str, content: Any, metadata: Any) -> None:
    source = image_source(mime, content)
    if source is None:
        body.parts.append(
            _part('<p class="left-out">{}</p>', f"A figure ({mime}) was left out: it is no plain drawing.")
        )
        return
    about = _about(metadata, mime)
    body.figures += 1
    caption = without_codes(str(about.get("caption") or body.near))
    alt = without_codes(str(about.get("alt") or f"Figure on: {body.near}. The author gave no description."))
    held = about.get("raikit")
    mark: dict[str, Any] = held if isinstance(held, dict) else {}
    narrow = image_source("image/svg+xml", mark["narrow"]) if mark.get("narrow") else None
    caption = f"Figure {body.figures}. {caption}"
    figure = Figure(body.figures, source, alt, caption, _tall(mime, content), narrow)
    if mark.get("headline"):
        if body.headline is not None:  # the last that is marked stands on the first screen
            body.parts[body.moved] = figure_markup(body.headline)
        body.headline, body.moved = figure, len(body.parts)
        body.parts.append(
            _part(
                '<p class="moved"><a href="#headline">Figure {}</a> is shown at the top of this page.</p>',
                str(figure.number),
            )
        )
        return
    body.parts.append(figure_markup(figure))


def _tall(mime: str, content: Any) -> bool:
    """Tell whether a drawing is taller than wide, by the size that it gives itself."""
    found = _SIZE.search(_joined(content)) if mime == "image/svg+xml" else None
    return found is not None and float(found["height"]) > float(found["width"])


def figure_markup(figure: Figure, *, anchor: str = "") -> Markup:
    """Return a figure with its words.

    Parameters
    ----------
    figure : Figure
        Checked.
    anchor : str, optional
        An id of its own.

    Returns
    -------
    markupsafe.Markup
        In a frame that scrolls on a phone, unless there is a drawing for it.
    """
    name = _part(' id="{}"', anchor) if anchor else Markup()
    image = _part('<img src="{}" alt="{}">', figure.source, figure.alt)
    if figure.narrow:
        image = _part('<picture><source media="{}" srcset="{}">{}</picture>', _PHONE, figure.narrow, image)
    else:
        frame = '<div class="scroll" tabindex="0" role="region" aria-label="{}">{}</div>'
        image = _part(frame, f"Figure {figure.number}", image)
    return _part("<figure{}>{}<figcaption>{}</figcaption></figure>", name, image, figure.caption)


def _about(metadata: Any, mime: str) -> dict[str, Any]:
    """Return what is said of an output: for its type, else for all of it."""
    own = metadata.get(mime) if isinstance(metadata, dict) else None
    return {**(metadata if isinstance(metadata, dict) else {}), **(own if isinstance(own, dict) else {})}


def _text(body: Body, text: Any, *, kind: str) -> None:
    lines = without_codes(_overwritten(_joined(text))).rstrip()
    if not lines.strip():
        return
    cut = (
        "" if len(lines) <= _LONGEST else f"\n… {len(lines) - _LONGEST:,} more characters are in the notebook"
    )
    body.parts.append(_part('<pre class="output {}">{}</pre>', kind, lines[:_LONGEST] + cut))


def _overwritten(text: str) -> str:
    """Return what a terminal shows in the end: a bar that redraws its line, and clears it, leaves nothing."""
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        shown = ""
        for part in line.split("\r"):
            shown = part + shown[len(part) :]
        lines.append(shown.rstrip())
    return "\n".join(lines)


def _joined(text: Any) -> str:
    return "".join(map(str, text)) if isinstance(text, list) else str(text)


def _part(pattern: str, *values: str) -> Markup:
    """Fill a pattern of ours; every value is escaped unless it is markup already."""
    escaped = [value if isinstance(value, Markup) else html.escape(value) for value in values]
    return Markup(pattern.format(*escaped))  # noqa: S704 - each value was escaped or cleaned
