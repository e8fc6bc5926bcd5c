"""Rows that stand in a log more than once: a log joined with itself, one run exported into two files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from raikit.sources.engine import identifier, row

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from raikit.sources.table import Table

_MANY = 200_000  # rows beyond which a part is looked at first …
_PART = 16  # … this one of all: where a hundred rows stand twice, it holds none of them once in 600 logs


def doubled(rows: DuckDBPyRelation) -> tuple[str, ...]:
    """Return sentences on rows of a tool's log that say what an earlier row says.

    Parameters
    ----------
    rows : duckdb.DuckDBPyRelation
        With the columns of `raikit.sources.logs.rows`; `answer` is the tool's own name for an answer.

    Returns
    -------
    tuple of str
        Empty where there are none.
    """
    # Counted by the reader, or the name of a file that may be a copy: neither tells an answer from another.
    said = [name for name in rows.columns if name not in ("source", "repeat")]
    some = rows.filter("item IS NOT NULL")
    named, unnamed = (some.filter(f"answer IS {kind} NULL") for kind in ("NOT", ""))
    return (
        *_sentence(named, said, "by the names that the tool gave them, the same answers"),
        *_sentence(unnamed, said, ""),
    )


def doubled_plain(log: Table) -> tuple[str, ...]:
    """Return sentences on plain rows that are equal to an earlier row in every column.

    Parameters
    ----------
    log : Table
        Plain rows, on DuckDB; on another engine nothing is counted.

    Returns
    -------
    tuple of str
        Empty where there are none. Of more than 200,000 rows a sixteenth is looked at first, and all where
        that holds such rows.
    """
    import narwhals as nw

    if log.lazy.implementation is not nw.Implementation.DUCKDB:
        return ()
    rows: DuckDBPyRelation = log.lazy.to_native()
    names = list(rows.columns)
    if log.rows > _MANY:
        by = max(log.columns, key=lambda each: each.levels or 0).name
        part = rows.filter(f"{_hash([by])} % {_PART} = 0")  # equal rows are in it together
        if not (_again(part, [by])[0] and _again(part, names)[0]):
            return ()
    told = "their number as a repeat (`repeat`) too" if "repeat" in names else ""
    return _sentence(rows, names, told)


def _sentence(rows: DuckDBPyRelation, names: Sequence[str], told: str) -> tuple[str, ...]:
    again, total = _again(rows, names)
    if not again:
        return ()
    reason = (
        f"{told}: they stand in the log more than once, as when it is joined with itself."
        if told
        else "and nothing in the log tells repeats apart: these rows stand in it more than once, or "
        "repeats had the same answer (a column `repeat` that numbers them would tell)."
    )
    return (
        f"{again:,} of {total:,} rows are equal to an earlier row in all that they say, {reason} None is "
        "left out: what counts rows counts them again; what counts prompts counts each prompt once.",
    )


def _again(rows: DuckDBPyRelation, names: Sequence[str]) -> tuple[int, int]:
    """Return how many rows repeat an earlier one, and how many there are."""
    total, different = row(rows, ["count(*)", f"count(DISTINCT {_hash(names)})"])
    return total - different, total


def _hash(names: Sequence[str]) -> str:
    """Return a hash of 64 bits: two rows of a million share one by chance in 1 log of 37 million."""
    return f"hash({', '.join(map(identifier, names))})"
