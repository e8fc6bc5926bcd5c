"""Results of an incident as people read them: few columns, so that a telephone shows them whole."""

from __future__ import annotations

from typing import Any

import pandas as pd

_MOST = 12  # segments listed; all are in the record
_WHAT = {
    "signal_rate_change": "change of the rate",
    "excess_rows": "rows in excess",
    "recovery_difference": "rate after the mitigation less quiet",
    "rerun_pass_rate": "pass in the rerun",
}


def segment_table(made: pd.DataFrame) -> pd.DataFrame:
    """Return a row a segment.

    Parameters
    ----------
    made : pandas.DataFrame
        From `raikit.analyses.incident_who.segment_rows`.

    Returns
    -------
    pandas.DataFrame
        Columns segment, in excess, rows, rate rose more than elsewhere by; the first dozen.
    """
    parts = [made[made["metric"] == name].head(_MOST).to_dict("records")
             for name in ("segment_excess", "segment_disproportion")]  # fmt: skip
    rows = [
        (", ".join(f"{name}={level}" for name, level in each["slice"].items()), _said(each, ",.0f"),
         each["n"], _said(apart, ".3f"))
        for each, apart in zip(*parts, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["segment", "in excess", "rows", "rate rose more than elsewhere by"])


def amount_table(made: pd.DataFrame) -> pd.DataFrame:
    """Return a row a period or difference.

    Parameters
    ----------
    made : pandas.DataFrame
        From `IncidentStudy.excess`.

    Returns
    -------
    pandas.DataFrame
        Columns what, rows, with interval.
    """
    rows = [
        (_WHAT.get(each["metric"], f"rate, {each['group']}"), each["n"],
         _said(each, ",.0f" if each["metric"] == "excess_rows" else ".4f"))
        for each in made.to_dict("records")
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["what", "rows", "with interval"])


def _said(row: dict[Any, Any], form: str) -> str:
    if row["status"] == "undefined":
        return "undefined"
    return f"{row['estimate']:{form}} ({row['low']:{form}} to {row['high']:{form}})"
