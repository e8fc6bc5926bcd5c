"""Parameters of a template: declared with a type in its parameters cell, and recorded as used."""

from __future__ import annotations

import ast
import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

CONFIRMED = "confirmed"  # in a copy whose columns were guessed: True once a person has read them
_TYPES: dict[str, Any] = {
    "str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict, "Any": Any,
}  # fmt: skip
_SEVERAL = ("log",)  # declared as str, since papermill passes over a declaration with "|"; or a list of them


def declared_in(source: str) -> dict[str, str]:
    r"""Return the parameters that a parameters cell declares.

    Parameters
    ----------
    source : str
        Python source of one cell.

    Returns
    -------
    dict of str to str
        Type by name, in order; empty when the cell holds anything but ``name: type = value`` lines.

    Examples
    --------
    >>> declared_in('data: str = "x.parquet"  # the table\nmin_n: int = 30')
    {'data': 'str', 'min_n': 'int'}
    >>> declared_in("x: int = 1; print(x)")
    {}
    """
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return {}  # a cell with a magic
    found: dict[str, str] = {}
    for statement in body:
        if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)):
            return {}
        found[statement.target.id] = ast.unparse(statement.annotation)
    return found


def type_problem(name: str, value: Any, declared: str) -> str | None:
    """Return what is wrong with a parameter's value.

    Parameters
    ----------
    name : str
        The parameter.
    value : object
        As given.
    declared : str
        ``str``, ``int``, ``float``, ``bool``, ``list[str]``, ``dict`` and their combinations.

    Returns
    -------
    str or None
        A sentence, or None when the value is of the type and can be written as JSON.

    Examples
    --------
    >>> type_problem("min_n", "30", "int")
    "min_n: came '30' (str); allowed: int"
    >>> type_problem("confidence", 1, "float")
    """
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return f"{name}: came {value!r} ({type(value).__name__}), which JSON can't hold; allowed: {declared}"
    if name in _SEVERAL and declared == "str":
        declared = "str | list[str]"
    kind = _type(ast.parse(declared, mode="eval").body)
    if kind is None:
        return (
            f"{name}: its type {declared!r} is not known; allowed: {', '.join(_TYPES)}, list[str] and so on"
        )
    try:
        TypeAdapter(kind).validate_python(value, strict=True)
    except ValidationError:
        return f"{name}: came {value!r} ({type(value).__name__}); allowed: {declared}"
    return None


def _type(node: ast.expr) -> Any:
    """Return the type that words and brackets name; None for anything else."""
    if isinstance(node, ast.Constant) and node.value is None:
        return None.__class__
    if isinstance(node, ast.Name):
        return _TYPES.get(node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        left, right = _type(node.left), _type(node.right)
        return None if left is None or right is None else left | right
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        outer, parts = _type(node.value), [_type(part) for part in inner]
        return None if outer not in (list, dict) or None in parts else outer[tuple(parts)]
    return None


def unknown_names(given: Iterable[str], declared: Sequence[str]) -> str | None:
    """Return a sentence on names that are not declared, with the likeliest meant.

    Parameters
    ----------
    given : iterable of str
        Names that came.
    declared : sequence of str
        Names that are allowed.

    Returns
    -------
    str or None
        None when each is declared.

    Examples
    --------
    >>> unknown_names(["sensitve_features"], ["data", "sensitive_features"])
    "unknown parameter(s) ['sensitve_features']; did you mean 'sensitive_features'?
    Declared: data, sensitive_features"
    """
    unknown = [name for name in given if name not in declared]
    if not unknown:
        return None
    close = [match for name in unknown for match in difflib.get_close_matches(str(name), declared, 1)]
    meant = f"; did you mean {', '.join(map(repr, close))}?" if close else ";"
    return f"unknown parameter(s) {unknown}{meant} Declared: {', '.join(declared)}"


def used_parameters(namespace: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the declared parameters and their present values from a notebook's namespace.

    Parameters
    ----------
    namespace : mapping
        ``globals()`` of the notebook. IPython keeps the source of the cells that ran in ``In``; in a
        plain script the annotations of the module are read.

    Returns
    -------
    values : dict of str to object
        In the order of declaration.
    problems : list of str
        One sentence for each value of a wrong type, and one where guesses are not confirmed.
    """
    declared: dict[str, str] = {}
    for source in namespace.get("In", []):
        declared |= declared_in(source)
    if not declared:
        annotations = namespace.get("__annotations__", {})
        declared = {name: str(getattr(kind, "__name__", kind)) for name, kind in annotations.items()}
    values = {name: namespace[name] for name in declared if name in namespace}
    problems = [type_problem(name, value, declared[name]) for name, value in values.items()]
    if values.get(CONFIRMED) is False:
        problems.append(
            f"{CONFIRMED}: came False; the columns in the parameters cell were guessed: read each line, "
            f"correct what is wrong, then write `{CONFIRMED}: bool = True` and run again"
        )
    return values, [problem for problem in problems if problem]
