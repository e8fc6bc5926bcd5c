"""The plan: everything that can be known to be wrong before a kernel starts, all of it at once."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from raikit.errors import InputError
from raikit.evidence.policy import Policy, load_policy
from raikit.evidence.yaml import load_yaml
from raikit.release import templates
from raikit.release.attributes import permitted, sensitive_columns, unapproved
from raikit.release.event_files import event_problems
from raikit.release.key import anchor_key_id, run_key
from raikit.release.parameters import (
    agreed_problems,
    given_problems,
    merged,
    table_problems,
    template_problems,
)
from raikit.release.schema import ReleaseFile, Run, System, parse_release, suggestion


@dataclass(frozen=True)
class PlannedRun:
    """One notebook, ready to run.

    Parameters
    ----------
    name : str
        Names its files.
    template : Template
        The notebook.
    parameters : dict
        What is injected.
    values : dict
        Every declared parameter with the value it will have.
    agreed, system : dict
        As the kernel's context and the record hold them.
    needs : tuple of str
        Runs whose records this one reads.
    deadline : float
        Seconds for the whole notebook.
    model : str
        Digest of the model's file, or the system's version where there is none.
    refused : tuple of str
        Sensitive attributes that are left out, because no approval of them holds.
    blocked : str or None
        Why nothing is run without them.
    key : str
        Hash of what was asked: the same key, the same question about the same data.
    """

    name: str
    template: templates.Template
    parameters: dict[str, Any]
    values: dict[str, Any]
    agreed: dict[str, Any]
    system: dict[str, Any]
    needs: tuple[str, ...]
    deadline: float
    model: str
    refused: tuple[str, ...]
    blocked: str | None
    key: str


@dataclass(frozen=True)
class Plan:
    """A release, ready to run.

    Parameters
    ----------
    folder : pathlib.Path
        Where relative paths start: the kernels' working directory.
    release : ReleaseFile
        Its content.
    policy : Policy
        The rules.
    file_bytes, policy_bytes : bytes
        Both files as they were read; copies go into the evidence folder.
    runs : tuple of PlannedRun
        In the release file's order.
    """

    folder: Path
    release: ReleaseFile
    policy: Policy
    file_bytes: bytes
    policy_bytes: bytes
    runs: tuple[PlannedRun, ...]


def make_plan(file: Path, outputs: Path, *, folder: Path | None = None, policy: Path | None = None) -> Plan:
    """Read a release file and check everything that doesn't need a kernel.

    Parameters
    ----------
    file : pathlib.Path
        The release file.
    outputs : pathlib.Path
        The folder that evidence folders are made in.
    folder : pathlib.Path, optional
        Where relative paths start; by default the file's folder.
    policy : pathlib.Path, optional
        The policy file; by default the one that the release file names.

    Returns
    -------
    Plan
        Nothing has been written.

    Raises
    ------
    InputError
        With every problem, a line each.
    """
    folder = (folder or file.parent).absolute()
    release = parse_release(load_yaml(file), where=file.name)
    problems = [f"{file.name}: {line}" for line in _order_problems(release)]
    policy_file = policy or folder / release.policy
    rules = _collect(problems, lambda: load_policy(policy_file)) or Policy(version=1)
    problems += _policy_problems(rules, policy_file.name, release)
    runs = []
    declared: set[str] = set()
    for run in release.runs:
        template = _collect(
            problems, lambda run=run: templates.find(run.template, beside=folder), f"{run.name}: "
        )
        if template is not None:
            declared |= {parameter.name for parameter in template.parameters}
            runs.append(_planned(run, template, release, folder, problems))
    problems += _defaults_problems(release, declared, file.name, complete=len(runs) == len(release.runs))
    problems += _baseline_problems(release, folder) + outputs_problems(outputs, release.release)
    if problems:
        raise InputError.joined(problems)
    planned = _with_approval(runs, rules, folder, release.baseline)
    return Plan(folder, release, rules, file.read_bytes(), policy_file.read_bytes(), planned)


def outputs_problems(outputs: Path, release: str) -> list[str]:
    """Return why the evidence folder can't be made or replaced.

    Parameters
    ----------
    outputs : pathlib.Path
        The folder that evidence folders are made in; need not exist.
    release : str
        The release's name.

    Returns
    -------
    list of str
        A sentence each.
    """
    nearest = next(folder for folder in (outputs.absolute(), *outputs.absolute().parents) if folder.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        return [f"outputs: {nearest} is no folder that can be written to"]
    problems = []
    for folder in (outputs / release, outputs / f"{release}.previous"):
        if any(folder.glob("*.dsse.json")):
            problems.append(
                f"{folder}: is signed, and signed evidence is never replaced; give another release name"
            )
        elif folder.exists() and not (folder / "manifest.json").is_file():
            problems.append(f"{folder}: is there, but is no evidence folder of raikit; move it away")
    return problems


def _planned(
    run: Run, template: templates.Template, release: ReleaseFile, folder: Path, problems: list[str]
) -> PlannedRun:
    defaults = release.defaults.model_dump(exclude_none=True, exclude={"deadline_minutes"})
    parameters = merged(run.params, defaults, template)
    found = template_problems(template) + given_problems(run.params, template)
    used_defaults = {name: value for name, value in parameters.items() if name not in run.params}
    found += [f"defaults: {line}" for line in given_problems(used_defaults, template)]
    values = {item.name: item.default for item in template.parameters} | parameters
    if not found:
        found += agreed_problems(run.agreed.slices, values) + table_problems(values, folder)
        found += event_problems(values, folder)
    problems += [f"{run.name}: {line}" for line in found]
    system = (run.system or release.system).model_dump(exclude_defaults=True)
    minutes = run.deadline_minutes or release.defaults.deadline_minutes
    return PlannedRun(
        name=run.name,
        template=template,
        parameters=parameters,
        values=values,
        agreed=run.agreed.model_dump(exclude_defaults=True),
        system=system,
        needs=tuple(run.needs),
        deadline=60 * minutes,
        model=_model(values, run.system or release.system, folder),
        refused=(),
        blocked=None,
        key="",
    )


def _with_approval(
    runs: Sequence[PlannedRun], policy: Policy, folder: Path, baseline: str | None
) -> tuple[PlannedRun, ...]:
    """Return the runs without attributes that nobody approved, each with its key."""
    columns = sensitive_columns(policy, [run.values for run in runs])
    today = dt.datetime.now(dt.UTC).date()
    made = []
    for run in runs:
        refused = unapproved(policy, str(run.system.get("tier", "")), columns, today)
        left = permitted(run.parameters, run.values, run.agreed, refused)
        asked = {
            "template": run.template.sha256,
            "parameters": left.parameters,
            "agreed": run.agreed,
            "system": run.system,
            "refused": left.refused,
            # Rules are margins in charts. Dispositions are left out: accepting a risk runs nothing again.
            "policy": policy.model_dump(mode="json", exclude={"dispositions"}),
            "baseline": _sums_digest(folder / baseline) if baseline else "",
            "anchor_key": anchor_key_id(run.values, folder),
        }
        values = run.values | left.parameters
        planned = replace(run, parameters=left.parameters, values=values, agreed=left.agreed)
        key = run_key(asked, values, folder)
        made.append(replace(planned, refused=left.refused, blocked=left.blocked, key=key))
    return tuple(made)


def _sums_digest(folder: Path) -> str:
    sums = folder / "SHA256SUMS"
    return hashlib.sha256(sums.read_bytes()).hexdigest() if sums.is_file() else ""


def _model(values: Mapping[str, Any], system: System, folder: Path) -> str:
    """Return the digest of the model's file; the system's version stands for it where there is none."""
    named = values.get("model")
    if isinstance(named, str) and named and (folder / named).is_file():
        with (folder / named).open("rb") as file:
            return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
    return system.version


def _collect(problems: list[str], make: Any, where: str = "") -> Any:
    """Return what `make` gives, or None and its problems in the list."""
    try:
        return make()
    except InputError as error:
        problems += [where + line for line in str(error).splitlines()]
        return None


def _order_problems(release: ReleaseFile) -> list[str]:
    try:
        TopologicalSorter({run.name: run.needs for run in release.runs}).prepare()
    except CycleError as error:
        return [f"needs: these runs need each other in a circle: {' → '.join(error.args[1])}"]
    return []


def _policy_problems(policy: Policy, where: str, release: ReleaseFile) -> list[str]:
    names = [run.name for run in release.runs]
    problems = [
        f"{where}: rules: {rule.id}: run {rule.run!r} is not in the release file"
        f"{suggestion(rule.run, names)}; runs: {', '.join(names)}"
        for rule in policy.rules
        if rule.run not in names
    ]
    systems = {run.name: run.system for run in release.runs if run.system}
    for place, system in [("system", release.system), *systems.items()]:
        if system.tier and policy.tiers and system.tier not in policy.tiers:
            meant = suggestion(system.tier, list(policy.tiers))
            problems.append(
                f"{place}: tier {system.tier!r} is not in {where}{meant}; tiers: {', '.join(policy.tiers)}"
            )
    return problems


def _defaults_problems(release: ReleaseFile, declared: set[str], where: str, *, complete: bool) -> list[str]:
    """Return defaults that no template declares: a shared one may go unused, a misspelt one is an error."""
    shared = {"confidence", "min_n", "suppress_below", "seed", "deadline_minutes"}
    given = set(release.defaults.model_dump(exclude_none=True)) - shared
    if not complete:
        return []
    return [
        f"{where}: defaults: no run's template declares {name!r}{suggestion(name, sorted(declared | shared))}"
        for name in sorted(given - declared)
    ]


def _baseline_problems(release: ReleaseFile, folder: Path) -> list[str]:
    if release.baseline is None or (folder / release.baseline / "manifest.json").is_file():
        return []
    return [f"baseline: {release.baseline!r} is no evidence folder (looked for its manifest.json)"]
