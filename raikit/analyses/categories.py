"""Categories that vanish or appear: a contract that broke, named as what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.features import FeatureCounts
from raikit.analyses.windows import DAY, count_by_day
from raikit.stats.distances import PSI_FLOOR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.sources.table import Table

# A recoding is proposed when counting one level as another takes away nine tenths of the index.
_EXPLAINED = 0.9


@dataclass(frozen=True)
class CategoryChange:
    """A level that one side lacks.

    Attributes
    ----------
    feature : str
        The column.
    level : object
        The value; None for missing.
    kind : {"vanished", "new"}
        Absent from the current rows, or from the reference.
    rows : int
        How many it has on the side where it occurs.
    of : int
        Rows of that side.
    chance : float
        Probability that so frequent a level misses the other side by chance (hypergeometric), times the
        number of levels looked at.
    until : str
        Its last day if it vanished, its first if it is new; empty without a timestamp.
    counted_as : object or None
        The level that took its place: counting both as one takes away nine tenths of the column's stability
        index. It is a proposal: only who made the data can say that the code was changed.
    """

    feature: str
    level: Any
    kind: str
    rows: int
    of: int
    chance: float
    until: str = ""
    counted_as: Any = None


def category_changes(
    counts: Sequence[FeatureCounts], tables: Sequence[Table], timestamp: str, *, confidence: float
) -> list[CategoryChange]:
    """Return the levels that one side lacks by more than chance.

    Parameters
    ----------
    counts : sequence of FeatureCounts
        Of whole tables; binned columns have no levels to miss.
    tables : sequence of Table
        Reference and current.
    timestamp : str
        Column of both, for the day; empty for none.
    confidence : float
        Joint over all levels looked at, by Bonferroni.

    Returns
    -------
    list of CategoryChange
        The most frequent first.
    """
    compared = [each for each in counts if not each.binned]
    looked_at = sum(len(each.levels) for each in compared)
    real = []
    for each in compared:
        for place in np.flatnonzero((each.reference == 0) | (each.current == 0)).tolist():
            if each.reference.sum() and each.current.sum():
                change = _change(each, place, looked_at)
                real += [change] if change.chance <= 1 - confidence else []
    days = {name: _days(tables, name, timestamp) for name in {change.feature for change in real}}
    dated = [_dated(change, days[change.feature]) for change in real]
    return sorted(dated, key=lambda change: -change.rows / change.of)


def _change(counts: FeatureCounts, place: int, looked_at: int) -> CategoryChange:
    from scipy.stats import hypergeom

    sides = int(counts.reference[place]), int(counts.current[place])
    sizes = int(counts.reference.sum()), int(counts.current.sum())
    at = 0 if sides[1] == 0 else 1
    rows, other = sides[at], sizes[1 - at]
    chance = float(hypergeom.pmf(0, sum(sizes), rows, other)) * looked_at
    kind, level = "new" if at else "vanished", counts.levels[place]
    heir = _counted_as(counts, place)
    return CategoryChange(counts.feature, level, kind, rows, sizes[at], min(chance, 1.0), counted_as=heir)


def _counted_as(counts: FeatureCounts, place: int) -> Any:
    """Return the level that best takes the place of another, if that explains the shift."""
    others = [at for at, level in enumerate(counts.levels) if level is not None and at != place]
    if counts.levels[place] is None or len(others) < 2:  # of two, counting both as one explains anything
        return None
    sides = np.column_stack(
        [counts.reference / counts.reference.sum(), counts.current / counts.current.sum()]
    )
    parts = _parts(sides)
    # The index is a sum over the levels, of which one goes and another changes.
    left = parts.sum() - parts[place] - parts[others] + _parts(sides[others] + sides[place])
    best = int(np.argmin(left))
    return counts.levels[others[best]] if left[best] <= (1 - _EXPLAINED) * parts.sum() else None


def _parts(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each level adds to the stability index, see `raikit.stats.distances`."""
    before, after = np.maximum(shares, PSI_FLOOR).T
    return np.asarray((before - after) * np.log(before / after), dtype=np.float64)


def _days(tables: Sequence[Table], feature: str, timestamp: str) -> dict[Any, tuple[str, str]]:
    """Return the first and last day of each level."""
    if not timestamp:
        return {}
    cells = pd.concat([count_by_day(table, timestamp, {"level": feature}).cells for table in tables])
    known = cells[cells[DAY].notna()]
    found: dict[Any, tuple[str, str]] = {}
    for level, days in known.groupby("level", dropna=False)[DAY]:
        name = None if pd.isna(level) else level
        found[name] = days.min().strftime("%Y-%m-%d"), days.max().strftime("%Y-%m-%d")
    return found


def _dated(change: CategoryChange, days: dict[Any, tuple[str, str]]) -> CategoryChange:
    if change.level not in days:
        return change
    return replace(change, until=days[change.level][0 if change.kind == "new" else 1])
