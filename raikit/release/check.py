"""Files that are about to be committed: release files that can run, notebooks without outputs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from raikit.errors import InputError


def file_problems(files: Sequence[Path]) -> list[str]:
    """Return what is wrong with release files, policy files and notebooks.

    Parameters
    ----------
    files : sequence of pathlib.Path
        Other YAML and other files are passed over, so that a hook may hand in whatever changed.

    Returns
    -------
    list of str
        A sentence each.
    """
    problems = []
    for file in files:
        if file.suffix == ".ipynb":
            problems += _notebook_problems(file)
        elif file.suffix in {".yaml", ".yml"}:
            try:
                _check_yaml(file)
            except InputError as error:
                problems += [f"{file}: {line}" for line in str(error).splitlines()]
    return problems


def _check_yaml(file: Path) -> None:
    from raikit.evidence.policy import parse_policy
    from raikit.evidence.yaml import load_yaml
    from raikit.release.plan import make_plan

    held = load_yaml(file)
    if not isinstance(held, dict):
        return
    if {"release", "runs"} <= held.keys():
        make_plan(file, file.parent / "outputs-of-no-run")  # read only: nothing is made
    elif {"version", "rules"} <= held.keys():
        parse_policy(held, where=file.name)


def _notebook_problems(file: Path) -> list[str]:
    try:
        cells: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        full = [cell for cell in code if cell["outputs"] or cell["execution_count"] is not None]
    except (OSError, ValueError, KeyError, TypeError):
        return [f"{file}: not a notebook that can be read"]
    if not full:
        return []
    return [f"{file}: {len(full)} of {len(code)} code cells hold outputs; clear them before committing"]
