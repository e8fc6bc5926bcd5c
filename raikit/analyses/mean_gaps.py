"""Gaps between groups in means: of predictions, of errors, of anything with a standard error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.analyses.contrasted import Contrast
from raikit.analyses.gaps import pair_row, without_numbers
from raikit.stats.intervals import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Degrees of freedom as printed tables have them: rounded down to one of these, intervals are never too short.
_PRINTED = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 24, 30, 40, 60, 120, 240, 500, 1000, 10_000)


@dataclass(frozen=True, kw_only=True)
class MeanSlicing(Contrast):
    """A mean of the groups of a slicing, ready to be compared.

    Attributes
    ----------
    mean, error : array of float
        The mean and its standard error by group; NaN where undefined.
    size : array of float
        What the standard errors rest on: rows, as many equal rows as are as informative, or clusters.
    rows : array of int
        Rows of each group.
    """

    mean: Floats
    error: Floats
    size: Floats
    rows: NDArray[np.int64]

    @property
    def total(self) -> NDArray[np.int64]:
        """Rows of each group."""
        return self.rows

    @property
    def defined(self) -> NDArray[np.bool_]:
        """Groups whose mean and its spread are known."""
        return np.isfinite(self.mean) & np.isfinite(self.error) & (self.size > 1)

    def limits(self, pairs: NDArray[np.int64], *, critical: float | None = None) -> Interval:
        """Return differences of means; variances may differ (Welch; among several groups Games and Howell).

        Parameters
        ----------
        pairs : array of int, shape (pairs, 2)
            Positions of first and second.
        critical : float, optional
            By default that of each pair's degrees of freedom.

        Returns
        -------
        Interval
            Arrays, one value a pair, in the label's unit.

        References
        ----------
        .. [1] Games and Howell (1976), Journal of Educational Statistics 1(2), 113-125.
        """
        groups, joint = int(self.comparable.sum()), 1 - (1 - self.confidence) / self.families
        parts = self.error[pairs] ** 2
        spread = parts.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            freedom = spread**2 / (parts**2 / (self.size[pairs] - 1)).sum(axis=1)
        freedom = np.where(np.isfinite(freedom), freedom, 1.0)
        values = [studentized(max(groups, 2), float(each), joint) for each in freedom]
        half = (np.array(values) if critical is None else critical) * np.sqrt(spread)
        gap = self.mean[pairs[:, 0]] - self.mean[pairs[:, 1]]
        return Interval(gap, gap - half, gap + half)

    def p_value(self, seed: int) -> float:
        """Return the p value of Welch's analysis of variance that the comparable groups have one mean.

        Parameters
        ----------
        seed : int
            Not needed: nothing is drawn.

        Returns
        -------
        float
            1 where nothing varies within groups, so that nothing can be said.

        References
        ----------
        .. [1] Welch (1951), Biometrika 38, 330-336.
        """
        from statsmodels.stats.oneway import anova_generic

        able = self.comparable
        mean, error, size = self.mean[able], self.error[able], self.size[able]
        if len(mean) < 2 or not error.any():
            return 1.0
        error = np.maximum(error, error.max() * 1e-6)  # a group that doesn't vary is weighed, not divided by
        return float(anova_generic(mean, error**2 * size, size, use_var="unequal").pvalue)


def studentized(groups: int, freedom: float, confidence: float) -> float:
    """Return the critical value of all pairwise differences of means.

    Parameters
    ----------
    groups : int
        How many are compared, at least 2.
    freedom : float
        Degrees of freedom of a pair.
    confidence : float
        Joint coverage in (0, 1).

    Returns
    -------
    float
        Student's t for two groups; else the studentized range over the square root of 2, with the degrees of
        freedom rounded down as printed tables have them.

    Examples
    --------
    >>> round(studentized(2, 10.0, 0.95), 3), round(studentized(3, 10.0, 0.95), 3)
    (2.228, 2.741)
    """
    from scipy.stats import t

    if groups == 2:
        return float(t.isf((1 - confidence) / 2, freedom))
    return _tabled(groups, max((each for each in _PRINTED if each <= freedom), default=1), confidence)


@lru_cache(maxsize=512)
def _tabled(groups: int, freedom: int, confidence: float) -> float:
    from scipy.stats import studentized_range

    return float(studentized_range.ppf(confidence, groups, freedom) / np.sqrt(2))


def mean_pair_rows(slicing: MeanSlicing) -> Iterator[dict[str, Any]]:
    """Yield the differences of means of a slicing in the result form.

    Parameters
    ----------
    slicing : MeanSlicing
        A mean of its groups.

    Yields
    ------
    dict
        A row a pair; for a group that is hidden or undefined one row, against the reference, without numbers.
    """
    pairs = slicing.pairs()
    method = "games-howell" if slicing.comparable.sum() > 2 else "welch"
    interval = slicing.limits(pairs)
    for at, (first, second) in enumerate(pairs):
        numbers = [float(part[at]) for part in interval]
        status = slicing.status_of_pair(int(first), int(second))
        yield pair_row(slicing, f"{slicing.metric}_difference", (int(first), int(second)), numbers, status,
                       method)  # fmt: skip
    yield from without_numbers(slicing, "difference", method)
