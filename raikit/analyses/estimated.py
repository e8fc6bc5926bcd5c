"""Accuracy by window: realised where labels are, and estimated without them from calibrated scores.

The estimate holds as long as a score means what it meant in the reference. A changed relation of inputs and
outcome is exactly what it can't see, so realised and estimated stand side by side where labels have come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.feature_windows import WINDOW
from raikit.analyses.windows import DAY, count_by_day
from raikit.sources.anchors import labels as labelled
from raikit.stats.intervals import newcombe_interval, normal_critical_value, score_limits

if TYPE_CHECKING:
    from raikit.analyses.drift_choices import DriftChoices
    from raikit.sources.table import Table

_BINS = tuple(np.linspace(0.0, 1.0, 21).tolist())
# A group's scores are taken for calibrated when its true rate is shown to lie within this of their mean.
MARGIN = 0.05


def outcome_cells(
    table: Table, days: pd.DataFrame, choices: DriftChoices, *, group: str = ""
) -> pd.DataFrame:
    """Count rows by window, group, prediction, score bin and label.

    Parameters
    ----------
    table : Table
        The rows.
    days : pandas.DataFrame
        From `raikit.analyses.feature_windows.days_of` the same table.
    choices : DriftChoices
        With the columns.
    group : str, default=""
        A column of groups; empty for none.

    Returns
    -------
    pandas.DataFrame
        Columns window, group, right_if (1 or 0: the label that makes the prediction right), bin, n, labelled
        and k (positives among these).
    """
    keys = {"label": choices.label, "prediction": choices.prediction, **({"group": group} if group else {})}
    edges = _BINS if choices.score else None
    cells = count_by_day(table, choices.timestamp, keys, score=choices.score or None, edges=edges).cells
    window = dict(zip(days[DAY], days[WINDOW], strict=True))
    cells = cells[cells[DAY].notna() & cells["prediction"].notna()]
    made = pd.DataFrame(
        {
            WINDOW: [window[day] for day in cells[DAY]],
            "group": cells["group"].to_numpy() if group else None,
            "right_if": (cells["prediction"] == choices.positive_label).astype(int).to_numpy(),
            "bin": cells["score_bin"].to_numpy() if choices.score else 0,
            "n": cells["n"].to_numpy(),
            "labelled": cells["n"].where(cells["label"].notna(), 0).to_numpy(),
            "k": cells["n"].where(cells["label"] == choices.positive_label, 0).to_numpy(),
        }
    )
    by = [WINDOW, "group", "right_if", "bin"]
    return made.groupby(by, dropna=False, as_index=False)[["n", "labelled", "k"]].sum()


def performance_rows(
    reference: pd.DataFrame, current: pd.DataFrame, choices: DriftChoices, *, factor: float, group: str = ""
) -> tuple[pd.DataFrame, list[str]]:
    """Return accuracy by window, realised and estimated.

    Parameters
    ----------
    reference, current : pandas.DataFrame
        From `outcome_cells`.
    choices : DriftChoices
        With confidence, min_n, suppress_below.
    factor : float
        How many times as much as independent rows outcomes vary.
    group : str, default=""
        The column of groups, if the cells have any.

    Returns
    -------
    tuple of pandas.DataFrame and list of str
        Result form, metric `accuracy`, slice {"window": …, "rate": "realised" or "estimated"} and the group;
        and the groups for which no estimate is made, since their scores were not shown to be calibrated.
    """
    values = list(dict.fromkeys(current["group"])) if group else [None]
    shown = labelled(values) if group else {None: ""}
    curve = _curve(reference)
    rows, withheld = [], []
    for value in values:
        mine = current[_is(current["group"], value)] if group else current
        before = reference[_is(reference["group"], value)] if group else reference
        estimable = bool(choices.score) and (not group or _calibrated(before, curve, choices, factor))
        if group and choices.score and not estimable:
            withheld.append(f"{group} {shown[value]}")
        for window, cells in mine.groupby(WINDOW):
            held = {**({group: shown[value]} if group else {}), "window": str(window)}
            rows += list(_window_rows(cells, held, curve if estimable else None, choices, factor))
    made = pd.DataFrame(rows)
    return (_hidden(made, group, choices.suppress_below) if group and len(made) else made), withheld


def _window_rows(
    cells: pd.DataFrame,
    held: Mapping[str, str],
    curve: pd.DataFrame | None,
    choices: DriftChoices,
    factor: float,
) -> Iterator[dict[str, Any]]:
    n = int(cells["labelled"].sum())
    if n:
        right = int(np.where(cells["right_if"] == 1, cells["k"], cells["labelled"] - cells["k"]).sum())
        found = _widened(right, n, factor, choices.confidence)
        yield _row(held, "realised", n, found, "wilson, 7-day blocks" if factor > 1 else "wilson", choices)
    if curve is not None:
        found = _estimate(cells, curve, factor, choices.confidence)
        yield _row(held, "estimated", int(cells["n"].sum()), found, "confidence-based, calibrated", choices)


def _widened(right: int, n: int, factor: float, confidence: float) -> tuple[float, float, float]:
    critical = normal_critical_value(confidence)
    found = score_limits(np.asarray(right / factor), np.asarray(n / factor), critical)
    return right / n, float(found.low), float(found.high)


def _row(
    held: Mapping[str, str], rate: str, n: int, found: Any, method: str, choices: DriftChoices
) -> dict[str, Any]:
    estimate, low, high = (float(value) for value in found)
    return {
        "metric": "accuracy", "slice": {**held, "rate": rate}, "compared": None, "n": n, "estimate": estimate,
        "low": low, "high": high, "confidence": choices.confidence, "method": method, "counts": None,
        "status": "small" if n < choices.min_n else "ok", "group": " × ".join([*held.values(), rate]),
    }  # fmt: skip


def _curve(reference: pd.DataFrame) -> pd.DataFrame:
    """Return the true rate of each score bin in the reference, with its variance (Jeffreys' prior)."""
    sums = reference.groupby("bin")[["labelled", "k"]].sum().astype(float)
    rate = (sums["k"] + 0.5) / (sums["labelled"] + 1)
    return pd.DataFrame({"rate": rate, "variance": rate * (1 - rate) / (sums["labelled"] + 1)})


def _estimate(
    cells: pd.DataFrame, curve: pd.DataFrame, factor: float, confidence: float
) -> tuple[float, float, float]:
    known = cells[cells["bin"].isin(curve.index)]
    n = known["n"].to_numpy(float)
    if not n.sum():
        return (float("nan"),) * 3
    rate = curve["rate"].loc[known["bin"]].to_numpy()
    right = np.where(known["right_if"] == 1, rate, 1 - rate)
    signed = known.assign(signed=np.where(known["right_if"] == 1, n, -n)).groupby("bin")["signed"].sum()
    of_curve = float((signed**2 * curve["variance"].loc[signed.index]).sum())
    of_rows = float((n * rate * (1 - rate)).sum())
    half = normal_critical_value(confidence) * np.sqrt(factor * (of_curve + of_rows)) / n.sum()
    estimate = float((n * right).sum() / n.sum())
    return estimate, max(estimate - half, 0.0), min(estimate + half, 1.0)


def _calibrated(before: pd.DataFrame, curve: pd.DataFrame, choices: DriftChoices, factor: float) -> bool:
    """Return whether a group's true rate in the reference is shown to lie near what the curve expects."""
    known = before[before["bin"].isin(curve.index)]
    n = known["labelled"].to_numpy(float)
    if n.sum() < choices.min_n:
        return False
    rate = curve["rate"].loc[known["bin"]].to_numpy()
    gap = abs(known["k"].sum() - (n * rate).sum()) / n.sum()
    half = (
        normal_critical_value(choices.confidence) * np.sqrt(factor * (n * rate * (1 - rate)).sum()) / n.sum()
    )
    return bool(gap + half <= MARGIN)


def _is(values: pd.Series[Any], value: Any) -> pd.Series[Any]:
    return values.isna() if value is None or value != value else values == value


def _hidden(made: pd.DataFrame, group: str, suppress_below: int) -> pd.DataFrame:
    """Hide every group of a window in which one is too small: else the others and the whole give it away."""
    windows = made["slice"].map(lambda held: held["window"])
    few = set(windows[made["n"] < suppress_below])
    hidden = windows.isin(few)
    made.loc[hidden, ["estimate", "low", "high"]] = np.nan
    made.loc[hidden, "status"] = "suppressed"
    return made


def gap_rows(cells: pd.DataFrame, choices: DriftChoices, *, group: str) -> pd.DataFrame:
    """Return the gap of each group's true positive rate to the largest group's, by window.

    Parameters
    ----------
    cells : pandas.DataFrame
        From `outcome_cells` with a group.
    choices : DriftChoices
        With confidence, min_n, suppress_below.
    group : str
        The column.

    Returns
    -------
    pandas.DataFrame
        Result form, `true_positive_rate_difference`, Newcombe's interval; a gap that rests on fewer than
        `suppress_below` people is hidden, with the others of its window.
    """
    sums = cells.assign(hit=np.where(cells["right_if"] == 1, cells["k"], 0))
    sums = sums.groupby([WINDOW, "group"], dropna=False)[["k", "hit"]].sum().reset_index()
    names = labelled(sums["group"].tolist())
    largest = sums.groupby("group", dropna=False)["k"].sum().idxmax()
    rows: list[dict[str, Any]] = []
    for window, part in sums.groupby(WINDOW):
        base = part[_is(part["group"], largest)]
        few = bool((part["k"] < choices.suppress_below).any()) or base.empty
        for one in part[~_is(part["group"], largest)].itertuples(index=False):
            rows.append(_gap(one, base, names, str(window), group, few, choices))
    return pd.DataFrame(rows)


def _gap(
    one: Any,
    base: pd.DataFrame,
    names: Mapping[Any, str],
    window: str,
    group: str,
    few: bool,
    choices: DriftChoices,
) -> dict[str, Any]:
    held = {group: names[one.group], "window": window}
    n, found = 0, (float("nan"),) * 3
    if not few:
        k, of = int(base["hit"].iloc[0]), int(base["k"].iloc[0])
        found = tuple(
            map(float, newcombe_interval(int(one.hit), int(one.k), k, of, confidence=choices.confidence))
        )  # type: ignore[assignment]
        n = min(int(one.k), of)
    other = names[base["group"].iloc[0]] if len(base) else ""
    return {
        "metric": "true_positive_rate_difference", "slice": held, "n": n, "estimate": found[0],
        "compared": [held, {group: other, "window": window}], "low": found[1], "high": found[2],
        "method": "newcombe",
        "confidence": choices.confidence, "counts": None,
        "status": "suppressed" if few else "small" if n < choices.min_n else "ok",
        "group": " × ".join(held.values()),
    }  # fmt: skip


def withheld_words(withheld: Sequence[str]) -> str:
    """Return why no estimate is made for some groups.

    Parameters
    ----------
    withheld : sequence of str
        From `performance_rows`.

    Returns
    -------
    str
        A sentence; empty for none.
    """
    if not withheld:
        return ""
    return (
        f"No label-free estimate for {', '.join(withheld)}: that scores are calibrated there was not shown."
    )
