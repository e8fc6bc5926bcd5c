"""From a notebook that a person ran by hand to a release file that runs it in batch."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from raikit.errors import InputError
from raikit.release import templates
from raikit.release.parameters import LOGS, TABLES

_PATHS = (*TABLES, *LOGS, "model", "embedder", "taxonomy")
_PERHAPS = ("audit", "changes", "population", "records", "reports", "rerun", "suite")  # files, or words
_SHARED = ("confidence", "min_n", "suppress_below", "seed")
_POLICY = """\
# The rules of a release. Without a rule nothing passes: the pages say NO RULES and `raikit run` ends with 1.
# A rule names a metric of a run, a bound, and who said so:
#   - {id: fair.tpr, run: RUN, metric: true_positive_rate_difference, slice: COLUMN, op: "<=", value: 0.05,
#      source: "AI policy 4.2"}
version: 1
rules: []
"""


def write_release(notebook: Path, path: Path) -> list[Path]:
    """Write a release file that runs a notebook with the parameters in its cell.

    Parameters
    ----------
    notebook : pathlib.Path
        The notebook, run or not.
    path : pathlib.Path
        The new release file; must not exist. Paths in it start from its folder.

    Returns
    -------
    list of pathlib.Path
        What was written: the release file, and a policy without rules where the notebook names none and none
        is there.

    Raises
    ------
    InputError
        If guesses are not confirmed, a value is no plain value, or a file can't be written.
    """
    import yaml

    template = templates.find(notebook.name, beside=notebook.parent.absolute())
    values = _values(template, notebook)
    if path.suffix not in (".yaml", ".yml"):
        raise InputError(f"{path}: a release file's name ends in .yaml")
    folder, start = path.parent.absolute(), notebook.parent.absolute()
    named = str(values.pop("policy", "") or "")
    params = {name: _seen_from(folder, start, name, value) for name, value in values.items()}
    policy = _path(folder, start / named) if named else "policy.yaml"
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", notebook.stem).strip("-.") or "notebook"
    release = {
        "release": re.sub(r"[^A-Za-z0-9_.-]+", "-", path.stem).strip("-."),
        "system": _system(notebook, name),
        "policy": policy,
        "defaults": {key: params.pop(key) for key in _SHARED if key in params},
        "runs": [{"template": _path(folder, notebook.absolute()), "name": name, "params": params}],
    }
    text = yaml.safe_dump(release, sort_keys=False, allow_unicode=True, width=110)
    _write(
        path, f"# Made from {notebook.name}; `raikit run {path.name}` runs it as it was run by hand.\n{text}"
    )
    if named or (folder / policy).exists():
        return [path]
    _write(path.parent / policy, _POLICY)
    return [path, path.parent / policy]


def _values(template: templates.Template, notebook: Path) -> dict[str, Any]:
    from raikit.release.parameters import given_problems, template_problems

    values = {parameter.name: parameter.default for parameter in template.parameters}
    problems = template_problems(template) + given_problems(values, template)
    if not values:
        problems.append("no cell is tagged 'parameters', so there is nothing that a release could set")
    if values.get("confirmed") is False:
        problems.append("confirmed: is False; read the guessed lines, correct them and set it to True")
    if problems:
        raise InputError.joined([f"{notebook}: {problem}" for problem in problems])
    return values


def _seen_from(folder: Path, start: Path, name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_seen_from(folder, start, name, item) for item in value]
    there = name in _PERHAPS and isinstance(value, str) and _is_file(start / value)
    if not value or (name not in _PATHS and not there):
        return value
    elsewhere = re.match(r"[a-z][a-z0-9+.-]+:", str(value), re.IGNORECASE)
    return value if elsewhere or Path(str(value)).is_absolute() else _path(folder, start / str(value))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a sentence may be longer than a file's name
        return False


def _path(folder: Path, path: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _system(notebook: Path, name: str) -> Mapping[str, str]:
    """Return the system of the notebook's record; one to be filled in where it was not run."""
    import nbformat

    from raikit.errors import RunError
    from raikit.evidence.scrap import read_record

    unknown = {"name": name, "version": "1", "owner": "unknown", "purpose": "not yet said"}
    try:
        held = read_record(nbformat.read(notebook, as_version=4)).system  # type: ignore[no-untyped-call]
    except RunError:
        return unknown
    return {key: str(held.get(key) or said) for key, said in unknown.items()}


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(f"{path}: is there already; give another name") from None
    except OSError as error:
        raise InputError(f"{path}: can't be written: {os.strerror(error.errno or 0)}") from None
