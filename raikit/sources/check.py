"""Does a table hold what an analysis needs? Every problem at once, before any number is computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError
from raikit.sources.column import EXACT, Column, listed, no_such_column, shown

if TYPE_CHECKING:
    import narwhals as nw

    from raikit.sources.table import Table

_SCALAR = ("integer", "number", "text", "boolean", "date", "timestamp")
_NUMBER = ("integer", "number")
_TWO = ("integer", "number", "text", "boolean")
_TYPES: dict[str, tuple[str, ...]] = {
    "label": _TWO,
    "prediction": _TWO,
    "multiclass": ("integer", "text", "boolean"),
    "score": _NUMBER,
    "number": _NUMBER,
    "weight": _NUMBER,
    "group": _SCALAR,
    "cluster": _SCALAR,
    "timestamp": ("date", "timestamp"),
    "id": ("integer", "text", "date", "timestamp"),
    "any": (*_SCALAR, "other"),
}
_WORDS = {
    "label": "at most two values, such as 0 and 1 or two words",
    "prediction": "at most two values, such as 0 and 1 or two words",
    "score": "numbers from 0 to 1",
    "number": "finite numbers",
    "weight": "finite numbers of at least 0, not all 0, none missing",
    "id": "a value of its own in every row",
}


@dataclass(frozen=True)
class Role:
    """What a column is used for.

    Parameters
    ----------
    parameter : str
        The parameter that named the column; messages start with it.
    column : str
        The column.
    kind : str
        "label" and "prediction" (two values), "multiclass", "score" (from 0 to 1), "number", "group",
        "weight", "cluster", "timestamp", "id" (unique) or "any".

    Raises
    ------
    ValueError
        If the kind isn't one of these.

    Examples
    --------
    >>> Role("label", "employed", "label").kind
    'label'
    """

    parameter: str
    column: str
    kind: str

    def __post_init__(self) -> None:
        if self.kind not in _TYPES:
            raise ValueError(f"kind {self.kind!r}; allowed: {', '.join(_TYPES)}")


def check(table: Table, roles: Iterable[Role]) -> None:
    """Raise one error that lists everything that keeps the columns from playing their roles.

    Parameters
    ----------
    table : Table
        An opened table; its rows are gone through at most once, whatever the number of roles.
    roles : iterable of Role
        A column may have several.

    Raises
    ------
    InputError
        A line for each problem: parameter, column, what came, what is allowed.

    Examples
    --------
    >>> import pandas as pd
    >>> from raikit.sources import open_table
    >>> table = open_table(pd.DataFrame({"hired": [0, 1, 2], "score": [0.1, 1.5, None]}))
    >>> check(table, [Role("label", "hired", "label"), Role("score", "score", "score")])
    Traceback (most recent call last):
    raikit.errors.InputError: data: label 'hired' has 3 values (0, 1, 2); allowed: at most two values, ...
    data: score 'score' goes from 0.1 to 1.5; allowed: numbers from 0 to 1
    """
    wanted = list(dict.fromkeys(roles))
    problems: list[str] = []
    sound: list[Role] = []
    for role in wanted:
        found = check_columns(table.columns, [role], where=table.name)
        problems += found
        if not found:
            sound.append(role)
    facts = _facts(table, sound)
    for role in sound:
        problem = _problem(table, role, facts[role.column])
        if problem:
            problems.append(f"{_named(table.name, role)} {problem}")
    if problems:
        raise InputError.joined(problems)


def check_columns(columns: Sequence[Column], roles: Iterable[Role], *, where: str) -> list[str]:
    """Return the problems that names and types alone show.

    Parameters
    ----------
    columns : sequence of Column
        From `peek` or an opened table.
    roles : iterable of Role
        What the columns are used for.
    where : str
        What each sentence starts with.

    Returns
    -------
    list of str
        One sentence a problem; empty when there is none.

    Examples
    --------
    >>> check_columns([Column("hired", "integer")], [Role("label", "hird", "label")], where="a.csv")
    ["a.csv: label: no column 'hird'; did you mean 'hired'? Columns: 'hired'"]
    """
    known = {each.name: each for each in columns}
    problems = []
    for role in dict.fromkeys(roles):
        column = known.get(role.column)
        if column is None:
            problems.append(f"{where}: {role.parameter}: {no_such_column(role.column, known)}")
        elif column.type not in _TYPES[role.kind]:
            allowed = ", ".join(_TYPES[role.kind])
            problems.append(f"{_named(where, role)} is of type {column.type}; allowed: {allowed}")
    return problems


def _named(where: str, role: Role) -> str:
    return f"{where}: {role.parameter} {shown(role.column)}"


@dataclass(frozen=True)
class _Facts:
    """What the rows say about a column; None where it wasn't asked."""

    present: int
    distinct: int | None = None
    low: Any = None
    high: Any = None
    broken: int | None = None


def _facts(table: Table, roles: Sequence[Role]) -> dict[str, _Facts]:
    """Return the facts that the roles need, by column; the rows are gone through for what isn't known yet."""
    import narwhals as nw

    from raikit.sources.reading import collected

    asked: dict[str, set[str]] = {}
    for role in roles:
        asked.setdefault(role.column, set()).update(_questions(role.kind, table.column(role.column).type))
    facts = {name: _known(table, name) for name in asked}
    asked = {name: questions - facts[name].keys() for name, questions in asked.items()}
    expressions = []
    for place, (name, questions) in enumerate(asked.items()):
        column = nw.col(name)
        answers = {
            "present": column.count(),
            # Every null counts as one value more where there is any; it is taken off below.
            "distinct": column.n_unique(),
            "nulls": column.null_count(),
            "low": column.min(),
            "high": column.max(),
            "broken": (column != column.round(0)).cast(nw.Int64).sum()
            if "broken" in questions
            else column.count(),
        }
        expressions += [answers[each].alias(f"{place} {each}") for each in sorted(questions)]
    found = collected(table.lazy.select(*expressions)).to_pylist()[0] if expressions else {}
    for place, (name, questions) in enumerate(asked.items()):
        facts[name] |= {each: found[f"{place} {each}"] for each in questions}
        nulls = facts[name].pop("nulls", 0)
        if "distinct" in questions:
            facts[name]["distinct"] -= bool(nulls)
    return {name: _Facts(**known) for name, known in facts.items()}


def _known(table: Table, name: str) -> dict[str, Any]:
    """Return the facts of a column that were counted when its table was opened."""
    column = table.column(name)
    if column.missing is None:
        return {}
    known = {"present": table.rows - column.missing}
    if column.type != "number" and column.levels is not None and column.levels <= EXACT:
        known |= {"distinct": column.levels, "nulls": 0}
    return known


def _questions(kind: str, type_: str) -> set[str]:
    """Return what has to be known of a column in a role."""
    asked = {"present"}
    if kind in ("label", "prediction", "id"):
        asked |= {"distinct", "nulls"}
    if type_ in _NUMBER and kind in ("label", "prediction", "score", "number", "weight"):
        asked |= {"low", "high"}
    if type_ == "number" and kind in ("label", "prediction"):
        asked.add("broken")
    return asked


def _problem(table: Table, role: Role, facts: _Facts) -> str | None:
    """Return what is wrong with a column in its role, or None."""
    if not facts.present and role.kind != "any":
        return f"has no value in any of {table.rows:,} rows; allowed: a column with values"
    missing = table.rows - facts.present
    said = None
    if role.kind in ("label", "prediction"):
        said = _two_values(table, role, facts)
    elif role.kind == "score" and (facts.low < 0 or facts.high > 1):
        said = f"goes from {facts.low:g} to {facts.high:g}"
    elif role.kind == "number" and not _finite(facts):
        said = "has an infinite value"
    elif role.kind == "weight":
        said = _weights(facts, missing)
    elif role.kind == "id":
        said = _identities(facts, missing)
    if said is None:
        return None
    return f"{said}; allowed: {_WORDS[role.kind]}"


def _two_values(table: Table, role: Role, facts: _Facts) -> str | None:
    distinct = facts.distinct or 0
    if facts.broken and facts.low >= 0 and facts.high <= 1:
        return (
            f"holds {distinct:,} different numbers from {facts.low:g} to {facts.high:g}, which look like "
            "probabilities: name them as the score and give predictions here"
        )
    if distinct <= 2:
        return None
    return f"has {distinct:,} values{_some_values(table.lazy, role.column, distinct)}"


def _some_values(frame: nw.LazyFrame[Any], name: str, distinct: int) -> str:
    """Return a few values in brackets, when they are few and short enough to be no one's data."""
    import narwhals as nw

    from raikit.sources.reading import collected

    if distinct > 6:
        return ""
    column = nw.col(name)
    rows = collected(frame.filter(~column.is_null()).select(column).unique().sort(name))
    values = [int(x) if isinstance(x, float) and x.is_integer() else x for x in rows.column(0).to_pylist()]
    if any(len(str(value)) > 20 for value in values):
        return ""
    return f" ({listed(values)})"


def _finite(facts: _Facts) -> bool:
    import math

    return math.isfinite(facts.low) and math.isfinite(facts.high)


def _weights(facts: _Facts, missing: int) -> str | None:
    said = []
    if missing:
        said.append(f"lacks a value in {missing:,} of {missing + facts.present:,} rows")
    if facts.low < 0:
        said.append(f"goes down to {facts.low:g}")
    if not _finite(facts):
        said.append("has an infinite value")
    if facts.low == facts.high == 0:
        said.append("is 0 in every row")
    return " and ".join(said) or None


def _identities(facts: _Facts, missing: int) -> str | None:
    repeated = facts.present - (facts.distinct or 0)
    said = []
    if missing:
        said.append(f"lacks a value in {missing:,} of {missing + facts.present:,} rows")
    if repeated:
        said.append(f"repeats an earlier value in {repeated:,} of {facts.present:,} rows")
    return " and ".join(said) or None
