"""Items of two runs side by side, and the change of the pass rate by that paired evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from raikit.errors import InputError
from raikit.stats.hypothesis_tests import adjusted_p_values, mcnemar_test, paired_difference_interval

CHANGES = ("new failure", "still fails", "fixed", "still passes")


class Unpaired(InputError):
    """Two runs whose items can't be set side by side: a limit of the page, no mistake in the input."""


def graded_units(units: pd.DataFrame) -> pd.DataFrame:
    """Return how often each item passes and fails, items with a grade only.

    Parameters
    ----------
    units : pandas.DataFrame
        As `SafetyStudy.units`.

    Returns
    -------
    pandas.DataFrame
        Columns passed and failed, by item.
    """
    sums = units.groupby("unit")[["passed", "failed"]].sum()
    return sums[sums.sum(axis=1) > 0]


def changes_of(each: pd.DataFrame) -> pd.Series:
    """Return the word for each item.

    Parameters
    ----------
    each : pandas.DataFrame
        Columns `was` and `is`: True where the item passes.

    Returns
    -------
    pandas.Series
        One of `CHANGES`.
    """
    words = {(True, False): "new failure", (False, True): "fixed", (False, False): "still fails"}
    pairs = zip(each["was"], each["is"], strict=True)
    return pd.Series([words.get(pair, "still passes") for pair in pairs], index=each.index, dtype=object)


def paired_units(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Return the items that both runs graded, with what became of each.

    Parameters
    ----------
    now, before : pandas.DataFrame
        One row an item (and group), with `unit`, `passed` and `failed`: `SafetyStudy.units`, or as saved.

    Returns
    -------
    pandas.DataFrame
        The rows of `now` with a grade in both, `was` and `is` (True where the item passes), the earlier
        counts `passed before` and `failed before`, and `change`, one of `CHANGES`.

    Raises
    ------
    InputError
        If no item is in both.
    """
    known = graded_units(before)
    held = now[(now["passed"] + now["failed"] > 0) & now["unit"].isin(known.index)].copy()
    if held.empty:
        raise Unpaired("no graded item is in both runs; are they under the same anchor key?")
    for name in ("passed", "failed"):
        held[f"{name} before"] = held["unit"].map(known[name])
    held["was"] = held["failed before"] == 0
    held["is"] = held["failed"] == 0
    held["change"] = changes_of(held)
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


def clustered_row(paired: pd.DataFrame, *, margin: float, confidence: float, min_n: int) -> dict[str, Any]:
    """Return the change of the mean pass rate over rows, repeats of an item taken together.

    Parameters
    ----------
    paired, margin, confidence, min_n
        As in `version_rows`.

    Returns
    -------
    dict
        A row of the result form: linearised variance over items, Student's t.
    """
    from scipy.stats import t as student

    counts = ["passed", "failed", "passed before", "failed before"]
    how = {"passed": "sum", "failed": "sum", "passed before": "first", "failed before": "first"}
    each = paired.groupby("unit")[counts].agg(how).to_numpy(float)
    now, before = each[:, 0] + each[:, 1], each[:, 2] + each[:, 3]
    rates = each[:, 0].sum() / now.sum(), each[:, 2].sum() / before.sum()
    share = (each[:, 0] - rates[0] * now) / now.sum() - (each[:, 2] - rates[1] * before) / before.sum()
    items, gap = len(each), float(rates[0] - rates[1])
    even = not share.any()  # nothing differs: a width of zero would claim too much
    error = float(np.sqrt(items / (items - 1) * (share**2).sum())) if items > 1 else np.nan
    reach = float(student.ppf((1 + confidence) / 2, items - 1)) * error if items > 1 and not even else np.nan
    return {
        "metric": "row_pass_rate_difference", "slice": {"run": "this"},
        "compared": [{"run": "this"}, {"run": "baseline"}], "n": items, "estimate": gap,
        "low": max(gap - reach, -1.0), "high": min(gap + reach, 1.0), "confidence": confidence,
        "method": "clustered by item, t", "counts": None, "group": "",
        "status": "undefined" if np.isnan(reach) else "small" if items < min_n else "ok",
        "fixed": np.nan, "new failures": np.nan, "p_value": np.nan, "not worse": bool(gap - reach > -margin),
    }  # fmt: skip
