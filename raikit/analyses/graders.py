"""Who or what graded: the judges that a log names, and what a person says of a judge."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from raikit.errors import InputError
from raikit.sources.anchors import anchor_key, labels
from raikit.stats.tally import count

if TYPE_CHECKING:
    from raikit.sources.table import Table

_VERSION = "grader_version"


def graders_of(log: Table, grader: str = "", *, anchors: str = "") -> tuple[str, ...]:
    """Return who graded, each with its version where the log has it.

    Parameters
    ----------
    log : Table
        The answers.
    grader : str
        Column; without it the log's own column `grader`, where it has one.
    anchors : str
        Reference to the key of anchors, for names that can't be shown.

    Returns
    -------
    tuple of str
        Sorted; empty when the log doesn't say.
    """
    names = [each.name for each in log.columns]
    column = log.column(grader).name if grader else "grader" if "grader" in names else ""
    if not column:
        return ()
    keys = {"grader": column} | ({"version": _VERSION} if _VERSION in names else {})
    cells = count(log.lazy, keys).cells
    cells = cells[cells["grader"].notna()]
    key = anchor_key(anchors, source=log.source)
    shown = labels(cells["grader"], key=key)
    version = cells["version"].astype(object) if "version" in cells else cells["grader"].map(lambda _: None)
    versions = version.where(version.notna(), None)
    known = labels(versions, key=key)  # they come from the log too
    said = zip(cells["grader"], versions, strict=True)
    return tuple(sorted({shown[name] + (f" {known[each]}" if each else "") for name, each in said}))


def instructions(judge: Mapping[str, str]) -> dict[str, str]:
    """Return what a person says of the judge, its instructions by their digest.

    Parameters
    ----------
    judge : mapping of str to str
        `model`, and `prompt`: a file, or the text itself.

    Returns
    -------
    dict of str to str
        `model` and `prompt`, as given and as "sha256:…".

    Raises
    ------
    InputError
        If there is another key.

    Examples
    --------
    >>> instructions({"model": "judge-1", "prompt": "Is it safe?"})["prompt"][:16]
    'sha256:4b8d6ae80'
    """
    unknown = sorted(set(judge) - {"model", "prompt"})
    if unknown:
        raise InputError(f"judge: {unknown[0]!r} is not known; allowed: model, prompt")
    said = {name: str(value) for name, value in judge.items() if value}
    if "prompt" in said:
        given = said["prompt"]
        is_file = len(given) < 1000 and "\n" not in given and Path(given).expanduser().is_file()
        data = Path(given).expanduser().read_bytes() if is_file else given.encode()
        said["prompt"] = "sha256:" + hashlib.sha256(data).hexdigest()
    return said
