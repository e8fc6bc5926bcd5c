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
        _name(soup, table, caption, first + at)
        rows = _without_row_numbers(
            [row.find_all(["td", "th"], recursive=False) for row in table.find_all("tr")]
        )
        _head(table, rows)
        _words(rows)
        _numbers(rows)
        if max(map(len, rows), default=0) >= _MANY:
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


def _without_row_numbers(rows: list[list[Any]]) -> list[list[Any]]:
    """Drop pandas' own index 0, 1, 2 … without a name: it says nothing of the rows."""
    first = [row[0] for row in rows if row]
    if len(first) < len(rows) or any(cell.has_attr("rowspan") or cell.has_attr("colspan") for cell in first):
        return rows
    words = [cell.get_text(strip=True) for cell in first]
    if len(rows) <= 1 or words != ["", *map(str, range(len(rows) - 1))]:
        return rows
    for cell in first:
        cell.decompose()
    return [row[1:] for row in rows]


def _head(table: Any, rows: list[list[Any]]) -> None:
    body = table.find("tbody")
    for cell in (cell for row in rows for cell in row if cell.name == "th"):
        if not cell.get_text(strip=True):
            cell.name = "td"  # an empty heading names nothing
        elif body is not None and body in cell.parents:
            cell["scope"] = "rowgroup" if int(cell.get("rowspan", 1) or 1) > 1 else "row"
        else:
            cell["scope"] = "colgroup" if int(cell.get("colspan", 1) or 1) > 1 else "col"


def _words(rows: list[list[Any]]) -> None:
    for cell in (cell for row in rows for cell in row if cell.name == "td"):
        text = cell.get_text(strip=True)
        if text in _MISSING:
            cell.string = NOTHING
        elif _ESTIMATE.fullmatch(text):
            cell["class"] = "whole"  # one reading, on one line
        elif len(text) > _LONG:
            cell["class"] = "long"  # sentences: wide enough to be read on a phone


def _numbers(rows: list[list[Any]]) -> None:
    """Align to the right the columns that hold numbers, their headings too.

    Columns are counted from the right: headings of rows that span several are on the left.
    """
    rows = [row for row in rows if not any(cell.has_attr("colspan") for cell in row)]
    for column in range(1, max(map(len, rows), default=0) + 1):
        cells = [row[-column] for row in rows if len(row) >= column]
        values = [cell for cell in cells if cell.name == "td" and cell.get_text(strip=True)]
        if values and all(_NUMERIC.fullmatch(cell.get_text(strip=True)) for cell in values):
            for cell in cells:
                if cell.name == "td" or cell.get("scope") == "col":
                    cell["class"] = "num"
