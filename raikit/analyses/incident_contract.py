"""What the data did before and during: categories that went or came, and features that shifted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.drift import drift

if TYPE_CHECKING:
    from raikit.analyses.drift_study import DriftStudy
    from raikit.analyses.incident_windows import Windowed
    from raikit.sources.table import Table

EFFECT = 0.1  # Cohen's w, about a shift by .1 SD: the smallest that is told beside an incident


@dataclass(frozen=True)
class Before:
    """What differs between the quiet rows and those of the episode.

    Attributes
    ----------
    study : DriftStudy
        The question of drift, asked of these rows.
    compared : int
        Columns compared.
    """

    study: DriftStudy
    compared: int

    def categories(self) -> pd.DataFrame:
        """Return the levels that vanished or appeared; see `DriftStudy.categories`.

        Returns
        -------
        pandas.DataFrame
            Empty when there is none.
        """
        return self.study.categories()

    def shifted(self) -> pd.DataFrame:
        """Return the columns that moved materially, the largest effect first.

        Returns
        -------
        pandas.DataFrame
            Result form, metric `cohens_w`, slice {"feature": column}.
        """
        rows = self.study.distances()
        made = rows[(rows["verdict"] == "material") & (rows["metric"] == "cohens_w")]
        return made.sort_values("estimate", ascending=False, ignore_index=True)


def before_and_during(
    table: Table, timestamp: str, features: Sequence[str], windows: Windowed, quiet: Any, inside: Any, *,
    confidence: float, min_n: int,
) -> Before | None:  # fmt: skip
    """Compare the columns of the quiet rows with those of the episode.

    Parameters
    ----------
    table : Table
        All rows.
    timestamp : str
        Column.
    features : sequence of str
        Columns to compare.
    windows : Windowed
        The counts.
    quiet, inside : array of bool
        Windows that stand for normal, and of the episode.
    confidence, min_n
        Of the verdicts.

    Returns
    -------
    Before or None
        Judged by the rules of the drift question; None without features.
    """
    if not features:
        return None
    usual = quiet.copy()
    if np.flatnonzero(quiet)[-1] < np.flatnonzero(inside)[0]:  # up to the episode: the last day of what went
        usual[np.flatnonzero(quiet)[0] : np.flatnonzero(inside)[0]] = True
    parts = [_rows(table, timestamp, windows, mask, name)
             for mask, name in ((usual, "reference"), (inside, "current"))]  # fmt: skip
    study = drift(parts[0], parts[1], timestamp=timestamp, window="year", features=features,
                  min_effect=EFFECT, confidence=confidence, min_n=min_n, domain_sample=0)  # fmt: skip
    return Before(study, len(features))


def _rows(table: Table, timestamp: str, windows: Windowed, mask: Any, name: str) -> Table:
    """Return the rows from the first to the last of some windows."""
    import narwhals as nw

    from raikit.sources.table import open_table

    held = windows.starts[mask]
    first, end = held[0].to_pydatetime(), (held[-1] + windows.width).to_pydatetime()
    at = nw.col(timestamp)
    kind = table.lazy.collect_schema()[timestamp]
    if getattr(kind, "time_zone", None):
        at = at.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    at = at.cast(nw.Datetime("us"))
    return open_table(table.lazy.filter((at >= first) & (at < end)), name=name)
