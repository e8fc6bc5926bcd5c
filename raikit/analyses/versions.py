"""Two runs of one suite, item by item: new failures, fixed ones, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.errors import InputError
from raikit.stats.hypothesis_tests import adjusted_p_values, mcnemar_test, paired_difference_interval

if TYPE_CHECKING:
    from raikit.analyses.safety import SafetyStudy


def paired_units(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Return the items that both runs graded, with what became of each.

    Parameters
    ----------
    now, before : pandas.DataFrame
        One row an item (and group), with `unit`, `passed` and `failed`: `SafetyStudy.units`, or as saved.

    Returns
    -------
    pandas.DataFrame
        The rows of `now` with a grade in both, `was` and `is` (True where the item passes), and `change`:
        "new failure", "fixed", "still fails" or "still passes".

    Raises
    ------
    InputError
        If no item is in both.
    """
    known = before.groupby("unit")[["passed", "failed"]].sum()
    known = known[known.sum(axis=1) > 0]
    held = now[(now["passed"] + now["failed"] > 0) & now["unit"].isin(known.index)].copy()
    if held.empty:
        raise InputError("baseline: no graded item is in both runs; are they under the same anchor key?")
    held["was"] = held["unit"].map(known["failed"] == 0).astype(bool)
    held["is"] = held["failed"] == 0
    words = {(True, False): "new failure", (False, True): "fixed", (False, False): "still fails"}
    pairs = zip(held["was"], held["is"], strict=True)
    held["change"] = [words.get(pair, "still passes") for pair in pairs]
    return held


def version_rows(
    paired: pd.DataFrame, columns: Sequence[str], *, margin: float, confidence: float, min_n: int
) -> pd.DataFrame:
    """Return the change of the pass rate, overall and by group, by paired evidence.

    Parameters
    ----------
    paired : pandas.DataFrame
        From `paired_units`.
    columns : sequence of str
        Slicing columns.
    margin : float
        A drop smaller than this is tolerated.
    confidence, min_n
        Of the intervals; groups of fewer items are small.

    Returns
    -------
    pandas.DataFrame
        Result form, metric `pass_rate_difference` (this run minus the earlier one) with Newcombe's paired
        interval, `p_value` of the exact McNemar test adjusted by Holm over the groups, and `not worse`:
        whether the whole interval lies above minus the margin.
    """
    parts: list[tuple[dict[str, str], pd.DataFrame]] = [({}, paired)]
    for name in columns:
        parts += [({name: str(value)}, part) for value, part in paired.groupby(name)]
    rows = [_row(slice_, part, margin, confidence, min_n) for slice_, part in parts]
    frame = pd.DataFrame(rows)
    if len(rows) > 1:
        frame.loc[1:, "p_value"] = adjusted_p_values(frame["p_value"].to_numpy()[1:], method="holm")
    return frame


def _row(
    slice_: dict[str, str], part: pd.DataFrame, margin: float, confidence: float, min_n: int
) -> dict[str, Any]:
    each = part.groupby("unit")[["was", "is"]].all()
    was, is_ = each["was"].to_numpy(bool), each["is"].to_numpy(bool)
    cells = [int(np.sum(found)) for found in (is_ & was, is_ & ~was, ~is_ & was, ~is_ & ~was)]
    interval = paired_difference_interval(cells[0], cells[1], cells[2], cells[3], confidence=confidence)
    run = {**slice_, "run": "this"}, {**slice_, "run": "baseline"}
    return {
        "metric": "pass_rate_difference", "slice": run[0], "compared": list(run), "n": len(each),
        **interval._asdict(), "confidence": confidence, "method": "newcombe-paired",
        "status": "small" if len(each) < min_n else "ok",
        "counts": [cells[0] + cells[1], len(each), cells[0] + cells[2], len(each)],
        "group": " × ".join(slice_.values()), "fixed": cells[1], "new failures": cells[2],
        "p_value": mcnemar_test(cells[1], cells[2]).p_value, "not worse": bool(interval.low > -margin),
    }  # fmt: skip


def same_graders(now: SafetyStudy, before: Sequence[str], *, allow: bool) -> str:
    """Return the sentence that marks a comparison across graders; empty when they are the same.

    Parameters
    ----------
    now : SafetyStudy
        Of this run.
    before : sequence of str
        Graders of the earlier one.
    allow : bool
        Whether the person allowed it.

    Returns
    -------
    str
        For the page.

    Raises
    ------
    InputError
        If they differ and nobody allowed it.
    """
    if sorted(now.graders) == sorted(before):
        return ""
    said = f"this run was graded by {', '.join(now.graders) or 'nobody named'}, the earlier one by "
    said += ", ".join(before) or "nobody named"
    if not allow:
        raise InputError(
            f"baseline: {said}; a change of grader is no change of the system: allow it by allow_graders"
        )
    return f"Compared across different graders: {said}. Part of the change may be the graders'."
