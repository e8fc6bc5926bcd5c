"""How many of a column's numbers lie in each bin, by window and segment: rows in batches, never all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.stats.frames import coded

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from numpy.typing import NDArray

    from raikit.analyses.cuts import Cuts

    Group = tuple[Any, Any]  # of rows: period and segment

_AT_ONCE = 2**22  # numbers in memory: 32 MiB
_WORTH_SORTING = 256  # rows of a group from which on sorting costs less than looking each number up


def count_bins(
    relation: duckdb.DuckDBPyRelation, columns: Mapping[str, Cuts], period: str, segment: str
) -> dict[str, pd.DataFrame]:
    """Count the numbers in each column's bins, all columns in one pass.

    Parameters
    ----------
    relation : duckdb.DuckDBPyRelation
        The rows.
    columns : mapping of str to Cuts
        Column -> where it is cut.
    period, segment : str
        SQL for the period and the segment of a row.

    Returns
    -------
    dict of str to pandas.DataFrame
        Columns p, s, v and n: period, segment, number of the bin (None for missing; -1 and the number after
        the last for those outside all) and rows; a row a combination that occurs.
    """
    from raikit.sources.engine import identifier, in_turn

    starts = {name: cuts.starts for name, cuts in columns.items()}
    sums: dict[str, dict[Group, NDArray[np.int64]]] = {name: {} for name in columns}
    if columns:
        numbers = [f"CAST({identifier(name)} AS DOUBLE) AS c{at}" for at, name in enumerate(columns)]
        query = f"SELECT {period} AS p, {segment} AS s, {', '.join(numbers)} FROM rows"  # noqa: S608 - identifiers
        size = max(_AT_ONCE // len(columns), 2_048)
        chosen: Any = relation.query("rows", query)
        for batch in in_turn(chosen, size):
            _add_batch(batch, starts, sums)
    return {name: _cells(found) for name, found in sums.items()}


def _add_batch(
    batch: pa.RecordBatch,
    starts: Mapping[str, NDArray[np.float64]],
    sums: Mapping[str, dict[Group, NDArray[np.int64]]],
) -> None:
    groups, order, limits = _grouped(batch)
    for at, (name, own) in enumerate(starts.items()):
        values = batch.column(f"c{at}").to_numpy(zero_copy_only=False)[order]  # a copy; NaN where missing
        held = sums[name]
        for group, counts in zip(groups, _counted(values, limits, own), strict=True):
            held[group] = held[group] + counts if group in held else counts


def _grouped(batch: pa.RecordBatch) -> tuple[list[Group], NDArray[np.int64], NDArray[np.int64]]:
    """Return the groups of a batch, its rows in the order of their groups, and where each group ends."""
    import pyarrow as pa

    (period, periods), (segment, segments) = (
        coded(pa.chunked_array([batch.column(name)])) for name in ("p", "s")
    )
    code = period * len(segments) + segment
    order = np.argsort(code, kind="stable")
    sizes = np.bincount(code)
    present = np.flatnonzero(sizes)
    groups = [(periods[at // len(segments)], segments[at % len(segments)]) for at in present.tolist()]
    return groups, order, np.cumsum(sizes[present])


def _counted(
    values: NDArray[np.float64], limits: NDArray[np.int64], starts: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the numbers of each group below all bins, in each, above all, and the missing ones."""
    width = len(starts) + 2
    if len(values) < _WORTH_SORTING * len(limits):
        place = np.where(np.isnan(values), width - 1, np.searchsorted(starts, values, side="right"))
        group = np.repeat(np.arange(len(limits)), np.diff(limits, prepend=0))
        return np.bincount(group * width + place, minlength=width * len(limits)).reshape(-1, width)
    below = np.empty((len(limits), width + 1), dtype=np.int64)
    below[:, 0] = 0
    for at, part in enumerate(np.split(values, limits[:-1])):
        part.sort()
        below[at, 1:-2] = np.searchsorted(part, starts)
        below[at, -2:] = np.searchsorted(part, np.nan), len(part)  # NaN is sorted to the end
    return np.diff(below)


def _cells(sums: Mapping[Group, NDArray[np.int64]]) -> pd.DataFrame:
    frames = []
    for (period, segment), counts in sums.items():
        place = np.flatnonzero(counts)
        level = (place - 1).astype(object)
        level[place == len(counts) - 1] = None
        frames.append((np.full(len(place), np.nan if period is None else float(period)),
                       np.array([segment] * len(place), dtype=object), level, counts[place]))  # fmt: skip
    return pd.DataFrame(
        {name: np.concatenate(parts) for name, parts in zip("psvn", zip(*frames, strict=True), strict=True)}
    )
