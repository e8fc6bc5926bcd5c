"""The evidence page of one run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from raikit.evidence.record import Input, Record
from raikit.evidence.scrap import read_record
from raikit.report import words
from raikit.report.body import figure_markup, render_body
from raikit.report.difference import Difference, difference_of
from raikit.report.firstscreen import first_screen
from raikit.report.markup import fill


@dataclass(frozen=True)
class _Origin:
    """Where a record came from, as the end of a page shows it."""

    pairs: tuple[tuple[str, str], ...]
    inputs: tuple[Input, ...]
    parameters: tuple[tuple[str, str], ...]
    packages: tuple[tuple[str, str], ...]


def render_page(notebook: Any, record: Record | None = None, *, where: str = "the notebook") -> str:
    """Return the page of a notebook.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Executed; of a failed run, as far as it came.
    record : Record, optional
        With its decisions; by default the one that the notebook carries.
    where : str, optional
        Names the notebook in an error.

    Returns
    -------
    str
        One HTML file without scripts that loads nothing; the same for the same notebook and record.

    Raises
    ------
    RunError
        If no record is given and the notebook carries none.
    """
    held = record if record is not None else read_record(notebook, where=where)
    title, question = _titles(notebook, held)
    body = render_body(notebook, title=title)
    first = first_screen(held, title=question)
    found = difference_of(notebook)
    system = words.plain(held.system.get("name", ""))
    return fill(
        "page.html.j2",
        tab=": ".join(part for part in (first.banner.word, title, system) if part),
        record=held,
        kind=title,
        first=first,
        body=body,
        headline=figure_markup(body.headline, anchor="headline") if body.headline else Markup(),
        beside=body.headline is not None and body.headline.tall,
        difference=_shown(found, held),
        origin=_origin(held, found.origin if found else held.template),
    )


def _titles(notebook: Any, record: Record) -> tuple[str, str]:
    """Return the notebook's title and its question, which heads the page."""
    given = notebook.metadata.get("raikit")
    about = given if isinstance(given, dict) else {}
    title = words.plain(about.get("title") or words.metric_name(record.template), longest=80)
    return title, words.plain(about.get("question") or title, longest=200)


def _shown(found: Difference | None, record: Record) -> Difference | None:
    """Return what was modified; None where nothing was."""
    counted = record.provenance.modified_cells
    if found is not None and found.cells is None and counted is not None:
        found = Difference(found.origin, counted)
    return None if found is None or found.cells == 0 else found


def _origin(record: Record, template: str) -> _Origin:
    held = record.provenance
    git = held.git
    commit = f"{git.get('commit', '')}{' with uncommitted changes' if git.get('modified') else ''}"
    pairs = [
        ("Template", template),
        ("Template file", held.template_sha256),
        ("Policy rules", held.policy_sha256),
        ("Run", record.run),
        ("Run number in this ledger", held.run_number),
        ("Nonce", record.nonce),
        ("Started", held.started),
        ("Finished", held.finished),
        ("raikit", held.raikit),
        ("Python", held.python),
        ("Git commit", commit),
    ]
    return _Origin(
        pairs=tuple((label, words.plain(value, longest=200)) for label, value in pairs if value),
        inputs=tuple(record.inputs),
        parameters=tuple((words.plain(name), _value(value)) for name, value in record.parameters.items()),
        packages=tuple((words.plain(name), words.plain(value)) for name, value in held.packages.items()),
    )


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return words.plain(text, longest=600) or "(empty)"
