"""What became of each item of a run, as anchors: kept so that a later run can be compared item by item."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.errors import InputError
from raikit.sources.anchors import ANCHOR, AnchorKey, anchor
from raikit.sources.logs.items import item_anchors

if TYPE_CHECKING:
    import pyarrow as pa

    from raikit.analyses.safety_study import SafetyStudy

COLUMNS = ("anchor", "repeat", "outcome", "grader")
_DICTIONARY = 2**26  # bytes: an anchor is written once, however many rows it has
_META = b"raikit"  # of the Parquet file: which key, which graders


def anchored(texts: pd.Categorical, key: AnchorKey) -> pd.Categorical:
    """Return an anchor for each prompt; those that `open_log` has made already stay.

    Parameters
    ----------
    texts : pandas.Categorical
        Prompts, or anchors.
    key : AnchorKey
        Of the anchors.

    Returns
    -------
    pandas.Categorical
        As long; what is missing has an anchor, too. The categories are sorted.
    """
    known = pd.array(texts.categories.to_numpy(), dtype="str")
    if not bool(pd.Series(known).str.fullmatch(ANCHOR).all()):
        known = pd.array(_anchors(list(texts.categories), key), dtype="str")
    if (texts.codes < 0).any():
        known = pd.array([*known, anchor({"prompt": None}, key)], dtype="str")  # a code of -1 is the last
    return sorted_categories(known, texts.codes)


def sorted_categories(names: Any, codes: Any) -> pd.Categorical:
    """Return values by their places among names, which may repeat.

    Parameters
    ----------
    names : array of str
        What the places stand for.
    codes : array of int
        Places; -1 for the last.

    Returns
    -------
    pandas.Categorical
        As long as `codes`, its categories the distinct names in order.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    held = pa.array(names)
    if pc.all(pc.less(held[:-1], held[1:])).as_py():  # as anchors of a log are: they need no sorting
        rank, distinct = np.arange(len(names)), names
    else:
        rank, distinct = pd.factorize(names, sort=True)
    return pd.Categorical.from_codes(rank[codes], categories=distinct)


def _anchors(values: list[Any], key: AnchorKey) -> list[str | None]:
    if all(isinstance(value, str) for value in values):
        return item_anchors(key, values)
    return [anchor({"prompt": value}, key) for value in values]


def item_rows(study: SafetyStudy) -> pa.Table:
    """Return a row an answer: which item, which repeat, what came of it, who graded.

    Parameters
    ----------
    study : SafetyStudy
        Of the log.

    Returns
    -------
    pyarrow.Table
        Columns anchor, repeat (counted within item and grader), outcome ("pass", "fail" or missing), grader;
        empty where nothing tells items apart. No text of the log but the graders' names.
    """
    import pyarrow as pa

    held = study.answers
    if not (study.asked.get("prompt") or study.asked.get("item")):
        return pa.table({name: [] for name in COLUMNS})
    passes = held["outcome"] == study.asked["passed"]
    outcome = np.select([held["outcome"].isna(), passes], [2, 1], 0)
    item, grader = held["unit"].cat, held["grader"].cat
    order = np.lexsort((outcome, grader.codes, item.codes))
    rows = order.repeat(held["n"].to_numpy()[order])
    group = item.codes.to_numpy(np.int64)[rows] * (len(grader.categories) + 1) + grader.codes.to_numpy()[rows]
    first = np.flatnonzero(np.diff(group, prepend=-2))
    repeat = np.arange(len(rows)) - first.repeat(np.diff(first, append=len(rows))) + 1
    return pa.table(
        {
            "anchor": _dictionary(item.codes.to_numpy()[rows], item.categories),
            "repeat": repeat,
            "outcome": _dictionary(np.where(outcome == 2, -1, outcome)[rows], ["fail", "pass"]),
            "grader": _dictionary(grader.codes.to_numpy()[rows], grader.categories),
        }
    )


def _dictionary(codes: Any, names: Any) -> pa.DictionaryArray:
    import pyarrow as pa

    places = pa.array(codes, pa.int32(), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(places, pa.array(names, pa.string()))


def write_items(study: SafetyStudy, rows: pa.Table, path: Path) -> None:
    """Write the rows as Parquet, with the id of the anchors' key and the graders.

    Parameters
    ----------
    study : SafetyStudy
        Where they come from.
    rows : pyarrow.Table
        From `item_rows`.
    path : pathlib.Path
        The file.
    """
    import pyarrow.parquet as pq

    said = {"anchor_key": study.key.id, "graders": list(study.graders), "asked": _kind(study)}
    # The layout as dictionaries is not stored: readers shall find plain text.
    settings = {"compression": "zstd", "store_schema": False, "dictionary_pagesize_limit": _DICTIONARY}
    with pq.ParquetWriter(path, rows.schema, **settings) as writer:
        writer.write_table(rows)
        writer.add_key_value_metadata({_META: json.dumps(said).encode()})


def read_items(study: SafetyStudy, path: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the units of an earlier run, and who graded it.

    Parameters
    ----------
    study : SafetyStudy
        Of this run: the same key, the same kind of unit.
    path : pathlib.Path
        An `items.parquet`.

    Returns
    -------
    units : pandas.DataFrame
        One row an item, as `SafetyStudy.units` without slices.
    graders : tuple of str
        As the earlier study named them.

    Raises
    ------
    InputError
        If the file is none of raikit's, or its anchors can't be compared with this run's.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        said = json.loads((pq.read_metadata(path).metadata or {})[_META])
        rows = pq.read_table(path, columns=list(COLUMNS)).to_pandas()
    except (OSError, pa.ArrowException, KeyError, ValueError):
        raise InputError(f"baseline: {path.name}: no file of items that raikit wrote") from None
    if said["anchor_key"] != study.key.id:
        raise InputError(
            f"baseline: its anchors were made under the key {said['anchor_key']}, this run's under "
            f"{study.key.id}: no item can be found again"
        )
    if said["asked"] != _kind(study):
        raise InputError(f"baseline: its items are told by {said['asked']}, this run's by {_kind(study)}")
    outcome = rows["outcome"]
    sums = rows.assign(passed=outcome == "pass", failed=outcome == "fail", ungraded=outcome.isna())
    units = sums.groupby("anchor", as_index=False)[["passed", "failed", "ungraded"]].sum()
    return units.rename(columns={"anchor": "unit"}), tuple(said["graders"])


def _kind(study: SafetyStudy) -> str:
    return "prompt" if study.asked.get("prompt") else "item"
