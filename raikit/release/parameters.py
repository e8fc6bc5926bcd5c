"""The parameters of a planned run: strict, merged with the defaults, and their tables and columns."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError
from raikit.evidence.parameters import type_problem, unknown_names
from raikit.release.templates import Parameter, Template
from raikit.sources.database import is_database, located_database

if TYPE_CHECKING:
    from raikit.sources.check import Role
    from raikit.sources.column import Column

# Parameters by these names hold tables; those below name columns of each of these tables.
TABLES = ("data", "reference", "current")
LOGS = ("log",)
COLUMNS: dict[str, str] = {
    "label": "label",
    "prediction": "prediction",
    "baseline_prediction": "prediction",
    "score": "score",
    "weight": "weight",
    "cluster": "any",
    "timestamp": "timestamp",
    "segment": "group",
    "segments": "group",
    "sensitive_features": "group",
    "slice_features": "group",
    "intersections": "group",
    "features": "any",
    "texts": "any",
    "item": "any",
    "user": "any",
    "annotators": "any",
    "rating": "any",
    "votes": "number",
    "text": "any",
    "slices": "group",
}
LOG_COLUMNS: dict[str, str] = {
    "outcome": "any",
    "prompt": "any",
    "slices": "group",
    "expected": "any",
    "severity": "any",
    "grader": "any",
}
_ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]+:", re.IGNORECASE)  # demo:, env:, s3://, postgresql://


def given_problems(given: Mapping[Any, Any], template: Template) -> list[str]:
    """Return what is wrong with a run's parameters: names, types, values that JSON can't hold.

    Parameters
    ----------
    given : mapping
        As the release file has them.
    template : Template
        What is declared.

    Returns
    -------
    list of str
        A sentence each.
    """
    names = [str(name) for name in given]
    problems = [
        f"the parameter name {name!r} is no Python name; allowed: letters, digits and '_', no digit first"
        for name in names
        if not name.isidentifier() or keyword.iskeyword(name)
    ]
    declared = {parameter.name: parameter for parameter in template.parameters}
    sound = [name for name in names if name.isidentifier()]
    unknown = unknown_names(sound, list(declared))
    if unknown:
        problems.append(unknown)
    for name in sound:
        if name in declared and (problem := _value_problem(declared[name], given[name])):
            problems.append(problem)
    return problems


def template_problems(template: Template) -> list[str]:
    """Return which lines of a parameters cell can't be recorded.

    Parameters
    ----------
    template : Template
        As read.

    Returns
    -------
    list of str
        A sentence for each parameter without a type.
    """
    return [
        f"{template.path.name}: the parameter {item.name!r} has no type; write `{item.name}: str = …`"
        for item in template.parameters
        if not item.type
    ]


def agreed_problems(slices: Sequence[str], values: Mapping[str, Any]) -> list[str]:
    """Return agreed slices that the run would not look at.

    Parameters
    ----------
    slices : sequence of str
        Columns, or several joined by ``×``.
    values : mapping
        Every parameter of the run with the value it will have.

    Returns
    -------
    list of str
        A sentence each; empty for a template that takes no columns of groups.

    Examples
    --------
    >>> agreed_problems(["sex", "race"], {"sensitive_features": ["sex"]})
    ["agreed: the slice 'race' is in none of the run's parameters sensitive_features"]
    """
    takes = [name for name, kind in COLUMNS.items() if kind == "group" and name in values]
    named = {column for name in takes for column in columns_in(values[name])}
    return [
        f"agreed: the slice {item!r} is in none of the run's parameters {', '.join(takes)}"
        for item in slices
        if takes and not set(columns_in(item)) <= named
    ]


def merged(given: Mapping[str, Any], defaults: Mapping[str, Any], template: Template) -> dict[str, Any]:
    """Return the parameters that papermill injects: the defaults that the template declares, then the run's.

    Parameters
    ----------
    given, defaults : mapping
        Of the run and of the release file.
    template : Template
        What is declared.

    Returns
    -------
    dict of str to object
        In the template's order.
    """
    names = [parameter.name for parameter in template.parameters]
    both = {**defaults, **given}
    return {name: both[name] for name in names if name in both}


def table_problems(values: Mapping[str, Any], folder: Path) -> list[str]:
    """Return which tables can't be opened and which columns are not in them.

    Parameters
    ----------
    values : mapping
        Every parameter of the run with the value it will have.
    folder : pathlib.Path
        Where relative paths start: the kernel's working directory.

    Returns
    -------
    list of str
        A sentence each; only names and types are looked at, no rows.
    """
    from raikit.sources.check import check_columns
    from raikit.sources.peek import peek

    problems = _beside_problems(values, folder) + _rerun_problems(values, folder)
    for name in (*TABLES, *LOGS):
        source = values.get(name)
        if not source or _is_reference(source):
            continue
        try:
            if (name in LOGS or values.get("log_format")) and not _is_table(source, folder):
                continue
            columns: Sequence[Column] = peek(located(source, folder))
        except InputError as error:
            problems += [f"{name}: {line}" for line in str(error).splitlines()]
            continue
        if name in LOGS:  # the parameter `columns` gives plain rows the names that the others use
            own = {theirs: ours for ours, theirs in (values.get("columns") or {}).items()}
            columns = [replace(each, name=own.get(each.name, each.name)) for each in columns]
            columns += [replace(each, name="item") for each in columns if each.name == "prompt" and own]
        named = roles(values, LOG_COLUMNS if name in LOGS else COLUMNS)
        problems += check_columns(columns, named, where=name)
    return problems


def _beside_problems(values: Mapping[str, Any], folder: Path) -> list[str]:
    """Return what is wrong with what a log is set beside: people's labels, an earlier run."""
    problems: list[str] = []
    for name in ("audit", "baseline_log"):
        source = values.get(name)
        if not source or "log" not in values or _is_reference(source):
            continue
        from raikit.analyses.audit_labels import column_problems  # here: most runs have neither
        from raikit.sources.logs.opening import log_files
        from raikit.sources.peek import peek

        try:
            if name == "baseline_log":
                log_files(located(source, folder))
                continue
            found = [each.name for each in peek(located(source, folder))]
            problems += column_problems(found, values.get("audit_columns") or {})
        except InputError as error:
            problems += [f"{name}: {line}" for line in str(error).splitlines()]
    return problems


def _rerun_problems(values: Mapping[str, Any], folder: Path) -> list[str]:
    """Return what is wrong with the rerun of an incident's failing rows."""
    source = values.get("rerun")
    if not source or _is_reference(source):
        return []
    from raikit.sources.check import Role, check_columns
    from raikit.sources.peek import peek

    try:
        if values.get("log"):
            _is_table(source, folder)  # raises for what is no log
            return []
        item = str(values.get("item") or "")
        columns = peek(located(source, folder))
    except InputError as error:
        return [f"rerun: {line}" for line in str(error).splitlines()]
    return list(check_columns(columns, [Role("item", item, "any")] if item else [], where="rerun"))


def located(source: Any, folder: Path) -> Any:
    """Return a source with relative paths made absolute.

    Parameters
    ----------
    source : str or list of str
        Paths, globs and addresses.
    folder : pathlib.Path
        Where relative paths start.

    Returns
    -------
    str or list of str
        Addresses such as ``demo:flights`` as they were.

    Examples
    --------
    >>> located(["a.csv", "demo:flights"], Path("/data"))
    ['/data/a.csv', 'demo:flights']
    """
    if isinstance(source, list):
        return [located(item, folder) for item in source]
    if is_database(source):
        return located_database(source, folder)
    return source if _ELSEWHERE.match(str(source)) else str(folder / str(source))


def roles(values: Mapping[str, Any], kinds: Mapping[str, str]) -> list[Role]:
    """Return the columns that parameters name, with what each has to be.

    Parameters
    ----------
    values : mapping
        Every parameter of the run.
    kinds : mapping of str to str
        What the columns have to be, by parameter.

    Returns
    -------
    list of Role
        In the order of `kinds`.
    """
    from raikit.analyses.majority import rule_of
    from raikit.sources.check import Role

    found = []
    for parameter, kind in kinds.items():
        for column in columns_in(values.get(parameter)):
            by = rule_of(column) if parameter == "baseline_prediction" else None
            if by is None:
                found.append(Role(parameter, column, kind))
            elif by:
                found.append(Role(parameter, by, "group"))
    return found


def columns_in(value: Any) -> list[str]:
    """Return the columns that a parameter or an agreed slice names.

    Parameters
    ----------
    value : object
        ``"a"``, ``["a", "b"]``, ``["a × b"]`` or ``[["a", "b"]]``.

    Returns
    -------
    list of str
        Each once; empty for anything else.

    Examples
    --------
    >>> columns_in(["sex", "sex × race"])
    ['sex', 'race']
    """
    if isinstance(value, str):
        return [part.strip() for part in value.split("×") if part.strip()]
    if isinstance(value, list):
        return list(dict.fromkeys(column for item in value for column in columns_in(item)))
    return []


def _value_problem(parameter: Parameter, value: Any) -> str | None:
    if not parameter.type or (value is None and parameter.default is None):
        return None
    return type_problem(parameter.name, value, parameter.type)


def _is_reference(source: Any) -> bool:
    """Tell whether the value is a secret's reference, which only the kernel resolves."""
    return isinstance(source, str) and source.startswith(("env:", "file:"))


def _is_table(source: Any, folder: Path) -> bool:
    """Tell plain rows from a log of another tool; a log that can't be recognised raises."""
    from raikit.sources.logs.opening import log_files
    from raikit.sources.logs.recognise import recognise

    return all(recognise(path) == "table" for path in log_files(located(source, folder)))
