"""Whatever a notebook holds becomes harmless markup or plain text."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any
from xml.etree import ElementTree

from raikit.report.words import without_codes

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del", "div", "dl",
    "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "kbd", "li", "mark", "ol", "p",
    "pre", "s", "samp",
    "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u",
    "ul", "var",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"}, "abbr": {"title"}, "ol": {"start"},
    "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"},
}  # fmt: skip

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_SVG = "{http://www.w3.org/2000/svg}"
_SVG_TAGS = {
    "svg", "g", "defs", "style", "path", "use", "clipPath", "rect", "circle", "ellipse", "line", "polyline",
    "polygon", "text", "tspan", "image", "linearGradient", "radialGradient", "stop", "pattern", "marker",
    "mask", "title", "desc", "symbol",
}  # fmt: skip


def clean_html(fragment: str) -> str:
    """Return an HTML fragment with nothing but text, tables, lists and links.

    Parameters
    ----------
    fragment : str
        From a notebook: hostile until proven otherwise.

    Returns
    -------
    str
        Without scripts, styles, images, forms, frames, ids, classes and any scheme but http, https
        and mailto.

    Examples
    --------
    >>> clean_html('<b onclick="x()">a</b><script>x()</script><img src=x onerror=x()>')
    '<b>a</b>'
    """
    import nh3

    cleaned: str = nh3.clean(
        without_codes(fragment),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    return cleaned


def markdown_to_html(text: str, *, raw_html: bool) -> str:
    """Return markdown as clean HTML.

    Parameters
    ----------
    text : str
        Of a markdown cell or output.
    raw_html : bool
        Whether tags in it are markup (then cleaned) or text. An author's cell may use them; an output
        may carry data, and data is text.

    Returns
    -------
    str
        Clean.

    Examples
    --------
    >>> markdown_to_html("[x](javascript:alert(1)) <i>y</i>", raw_html=False).strip()
    '<p><a rel="noopener noreferrer">x</a> &lt;i&gt;y&lt;/i&gt;</p>'
    """
    import mistune

    render = mistune.create_markdown(escape=not raw_html, plugins=["table", "strikethrough"])
    return clean_html(str(render(without_codes(text))).replace('"#harmful-link"', '"javascript:"'))


def image_source(mime: str, content: Any) -> str | None:
    """Return the ``data:`` address of a figure that is what it says it is.

    Parameters
    ----------
    mime : str
        ``image/svg+xml``, ``image/png`` or ``image/jpeg``.
    content : str
        SVG text, or base64.

    Returns
    -------
    str or None
        None when the content is something else, or SVG that could do more than draw.

    Examples
    --------
    >>> image_source("image/png", "PHNjcmlwdD4=") is None
    True
    """
    text = "".join(content) if isinstance(content, list) else str(content)
    if mime == "image/svg+xml":
        svg = _checked_svg(text)
        return None if svg is None else "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    magic = {"image/png": _PNG, "image/jpeg": _JPEG}.get(mime)
    if magic is None or not raw.startswith(magic):
        return None
    return f"data:{mime};base64," + base64.b64encode(raw).decode()


def _checked_svg(text: str) -> str | None:
    """Return the SVG element when it only draws; entities, scripts, handlers and links refuse it."""
    start = text.find("<svg")
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", text[start:], flags=re.DOTALL)
    if start < 0 or "<!" in svg:
        return None
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314 - no DTD is left that could define entities
    except ElementTree.ParseError:
        return None
    drawn = root.tag == f"{_SVG}svg" and all(_only_draws(element) for element in root.iter())
    return svg if drawn else None


def _only_draws(element: ElementTree.Element) -> bool:
    name = str(element.tag).removeprefix(_SVG)
    if name not in _SVG_TAGS:
        return False
    if name == "style" and re.search(r"@import|url\(\s*['\"]?(?!#)", element.text or ""):
        return False
    for key, value in element.attrib.items():
        short = key.rpartition("}")[2].lower()
        local = value.startswith(("#", "data:image/png;base64,"))
        if short.startswith("on") or (short == "href" and not local):
            return False
        if re.search(r"url\(\s*['\"]?(?!#)", value):
            return False
    return True
