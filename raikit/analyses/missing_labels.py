"""What missing labels could hide: rates if every missing label were the worst, or the best, it can be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from raikit.analyses.gaps import Slicing
from raikit.analyses.groups import gather
from raikit.analyses.rates import Rate, rate_of, result_row, status_of
from raikit.stats.intervals import difference_limits, normal_critical_value, score_limits

if TYPE_CHECKING:
    from raikit.stats.tally import Tally

# The label given to those predicted positive and to those predicted negative. Every rate moves one way with
# each, so that its extremes lie among these four.
_CORNERS = ((1, 0), (0, 1), (1, 1), (0, 0))
# The bounds of a rate tell how many have no label among those predicted positive and negative: selection rate
# less predictive value tells the same, so that bounds are shown where all of these are.
TOLD_BY_BOUNDS = ("selection_rate", "positive_predictive_value", "negative_predictive_value", "base_rate")


class Labelled(NamedTuple):
    """How many of those predicted positive and negative have a label.

    Attributes
    ----------
    selected, selected_labelled : int
        Predicted positive, and how many of them have a label.
    others, others_labelled : int
        Predicted negative, and how many of them have a label.
    """

    selected: int
    selected_labelled: int
    others: int
    others_labelled: int

    @property
    def only_selected(self) -> bool:
        """Whether nobody who was predicted negative has a label, although some of the others have."""
        return self.others > 0 and self.others_labelled == 0 and self.selected_labelled > 0

    @property
    def missing(self) -> int:
        """Rows with a prediction and without a label."""
        return self.selected + self.others - self.selected_labelled - self.others_labelled


def labelled(tally: Tally) -> Labelled:
    """Return how many have a label, by prediction.

    Parameters
    ----------
    tally : Tally
        As `gather` takes it.

    Returns
    -------
    Labelled
        Rows, whatever their weights.

    Examples
    --------
    >>> from raikit.stats.tally import count
    >>> rows = pd.DataFrame({"label": [1, 0, None, None], "prediction": [1, 1, 0, 0]})
    >>> labelled(count(rows, ["label", "prediction"])).only_selected
    True
    """
    cells = gather(tally, ()).counts[0]
    return Labelled(int(cells[:, 0].sum()), int(cells[:2, 0].sum()), int(cells[:, 1].sum()),
                    int(cells[:2, 1].sum()))  # fmt: skip


def filled(tally: Tally) -> list[Tally]:
    """Return the tallies that the extreme values of the missing labels would have given.

    Parameters
    ----------
    tally : Tally
        As `gather` takes it.

    Returns
    -------
    list of Tally
        Four; rows without a prediction stay as they are.
    """
    cells = tally.cells
    found = []
    for selected, other in _CORNERS:
        labels = [
            label if not pd.isna(label) else {1: selected, 0: other}.get(prediction)
            for label, prediction in zip(cells["label"], cells["prediction"], strict=True)
        ]
        guessed = cells.assign(label=pd.Series(labels, dtype=object, index=cells.index))
        found.append(replace(tally, cells=guessed).over(*tally.keys))
    return found


def bound_rows(slicing: Slicing, corners: list[Tally], cluster: str) -> Iterator[dict[str, Any]]:
    """Yield a rate of each group, and the gaps, within what missing labels leave open, in the result form.

    Parameters
    ----------
    slicing : Slicing
        The rate among labelled rows; `hidden` covers all that the bounds would tell.
    corners : list of Tally
        From `filled`.
    cluster : str
        Column of clusters; empty for none.

    Yields
    ------
    dict
        `bounded_` and the rate, and `bounded_` and the difference of pairs. The estimate is that of labelled
        rows; the limits are those of the worst and of the best case with their sampling error (Wilson,
        Newcombe), so that they hold whatever the missing labels are: wide, and no confidence interval of the
        usual kind.

    References
    ----------
    .. [1] Manski (2003), Partial Identification of Probability Distributions, Springer.
    """
    columns, groups = slicing.groups.columns, slicing.groups
    rates = [rate_of(each, gather(each, columns), slicing.metric, cluster) for each in corners]
    critical = normal_critical_value(slicing.confidence)
    ends = [score_limits(rate.effective_success, rate.effective_total, critical) for rate in rates]
    low, high = _widest([each.low for each in ends], [each.high for each in ends])
    estimate = score_limits(slicing.rate.effective_success, slicing.rate.effective_total, critical).estimate
    for at in range(len(groups.names)):
        n = int(slicing.rate.total[at])
        status = status_of(n, hidden=bool(slicing.hidden[at]), min_n=slicing.min_n)
        shown = status in ("ok", "small")
        numbers = [float(part[at]) for part in (estimate, low, high)] if shown else [np.nan] * 3
        yield result_row(f"bounded_{slicing.metric}", groups.slice_of(at), numbers, status=status, n=n,
                         method="wilson, worst and best case", confidence=slicing.confidence)  # fmt: skip
    yield from _gap_rows(slicing, rates)


def _gap_rows(slicing: Slicing, rates: list[Rate]) -> Iterator[dict[str, Any]]:
    pairs = slicing.pairs()
    estimate = slicing.limits(pairs).estimate
    first, second = pairs[:, 0], pairs[:, 1]
    ends = [
        difference_limits(one.effective_success[first], one.effective_total[first],
                          other.effective_success[second], other.effective_total[second],
                          slicing.critical)
        for one in rates for other in rates
    ]  # fmt: skip
    low, high = _widest([each.low for each in ends], [each.high for each in ends])
    for at, (one, other) in enumerate(pairs):
        both = [slicing.groups.slice_of(int(one)), slicing.groups.slice_of(int(other))]
        numbers = [float(part[at]) for part in (estimate, low, high)]
        yield result_row(
            f"bounded_{slicing.metric}_difference", both[0], numbers,
            status=slicing.status_of_pair(int(one), int(other)), n=int(min(slicing.rate.total[[one, other]])),
            method="newcombe, worst and best case", confidence=slicing.confidence, compared=both,
        )  # fmt: skip


def _widest(lows: list[Any], highs: list[Any]) -> tuple[Any, Any]:
    """Return the least lower and the greatest upper limits; a case without a denominator says nothing."""
    return np.fmin.reduce(lows), np.fmax.reduce(highs)
