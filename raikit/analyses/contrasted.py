"""A metric of the groups of a slicing, ready to be compared: which groups, which pairs, how sure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from raikit.analyses.groups import Groups
from raikit.stats.contrasts import simultaneous_critical_value
from raikit.stats.intervals import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_PAIRED = (
    30  # beyond so many groups each is compared with the reference only: 435 pairs are a wall of rows
)


@dataclass(frozen=True, kw_only=True)
class Contrast(ABC):
    """A metric of the groups of a slicing.

    Attributes
    ----------
    groups : Groups
        The groups.
    metric : str
        Its name.
    hidden : array of bool
        Groups whose numbers are not shown.
    reference : int
        The group that others are compared with; -1 when none can be.
    min_n : int
        Below it a comparison is marked as small.
    confidence : float
        That all intervals of the slicing hold together, over all its families.
    families : int
        Among so many slicings the chance of an error is shared out (Bonferroni): one a class, for example.
    within : mapping of str to str
        Further slice keys of every result: the class that rates are about.
    """

    groups: Groups
    metric: str
    hidden: NDArray[np.bool_]
    reference: int
    min_n: int
    confidence: float
    families: int = 1
    within: Mapping[str, str] = field(default_factory=dict)

    @property
    @abstractmethod
    def total(self) -> NDArray[np.int64]:
        """Rows behind the metric, by group."""

    @property
    @abstractmethod
    def defined(self) -> NDArray[np.bool_]:
        """Groups that have the metric."""

    @abstractmethod
    def limits(self, pairs: NDArray[np.int64], *, critical: float | None = None) -> Interval:
        """Return differences of pairs of groups, first less second, with intervals that hold together."""

    @abstractmethod
    def p_value(self, seed: int) -> float:
        """Return the p value that the comparable groups are alike; 1 where they can't differ."""

    @property
    def comparable(self) -> NDArray[np.bool_]:
        """Groups that take part: known, shown, with a rate, and of two rows or more: one row is no group."""
        return self.groups.known & ~self.hidden & (self.groups.sizes >= 2) & self.defined

    @property
    def critical(self) -> float:
        """Critical value that makes the intervals of all pairs hold together."""
        joint = 1 - (1 - self.confidence) / self.families
        return simultaneous_critical_value(max(2, int(self.comparable.sum())), joint)

    @property
    def corrected(self) -> str:
        """How the intervals of several pairs are made to hold together, as a method's name ends."""
        tail = "-tukey" if self.comparable.sum() > 2 else ""
        return f"{tail}, bonferroni" if self.families > 1 else tail

    def slice_of(self, group: int) -> dict[str, str]:
        """Return a group as the `slice` of a result.

        Parameters
        ----------
        group : int
            Position.

        Returns
        -------
        dict of str to str
            With what every result is about.
        """
        return self.groups.slice_of(group) | dict(self.within)

    def pairs(self) -> NDArray[np.int64]:
        """Return the pairs of comparable groups, as positions.

        Returns
        -------
        array of int, shape (pairs, 2)
            The reference group stands second, others in the order of their names.
        """
        able = [int(at) for at in np.flatnonzero(self.comparable) if at != self.reference]
        if self.reference < 0:
            return np.empty((0, 2), dtype=np.int64)
        found = [(at, self.reference) for at in able]
        if len(able) < MOST_PAIRED:
            found += [(first, second) for place, first in enumerate(able) for second in able[place + 1 :]]
        return np.array(found, dtype=np.int64).reshape(-1, 2)

    def status_of_pair(self, first: int, second: int) -> str:
        """Return ``small`` where either denominator is under `min_n`, else ``ok``.

        Parameters
        ----------
        first, second : int
            Positions.

        Returns
        -------
        str
            As the record names it.
        """
        return "small" if min(self.total[[first, second]]) < self.min_n else "ok"

    def counts_of(self, pair: tuple[int, int]) -> list[int] | None:
        """Return the counts behind a pair as the record has them.

        Parameters
        ----------
        pair : tuple of int
            Positions.

        Returns
        -------
        list of int or None
            None where the metric is no share of rows.
        """
        return None


def reference_of(
    groups: Groups,
    hidden: NDArray[np.bool_],
    total: NDArray[np.int64],
    defined: NDArray[np.bool_],
    *,
    declared: str,
    min_n: int,
) -> int:
    """Return the group that others are compared with.

    Parameters
    ----------
    groups : Groups
        The slicing.
    hidden : array of bool
        Groups not shown.
    total : array of int
        Rows behind the metric.
    defined : array of bool
        Groups that have it.
    declared : str
        Name of the group that was declared; empty for the largest.
    min_n : int
        The least denominator that a reference has.

    Returns
    -------
    int
        Position; -1 where no group can be: one that is hidden, missing, undefined or small never is.
    """
    able = groups.known & ~hidden & (total >= max(min_n, 2)) & defined
    for at in np.flatnonzero(able):
        if declared and groups.names[at] == (declared,):
            return int(at)
    sizes = np.where(able, groups.sizes, -1)
    return int(sizes.argmax()) if able.any() else -1
