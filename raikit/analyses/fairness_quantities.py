"""Fairness where a quantity is predicted: mean prediction and mean errors by group, from sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from raikit.analyses.compared import ComparedStudy
from raikit.analyses.contrasted import reference_of
from raikit.analyses.groups import key_of
from raikit.analyses.hiding import hide
from raikit.analyses.mean_gaps import MeanSlicing, mean_pair_rows, studentized
from raikit.analyses.quantities import SHOWN, quantities_counted, sums_of
from raikit.analyses.question import Question
from raikit.analyses.rates import result_frame, result_row, status_of
from raikit.stats.moments import Spread, metric_spread

if TYPE_CHECKING:
    import pandas as pd

    from raikit.sources.table import Table

MEANS = ("mean_error", "mean_absolute_error", "mean_prediction")  # that groups are compared by
_SUMMED_AS = {"mean_error": "bias"}  # how `raikit.stats.moments` calls it
_CENTRED = ("mean_prediction", "mean_label")


@dataclass(frozen=True, kw_only=True)
class QuantityFairness(ComparedStudy):
    """How far off the predictions for each group of people are; every method gives a data frame.

    Attributes
    ----------
    sums : pandas.DataFrame
        Sums by group (and cluster), see `raikit.stats.moments.error_sums`; names of groups, pooled.
    centre : float
        What labels and predictions are taken less of in the sums.
    positive : str
        Empty: a quantity has no positive value.
    """

    sums: pd.DataFrame = field(repr=False)
    centre: float
    positive: str = ""
    task: ClassVar[str] = "regression"
    compared: ClassVar[Sequence[str]] = MEANS
    shown: ClassVar[Sequence[str]] = ("mean_label", "mean_prediction", "mean_absolute_error")
    summaries: ClassVar[Sequence[str]] = tuple(f"{metric}_difference" for metric in MEANS)
    others: ClassVar[Sequence[str]] = ("mean_error", "root_mean_squared_error")

    @property
    def primary(self) -> str:
        """The mean that stands in where none was agreed."""
        return self.asked.primary if self.asked.primary in MEANS else MEANS[0]

    def rates(self) -> pd.DataFrame:
        """Return means and mean errors, overall and of each group, in the label's unit.

        Returns
        -------
        pandas.DataFrame
            In the result form, with Student's limits: `mean_label`, `mean_prediction`, `mean_error`
            (prediction less label), `mean_absolute_error` and `root_mean_squared_error`.
        """
        return result_frame(self._rate_rows())

    def _rate_rows(self) -> Iterator[dict[str, Any]]:
        for columns in ((), *self.asked.slicings):
            groups, hidden = self.groups(columns), self.hidden.of(SHOWN, columns)
            for at in range(len(groups.names)):
                slice_ = groups.slice_of(at)
                part = sums_of(self.sums, slice_)
                for metric in (*self.shown, *self.others):
                    yield self._row(metric, slice_, part, hidden=bool(hidden[at]))

    def _row(
        self, metric: str, slice_: dict[str, str], part: pd.DataFrame, *, hidden: bool
    ) -> dict[str, Any]:
        asked = self.asked
        n, found = int(part["n"].sum()), self._spread(metric, part)
        status = status_of(n if np.isfinite(found.estimate) else 0, hidden=hidden, min_n=asked.min_n)
        numbers = [np.nan] * 3
        if status in ("ok", "small"):
            half = (
                studentized(2, found.size - 1, asked.confidence) * found.error if found.size > 1 else np.nan
            )
            numbers = [found.estimate, found.estimate - half, found.estimate + half]
        if metric == "root_mean_squared_error":
            numbers = [float(np.sqrt(max(each, 0.0))) for each in numbers]
        elif metric == "mean_absolute_error":
            numbers = [max(each, 0.0) if np.isfinite(each) else each for each in numbers]
        method = "root of student's limits" if metric == "root_mean_squared_error" else "student"
        return result_row(metric, slice_, numbers, status=status, n=n, method=method,
                          confidence=asked.confidence)  # fmt: skip

    def _spread(self, metric: str, part: pd.DataFrame) -> Spread:
        clusters = part[key_of(self.asked.cluster)] if self.asked.cluster else None
        found = metric_spread(_SUMMED_AS.get(metric, metric), part, clusters=clusters)
        return found._replace(estimate=found.estimate + self.centre) if metric in _CENTRED else found

    def gaps(self) -> pd.DataFrame:
        """Return differences of pairs of groups.

        Returns
        -------
        pandas.DataFrame
            In the result form: of mean error, mean absolute error and mean prediction, with intervals that
            hold together within a feature (Welch's for two groups, Games and Howell's for more).
        """
        return result_frame(row for each in self.contrasts() for row in mean_pair_rows(each))

    def contrasts(self) -> list[MeanSlicing]:
        """Return every compared mean of every slicing: the family that findings are corrected for.

        Returns
        -------
        list of MeanSlicing
            Ready to be compared.
        """
        return [self.slicing(metric, columns) for columns in self.asked.slicings for metric in MEANS]

    def slicing(self, metric: str, columns: tuple[str, ...]) -> MeanSlicing:
        """Return a mean of the groups of a slicing, ready to be compared.

        Parameters
        ----------
        metric : str
            One of `MEANS`, or another metric of `rates`.
        columns : tuple of str
            The slicing.

        Returns
        -------
        MeanSlicing
            With its reference group.
        """
        asked, groups, hidden = self.asked, self.groups(columns), self.hidden.of(SHOWN, columns)
        parts = [sums_of(self.sums, groups.slice_of(at)) for at in range(len(groups.names))]
        found = [self._spread(metric, part) for part in parts]
        mean, error, size = (np.array(part, dtype=float) for part in zip(*found, strict=True))
        reference = reference_of(groups, hidden, groups.sizes, np.isfinite(error) & (size > 1),
                                 declared=asked.declared(columns), min_n=asked.min_n)  # fmt: skip
        return MeanSlicing(
            groups=groups, metric=metric, hidden=hidden, reference=reference, min_n=asked.min_n,
            confidence=asked.confidence, mean=mean, error=error, size=size, rows=groups.sizes,
        )  # fmt: skip


def quantity_fairness(table: Table, asked: Question) -> QuantityFairness:
    """Add up errors by group, once.

    Parameters
    ----------
    table : Table
        The rows.
    asked : Question
        What is asked.

    Returns
    -------
    QuantityFairness
        Rows without a label or a prediction are left out.

    Raises
    ------
    InputError
        Every problem with columns, values and names at once.
    """
    counted = quantities_counted(table, asked)
    return QuantityFairness(
        asked=asked, tally=counted.tally, sums=counted.sums, centre=counted.centre, table=table,
        hidden=hide(counted.tally, asked.slicings, asked.suppress_below, keep=SHOWN),
    )  # fmt: skip
