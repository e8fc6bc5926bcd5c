"""Are rated items like those that they stand for? Column by column, against a smallest shift that matters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.agreement import Settings
from raikit.sources.check import Role, check
from raikit.stats.distances import cohens_w_interval, effect_test
from raikit.stats.hypothesis_tests import adjusted_p_values
from raikit.stats.tally import count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.sources.table import Table

MOST_VALUES = 20  # a number with more is cut at the population's tenths
SMALLEST = 0.1  # Cohen's w of a small effect (Cohen 1988, chapter 7): what a sample may differ by


def likeness_rows(
    population: Table, items: Table, columns: Sequence[str], settings: Settings
) -> list[dict[str, Any]]:
    """Return how far the rated items differ from the population.

    Parameters
    ----------
    population, items : Table
        One row an item each.
    columns : sequence of str
        In both.
    settings : Settings
        Of the intervals.

    Returns
    -------
    list of dict
        In the result form, metric `cohens_w`, slice {"feature": …}, with the verdict: "material" if w is
        above .1 (adjusted for the number of columns by Benjamini and Hochberg), "immaterial" if below,
        "underpowered" if these rows can't tell, "undefined" for a column without levels to compare.

    Raises
    ------
    InputError
        If a column is absent from either table.
    """
    for table in (population, items):
        check(table, [Role("compare", name, "any") for name in columns])
    counts = [_counts(population, items, name) for name in columns]
    tests = [effect_test(*pair, min_effect=SMALLEST, confidence=settings.confidence) for pair in counts]
    material = adjusted_p_values([test.p_material for test in tests], method="benjamini-hochberg")
    rows = []
    for name, pair, test, p in zip(columns, counts, tests, material, strict=True):
        interval = cohens_w_interval(*pair, confidence=settings.confidence)
        n = int(min(side.sum() for side in pair))
        row = settings.row("cohens_w", {"feature": name}, n, interval, "non-central chi-squared")
        level = 1 - settings.confidence
        verdict = "material" if p <= level else "immaterial" if test.p_immaterial <= level else "underpowered"
        rows.append(row | {"verdict": "undefined" if row["status"] == "undefined" else verdict})
    return rows


def _counts(population: Table, items: Table, name: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how often each level occurs on either side; numbers by tenths of the population."""
    sides = [count(table.lazy, {"level": name}).cells for table in (population, items)]
    both = pd.concat([side.set_index("level")["n"] for side in sides], axis=1, keys=["first", "second"])
    both = both.fillna(0).astype(np.int64)
    number = all(table.column(name).type in ("integer", "number") for table in (population, items))
    if number and len(both) > MOST_VALUES:
        missing = np.asarray(both.index.isna())
        known = both[~missing].sort_index()
        below = (known["first"].cumsum() - known["first"]).to_numpy()
        tenth = np.minimum(10 * below // max(int(known["first"].sum()), 1), 9)
        both = pd.concat([known.groupby(tenth).sum(), both[missing]])
    return both["first"].to_numpy(), both["second"].to_numpy()
