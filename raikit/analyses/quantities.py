"""How good predicted quantities are: mean errors overall and by slice, from sums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from raikit.analyses.baselines import MODEL
from raikit.analyses.groups import key_of, text_of
from raikit.analyses.hiding import hide
from raikit.analyses.once import once
from raikit.analyses.question import Question, check_question, pooled
from raikit.analyses.rates import result_frame, result_row, status_of
from raikit.analyses.sliced import SlicedStudy
from raikit.errors import InputError
from raikit.stats.intervals import normal_critical_value
from raikit.stats.moments import METRICS, error_sums, metric_interval
from raikit.stats.tally import Tally

if TYPE_CHECKING:
    from raikit.sources.table import Table

SHOWN = "selection_rate"  # every row of the tally has label and prediction 1: all figures tell its number
METHODS = {
    "root_mean_squared_error": "root of student's limits", "r_squared": "student, by influence",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class QuantityStudy(SlicedStudy):
    """How good predicted quantities are; every method gives a data frame.

    Attributes
    ----------
    sums : pandas.DataFrame
        Sums by group (and cluster), see `raikit.stats.moments.error_sums`; names of groups, pooled.
    left_out : int
        Rows without a label or a prediction.
    task : str
        "regression".
    """

    sums: pd.DataFrame = field(repr=False)
    left_out: int
    primary: str = "mean_absolute_error"
    task: str = "regression"

    @property
    def outcomes(self) -> None:
        """None: of quantities only sums are kept."""

    @property
    def reported(self) -> tuple[str, ...]:
        """The metrics beside the primary one, in the order of a table."""
        return METRICS[1:]

    @once
    def metrics(self) -> pd.DataFrame:
        """Return mean errors, overall and of each slice, in the label's unit.

        Returns
        -------
        pandas.DataFrame
            In the result form: `mean_absolute_error`, `root_mean_squared_error`, `bias` (prediction less
            label) and `r_squared`, with intervals from sums (`raikit.stats.moments.metric_interval`).
        """
        asked = self.asked
        return result_frame(
            self._row(metric, columns, at, metric)
            for columns in ((), *asked.slicings)
            for at in range(len(self.groups(columns).names))
            for metric in METRICS
        )

    def _row(self, metric: str, columns: tuple[str, ...], at: int, name: str) -> dict[str, Any]:
        asked, groups = self.asked, self.groups(columns)
        part = self._part(columns, at)
        n = int(part["n"].sum())
        status = status_of(n if part["w1"].sum() > 0 else 0, hidden=bool(self.hidden.of(SHOWN, columns)[at]),
                           min_n=asked.min_n)  # fmt: skip
        numbers = [np.nan] * 3
        if status in ("ok", "small"):
            clusters = part[key_of(asked.cluster)] if asked.cluster else None
            numbers = list(metric_interval(metric, part, clusters=clusters, confidence=asked.confidence))
            status = status if np.isfinite(numbers[0]) else "undefined"
        return result_row(name, groups.slice_of(at), numbers, status=status, n=n,
                          method=METHODS.get(metric, "student"), confidence=asked.confidence)  # fmt: skip

    def _part(self, columns: tuple[str, ...], at: int) -> pd.DataFrame:
        return sums_of(self.sums, self.groups(columns).slice_of(at))

    @once
    def errors(self) -> pd.DataFrame:
        """Return which slices carry the errors.

        Returns
        -------
        pandas.DataFrame
            In the result form, of each slice: `share_of_rows` (of their weights) and
            `share_of_absolute_error` with normal limits by influence, and `error_concentration_ratio`, the
            slice's mean absolute error divided by everyone else's (normal limits of its logarithm).
        """
        return result_frame(
            row
            for columns in self.asked.slicings
            for at in range(len(self.groups(columns).names))
            for row in self._error_rows(columns, at)
        )

    def _error_rows(self, columns: tuple[str, ...], at: int) -> Iterator[dict[str, Any]]:
        asked, groups = self.asked, self.groups(columns)
        part = self._part(columns, at)
        others = self.sums.drop(index=part.index)
        n = int(part["n"].sum())
        status = status_of(n, hidden=bool(self.hidden.of(SHOWN, columns)[at]), min_n=asked.min_n)
        shown = status in ("ok", "small")
        for name, power, square in (("share_of_rows", "w1", "v1"), ("share_of_absolute_error", "wa", "vee")):
            share = self._share(part, others, power, square) if shown else [np.nan] * 3
            yield result_row(name, groups.slice_of(at), share, n=self.tally.total,
                             status=status if np.isfinite(share[0]) or not shown else "undefined",
                             method="normal, by influence", confidence=asked.confidence)  # fmt: skip
        numbers = [np.nan] * 3
        if shown:
            numbers = self._ratio(part, others)
        defined = bool(np.isfinite(numbers[0]))
        yield result_row("error_concentration_ratio", groups.slice_of(at), numbers, n=n,
                         status=status if defined or not shown else "undefined",
                         method="normal on the logarithm", confidence=asked.confidence)  # fmt: skip

    def _share(self, part: pd.DataFrame, others: pd.DataFrame, power: str, square: str) -> list[float]:
        whole = float(self.sums[power].sum())
        if not whole:
            return [np.nan] * 3
        share = float(part[power].sum()) / whole
        if self.asked.cluster:
            factor = np.where(self.sums.index.isin(part.index), 1.0, 0.0) - share
            clusters = self.sums[key_of(self.asked.cluster)].map(text_of)
            spread = float(((self.sums[power] * factor).groupby(clusters).sum() ** 2).sum())
        else:
            spread = float(part[square].sum() * (1 - share) ** 2 + others[square].sum() * share**2)
        half = normal_critical_value(self.asked.confidence) * float(np.sqrt(spread)) / whole
        return [share, max(share - half, 0.0), min(share + half, 1.0)]

    def _ratio(self, part: pd.DataFrame, others: pd.DataFrame) -> list[float]:
        asked = self.asked
        found = []
        for sums in (part, others):
            clusters = sums[key_of(asked.cluster)] if asked.cluster else None
            found.append(
                metric_interval("mean_absolute_error", sums, clusters=clusters, confidence=asked.confidence)
            )
        (mean, _, high), (other, _, other_high) = found
        if not (mean > 0 and other > 0):
            return [np.nan] * 3
        reach = float(np.hypot((high - mean) / mean, (other_high - other) / other))
        return [mean / other, mean / other * np.exp(-reach), mean / other * np.exp(reach)]

    def against_baseline(self) -> pd.DataFrame:
        """Return the baseline's mean absolute error and the model's less the baseline's, on the same rows.

        Returns
        -------
        pandas.DataFrame
            In the result form, overall and of each slice; below 0 the model errs less. Paired: the interval
            is that of the mean of row by row differences. Empty without a baseline.
        """
        slicings = ((), *self.asked.slicings) if self.baseline else ()
        return result_frame(
            row
            for columns in slicings
            for at in range(len(self.groups(columns).names))
            for row in self._baseline_rows(columns, at)
        )

    def _baseline_rows(self, columns: tuple[str, ...], at: int) -> Iterator[dict[str, Any]]:
        metric = "mean_absolute_error"
        slice_ = self.groups(columns).slice_of(at)
        model, base = slice_ | {"model": MODEL}, slice_ | {"model": self.baseline}
        row = self._row("baseline", columns, at, metric)
        yield row | {"slice": base, "group": " × ".join(base.values())}
        row = self._row("difference", columns, at, f"{metric}_difference")
        group = " vs ".join(" × ".join(each.values()) for each in (model, base))
        yield row | {"slice": model, "compared": [model, base], "group": group, "method": "student, paired"}


def sums_of(sums: pd.DataFrame, slice_: Mapping[str, str]) -> pd.DataFrame:
    """Return the sums that make up a slice.

    Parameters
    ----------
    sums : pandas.DataFrame
        By group, and cluster.
    slice_ : mapping of str to str
        Empty for everybody.

    Returns
    -------
    pandas.DataFrame
        Some of the rows.
    """
    chosen = np.ones(len(sums), dtype=bool)
    for column, name in slice_.items():
        chosen &= (sums[key_of(column)].map(text_of) == name).to_numpy()
    return sums[chosen]


def quantity_study(table: Table, asked: Question) -> QuantityStudy:
    """Add up errors once, after a look at the label's mean.

    Parameters
    ----------
    table : Table
        The rows.
    asked : Question
        What is asked.

    Returns
    -------
    QuantityStudy
        Its methods give data frames.

    Raises
    ------
    InputError
        Every problem with columns, values and names at once.
    """
    counted = quantities_counted(table, asked)
    return QuantityStudy(
        asked=asked, tally=counted.tally, sums=counted.sums, left_out=table.rows - counted.tally.total,
        baseline=asked.baseline, hidden=hide(counted.tally, asked.slicings, asked.suppress_below, keep=SHOWN),
    )  # fmt: skip


class Counted(NamedTuple):
    """Rows of quantities, added up.

    Attributes
    ----------
    tally : Tally
        Rows by group; every row has label and prediction 1.
    sums : pandas.DataFrame
        By group (and cluster), see `raikit.stats.moments.error_sums`; names of groups, pooled.
    centre : float
        What labels and predictions are taken less of in the sums.
    """

    tally: Tally
    sums: pd.DataFrame
    centre: float


def quantities_counted(table: Table, asked: Question) -> Counted:
    """Add up errors once, after a look at the label's mean.

    Parameters
    ----------
    table : Table
        The rows.
    asked : Question
        What is asked.

    Returns
    -------
    Counted
        Rows without a label or a prediction are left out.

    Raises
    ------
    InputError
        Every problem with columns, values and names at once.
    """
    import narwhals as nw

    check_question(table, asked)
    if not asked.prediction:
        raise InputError(
            f"{asked.analysis}: prediction: none; a quantity needs the column of its predictions"
        )
    keys = {key_of(name): name for name in asked.features}
    keys |= {key_of(asked.cluster): asked.cluster} if asked.cluster else {}
    mean = table.lazy.select(nw.col(asked.label).cast(nw.Float64()).mean().alias("m")).collect("pyarrow")
    centre = float(mean.to_arrow().column("m").to_pylist()[0] or 0.0)
    sums = error_sums(
        table.lazy, keys, label=asked.label, prediction=asked.prediction, baseline=asked.baseline,
        weight=asked.weight, centre=centre,
    )  # fmt: skip
    counts = sums[[*keys, "n"]].assign(label=1, prediction=1).astype({"label": object, "prediction": object})
    tally = pooled(Tally((*keys, "label", "prediction"), counts), asked)
    for column in asked.features:
        members = {m: name for name, group in asked.pool.get(column, {}).items() for m in group}
        named = [None if value is None else text_of(value) for value in sums[key_of(column)]]
        sums[key_of(column)] = pd.Series([members.get(str(name), name) for name in named], dtype=object)
    return Counted(tally, sums, centre)
