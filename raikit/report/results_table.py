"""Results as a table for people: a row a group, a column a metric, nothing to compute in the head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from raikit.report import words
from raikit.report.readings import Reading, readings_of

if TYPE_CHECKING:
    import pandas as pd


def results_table(frame: pd.DataFrame, *, metrics: Sequence[str] = (), by: str = "") -> pd.DataFrame:
    """Return results as text: a row for each group or pair of groups, a column for each metric.

    Parameters
    ----------
    frame : pandas.DataFrame
        In the result form.
    metrics : sequence of str, default=()
        Which, in which order; by default all, in the frame's order.
    by : str, default=""
        Only results by this column (several joined by ×), after the overall ones; by default all.

    Returns
    -------
    pandas.DataFrame
        Indexed by what the groups are made by (left out where that is one thing) and the group. Cells read
        ".404 [.378–.430]"; `n` is a column of its own where all metrics of a row share it, else it stands in
        each cell. Small, hidden and undefined results say so in words.

    Raises
    ------
    InputError
        If there is no result of a metric.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"metric": ["accuracy"] * 2, "slice": [{"sex": "Female"}, {"sex": "Male"}],
    ...                       "n": [50, 4], "estimate": [0.8, float("nan")], "low": [0.67, float("nan")],
    ...                       "high": [0.89, float("nan")], "status": ["ok", "suppressed"]})
    >>> results_table(frame)
                                  Accuracy   n
    group
    Female                .800 [.670–.890]  50
    Male    hidden to protect small groups   —
    """
    import pandas as pd

    chosen = list(metrics) or list(dict.fromkeys(frame["metric"]))
    held = {metric: {_place(row): row for row in readings_of(frame, metric)} for metric in chosen}
    places = list(dict.fromkeys(place for rows in held.values() for place in rows))
    wanted = by.replace("×", " × ").split()
    places = [place for place in places if not by or not place[0] or place[0].split() == wanted]
    shared = all(len({row.n for row in _row(held, place) if row.shown}) < 2 for place in places)
    columns = {
        words.metric_name(metric): [_cell(rows.get(place), n=not shared) for place in places]
        for metric, rows in held.items()
    }
    if shared:
        columns["n"] = [
            next((words.count(row.n) for row in _row(held, place) if row.shown), words.NOTHING)
            for place in places
        ]
    return pd.DataFrame(columns, index=_index(places))


def _place(row: Reading) -> tuple[str, str]:
    return row.column, row.label


def _row(held: dict[str, dict[tuple[str, str], Reading]], place: tuple[str, str]) -> list[Reading]:
    return [rows[place] for rows in held.values() if place in rows]


def _cell(row: Reading | None, *, n: bool) -> str:
    if row is None:
        return words.NOTHING
    text = row.text if n or not row.shown else row.text.rpartition(", n ")[0]
    return f"{text} (small)" if row.shown and row.status == "small" else text


def _index(places: Sequence[tuple[str, str]]) -> pd.Index:
    import pandas as pd

    if len({column for column, _ in places if column}) < 2:
        return pd.Index([label for _, label in places], name="group")
    tuples = [(column or "everybody", label) for column, label in places]
    return pd.MultiIndex.from_tuples(tuples, names=["by", "group"])
