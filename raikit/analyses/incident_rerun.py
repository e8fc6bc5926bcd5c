"""Do the failing rows pass now: a rerun of them, paired by item, with an exact interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raikit.analyses.incident_windows import shown_rows, with_signal
from raikit.errors import InputError
from raikit.stats.intervals import clopper_pearson_interval

if TYPE_CHECKING:
    from raikit.analyses.incident_windows import Windowed
    from raikit.sources.table import Table

_NAMES = ("prompt", "item")  # by what rows are paired where nobody says; a suite keeps prompts, not ids


@dataclass(frozen=True)
class Rerun:
    """Failing items that were run again.

    Attributes
    ----------
    item : str
        Column that pairs them.
    failing : int
        Distinct items among the rows of the episode that show the signal.
    again : int
        Those of them in the rerun.
    passing : int
        Those whose rerun rows all have a known signal and don't show it.
    unknown : int
        Those with a rerun row without a known signal; they don't pass.
    margin : float
        Share that the interval's lower limit has to reach.
    low, high : float
        Exact interval of the share that passes.
    confidence : float
        Of the interval.
    """

    item: str
    failing: int
    again: int
    passing: int
    unknown: int
    margin: float
    low: float
    high: float
    confidence: float

    @property
    def verified(self) -> bool:
        """Whether the lower limit clears the margin."""
        return self.again > 0 and self.low >= self.margin

    def result(self, *, min_n: int) -> dict[str, Any]:
        """Return the share that passes in the result form.

        Parameters
        ----------
        min_n : int
            Items below which it is small.

        Returns
        -------
        dict
            Metric `rerun_pass_rate`.
        """
        return {
            "metric": "rerun_pass_rate", "slice": {}, "compared": None, "n": self.again,
            "estimate": self.passing / self.again, "low": self.low, "high": self.high,
            "confidence": self.confidence, "method": "clopper-pearson",
            "status": "small" if self.again < min_n else "ok", "counts": [self.passing, self.again],
            "group": "",
        }  # fmt: skip


def pairing(table: Table, again: Table, item: str, margin: float) -> str:
    """Return the column by which failing rows and rerun are paired.

    Parameters
    ----------
    table, again : Table
        The log and the rerun.
    item : str
        As asked; empty for prompt or item, whichever both have.
    margin : float
        Share that has to pass.

    Returns
    -------
    str
        A column of both.

    Raises
    ------
    InputError
        If there is none, or the margin is no share.
    """
    if not 0 < margin < 1:
        raise InputError(f"incident: rerun_margin: came {margin}; allowed: a share above 0 and below 1")
    both = {each.name for each in table.columns} & {each.name for each in again.columns}
    found = [name for name in ([item] if item else _NAMES) if name in both]
    if not found:
        asked = repr(item) if item else "'prompt' or 'item'"
        raise InputError(
            f"incident: item: the log and its rerun don't both have a column {asked}; allowed: one that "
            "names the same item in both"
        )
    return found[0]


def rerun_of(
    table: Table, again: Table, item: str, *, timestamp: str, signal: str, windows: Windowed, inside: Any,
    margin: float, confidence: float,
) -> Rerun | None:  # fmt: skip
    """Count which of the episode's failing items pass in a rerun.

    Parameters
    ----------
    table, again : Table
        The log and the rerun, which has the signal's column and the items.
    item : str
        From `pairing`.
    timestamp, signal : str
        As for `count_windows`.
    windows : Windowed
        The counts.
    inside : array of bool
        Windows of the episode.
    margin, confidence : float
        See `Rerun`.

    Returns
    -------
    Rerun or None
        None where no row of the episode shows the signal.

    Raises
    ------
    InputError
        If none of the rerun's items is a failing one.
    """
    import narwhals as nw

    named = nw.col(item).cast(nw.String())
    failed = shown_rows(table, timestamp, signal, windows, inside).select(named.alias("item")).unique()
    failing = {each for each in failed.collect("pyarrow").to_arrow()["item"].to_pylist() if each is not None}
    if not failing:
        return None
    frame, shows = with_signal(again.lazy, again, signal, like=table)
    rows = frame.select(named.alias("item"), shows.cast(nw.Boolean()).alias("shown"))
    shown = nw.col("shown")
    each = rows.group_by("item").agg(shown.cast(nw.Int64()).sum().alias("k"),
                                     shown.is_null().cast(nw.Int64()).sum().alias("unknown"))  # fmt: skip
    held = [row for row in each.collect("pyarrow").to_arrow().to_pylist() if row["item"] in failing]
    if not held:
        raise InputError(
            f"incident: rerun: none of its rows has the {item} of a failing row; allowed: a rerun of rows "
            "that failed"
        )
    unknown = sum(1 for row in held if row["unknown"])
    passing = sum(1 for row in held if not row["k"] and not row["unknown"])
    _, low, high = (
        float(limit) for limit in clopper_pearson_interval(passing, len(held), confidence=confidence)
    )
    return Rerun(item, len(failing), len(held), passing, unknown, margin, low, high, confidence)
