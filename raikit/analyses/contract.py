"""The data's contract, window by window: categories, missing values, ranges, volume, duplicates.

Each check asks whether chance explains the window, given the reference; all checks of all windows hold
together by Bonferroni, so that a stable delivery breaks none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from raikit.analyses.feature_windows import LevelTable
    from raikit.analyses.features import FeatureCounts
    from raikit.sources.table import Table

_LIKELY = 0.05  # what chance explains so well breaks nothing, however few checks there are
KIND = {  # checks whose chances are alike enough to have one calibrated threshold
    "vanished category": "values",
    "new category": "values",
    "missing values": "values",
    "out of range": "range",
    "volume": "volume",
    "duplicates": "duplicates",
}
_LEAST_WINDOWS = 8  # of the reference, to know how the number of rows varies


class Check(NamedTuple):
    """One thing looked at: a level, a column's missing values, a window's rows.

    Attributes
    ----------
    window : str
        Where.
    feature : str
        The column; "" for the table.
    check : str
        "vanished category", "new category", "missing values", "out of range", "volume" or "duplicates".
    level : object
        The category, where there is one.
    rows, of : int
        How many of the window's rows it concerns.
    reference : float
        The share in the reference; for the volume the usual number of rows.
    chance : float
        Probability of so much by chance, before Bonferroni.
    """

    window: str
    feature: str
    check: str
    level: Any
    rows: int
    of: int
    reference: float
    chance: float


@dataclass(frozen=True)
class Contract:
    """What was checked and what broke.

    Attributes
    ----------
    windows : dict of str to int
        Window -> rows, in order of time.
    breaks : tuple of Check
        By window.
    looked_at : int
        Number of checks that the breaks are judged against.
    schema : tuple of str
        Columns that came, went or changed type, a sentence each.
    partial : tuple of str
        Windows at either end that have not all of their days, or more; their volume isn't judged.
    """

    windows: Mapping[str, int]
    breaks: tuple[Check, ...]
    looked_at: int
    schema: tuple[str, ...]
    partial: tuple[str, ...] = ()

    def rows(self, *, confidence: float) -> pd.DataFrame:
        """Return the number of breaks of each window, in the result form.

        Parameters
        ----------
        confidence : float
            Joint over all checks.

        Returns
        -------
        pandas.DataFrame
            Metric `contract_breaks`, slice {"window": …}; a count of tests made, without an interval of its
            own.
        """
        counted = pd.Series([each.window for each in self.breaks], dtype=object).value_counts()
        found = [float(counted.get(window, 0)) for window in self.windows]
        return pd.DataFrame(
            {"metric": "contract_breaks", "slice": pd.Series([{"window": held} for held in self.windows]),
             "compared": None, "n": list(self.windows.values()), "estimate": found, "low": found,
             "high": found, "confidence": confidence, "method": "familywise tests", "status": "ok",
             "counts": None, "group": list(self.windows)}
        )  # fmt: skip


def absent_by_chance(there: ArrayLike, rows: ArrayLike, other: ArrayLike) -> NDArray[np.float64]:
    """Return the probability that all rows of a kind fall on one side by chance (hypergeometric).

    Parameters
    ----------
    there : array of int
        Rows of the kind, all on the side of size `rows`.
    rows, other : array of int
        Rows of that side and of the other.

    Returns
    -------
    array of float
        1 where there is none.

    Examples
    --------
    >>> float(absent_by_chance(2, 3, 3).round(3))  # 3 of 6 times 2 of 5
    0.2
    """
    from scipy.special import gammaln

    k, n, m = (np.asarray(part, dtype=float) for part in (there, rows, other))
    logarithm = gammaln(n + m - k + 1) + gammaln(n + 1) - gammaln(n - k + 1) - gammaln(n + m + 1)
    return np.asarray(np.exp(logarithm), dtype=np.float64)


def level_checks(table: LevelTable, whole: FeatureCounts, usual: LevelTable) -> list[Check]:
    """Check each category of each window: those absent that the reference has, those that it lacks.

    Parameters
    ----------
    table : LevelTable
        Of a column compared level by level.
    whole : FeatureCounts
        Of all rows.
    usual : LevelTable
        The reference's own windows: a level that some of them lack beyond chance (a weekday, in windows of a
        day) is as likely to be absent as it was there.

    Returns
    -------
    list of Check
        Vanished and new ones.
    """
    known, total, sizes = whole.reference, int(whole.reference.sum()), table.sizes
    named = np.array([level is not None for level in whole.levels], dtype=bool)
    checks = []
    for kind, found in (
        ("vanished category", (known > 0) & (table.counts == 0) & named),
        ("new category", (known == 0) & (table.counts > 0) & named),
    ):
        at, level = np.nonzero(found)
        rows = table.counts[at, level]
        if kind == "new category":
            chances = absent_by_chance(rows, sizes[at], total)
        else:
            chances = absent_by_chance(known[level], total, sizes[at])
            chances = np.maximum(chances, _usual_absence(usual, known)[level])
        checks += [
            Check(table.windows[at[i]], whole.feature, kind, whole.levels[level[i]], int(rows[i]),
                  int(sizes[at[i]]), float(known[level[i]] / total), float(chances[i]))
            for i in np.flatnonzero(chances <= _LIKELY)
        ]  # fmt: skip
    return checks


def _usual_absence(usual: LevelTable, known: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of windows that lack each level though chance doesn't explain it."""
    if not len(usual.windows):
        return np.zeros(len(known))
    sizes = usual.sizes[:, None]
    chances = absent_by_chance(known[None, :], np.maximum(known.sum() - sizes, known), sizes)
    return np.asarray(((usual.counts == 0) & (chances <= _LIKELY)).mean(axis=0), dtype=np.float64)


def missing_checks(
    table: LevelTable, whole: FeatureCounts, min_effect: float, usual: LevelTable
) -> list[Check]:
    """Check each window's share of missing values against the reference's.

    Parameters
    ----------
    table : LevelTable
        The windows.
    whole : FeatureCounts
        Of all rows.
    min_effect : float
        Shares that differ by less, in units of their standard deviation, are alike.
    usual : LevelTable
        The reference's own windows, which show how much the share varies: values that are missing together
        (a storm cancels many flights) are no independent rows.

    Returns
    -------
    list of Check
        Where the window has more missing values, or fewer.
    """
    if None not in whole.levels or not len(table.windows):
        return []
    at = whole.levels.index(None)
    sizes, found = table.sizes, table.counts[:, at]
    total, lost = int(whole.reference.sum()), int(whole.reference[at])
    before, now = lost / max(total, 1), found / sizes
    middle = (before + now) / 2
    far = np.flatnonzero(np.abs(now - before) > min_effect * np.sqrt(middle * (1 - middle)))
    chances = _missing_chances(found[far], sizes[far], (lost, total), _missing_dispersion(usual, at))
    return [
        Check(table.windows[place], whole.feature, "missing values", None, int(found[place]),
              int(sizes[place]), before, float(chance))
        for place, chance in zip(far, chances, strict=True)
    ]  # fmt: skip


def _missing_chances(
    found: NDArray[np.int64], sizes: NDArray[np.int64], reference: tuple[int, int], varies: tuple[float, int]
) -> NDArray[np.float64]:
    """Return the two-sided probability of so many missing values; wider where windows vary more than rows."""
    from scipy.stats import hypergeom, t

    (lost, total), (factor, df) = reference, varies
    now, before = found / sizes, lost / max(total, 1)
    if factor > 1:
        share = (lost + found) / (total + sizes)
        error = np.sqrt(factor * share * (1 - share) * (1 / max(total, 1) + 1 / sizes))
        return np.asarray(2 * t.sf(np.abs(now - before) / error, df), dtype=np.float64)
    all_rows, all_lost = total + sizes, lost + found
    more = hypergeom.sf(found - 1, all_rows, all_lost, sizes)
    fewer = hypergeom.cdf(found, all_rows, all_lost, sizes)
    return np.asarray(np.minimum(2 * np.where(now > before, more, fewer), 1.0), dtype=np.float64)


def _missing_dispersion(usual: LevelTable, at: int) -> tuple[float, int]:
    """Return how many times more than binomially missing values vary by window; 1 if unknown."""
    n, lost = usual.sizes.astype(float), usual.counts[:, at].astype(float)
    df, share = len(n) - 1, float(lost.sum() / max(n.sum(), 1))
    if df < 1 or not 0 < share < 1:
        return 1.0, max(df, 1)
    pearson = ((lost - n * share) ** 2 / (n * share * (1 - share))).sum()
    return max(float(pearson / df), 1.0), df


def range_checks(table: LevelTable, whole: FeatureCounts) -> list[Check]:
    """Check how many of a window's numbers lie outside all that the reference holds.

    Parameters
    ----------
    table : LevelTable
        The windows.
    whole : FeatureCounts
        Of all rows.

    Returns
    -------
    list of Check
        By exchangeability: any distribution, however skewed, puts its extremes on either side alike.
    """
    total, sizes = int(whole.reference.sum()), table.sizes
    at = np.flatnonzero(table.outside)
    chances = absent_by_chance(table.outside[at], sizes[at], total)
    return [
        Check(table.windows[place], whole.feature, "out of range", None, int(table.outside[place]),
              int(sizes[place]), 0.0, float(chance))
        for place, chance in zip(at, chances, strict=True)
    ]  # fmt: skip


def volume_checks(reference: Mapping[str, int], current: Mapping[str, int]) -> list[Check]:
    """Check each window's number of rows against windows of the reference.

    Parameters
    ----------
    reference, current : mapping of str to int
        Window -> rows.

    Returns
    -------
    list of Check
        Two-sided, Student's t for a further window; none when the reference has fewer than eight windows.
    """
    from scipy.stats import t

    usual = np.array(list(reference.values()), dtype=float)
    if len(usual) < _LEAST_WINDOWS:
        return []
    spread = max(float(usual.std(ddof=1)), float(np.sqrt(usual.mean())))  # no less than Poisson's
    scale = spread * np.sqrt(1 + 1 / len(usual))
    mean = float(usual.mean())
    chances = 2 * t.sf(np.abs(np.array(list(current.values())) - mean) / scale, len(usual) - 1)
    return [
        Check(window, "", "volume", None, rows, rows, mean, float(chance))
        for (window, rows), chance in zip(current.items(), chances, strict=True)
    ]


def broken(
    checks: Iterable[Check],
    looked_at: int,
    confidence: float,
    calibrated: Mapping[str, float] | None = None,
) -> tuple[Check, ...]:
    """Return the checks that chance doesn't explain, familywise.

    Parameters
    ----------
    checks : iterable of Check
        Those that could be broken.
    looked_at : int
        How many there were in all.
    confidence : float
        Joint.
    calibrated : mapping of str to float, optional
        Kind -> the chance below which its checks break, from the reference's own windows; without it all
        checks hold jointly.

    Returns
    -------
    tuple of Check
        By window.
    """
    if calibrated is not None:
        found = [each for each in checks if each.chance < calibrated[KIND[each.check]]]
    else:
        found = [each for each in checks if each.chance <= (1 - confidence) / max(looked_at, 1)]
    return tuple(sorted(found, key=lambda each: each.window))


def schema_changes(reference: Table, current: Table, used: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that came, went or changed type.

    Parameters
    ----------
    reference, current : Table
        The two sets of rows.
    used : sequence of str
        Columns that are compared are named; of others only what went.

    Returns
    -------
    tuple of str
        A sentence each, without its full stop.
    """
    before, after = ({each.name: each.type for each in table.columns} for table in (reference, current))
    numbers = {"integer", "number"}
    said = [f"{name} is no longer delivered" for name in before if name not in after]
    said += [f"{name} is new" for name in after if name not in before]
    for name in before:
        kinds = {before[name], after.get(name, before[name])}
        if len(kinds) > 1 and not kinds <= numbers:
            said.append(
                f"{name} was {before[name]} and is {after[name]}"
                + ("" if name in used else " (not compared)")
            )
    return tuple(said)
