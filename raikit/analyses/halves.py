"""The reference's windows in two halves of alternating stretches: each can judge the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from raikit.analyses.feature_windows import WINDOW
from raikit.analyses.windows import DAY, every_window

if TYPE_CHECKING:
    import narwhals as nw
    import pandas as pd

_STRETCHES = 4


class Half(NamedTuple):
    """Every other stretch of the reference's windows.

    Attributes
    ----------
    windows : tuple of str
        In order of time, those without rows among them.
    stretches : tuple of tuple of datetime.date
        First and last day of each stretch that has rows.
    """

    windows: tuple[str, ...]
    stretches: tuple[tuple[dt.date, dt.date], ...]

    def rows(self, frame: nw.LazyFrame[Any], timestamp: str) -> nw.LazyFrame[Any]:
        """Return the rows that lie in this half.

        Parameters
        ----------
        frame : narwhals.LazyFrame
            Of the whole reference.
        timestamp : str
            Column of dates or timestamps.

        Returns
        -------
        narwhals.LazyFrame
            In the same engine.
        """
        import narwhals as nw

        day = nw.col(timestamp).cast(nw.Date)
        return frame.filter(reduce(or_, [(day >= first) & (day <= last) for first, last in self.stretches]))


def halves(days: pd.DataFrame, window: str) -> tuple[Half, ...]:
    """Return the two halves of the reference's windows.

    Parameters
    ----------
    days : pandas.DataFrame
        From `raikit.analyses.feature_windows.days_of`.
    window : str
        Length of the windows.

    Returns
    -------
    tuple of Half
        Empty with fewer than two windows that have rows.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.Series(pd.date_range("2025-01-01", periods=5))
    >>> found = halves(pd.DataFrame({"day": days, "window": days.dt.strftime("%Y-%m-%d")}), "day")
    >>> [half.windows for half in found]
    [('2025-01-01', '2025-01-02', '2025-01-04'), ('2025-01-03', '2025-01-05')]
    """
    labels = every_window(sorted(days[WINDOW].unique()), window)
    parts = np.array_split(np.array(labels, dtype=object), min(_STRETCHES, max(len(labels), 1)))
    found = tuple(_half(parts[start::2], days) for start in (0, 1))
    return found if all(half.stretches for half in found) else ()


def _half(parts: Sequence[Any], days: pd.DataFrame) -> Half:
    held = [days[DAY][days[WINDOW].isin(part)] for part in parts]
    ends = tuple((known.min().date(), known.max().date()) for known in held if len(known))
    return Half(tuple(str(name) for part in parts for name in part), ends)
