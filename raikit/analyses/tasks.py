"""What a label's values ask for: a decision between two, one of several classes, or a quantity."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raikit.sources.table import Table

MOST_CLASSES = 20  # whole numbers with more distinct values are quantities
TASKS = ("auto", "binary", "multiclass", "regression")
OUTCOMES = {"multiclass": "multiclass", "regression": "number"}  # what a label has to be; else two values


def task_of(table: Table, label: str) -> str:
    """Return the task that a label's values suggest.

    Parameters
    ----------
    table : Table
        The rows.
    label : str
        A column; one that is missing is left to the checks.

    Returns
    -------
    str
        "binary" for at most two values, "multiclass" for words or few whole numbers, else "regression".

    Examples
    --------
    >>> import pandas as pd
    >>> from raikit import open_table
    >>> task_of(open_table(pd.DataFrame({"y": [1.5, 2.0, 4.25]})), "y")
    'regression'
    """
    column = next((each for each in table.columns if each.name == label), None)
    if column is None or (column.levels or 0) <= 2:
        return "binary"
    few = column.type == "integer" and (column.levels or 0) <= MOST_CLASSES
    return "multiclass" if few or column.type in ("text", "boolean") else "regression"
