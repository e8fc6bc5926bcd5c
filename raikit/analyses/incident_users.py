"""How many people an episode touched: users among its affected rows, counted and never named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.incident_windows import shown_rows

if TYPE_CHECKING:
    from raikit.analyses.incident_windows import Windowed
    from raikit.sources.table import Table

METRICS = ("affected_users", "affected_users_repeated")


@dataclass(frozen=True)
class Users:
    """Users among the rows of an episode that show the signal.

    Attributes
    ----------
    rows : int
        Affected rows with a known user.
    without : int
        Affected rows without one.
    users : int
        Distinct users.
    repeated : int
        Those with more than one affected row.
    smallest : int
        Numbers of people below it are not shown.
    """

    rows: int
    without: int
    users: int
    repeated: int
    smallest: int

    @property
    def hidden(self) -> tuple[bool, bool]:
        """Whether each of the two numbers must not be shown.

        The second also where the users with one row only are few: it would give them away.
        """
        few = 0 < self.users < self.smallest
        parts = (self.repeated, self.users - self.repeated)
        return few, few or any(0 < part < self.smallest for part in parts)

    def results(self, *, confidence: float, min_n: int) -> pd.DataFrame:
        """Return the two numbers in the result form.

        Parameters
        ----------
        confidence : float
            Of the record's other intervals; these are counts and have none.
        min_n : int
            Rows below which a result is small.

        Returns
        -------
        pandas.DataFrame
            Metrics `affected_users` and `affected_users_repeated`; n is the affected rows with a known user,
            and suppressed numbers are absent.
        """
        rows: list[dict[str, Any]] = []
        for metric, number, hidden in zip(METRICS, (self.users, self.repeated), self.hidden, strict=True):
            told = np.nan if hidden else float(number)
            status = "suppressed" if hidden else "undefined" if not self.rows else "ok"
            if status == "ok" and self.rows < min_n:
                status = "small"
            told = told if self.rows else np.nan
            rows.append({"metric": metric, "slice": {}, "compared": None, "n": None if hidden else self.rows,
                         "estimate": told, "low": told, "high": told, "confidence": confidence,
                         "method": "count of distinct values", "status": status, "counts": None,
                         "group": ""})  # fmt: skip
        return pd.DataFrame(rows)


def count_users(
    table: Table, user: str, *, timestamp: str, signal: str, windows: Windowed, inside: Any, smallest: int
) -> Users:
    """Count the users among the affected rows; their ids stay in the engine.

    Parameters
    ----------
    table : Table
        All rows.
    user : str
        Column of user ids.
    timestamp, signal : str
        As for `count_windows`.
    windows : Windowed
        The counts.
    inside : array of bool
        Windows of the episode.
    smallest : int
        Numbers of people below it are not shown.

    Returns
    -------
    Users
        Zeros where no row of the episode shows the signal.

    Examples
    --------
    >>> from raikit.analyses.incident_windows import count_windows
    >>> from raikit.sources import open_table
    >>> rows = pd.DataFrame({"day": pd.date_range("2025-01-01", periods=4), "bad": [0, 1, 1, 1]})
    >>> table = open_table(rows.assign(who=["u", "v", "v", "w"]))
    >>> asked = {"timestamp": "day", "signal": "bad"}
    >>> windows = count_windows(table, segments=[], window="day", **asked)
    >>> found = count_users(table, "who", windows=windows, inside=windows.n > 0, smallest=0, **asked)
    >>> found.users, found.repeated, found.rows
    (2, 1, 3)
    """
    import narwhals as nw

    who = nw.col(user)
    shown = shown_rows(table, timestamp, signal, windows, inside).select(who)
    each = shown.group_by(user).agg(nw.len().alias("raikit rows")).with_columns(who.is_null().alias("nobody"))
    rows = nw.col("raikit rows")
    known = each.filter(~nw.col("nobody"))
    counts = known.select(nw.len().alias("users"), rows.sum().alias("rows"),
                          (rows > 1).cast(nw.Int64()).sum().alias("repeated"))  # fmt: skip
    without = each.filter(nw.col("nobody")).select(rows.sum().alias("without"))
    held = _numbers(counts) | _numbers(without)
    return Users(held["rows"], held["without"], held["users"], held["repeated"], smallest)


def _numbers(frame: Any) -> dict[str, int]:
    (row,) = frame.collect("pyarrow").to_arrow().to_pylist()
    return {str(name): int(value or 0) for name, value in row.items()}
