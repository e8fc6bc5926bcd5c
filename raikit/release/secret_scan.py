"""Secrets in a run's outputs: their values must not be in anything that is published."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from raikit.errors import InputError
from raikit.sources.references import resolve

if TYPE_CHECKING:
    from raikit.release.plan import PlannedRun

_REFERENCE = re.compile(r"(?:env|file):[\w./~-]+")
_SHORTEST = 6  # a shorter value can't be told from ordinary text


def secrets_of(run: PlannedRun, folder: Path) -> dict[str, str]:
    """Return the secrets that a run refers to, in its parameters and in its notebook's code.

    Parameters
    ----------
    run : PlannedRun
        What is run.
    folder : pathlib.Path
        Where relative paths start.

    Returns
    -------
    dict of str to str
        Value by reference; those that stand for nothing here are left out, and so are values of fewer
        than 6 characters.
    """
    texts = [json.dumps(run.values, ensure_ascii=False), run.template.path.read_text(encoding="utf-8")]
    found = {}
    for reference in {name for text in texts for name in _REFERENCE.findall(text)}:
        try:
            value = resolve(reference, folder=folder)
        except InputError:
            continue
        if len(value) >= _SHORTEST:
            found[reference] = value
    return found


def leaked(notebook: Any, texts: Iterable[str], secrets: Mapping[str, str]) -> str | None:
    """Return the first secret whose value is in a run's outputs.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Executed.
    texts : iterable of str
        The record and whatever else will be published.
    secrets : mapping of str to str
        Value by reference.

    Returns
    -------
    str or None
        Its reference.
    """
    if not secrets:
        return None
    whole = [*_strings(notebook), *texts]
    for reference, value in secrets.items():
        if any(form in text for form in _forms(value) for text in whole):
            return reference
    return None


def _strings(value: Any) -> Iterator[str]:
    """Yield every text in a notebook; JSON of JSON would escape a value twice."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _forms(value: str) -> set[str]:
    """Return a value as it is and as JSON, HTML, addresses and base64 write it."""
    escaped = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], quote(value, safe="")}
    encoded = {base64.b64encode(value.encode()).decode().rstrip("=")}
    return {value, html.escape(value), *escaped, *encoded}
