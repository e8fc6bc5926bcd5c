"""Who was affected: rows in excess, by segment, and the smallest description that covers most of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.incident_windows import Windowed
from raikit.stats.limits import difference_limits, normal_critical_value
from raikit.stats.quiet import quiet_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]

METHOD = "score, quasi-binomial against the quiet windows"
_MOST_OF = 0.8  # of the excess: what a description has to cover
_LIFT = 1.5  # times its share of the rows: less is no description but a part
_TOGETHER = 3  # levels that a description may list


@dataclass(frozen=True)
class Description:
    """The smallest part of the rows that holds most of the excess.

    Attributes
    ----------
    text : str
        "airline=UA", or several joined by " or " or " × "; empty when the excess is spread.
    covers, rows : float
        Shares of the excess and of the rows.
    """

    text: str
    covers: float
    rows: float


def excess_row(
    windows: Windowed, quiet: Bools, inside: Bools, *, confidence: float, min_n: int, slice_: dict[str, str],
    counts: tuple[Any, Any] | None = None, comparisons: int = 1,
) -> dict[str, Any]:  # fmt: skip
    """Return the rows in excess of what the quiet rate leads to expect, in the result form.

    Parameters
    ----------
    windows : Windowed
        The counts.
    quiet, inside : array of bool
        Windows that stand for normal, and of the episode.
    confidence : float
        Joint over `comparisons`, by Bonferroni.
    min_n : int
        Rows below which the result is small.
    slice_ : dict of str to str
        What it is called.
    counts : tuple of arrays, optional
        k and n of a segment; by default of all rows.
    comparisons : int, default=1
        How many such results hold together.

    Returns
    -------
    dict
        Of metric `incident_excess`, with the further entries `rate`, `usual`, `change` (limits of the rate's
        change).
    """
    k, n = counts or (windows.k, windows.n)
    usual = quiet_rate(k[quiet], n[quiet])
    shown, rows = float(k[inside].sum()), float(n[inside].sum())
    factor = float(usual.factor(np.array(int(inside.sum()))))
    critical = normal_critical_value(1 - (1 - confidence) / comparisons)
    known = float(k[quiet].sum()), float(n[quiet].sum())
    scale = max(usual.dispersion, 1.0)
    parts = [np.array(count) for count in (shown / factor, rows / factor, known[0] / scale, known[1] / scale)]
    gap = difference_limits(parts[0], parts[1], parts[2], parts[3], np.array(critical))
    change = [float(part) for part in gap]
    status = "undefined" if np.isnan(change[0]) else "small" if rows < min_n else "ok"
    return {
        "metric": "incident_excess", "slice": slice_, "compared": None, "n": int(rows),
        "estimate": change[0] * rows, "low": change[1] * rows, "high": change[2] * rows,
        "confidence": confidence, "method": METHOD, "status": status, "counts": [int(shown), int(rows)],
        "group": " × ".join(map(str, slice_.values())), "rate": shown / rows if rows else np.nan,
        "usual": usual.rate, "change": change,
    }  # fmt: skip


def segment_rows(
    windows: Windowed, quiet: Bools, inside: Bools, segments: Sequence[str], *, confidence: float, min_n: int
) -> pd.DataFrame:
    """Return each segment's excess and how much more it changed than all other rows.

    Parameters
    ----------
    windows : Windowed
        The counts.
    quiet, inside : array of bool
        Windows that stand for normal, and of the episode.
    segments : sequence of str
        Columns.
    confidence : float
        Joint over all levels of all segments.
    min_n : int
        Rows below which a result is small.

    Returns
    -------
    pandas.DataFrame
        Result form, metrics `segment_excess` and `segment_disproportion` (the change of the segment's rate
        less that of all other rows); first the segments whose change stands out from the others', the
        clearest first, then by excess.
    """
    held = [
        (column, level, counts) for column in segments for level, counts in windows.series(column).items()
    ]
    rows = []
    for column, level, (k, n) in held:
        made = excess_row(windows, quiet, inside, confidence=confidence, min_n=min_n, slice_={column: level},
                          counts=(k, n), comparisons=len(held))  # fmt: skip
        rest = (windows.k - k, windows.n - n)
        apart = _apart((k, n), rest, quiet, inside, 1 - (1 - confidence) / len(held))
        rows.append((made | {"metric": "segment_excess"}, apart))
    side = float(np.sign(sum(made["estimate"] for made, _ in rows if made["status"] != "undefined")) or 1.0)
    rows.sort(key=lambda row: _rank(row[0], row[1], side))
    first = [made for made, _ in rows]
    second = [
        made | {"metric": "segment_disproportion", "estimate": apart[0], "low": apart[1], "high": apart[2],
                "counts": None, "status": "undefined" if np.isnan(apart[0]) else made["status"]}
        for made, apart in rows
    ]  # fmt: skip
    return pd.DataFrame([*first, *second])


def _rank(made: dict[str, Any], apart: tuple[float, float, float, float], side: float) -> tuple[int, float]:
    clear = apart[1] > 0 if side > 0 else apart[2] < 0
    if clear:
        return 0, -abs(apart[3])
    return 1, -side * made["estimate"] if not np.isnan(made["estimate"]) else np.inf


def _apart(
    one: tuple[Any, Any], rest: tuple[Any, Any], quiet: Bools, inside: Bools, confidence: float
) -> tuple[float, float, float, float]:
    """Return how much more a segment's rate changed than that of the rest, its limits and its z."""
    change, variance = [], 0.0
    for k, n in (one, rest):
        usual = quiet_rate(k[quiet], n[quiet])
        rows = float(n[inside].sum())
        if not rows or not usual.rows:
            return (float("nan"),) * 4
        now = float(k[inside].sum())
        middle = (now + 1) / (rows + 2)
        variance += usual.dispersion * middle * (1 - middle) / rows
        variance += usual.dispersion * usual.rate * (1 - usual.rate) / usual.rows
        change.append(now / rows - usual.rate)
    gap, error = change[0] - change[1], float(np.sqrt(variance))
    half = normal_critical_value(confidence) * error
    return gap, gap - half, gap + half, gap / error if error else 0.0


def describe(windows: Windowed, quiet: Bools, inside: Bools, segments: Sequence[str]) -> Description:
    """Return the smallest description that covers most of the excess.

    Parameters
    ----------
    windows : Windowed
        The counts.
    quiet, inside : array of bool
        Windows that stand for normal, and of the episode.
    segments : sequence of str
        Columns.

    Returns
    -------
    Description
        One level, two crossed, or at most three of one column; empty when none covers four fifths of the
        excess within clearly fewer rows.
    """
    parts: dict[tuple[str, ...], pd.DataFrame] = {(name,): _parts(windows, quiet, inside, (name,))
                                                  for name in segments}  # fmt: skip
    for pair in combinations(segments, 2):
        if any(set(pair) <= set(columns) for columns in windows.cells):
            parts[pair] = _parts(windows, quiet, inside, pair)
    rows = float(windows.n[inside].sum())
    total = float(windows.k[inside].sum()) - rows * _common_rate(windows, quiet)
    found = []
    for columns, cells in parts.items():
        cells = cells.assign(covers=cells["excess"] / total, share=cells["rows"] / rows)
        cells = cells.sort_values("covers", ascending=False)
        most = _TOGETHER if len(columns) == 1 else 1
        for size in range(1, most + 1):
            top = cells.head(size)
            if top["covers"].sum() >= _MOST_OF and (top["covers"] > 0).all():
                said = " or ".join(" × ".join(f"{name}={row[name]}" for name in columns)
                                   for row in top.to_dict("records"))  # fmt: skip
                found.append(Description(said, float(top["covers"].sum()), float(top["share"].sum())))
                break
    best = min(found, key=lambda each: each.rows, default=Description("", 0.0, 1.0))
    return best if best.covers >= _LIFT * best.rows else Description("", 0.0, 1.0)


def _common_rate(windows: Windowed, quiet: Bools) -> float:
    return float(windows.k[quiet].sum() / windows.n[quiet].sum())


def _parts(windows: Windowed, quiet: Bools, inside: Bools, columns: tuple[str, ...]) -> pd.DataFrame:
    cells = next(held for names, held in windows.cells.items() if set(columns) <= set(names))
    place = cells["place"].to_numpy()
    usual, now = (cells[mask[place]].groupby(list(columns))[["k", "n"]].sum() for mask in (quiet, inside))
    both = now.join(usual.add_suffix("_usual")).fillna(0.0).reset_index()
    common = _common_rate(windows, quiet)
    seen = both["n_usual"] > 0
    rate = (both["k_usual"] / both["n_usual"].where(seen, 1.0)).where(seen, common)
    made: pd.DataFrame = both.assign(excess=both["k"] - both["n"] * rate, rows=both["n"])
    return made
