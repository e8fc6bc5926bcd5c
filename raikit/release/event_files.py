"""The change logs and user reports that a run names, read before it starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from raikit.errors import InputError
from raikit.release.parameters import located
from raikit.sources.events.changes import GIT, change_rows, is_in_words
from raikit.sources.events.reports import report_rows


def event_problems(values: Mapping[str, Any], folder: Path) -> list[str]:
    """Return what is wrong with the files in a run's parameters `changes` and `reports`.

    Parameters
    ----------
    values : mapping
        Every parameter of the run with the value it will have.
    folder : pathlib.Path
        Where relative paths start.

    Returns
    -------
    list of str
        A sentence each; empty for a run without such parameters.
    """
    changes, reports = values.get("changes") or [], values.get("reports") or []
    if not changes and not reports:
        return []
    problems = []
    for name, given, reader in (("changes", changes, change_rows), ("reports", reports, report_rows)):
        files = [_placed(str(item), folder) for item in ([given] if isinstance(given, str) else given)]
        try:
            reader(files)
        except InputError as error:
            problems += [f"{name}: {line}" for line in str(error).splitlines()]
    return problems


def _placed(given: str, folder: Path) -> str:
    if is_in_words(given):
        return given
    if given.startswith(GIT):
        return GIT + str(folder / given.removeprefix(GIT))
    return str(located(given, folder))
