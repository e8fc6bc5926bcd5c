"""Can a hidden number be computed from shown ones? Linear algebra over the finest groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from raikit.analyses.groups import Groups, gather

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.stats.tally import Tally

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]


class Audit:
    """Every number of people that the figures of linked slicings tell, as a sum over the finest cells.

    Parameters
    ----------
    tally : Tally
        As `gather` takes it.
    slicings : sequence of tuple of str
        Everybody, the empty tuple, first.
    groups : mapping of tuple to Groups
        Of each slicing.
    tells : sequence of array, shape (2, 9)
        For each figure the label × prediction cells in its numerator and in its denominator.

    Notes
    -----
    A number is given away when it lies in the span of the shown ones; the test is a projection. Cells that
    are empty count as known to be empty: counts are never negative, so where a shown sum leaves nothing for
    them, they are.
    """

    def __init__(
        self,
        tally: Tally,
        slicings: Sequence[tuple[str, ...]],
        groups: Mapping[tuple[str, ...], Groups],
        tells: Sequence[Floats],
    ) -> None:
        finest = gather(tally, list(dict.fromkeys(name for columns in slicings for name in columns)))
        used = finest.counts.reshape(-1) > 0
        sums = np.array(tells)
        units = [(columns, at) for columns in slicings for at in range(len(groups[columns].names))]
        self._sizes = np.array([groups[columns].sizes[at] for columns, at in units])
        members = np.array(
            [_members(finest, columns, groups[columns].names[at]) for columns, at in units], dtype=float
        )
        # unit × figure × (numerator, denominator) × finest cell
        told = np.einsum("ul,fso->ufslo", members.astype(float), sums)
        self._told = told.reshape(*told.shape[:3], -1)[..., used]

    def give_away(self, hidden: Bools, secret: Bools, ranks: NDArray[np.int64]) -> tuple[int, int] | None:
        """Return a figure to hide because it helps to compute a secret.

        Parameters
        ----------
        hidden : array of bool, shape (units, figures)
            What is hidden so far; the first unit, everybody, is never chosen.
        secret : array of bool, shape (units, figures)
            Figures whose two numbers must not be computable.
        ranks : array of int, shape (figures,)
            Of one group the figure of the lowest rank goes first.

        Returns
        -------
        tuple of int or None
            Unit and figure: of the smallest group that takes part; None when every secret is safe.
        """
        shown = np.argwhere(~hidden)
        if not len(shown):
            return None
        rows = self._told[~hidden].reshape(2 * len(shown), -1)
        inverse = np.linalg.pinv(rows.T @ rows, rcond=1e-9, hermitian=True)
        wanted = self._told[secret].reshape(-1, rows.shape[1])
        known = np.abs(wanted @ inverse @ (rows.T @ rows) - wanted).max(axis=1, initial=0) < 1e-6
        parts = np.abs(wanted[known & wanted.any(axis=1)] @ inverse @ rows.T) > 1e-7
        taking = {
            (int(unit), int(figure)) for unit, figure in shown[np.flatnonzero(parts.any(axis=0)) // 2] if unit
        }
        return min(taking, key=lambda each: (self._sizes[each[0]], each[0], ranks[each[1]]), default=None)


def _members(finest: Groups, columns: tuple[str, ...], name: tuple[str, ...]) -> list[bool]:
    places = [finest.columns.index(column) for column in columns]
    return [tuple(leaf[place] for place in places) == name for leaf in finest.names]
