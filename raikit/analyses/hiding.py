"""Which numbers of small groups of people are hidden, and which more so that they can't be computed back.

The rule:

1. A figure that rests on fewer than `suppress_below` people, but at least one, is hidden; so is every figure
   of a group of fewer people.
2. Every figure that is shown tells two numbers of people, its denominator and its numerator. Where a number
   hidden by 1 is a sum or difference of such numbers (everybody less the other groups; a row less the other
   cells of a cross table; all less the negatives; base rate times n), more figures are hidden: of those that
   give it away the smallest group's first, in the order of `SACRIFICE`, until nothing gives it away. Then
   each one that turns out not to have been needed is shown again.

So what 1 hides is no linear combination of what is shown, even for a reader who knows which combinations of
groups, label and prediction don't occur. One exception is on purpose: the predictive values
of fewer than `suppress_below` people that a system selected (or rejected) are hidden as too few to say
anything, but no other figure is hidden for their sake. How many of a group a system selects is its own doing,
and hiding that would hide the disparity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from raikit.analyses.audit import Audit
from raikit.analyses.groups import Groups, gather
from raikit.stats.metrics import RATES, rate_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.stats.tally import Tally

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]

# Figures that tell the same numbers go together under the first one's name.
FAMILY: Mapping[str, str] = {
    "false_negative_rate": "true_positive_rate", "true_negative_rate": "false_positive_rate",
}  # fmt: skip
# What is hidden for the sake of something else, the least missed first.
SACRIFICE = (
    "base_rate", "accuracy", "negative_predictive_value", "positive_predictive_value", "false_positive_rate",
    "selection_rate", "true_positive_rate",
)  # fmt: skip
_UNDEFENDED = ("negative_predictive_value", "positive_predictive_value")
_CELLS = np.eye(9).reshape(9, 3, 3)


def _tells(metric: str) -> Floats:
    """Return the two sums over label × prediction cells that a rate tells: numerator, denominator."""
    return np.array(rate_counts(metric, _CELLS), dtype=float)


class Hidden:
    """What is hidden of every group of every slicing.

    Parameters
    ----------
    figures : mapping of tuple to array of bool, shape (groups, figures)
        By slicing; the second axis in the order of `SACRIFICE`.
    """

    def __init__(self, figures: Mapping[tuple[str, ...], Bools]) -> None:
        self._figures = figures

    def of(self, metric: str, columns: tuple[str, ...]) -> Bools:
        """Return the groups whose value of a metric is hidden.

        Parameters
        ----------
        metric : str
            A rate.
        columns : tuple of str
            The slicing.

        Returns
        -------
        array of bool
            By group.
        """
        return self._figures[columns][:, SACRIFICE.index(FAMILY.get(metric, metric))]

    def any_of(self, columns: tuple[str, ...]) -> Bools:
        """Return the groups of which anything is hidden.

        Parameters
        ----------
        columns : tuple of str
            The slicing.

        Returns
        -------
        array of bool
            By group.
        """
        return np.asarray(self._figures[columns].any(axis=1))

    def whole(self, columns: tuple[str, ...]) -> Bools:
        """Return the groups of which nothing is shown.

        Parameters
        ----------
        columns : tuple of str
            The slicing.

        Returns
        -------
        array of bool
            By group.
        """
        return np.asarray(self._figures[columns].all(axis=1))


def hide(
    tally: Tally,
    slicings: Iterable[tuple[str, ...]],
    suppress_below: int,
    *,
    keep: str = "true_positive_rate",
) -> Hidden:
    """Decide what is hidden of every group.

    Parameters
    ----------
    tally : Tally
        As `gather` takes it.
    slicings : iterable of tuple of str
        Everything that is shown; everybody, the empty tuple, always is.
    suppress_below : int
        The least number of people shown; 0 hides nothing.
    keep : str
        The rate that is hidden last for the sake of others.

    Returns
    -------
    Hidden
        The first rule, then the second.

    Examples
    --------
    Four people are hidden; the next smallest group with them, else everybody less the others would be four.

    >>> import pandas as pd
    >>> from raikit.stats.tally import count
    >>> rows = [("a", 50), ("b", 20), ("c", 2)]
    >>> frame = pd.DataFrame([(name, label, label) for name, n in rows for label in (0, 1) for _ in range(n)],
    ...                      columns=["race", "label", "prediction"])
    >>> keys = {"by race": "race", "label": "label", "prediction": "prediction"}
    >>> hidden = hide(count(frame, keys), [("race",)], 10)
    >>> hidden.of("selection_rate", ("race",)).tolist(), hidden.whole(("race",)).tolist()
    ([False, True, True], [False, True, True])
    """
    wanted = list(dict.fromkeys([(), *slicings]))
    groups = {columns: gather(tally, columns) for columns in wanted}
    few = {columns: _few(found, suppress_below) for columns, found in groups.items()}
    figures = {
        columns: few[columns] | (found.sizes < suppress_below)[:, None] for columns, found in groups.items()
    }
    for linked in _linked(wanted):
        if any(figures[columns].any() for columns in linked):
            secret = np.concatenate([few[columns] for columns in linked]) & ~np.isin(SACRIFICE, _UNDEFENDED)
            _complete(
                Audit(tally, linked, groups, [_tells(each) for each in SACRIFICE]),
                linked,
                figures,
                secret,
                keep,
            )
    return Hidden(figures)


def _few(groups: Groups, suppress_below: int) -> Bools:
    """Return the figures that rest on few people, but at least one."""
    totals = np.array([rate_counts(metric, groups.counts)[1] for metric in SACRIFICE]).T
    return (totals > 0) & (totals < suppress_below)


def _linked(slicings: Sequence[tuple[str, ...]]) -> list[list[tuple[str, ...]]]:
    """Return slicings that share columns, directly or through others, together, each with everybody.

    Those that share none tell nothing of each other but the total, which is shown anyway.
    """
    parts: list[list[tuple[str, ...]]] = []
    for columns in slicings:
        if columns:
            touching = [part for part in parts if any(set(columns) & set(other) for other in part)]
            parts = [part for part in parts if part not in touching]
            parts.append([*(each for part in touching for each in part), columns])
    return [[(), *part] for part in parts]


def _complete(
    audit: Audit,
    slicings: Sequence[tuple[str, ...]],
    figures: dict[tuple[str, ...], Bools],
    secret: Bools,
    keep: str,
) -> None:
    """Apply the second rule to linked slicings, in place."""
    kept = SACRIFICE.index(FAMILY.get(keep, keep))
    ranks = np.where(np.arange(len(SACRIFICE)) == kept, len(SACRIFICE), np.arange(len(SACRIFICE)))
    hidden = np.concatenate([figures[columns] for columns in slicings])
    taken = []
    while (choice := audit.give_away(hidden, secret, ranks)) is not None:
        hidden[choice] = True
        taken.append(choice)
    for choice in reversed(taken):  # what was dearest was taken last, and is given back first
        hidden[choice] = False
        hidden[choice] = audit.give_away(hidden, secret, ranks) is not None
    ends = np.cumsum([len(figures[columns]) for columns in slicings])
    for columns, part in zip(slicings, np.split(hidden, ends[:-1]), strict=True):
        figures[columns] = part


assert set(SACRIFICE) | set(FAMILY) | {"f1"} == set(RATES)  # a rate that is told must be thought of here
