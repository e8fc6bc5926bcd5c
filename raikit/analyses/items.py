"""What became of each item of a run, as anchors: kept so that a later run can be compared item by item."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from raikit.errors import InputError
from raikit.sources.anchors import AnchorKey, anchor, labels
from raikit.stats.tally import count

if TYPE_CHECKING:
    from raikit.analyses.safety_study import SafetyStudy
    from raikit.sources.table import Table

COLUMNS = ("anchor", "repeat", "outcome", "grader")
_META = b"raikit"  # of the Parquet file: which key, which graders


def anchored(texts: pd.Series, key: AnchorKey) -> pd.Series:
    """Return an anchor for each prompt; those that `open_log` has made already stay.

    Parameters
    ----------
    texts : pandas.Series
        Prompts, or anchors.
    key : AnchorKey
        Of the anchors.

    Returns
    -------
    pandas.Series
        As long.
    """
    made = texts.astype(str).str.fullmatch(r"#[0-9a-f]{16}")
    if bool(made.all()):
        return texts
    names = {text: anchor({"prompt": text}, key) for text in dict.fromkeys(texts)}
    return texts.map(names).where(texts.notna(), names.get(None))


def item_rows(study: SafetyStudy, log: Table) -> pd.DataFrame:
    """Return a row an answer: which item, which repeat, what came of it, who graded.

    Parameters
    ----------
    study : SafetyStudy
        Of the log.
    log : Table
        The answers.

    Returns
    -------
    pandas.DataFrame
        Columns anchor, repeat (counted within item and grader), outcome ("pass", "fail" or missing), grader;
        empty where nothing tells items apart. No text of the log but the graders' names.
    """
    unit = study.asked.get("prompt") or study.asked.get("item")
    if not unit:
        return pd.DataFrame(columns=list(COLUMNS))
    names = [each.name for each in log.columns]
    grader = study.asked.get("grader") or ("grader" if "grader" in names else "")
    keys = {"unit": unit, "outcome": study.asked["outcome"]} | ({"grader": grader} if grader else {})
    cells = count(log.lazy, keys).cells
    rows = cells.loc[cells.index.repeat(cells["n"])].reset_index(drop=True)
    word = (rows["outcome"] == study.asked["passed"]).map({True: "pass", False: "fail"})
    shown = labels(rows["grader"], key=study.key) if grader else {}
    made = pd.DataFrame(
        {
            "anchor": anchored(rows["unit"], study.key),
            "outcome": word.where(rows["outcome"].notna()).astype(object),
            "grader": [shown[each] for each in rows["grader"]] if grader else None,
        }
    )
    made = made.sort_values(["anchor", "grader", "outcome"], ignore_index=True)
    made["repeat"] = made.groupby(["anchor", "grader"], dropna=False).cumcount() + 1
    return made[list(COLUMNS)]


def write_items(study: SafetyStudy, rows: pd.DataFrame, path: Path) -> None:
    """Write the rows as Parquet, with the id of the anchors' key and the graders.

    Parameters
    ----------
    study : SafetyStudy
        Where they come from.
    rows : pandas.DataFrame
        From `item_rows`.
    path : pathlib.Path
        The file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.int64() if name == "repeat" else pa.string()) for name in COLUMNS])
    said = {"anchor_key": study.key.id, "graders": list(study.graders), "asked": _kind(study)}
    table = pa.Table.from_pandas(rows, schema=schema, preserve_index=False)
    pq.write_table(
        table.replace_schema_metadata({_META: json.dumps(said).encode()}), path, compression="zstd"
    )


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
        table = pq.read_table(path)
        said = json.loads((table.schema.metadata or {})[_META])
        rows = table.select(list(COLUMNS)).to_pandas()
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
