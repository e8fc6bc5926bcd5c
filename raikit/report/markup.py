"""The HTML templates: escaped by default, one style sheet, no script."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from raikit.report import words

_FOLDER = Path(__file__).with_name("html")


def fill(template: str, **values: Any) -> str:
    """Return a page.

    Parameters
    ----------
    template : str
        A file of the package's ``html`` folder.
    **values : object
        What it shows; text is escaped.

    Returns
    -------
    str
        A whole HTML document whose policy allows its own style sheet and pictures within it, nothing else.
    """
    style, digest = _style()
    page: str = _environment().get_template(template).render(style=style, style_hash=digest, **values)
    return page


def prepare(template: str) -> None:
    """Compile a template before it is needed.

    Parameters
    ----------
    template : str
        A file of the package's ``html`` folder.
    """
    _style()
    _environment().get_template(template)


@cache
def _style() -> tuple[Markup, str]:
    lines = (line.strip() for line in (_FOLDER / "style.css").read_text(encoding="utf-8").splitlines())
    text = "\n".join(line for line in lines if line)
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), f"sha256-{digest}"  # noqa: S704 - our own file


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: value if isinstance(value, Markup) else words.without_codes(str(value)),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = words.count
    return environment
