"""A column's name, plain type and counts."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import narwhals as nw

EXACT = 100  # levels up to which they are counted exactly, above that estimated


@dataclass(frozen=True)
class Column:
    """What is known about a column without looking at its rows again.

    Parameters
    ----------
    name : str
        As in the data.
    type : str
        "integer", "number", "text", "boolean", "date", "timestamp" or "other".
    missing : int or None
        Rows without a value (null, or not-a-number); None when not counted.
    levels : int or None
        Distinct values: exact up to 100, above that an estimate; None when not counted.

    Examples
    --------
    >>> Column("age", "integer")
    Column(name='age', type='integer', missing=None, levels=None)
    """

    name: str
    type: str
    missing: int | None = None
    levels: int | None = None


def plain_type(dtype: Any) -> str:
    """Return the plain word for a Narwhals type.

    Parameters
    ----------
    dtype : narwhals.dtypes.DType
        A column's type, from any backend.

    Returns
    -------
    str
        One of `Column.type`.

    Examples
    --------
    >>> import narwhals as nw
    >>> plain_type(nw.Int64()), plain_type(nw.Categorical()), plain_type(nw.List(nw.Int64()))
    ('integer', 'text', 'other')
    """
    import narwhals as nw

    if dtype.is_integer():
        return "integer"
    if dtype.is_float() or dtype == nw.Decimal:
        return "number"
    if dtype in (nw.String, nw.Categorical, nw.Enum):
        return "text"
    words = ((nw.Boolean, "boolean"), (nw.Date, "date"), (nw.Datetime, "timestamp"))
    return next((word for kind, word in words if dtype == kind), "other")


def columns_of(frame: nw.LazyFrame[Any]) -> tuple[Column, ...]:
    """Return names and types of a frame; nothing is counted.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        Any backend; only its schema is asked for.

    Returns
    -------
    tuple of Column
        In the frame's order.
    """
    return tuple(Column(name, plain_type(dtype)) for name, dtype in frame.collect_schema().items())


def no_such_column(name: str, names: Iterable[str]) -> str:
    """Return the end of a sentence that says a column isn't there.

    Parameters
    ----------
    name : str
        The column that was asked for.
    names : iterable of str
        The columns that there are.

    Returns
    -------
    str
        With the closest name, when one is close, and the first names.

    Examples
    --------
    >>> no_such_column("emplyed", ["employed", "sex"])
    "no column 'emplyed'; did you mean 'employed'? Columns: 'employed', 'sex'"
    """
    known = list(names)
    lower = {each.casefold(): each for each in reversed(known)}
    close = difflib.get_close_matches(name.casefold(), lower, n=1)
    hint = f" did you mean {shown(lower[close[0]])}?" if close else ""
    return f"no column {shown(name)};{hint} Columns: {listed(known)}"


def listed(values: Sequence[object], most: int = 12) -> str:
    """Return values in a row, the rest as a count.

    Parameters
    ----------
    values : sequence
        Names or values.
    most : int, default=12
        How many are written out.

    Returns
    -------
    str
        Each as `shown`.

    Examples
    --------
    >>> listed(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    text = ", ".join(shown(value) for value in values[:most])
    return text + (f" and {len(values) - most} more" if len(values) > most else "")


def shown(value: object) -> str:
    r"""Return a value from data as a message may hold it: escaped, on one line, at most 64 characters.

    Parameters
    ----------
    value : object
        A column name or a value.

    Returns
    -------
    str
        Python's notation, in which control and escape characters are visible.

    Examples
    --------
    >>> print(shown("a\x1b[31mb"))
    'a\x1b[31mb'
    """
    text = repr(value)
    return text if len(text) <= 66 else f"{text[:62]}…{text[-1]}"
