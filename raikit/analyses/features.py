"""Counts of a column's levels in two sets of rows, aligned: what every drift statistic is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.level_counts import LEVEL, SEGMENT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.analyses.cuts import Cuts
    from raikit.sources.table import Table

# A number with more distinct values than this is cut at the reference's deciles; a text with more levels than
# the other is an identifier, whose shares no sample can know.
MOST_VALUES, MOST_LEVELS = 20, 1000
# Distinct values a row (about, see `Column`) from which on whole numbers are taken for identifiers.
_OWN = 0.9


@dataclass(frozen=True)
class Ordered:
    """Counts of a number's values, or of fine bins, in increasing order; missing ones left out.

    Attributes
    ----------
    reference, current : array of int
        Counts.
    places : tuple of float
        The values; or the limits of the bins, one more than there are counts, when `binned`.
    binned : bool
        Which of the two.
    """

    reference: NDArray[np.int64]
    current: NDArray[np.int64]
    places: tuple[float, ...]
    binned: bool


@dataclass(frozen=True)
class FeatureCounts:
    """How often each level of a column occurs in the reference and in the current rows.

    Attributes
    ----------
    feature : str
        The column.
    segment : dict of str to object
        {} for all rows, else the segmenting column and its value.
    levels : tuple
        Values, or numbers of tenths when `binned`; None stands for missing.
    reference, current : array of int
        Counts, in the order of the levels.
    binned : bool
        Whether numbers were cut at the deciles of the reference.
    ordered : Ordered or None
        Finer counts of a number's values, in their order; None for text.
    exact : bool
        Whether values were counted, not bins.
    among : int
        Of how many sets of counts these are the ones that differ most (words of a text, for instance): tests
        and intervals then hold for all of them together, by Bonferroni.
    """

    feature: str
    segment: dict[str, Any]
    levels: tuple[Any, ...]
    reference: NDArray[np.int64]
    current: NDArray[np.int64]
    binned: bool
    ordered: Ordered | None = None
    exact: bool = True
    among: int = 1

    def recoded(self, old: Any, new: Any) -> FeatureCounts:
        """Return the counts with one level counted as another, on both sides.

        Parameters
        ----------
        old, new : object
            Two of the levels.

        Returns
        -------
        FeatureCounts
            Without the old level.
        """
        keep = [place for place, level in enumerate(self.levels) if level != old]
        source, target = self.levels.index(old), self.levels.index(new)
        sides = []
        for counts in (self.reference, self.current):
            moved = counts.copy()
            moved[target] += moved[source]
            sides.append(moved[keep])
        levels = tuple(self.levels[place] for place in keep)
        return replace(self, levels=levels, reference=sides[0], current=sides[1], ordered=None)


def feature_counts(
    feature: str,
    cells: tuple[pd.DataFrame, pd.DataFrame],
    cuts: Cuts | None = None,
    segment: str = "",
    *,
    exact: bool = True,
) -> list[FeatureCounts]:
    """Return one column's counts on both sides, for all rows and for each segment.

    Parameters
    ----------
    feature : str
        The column.
    cells : tuple of pandas.DataFrame
        Of reference and current, from `raikit.analyses.level_counts.count_levels`.
    cuts : Cuts, optional
        Where its numbers are cut; None compares value by value.
    segment : str, default=""
        The column whose values were counted apart; empty for none.
    exact : bool, default=True
        Whether values were counted, not bins of `cuts`.

    Returns
    -------
    list of FeatureCounts
        All rows first, then a segment each.

    Examples
    --------
    >>> import pandas as pd
    >>> from raikit.analyses.level_counts import count_levels
    >>> from raikit.sources import open_table
    >>> sides = ["AA", "US", "US"], ["AA", "AA", None]
    >>> tables = [open_table(pd.DataFrame({"code": codes})) for codes in sides]
    >>> cells = tuple(count_levels(table, {"code": None})["code"] for table in tables)
    >>> found = feature_counts("code", cells)[0]
    >>> found.levels, found.reference.tolist(), found.current.tolist()
    (('AA', 'US', None), [1, 2, 0], [2, 0, 1])
    """
    found = [_made(feature, {}, [_summed(side) for side in cells], cuts, exact)]
    if segment:
        for value in dict.fromkeys(value for side in cells for value in _sorted(side[SEGMENT].unique())):
            parts = [_summed(_of_segment(side, value)) for side in cells]
            found.append(_made(feature, {segment: value}, parts, cuts, exact))
    return found


def _of_segment(cells: pd.DataFrame, value: Any) -> pd.DataFrame:
    return cells[cells[SEGMENT].isna() if value is None else cells[SEGMENT] == value]


def _summed(cells: pd.DataFrame) -> dict[Any, int]:
    """Return the rows of each level, in the order of the levels, None last."""
    codes, distinct = pd.factorize(cells[LEVEL].to_numpy(dtype=object), use_na_sentinel=True)
    sums = np.zeros(len(distinct) + 1, dtype=np.int64)  # the last for missing ones, whose code is -1
    np.add.at(sums, codes, cells["n"].to_numpy(dtype=np.int64))
    held = dict(zip(distinct.tolist(), sums.tolist(), strict=False))
    return {level: held[level] for level in _sorted(held)} | ({None: int(sums[-1])} if sums[-1] else {})


def _sorted(values: Iterable[Any]) -> list[Any]:
    """Return values in order, None last; those of several types by the type's name, then as text."""
    known = [value for value in values if value is not None and value == value]
    try:
        return sorted(known) + [None] * (len(known) < len(list(values)))
    except TypeError:
        ordered = sorted(known, key=lambda value: (type(value).__name__, str(value)))
        return ordered + [None] * (len(known) < len(list(values)))


def _made(
    feature: str,
    segment: Mapping[str, Any],
    sides: Sequence[Mapping[Any, int]],
    cuts: Cuts | None,
    exact: bool,
) -> FeatureCounts:
    """Return the counts by level or tenth, and the ordered ones of a number."""
    counts = replace(_aligned(feature, segment, sides), exact=exact)
    known = [place for place, level in enumerate(counts.levels) if level is not None]
    values = [counts.levels[place] for place in known]
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return counts
    both = counts.reference[known], counts.current[known]
    if cuts is not None and not exact:
        bins = len(cuts.fine) - 1
        place = np.clip(np.array(values, dtype=np.int64), 0, bins - 1)  # infinite ones lie outside
        both = tuple(np.bincount(place, side, bins).astype(np.int64) for side in both)  # type: ignore[assignment]
        ordered = Ordered(both[0], both[1], cuts.fine, True)
        tenth = cuts.tenth(cuts.fine[:-1])
    else:
        order = np.argsort(np.array(values, dtype=float))
        both = both[0][order], both[1][order]
        ordered = Ordered(both[0], both[1], tuple(float(values[at]) for at in order), False)
        if cuts is None:
            return replace(counts, ordered=ordered)
        tenth = cuts.tenth(ordered.places)
    missing = [int(counts.reference.sum() - both[0].sum()), int(counts.current.sum() - both[1].sum())]
    return _in_tenths(counts, ordered, tenth, len(cuts.deciles) + 1, missing)


def _in_tenths(
    counts: FeatureCounts, ordered: Ordered, tenth: NDArray[np.int64], size: int, missing: Sequence[int]
) -> FeatureCounts:
    made = [
        np.append(np.bincount(tenth, side, size), lost).astype(np.int64)
        for side, lost in zip((ordered.reference, ordered.current), missing, strict=True)
    ]
    keep = np.flatnonzero(made[0] + made[1])
    levels = tuple(None if at == size else int(at) for at in keep)
    return replace(counts, levels=levels, reference=made[0][keep], current=made[1][keep], binned=True,
                   ordered=ordered)  # fmt: skip


def is_binned(reference: Table, current: Table, feature: str) -> bool:
    """Return whether a column's numbers are cut into bins rather than compared value by value.

    Parameters
    ----------
    reference, current : Table
        The two sets of rows.
    feature : str
        A column of both.

    Returns
    -------
    bool
        True for numbers with more than 20 distinct values on either side.
    """
    columns = reference.column(feature), current.column(feature)
    numbers = all(each.type in ("integer", "number") for each in columns)
    return numbers and max(each.levels or 0 for each in columns) > MOST_VALUES


def unsuited(reference: Table, current: Table, feature: str) -> str:
    """Return why a column can't be compared level by level.

    Parameters
    ----------
    reference, current : Table
        The two sets of rows.
    feature : str
        A column of both.

    Returns
    -------
    str
        A sentence without its full stop; empty when it can be compared.
    """
    kinds = {table.column(feature).type for table in (reference, current)}
    numbers = kinds <= {"integer", "number"}
    if len(kinds) > 1 and not numbers:
        return f"{feature} is of type {reference.column(feature).type} in the reference and " + (
            f"{current.column(feature).type} in the current data"
        )
    if not kinds <= {"integer", "number", "text", "boolean"}:
        kind = reference.column(feature).type
        return f"{feature} is of type {kind}; text, numbers and booleans are compared"
    levels = [table.column(feature).levels or 0 for table in (reference, current)]
    if not numbers and max(levels) > MOST_LEVELS:
        return f"{feature} has more than {MOST_LEVELS:,} levels, like an identifier"
    own = min(n / table.rows for n, table in zip(levels, (reference, current), strict=True))
    if kinds == {"integer"} and min(levels) > MOST_LEVELS and own > _OWN:
        return (
            f"{feature} is a whole number with a value of its own in nearly every row, like an identifier "
            "(as decimals it would be compared)"
        )
    return ""


def _aligned(feature: str, segment: Mapping[str, Any], sides: Sequence[Mapping[Any, int]]) -> FeatureCounts:
    levels = tuple(dict.fromkeys([*sides[0], *sides[1]]))
    ordered = tuple([level for level in levels if level is not None] + [None] * (None in levels))
    counts = [np.array([side.get(level, 0) for level in ordered], dtype=np.int64) for side in sides]
    return FeatureCounts(feature, dict(segment), ordered, counts[0], counts[1], False)
