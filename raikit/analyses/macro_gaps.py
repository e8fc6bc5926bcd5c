"""Gaps between groups in averages over classes: each group's own limits, squared and added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.analyses.gaps import pair_row
from raikit.analyses.macro import average

if TYPE_CHECKING:
    from raikit.analyses.classes import ClassStudy
    from raikit.analyses.gaps import Slicing

METHOD = "square-and-add of bootstrap limits"


def macro_pair_rows(metric: str, slicing: Slicing, quality: ClassStudy) -> Iterator[dict[str, Any]]:
    """Yield the differences of an average over classes, in the result form.

    Groups are independent, so the limits of a difference follow from each group's own: those of the average
    are taken at the level that makes all pairs hold together, squared and added (Zou and Donner).

    Parameters
    ----------
    metric : str
        One of `raikit.analyses.macro.AVERAGED`.
    slicing : Slicing
        Accuracy of the groups: says which are compared, with which reference, at what level.
    quality : ClassStudy
        Has the counts by class.

    Yields
    ------
    dict
        A row a pair; undefined where a class has no rows in a group, small and without limits where a group
        has too few for a bootstrap.

    References
    ----------
    .. [1] Zou and Donner (2008), Statistics in Medicine 27(10), 1693-1702.
    """
    from scipy.special import ndtr

    level = float(2 * ndtr(slicing.critical) - 1)
    asked = replace(quality.asked, confidence=level)
    own = {
        int(at): average(
            metric, quality.matrix(slicing.groups.slice_of(int(at))), {}, size=len(quality.classes),
            hidden=False, asked=asked,
        )
        for at in np.flatnonzero(slicing.comparable)
    }  # fmt: skip
    for one, other in slicing.pairs():
        first, second = own[int(one)], own[int(other)]
        statuses = {first["status"], second["status"]}
        status = next((each for each in ("undefined", "small") if each in statuses), "ok")
        numbers = [np.nan] * 3
        if status != "undefined":
            gap = first["estimate"] - second["estimate"]
            below = np.hypot(first["estimate"] - first["low"], second["high"] - second["estimate"])
            above = np.hypot(first["high"] - first["estimate"], second["estimate"] - second["low"])
            numbers = [float(gap), float(gap - below), float(gap + above)]
        row = pair_row(slicing, f"{metric}_difference", (int(one), int(other)), numbers, status,
                       METHOD + slicing.corrected)  # fmt: skip
        yield row | {"counts": None, "n": min(first["n"], second["n"])}
