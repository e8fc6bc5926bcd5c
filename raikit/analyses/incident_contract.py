"""What the data did before and during: categories, missing values, ranges, volume, features that shifted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.contract import Check, broken, volume_checks
from raikit.analyses.drift import drift

if TYPE_CHECKING:
    from raikit.analyses.drift_study import DriftStudy
    from raikit.analyses.incident_windows import Windowed
    from raikit.sources.table import Table

CHECKS = ("missing values", "out of range")  # by column; the third, volume, is of windows
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

    def breaks(self) -> pd.DataFrame:
        """Return days of the episode whose missing values or ranges the quiet rows don't explain.

        Returns
        -------
        pandas.DataFrame
            See `DriftStudy.breaks`; categories are told by `categories`, over the whole episode. All checks
            hold together, and quiet days must not break as much among themselves.
        """
        contract = self.study.contract
        level = (1 - self.study.choices.confidence) / max(contract.looked_at, 1)
        kept = [each for each in contract.breaks if each.check in CHECKS and each.chance <= level]
        return replace(self.study, contract=replace(contract, breaks=tuple(kept))).breaks()

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
    by = "week" if windows.width > pd.Timedelta(days=1) else "day"
    if np.flatnonzero(quiet)[-1] < np.flatnonzero(inside)[0]:  # up to the episode: the last day of what went
        usual[np.flatnonzero(quiet)[0] : np.flatnonzero(inside)[0]] = True
    parts = [_rows(table, timestamp, windows, mask, name)
             for mask, name in ((usual, "reference"), (inside, "current"))]  # fmt: skip
    study = drift(parts[0], parts[1], timestamp=timestamp, window=by, features=features,
                  min_effect=EFFECT, confidence=confidence, min_n=min_n, domain_sample=0)  # fmt: skip
    return Before(study, len(features))


def contract_breaks(
    before: Before | None, windows: Windowed, quiet: Any, inside: Any, *, confidence: float
) -> pd.DataFrame:
    """Return what broke the quiet rows' contract during the episode, beside categories.

    Parameters
    ----------
    before : Before or None
        Columns compared.
    windows : Windowed
        The counts.
    quiet, inside : array of bool
        Windows that stand for normal, and of the episode.
    confidence : float
        Joint over the windows' volumes; of the columns as they were compared.

    Returns
    -------
    pandas.DataFrame
        Columns from, to, windows, column, broken, before, during; the numbers are shares of rows, of a
        volume the usual rows of a window and those of the first that broke. Empty when there is none.
    """
    parts = [] if before is None else before.breaks().to_dict("records")
    rows = [(each["from"], each["to"], each["windows"], each["column"], each["broken"],
             each["in the reference"], each["share"]) for each in parts]  # fmt: skip
    rows += _volume_runs(windows, volume_checks(*volumes(windows, quiet, inside)), confidence)
    names = ["from", "to", "windows", "column", "broken", "before", "during"]
    return pd.DataFrame(rows, columns=names)


def volumes(windows: Windowed, quiet: Any, inside: Any) -> tuple[dict[str, int], dict[str, int]]:
    """Return the rows of quiet windows and of the episode's.

    Parameters
    ----------
    windows : Windowed
        The counts.
    quiet, inside : array of bool
        Windows that stand for normal, and of the episode.

    Returns
    -------
    tuple of dict
        Window -> rows; without the log's first and last window where times are known, which it may hold in
        part only.
    """
    whole = np.ones(len(windows.n), dtype=bool)
    if not windows.whole_days or windows.width > pd.Timedelta(days=1):
        whole[[0, -1]] = False
    made = [{windows.text(int(at)): int(windows.n[at]) for at in np.flatnonzero(mask & whole)}
            for mask in (quiet, inside)]  # fmt: skip
    return made[0], made[1]


def _volume_runs(windows: Windowed, checks: list[Check], confidence: float) -> list[tuple[Any, ...]]:
    """Return windows with too many or too few rows, consecutive ones together."""
    place = {windows.text(at): at for at in range(len(windows.n))}
    runs: list[list[Check]] = []
    for each in broken(checks, len(checks), confidence):
        if runs and place[each.window] == place[runs[-1][-1].window] + 1:
            runs[-1].append(each)
        else:
            runs.append([each])
    return [(run[0].window, run[-1].window, len(run), "", "volume", run[0].reference, run[0].rows)
            for run in runs]  # fmt: skip


def _rows(table: Table, timestamp: str, windows: Windowed, mask: Any, name: str) -> Table:
    """Return the rows from the first to the last of some windows."""
    import narwhals as nw

    from raikit.sources.table import part_of

    held = windows.starts[mask]
    first, end = held[0].to_pydatetime(), (held[-1] + windows.width).to_pydatetime()
    at = nw.col(timestamp)
    kind = table.lazy.collect_schema()[timestamp]
    if getattr(kind, "time_zone", None):
        at = at.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    at = at.cast(nw.Datetime("us"))
    return part_of(table, table.lazy.filter((at >= first) & (at < end)), name)
