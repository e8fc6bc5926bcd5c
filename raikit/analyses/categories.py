"""Categories that vanish or appear: a contract that broke, named as what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from raikit.analyses.features import FeatureCounts
from raikit.analyses.windows import DAY, count_by_day
from raikit.stats.distances import population_stability_index

if TYPE_CHECKING:
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
    found = []
    for each in compared:
        for place, level in enumerate(each.levels):
            sides = int(each.reference[place]), int(each.current[place])
            if 0 in sides and each.reference.sum() and each.current.sum():
                found.append(_change(each, level, sides, looked_at))
    real = [change for change in found if change.chance <= 1 - confidence]
    days = {name: _days(tables, name, timestamp) for name in {change.feature for change in real}}
    dated = [_dated(change, days[change.feature]) for change in real]
    return sorted(dated, key=lambda change: -change.rows / change.of)


def _change(counts: FeatureCounts, level: Any, sides: tuple[int, int], looked_at: int) -> CategoryChange:
    from scipy.stats import hypergeom

    sizes = int(counts.reference.sum()), int(counts.current.sum())
    at = 0 if sides[1] == 0 else 1
    rows, other = sides[at], sizes[1 - at]
    chance = float(hypergeom.pmf(0, sum(sizes), rows, other)) * looked_at
    as_ = _counted_as(counts, level)
    return CategoryChange(
        counts.feature, level, "new" if at else "vanished", rows, sizes[at], min(chance, 1.0), counted_as=as_
    )


def _counted_as(counts: FeatureCounts, level: Any) -> Any:
    """Return the level that best takes the place of another, if that explains the shift."""
    before = population_stability_index(counts.reference, counts.current)
    others = [other for other in counts.levels if other is not None and other != level]
    if level is None or len(others) < 2:  # with one level left, counting both as one explains anything
        return None
    left = {}
    for other in others:
        merged = counts.recoded(level, other)
        left[other] = population_stability_index(merged.reference, merged.current)
    best = min(left, key=lambda other: left[other])
    return best if left[best] <= (1 - _EXPLAINED) * before else None


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
