"""What a run keeps beside its page: items for the next comparison, and failing prompts as a suite."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit.evidence.wording import plural

if TYPE_CHECKING:
    import pandas as pd

    from raikit.analyses.safety_study import SafetyStudy
    from raikit.analyses.suite import Suite
    from raikit.sources.table import Table

ITEMS = "items.parquet"
SUITE = ("suite.inspect.jsonl", "suite.promptfoo.yaml", "suite.json")  # texts: never in the evidence folder


def keep(study: SafetyStudy, log: Table, context: Mapping[str, Any]) -> pd.DataFrame:
    """Write what the release takes over; by hand nothing is written.

    Parameters
    ----------
    study : SafetyStudy
        Of the log.
    log : Table
        The answers.
    context : mapping
        Of the release: `kept`, a folder for this run alone, and `run`.

    Returns
    -------
    pandas.DataFrame
        Column said: a sentence each for the page, without a text of the log.
    """
    import pandas as pd  # here: the driver reads this module's names and needs no table

    from raikit.analyses.items import item_rows, write_items
    from raikit.analyses.suite import suite_of

    if not context.get("kept"):
        return pd.DataFrame({"said": pd.Series(dtype=object)})
    folder, run, release = Path(context["kept"]), context.get("run"), context.get("release")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    rows = item_rows(study)
    with ThreadPoolExecutor(1) as beside:  # Arrow compresses on its own while Python writes texts
        written = beside.submit(write_items, study, rows, folder / ITEMS) if len(rows) else None
        suite = suite_of(study, log)
        _write_suite(folder, study, suite)
        if written is not None:
            written.result()
    said = []
    if suite.items:
        count = plural(len(suite.items), "failing prompt")
        said.append(
            f"For the retest: {count} as a suite for Inspect and promptfoo, version {suite.version[:19]}, in "
            f".restricted/{release}/{run} beside the evidence folder, for its owner only. Named as baseline, "
            "this release tells the next which of them closed."
        )
    elif suite.why:
        said.append(f"No suite for the retest: {suite.why}.")
    return pd.DataFrame({"said": said})


def _write_suite(folder: Path, study: SafetyStudy, suite: Suite) -> None:
    about = {
        "schema": "raikit.suite/1", "version": suite.version, "items": len(suite.items),
        "anchor_key": study.key.id, "anchors": [item["id"] for item in suite.items], "why": suite.why,
    }  # fmt: skip
    for name, text in zip(
        SUITE, (suite.inspect(), suite.promptfoo(), json.dumps(about, indent=1) + "\n"), strict=True
    ):
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
