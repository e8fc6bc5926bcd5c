"""Gaps between groups: differences and ratios of all pairs that hold together, and the classic summaries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.analyses.contrasted import Contrast, reference_of
from raikit.analyses.rates import Rate, rate_of, result_row
from raikit.stats.contrasts import simultaneous_critical_value
from raikit.stats.hypothesis_tests import omnibus_test
from raikit.stats.intervals import Interval, difference_limits, ratio_limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.analyses.groups import Groups
    from raikit.analyses.question import Question
    from raikit.stats.tally import Tally

# Demographic parity, equal opportunity, equalized odds, predictive parity, and being right. Gaps of the false
# negative and true negative rates are these with the sign turned.
COMPARED = (
    "selection_rate", "true_positive_rate", "false_positive_rate", "positive_predictive_value", "accuracy",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Slicing(Contrast):
    """A rate of the groups of a slicing, ready to be compared.

    Attributes
    ----------
    rate : Rate
        By group.
    """

    rate: Rate

    @property
    def total(self) -> NDArray[np.int64]:
        """Rows behind the rate, by group."""
        return self.rate.total

    @property
    def defined(self) -> NDArray[np.bool_]:
        """Groups that have the rate."""
        return self.rate.effective_total > 0

    def limits(
        self, pairs: NDArray[np.int64], *, ratio: bool = False, critical: float | None = None
    ) -> Interval:
        """Return differences (Newcombe) or ratios (Koopman) of pairs of groups.

        Parameters
        ----------
        pairs : array of int, shape (pairs, 2)
            Positions of first and second.
        ratio : bool, default=False
            First divided by second instead of first minus second.
        critical : float, optional
            By default the simultaneous one.

        Returns
        -------
        Interval
            Arrays, one value a pair.
        """
        success, total = self.rate.effective_success, self.rate.effective_total
        first, second = pairs[:, 0], pairs[:, 1]
        bounds = ratio_limits if ratio else difference_limits
        value = self.critical if critical is None else critical
        found = bounds(success[first], total[first], success[second], total[second], value)
        return Interval(*(np.asarray(part, dtype=float) for part in found))

    def p_value(self, seed: int) -> float:
        """Return the chi-squared test's p value that the comparable groups have one rate.

        Parameters
        ----------
        seed : int
            Of the random tables that stand in for the distribution where expected counts are small.

        Returns
        -------
        float
            1 where the rate can't differ.
        """
        from scipy.stats import chi2_contingency

        able, rate = self.comparable, self.rate
        if rate.plain:
            return omnibus_test(rate.success[able], rate.total[able], seed=seed).p_value
        success = rate.effective_success[able]
        failure = rate.effective_total[able] - success
        if min(success.sum(), failure.sum()) < 1e-9:
            return 1.0
        return float(chi2_contingency(np.array([success, failure]), correction=False).pvalue)

    def counts_of(self, pair: tuple[int, int]) -> list[int] | None:
        """Return successes and denominators of a pair.

        Parameters
        ----------
        pair : tuple of int
            Positions.

        Returns
        -------
        list of int or None
            None where effective numbers stand for the counts.
        """
        if not self.rate.plain:
            return None
        return [int(part[at]) for at in pair for part in (self.rate.success, self.rate.total)]


def rate_slicing(
    asked: Question, tally: Tally, groups: Groups, metric: str, hidden: NDArray[np.bool_], *, name: str = ""
) -> Slicing:
    """Return a rate of the groups of a slicing, ready to be compared.

    Parameters
    ----------
    asked : Question
        Has the reference that was declared, the least rows and the confidence.
    tally : Tally
        The counts.
    groups : Groups
        Of the slicing, gathered from the tally.
    metric : str
        A rate.
    hidden : array of bool
        Groups not shown.
    name : str, optional
        The metric's name in results, where it is another.

    Returns
    -------
    Slicing
        With its reference group.
    """
    rate = rate_of(tally, groups, metric, asked.cluster)
    reference = reference_of(groups, hidden, rate.total, rate.effective_total > 0,
                             declared=asked.declared(groups.columns), min_n=asked.min_n)  # fmt: skip
    return Slicing(groups=groups, metric=name or metric, rate=rate, hidden=hidden, reference=reference,
                   min_n=asked.min_n, confidence=asked.confidence)  # fmt: skip


def pair_rows(slicing: Slicing) -> Iterator[dict[str, Any]]:
    """Yield the differences and ratios of a slicing in the result form.

    Parameters
    ----------
    slicing : Slicing
        A metric of its groups.

    Yields
    ------
    dict
        A row a pair; for a group that is hidden or undefined one row, against the reference, without numbers.
    """
    pairs, tail = slicing.pairs(), slicing.corrected
    for suffix, method, ratio in (("difference", "newcombe", False), ("ratio", "koopman", True)):
        interval = slicing.limits(pairs, ratio=ratio)
        for at, (first, second) in enumerate(pairs):
            numbers = [float(part[at]) for part in interval]
            status = slicing.status_of_pair(first, second) if np.isfinite(numbers[0]) else "undefined"
            numbers = numbers if status != "undefined" else [np.nan] * 3
            yield pair_row(slicing, f"{slicing.metric}_{suffix}", (int(first), int(second)), numbers, status,
                           method + tail)  # fmt: skip
        yield from without_numbers(slicing, suffix, method + tail)


def without_numbers(slicing: Contrast, suffix: str, method: str) -> Iterator[dict[str, Any]]:
    """Yield a row for each group that is hidden or undefined, against the reference, without numbers.

    Parameters
    ----------
    slicing : Contrast
        A metric of its groups.
    suffix : str
        ``difference`` or ``ratio``.
    method : str
        Of the intervals of the others.

    Yields
    ------
    dict
        In the result form.
    """
    for at in np.flatnonzero(slicing.groups.known & ~slicing.comparable):
        if slicing.reference >= 0:
            status = "suppressed" if slicing.hidden[at] else "undefined"
            yield pair_row(slicing, f"{slicing.metric}_{suffix}", (int(at), slicing.reference), [np.nan] * 3,
                           status, method)  # fmt: skip


def pair_row(
    slicing: Contrast, metric: str, pair: tuple[int, int], numbers: list[float], status: str, method: str
) -> dict[str, Any]:
    """Return a comparison of two groups in the result form.

    Parameters
    ----------
    slicing : Contrast
        The groups.
    metric : str
        Of the comparison.
    pair : tuple of int
        Positions.
    numbers : list of float
        Estimate, low, high.
    status, method : str
        As the record names them.

    Returns
    -------
    dict
        The denominator is the smaller one.
    """
    both = [slicing.slice_of(at) for at in pair]
    return result_row(
        metric, both[0], numbers, status=status, n=int(min(slicing.total[list(pair)])), method=method,
        confidence=slicing.confidence, compared=both,
        counts=slicing.counts_of(pair) if status in ("ok", "small") else None,
    )  # fmt: skip


def largest_gap_row(metric: str, slicings: list[Slicing]) -> dict[str, Any] | None:
    """Return the largest difference over all pairs of groups, and over several metrics, in the result form.

    Parameters
    ----------
    metric : str
        The classic name: ``demographic_parity_difference``, ``equalized_odds_difference``.
    slicings : list of Slicing
        Metrics of the same groups.

    Returns
    -------
    dict or None
        `compared` is the pair that drives it, higher rate first. The interval follows from simultaneous ones:
        the true largest gap is at least each pair's lower limit and at most the largest upper limit.
        Undefined where any group's rate is (a group without positives has no true positive rate, so nobody
        knows the largest gap). None where nothing can be compared.
    """
    found = [_largest(slicing, len(slicings)) for slicing in slicings]
    known = [each for each in found if each is not None]
    if not known:
        return None
    (first, second), numbers, driver = max(known, key=lambda each: each[1][0])
    numbers = [max(each[1][part] for each in known) for part in range(3)]
    undefined = len(known) < len(slicings) or any(
        (slicing.groups.known & ~slicing.hidden & (slicing.rate.effective_total <= 0)).any()
        for slicing in slicings
    )
    status = "undefined" if undefined else driver.status_of_pair(first, second)
    numbers = [np.nan] * 3 if undefined else numbers
    method = "newcombe-tukey" if len(slicings) == 1 else "newcombe-tukey, bonferroni"
    row = pair_row(driver, metric, (first, second), numbers, status, method)
    return row | {"counts": None if len(slicings) > 1 else row["counts"]}


def _largest(slicing: Slicing, families: int) -> tuple[tuple[int, int], list[float], Slicing] | None:
    """Return the pair with the largest gap, higher rate first, and limits of the largest gap.

    One of the two has `min_n` rows at least: two tiny groups say nothing of each other.
    """
    pairs = slicing.pairs()
    big = (slicing.rate.total[pairs] >= slicing.min_n).any(axis=1) if len(pairs) else np.array([], dtype=bool)
    pairs = pairs[big]
    if not len(pairs):
        return None
    joint = 1 - (1 - slicing.confidence) / families
    critical = simultaneous_critical_value(max(2, int(slicing.comparable.sum())), joint)
    estimate, low, high = slicing.limits(pairs, critical=critical)
    at = int(np.abs(estimate).argmax())
    order = (0, 1) if estimate[at] >= 0 else (1, 0)
    inner = np.where((low <= 0) & (high >= 0), 0.0, np.minimum(np.abs(low), np.abs(high)))
    outer = np.maximum(np.abs(low), np.abs(high))
    first, second = (int(pairs[at][place]) for place in order)
    return (first, second), [float(abs(estimate[at])), float(inner.max()), float(outer.max())], slicing


def impact_rows(slicing: Slicing) -> Iterator[dict[str, Any]]:
    """Yield each group's selection rate ÷ that of the most selected group, in the result form.

    Parameters
    ----------
    slicing : Slicing
        Selection rates.

    Yields
    ------
    dict
        A row a group other than the most selected one, which has `min_n` rows at least; Koopman intervals
        that hold together. Undefined where nobody is selected.
    """
    able = slicing.comparable & (slicing.rate.total >= slicing.min_n)
    if not able.any():
        return
    share = slicing.rate.effective_success / np.maximum(slicing.rate.effective_total, 1e-300)
    top = int(np.where(able, share, -1.0).argmax())
    others = [int(at) for at in np.flatnonzero(slicing.groups.known) if at != top]
    method = "koopman-tukey" if slicing.comparable.sum() > 2 else "koopman"
    for at in others:
        numbers, status = [np.nan] * 3, "suppressed" if slicing.hidden[at] else "undefined"
        if slicing.comparable[at] and share[top] > 0:
            pair = np.array([[at, top]], dtype=np.int64)
            numbers = [float(part[0]) for part in slicing.limits(pair, ratio=True)]
            status = slicing.status_of_pair(at, top)
        yield pair_row(slicing, "impact_ratio", (at, top), numbers, status, method)
