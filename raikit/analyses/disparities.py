"""Which gaps may be called disparities: over every metric, attribute and declared intersection together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raikit.analyses.contrasted import Contrast
from raikit.stats.hypothesis_tests import adjusted_p_values

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Comparison:
    """A metric among the groups of a slicing, as far as the data decide it.

    Attributes
    ----------
    metric : str
        Name of the rate.
    columns : tuple of str
        The slicing.
    p, p_adjusted : float
        Of the test that all groups are alike, and after Holm's correction over all comparisons.
    pairs : array of int, shape (pairs, 2)
        Positions of the groups compared.
    estimate, low, high : array of float
        Differences, first minus second, with limits that hold together.
    shown_apart : array of bool
        Pairs of which a difference may be stated: the corrected test rejects and the interval excludes zero.
    slicing : Contrast
        The numbers behind.
    """

    metric: str
    columns: tuple[str, ...]
    p: float
    p_adjusted: float
    pairs: NDArray[np.int64]
    estimate: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    shown_apart: NDArray[np.bool_]
    slicing: Contrast

    @property
    def disparity(self) -> bool:
        """Whether any difference may be stated."""
        return bool(self.shown_apart.any())

    @property
    def largest(self) -> int:
        """Position of the pair to speak of: the largest difference that may be stated, else the largest."""
        size = np.abs(self.estimate)
        return int(np.where(self.shown_apart, size, -1.0).argmax() if self.disparity else size.argmax())

    def within(self, margin: float) -> bool:
        """Tell whether every interval lies within a margin, and no group is too small to say so.

        Parameters
        ----------
        margin : float
            The largest difference that is tolerated.

        Returns
        -------
        bool
            Whether the groups are shown to be alike up to the margin.
        """
        enough = (self.slicing.total[self.pairs] >= self.slicing.min_n).all()
        return bool(enough and (self.low >= -margin).all() and (self.high <= margin).all())


def compare(slicings: Sequence[Contrast], *, seed: int) -> list[Comparison]:
    """Return what may be stated of each metric and slicing.

    A disparity is claimed where Holm's corrected test (chi-squared of rates, Welch's of means) over all of
    `slicings` rejects that the groups are alike, and then for pairs whose simultaneous interval excludes
    zero: with equal groups, any claim at all is made in at most 1 - confidence of data sets.

    Parameters
    ----------
    slicings : sequence of Contrast
        Every metric of every attribute and declared intersection: the family.
    seed : int
        Of the random tables that stand in for the chi-squared distribution where expected counts are small.

    Returns
    -------
    list of Comparison
        In the same order; slicings with fewer than two comparable groups are left out.

    References
    ----------
    .. [1] Holm (1979), Scandinavian Journal of Statistics 6(2), 65-70.
    """
    able = [slicing for slicing in slicings if len(slicing.pairs())]
    values = [slicing.p_value(seed) for slicing in able]
    if not able:
        return []
    adjusted = [float(p) for p in adjusted_p_values(values)]
    return [_comparison(*each) for each in zip(able, values, adjusted, strict=True)]


def _comparison(slicing: Contrast, p: float, adjusted: float) -> Comparison:
    pairs = slicing.pairs()
    estimate, low, high = slicing.limits(pairs)
    apart = ((low > 0) | (high < 0)) & (adjusted <= 1 - slicing.confidence)
    apart &= (slicing.total[pairs] >= 2).all(axis=1)  # nobody is spoken of by one row
    columns = slicing.groups.columns
    return Comparison(slicing.metric, columns, p, adjusted, pairs, estimate, low, high, apart, slicing)
