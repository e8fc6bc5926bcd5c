"""Tables of a notebook's outputs, made readable: captions, scope, aligned numbers, a frame that scrolls."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup

from raikit.report.words import NOTHING

_LONG = 60  # characters
_MANY = 7  # columns
_MISSING = {"NaN", "<NA>", "NaT"}  # pandas' words for nothing
_ESTIMATE = re.compile(r"[−\d.,]+ \[.*\], n [\d,]+.{0,10}")
_NUMERIC = re.compile(r"[−+-]?[\d.,\s]*\d(?:e[+-]?\d+)?%?(?:\s*[\[(].*[\])])?|—|")


def dress_tables(html: str, *, caption: str, first: int) -> tuple[Markup, int]:
    """Return cleaned HTML with its tables dressed.

    Parameters
    ----------
    html : str
        Clean: nothing in it is trusted to be more than markup.
    caption : str
        For tables that bring none.
    first : int
        Number of the first table; numbers keep the frames' names apart.

    Returns
    -------
    html : markupsafe.Markup
        Each table within a region that the keyboard reaches.
    count : int
        How many tables there were.

    Examples
    --------
    >>> html, n = dress_tables("<table><tr><th>a</th></tr></table>", caption="Groups", first=1)
    >>> 'scope="col"' in html and "Groups" in html
    True
    """
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "html.parser")
    tables = [table for table in soup.find_all("table") if table.find_parent("table") is None]
    for at, table in enumerate(tables):
        _without_row_numbers(table)
        _name(soup, table, caption, first + at)
        _head(table)
        _words(table)
        _numbers(table)
        if max((len(row.find_all(["td", "th"])) for row in table.find_all("tr")), default=0) >= _MANY:
            table["class"] = "wide"  # set smaller in print
    return Markup(soup.decode(formatter="minimal")), len(tables)  # noqa: S704 - cleaned, then only attributes added


def _name(soup: Any, table: Any, caption: str, number: int) -> None:
    own = table.find("caption")
    words = " ".join(own.get_text().split()) if own is not None else caption
    if own is not None:
        own.decompose()
    name = f"Table {number}. {words}"
    table.insert(0, soup.new_tag("caption"))
    table.caption.string = name
    table.wrap(
        soup.new_tag("div", attrs={"class": "scroll", "tabindex": "0", "role": "region", "aria-label": name})
    )


def _without_row_numbers(table: Any) -> None:
    """Drop pandas' own index 0, 1, 2 … without a name: it says nothing of the rows."""
    rows = table.find_all("tr")
    first = [row.find(["td", "th"]) for row in rows]
    if any(cell is None or cell.has_attr("rowspan") or cell.has_attr("colspan") for cell in first):
        return
    words = [cell.get_text(strip=True) for cell in first]
    if len(rows) > 1 and words == ["", *map(str, range(len(rows) - 1))]:
        for cell in first:
            cell.decompose()


def _head(table: Any) -> None:
    body = table.find("tbody")
    for cell in table.find_all("th"):
        if not cell.get_text(strip=True):
            cell.name = "td"  # an empty heading names nothing
        elif body is not None and body in cell.parents:
            cell["scope"] = "rowgroup" if int(cell.get("rowspan", 1) or 1) > 1 else "row"
        else:
            cell["scope"] = "colgroup" if int(cell.get("colspan", 1) or 1) > 1 else "col"


def _words(table: Any) -> None:
    for cell in table.find_all("td"):
        if cell.get_text(strip=True) in _MISSING:
            cell.string = NOTHING
        elif _ESTIMATE.fullmatch(cell.get_text(strip=True)):
            cell["class"] = "whole"  # one reading, on one line
        elif len(cell.get_text(strip=True)) > _LONG:
            cell["class"] = "long"  # sentences: wide enough to be read on a phone


def _numbers(table: Any) -> None:
    """Align to the right the columns that hold numbers, their headings too.

    Columns are counted from the right: headings of rows that span several are on the left.
    """
    rows = [row.find_all(["td", "th"], recursive=False) for row in table.find_all("tr")]
    rows = [row for row in rows if not any(cell.has_attr("colspan") for cell in row)]
    for column in range(1, max(map(len, rows), default=0) + 1):
        cells = [row[-column] for row in rows if len(row) >= column]
        values = [cell for cell in cells if cell.name == "td" and cell.get_text(strip=True)]
        if values and all(_NUMERIC.fullmatch(cell.get_text(strip=True)) for cell in values):
            for cell in cells:
                if cell.name == "td" or cell.get("scope") == "col":
                    cell["class"] = "num"
