"""What became of each group of people: rates, gaps between groups, and what stands behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from raikit.analyses import reliability
from raikit.analyses.attribution import Explained, explain
from raikit.analyses.compared import ComparedStudy
from raikit.analyses.gaps import COMPARED, Slicing, impact_rows, largest_gap_row, pair_rows, rate_slicing
from raikit.analyses.group_thresholds import operating_threshold, swept_rows
from raikit.analyses.groups import gather
from raikit.analyses.local_law import above_median, law_rows
from raikit.analyses.missing_labels import TOLD_BY_BOUNDS, bound_rows, filled, labelled
from raikit.analyses.rates import REPORTED, rate_of, rate_rows, result_frame
from raikit.analyses.standardised import standardised_rows

if TYPE_CHECKING:
    import pandas as pd

    from raikit.stats.tally import Tally


@dataclass(frozen=True, kw_only=True)
class FairnessStudy(ComparedStudy):
    """What became of each group of people, as counts; every method gives a data frame.

    Attributes
    ----------
    scored : Tally or None
        The tally by score bin.
    positive : str
        The positive value of the label.
    """

    scored: Tally | None = field(repr=False)
    positive: str
    task: ClassVar[str] = "binary"
    compared: ClassVar[Sequence[str]] = COMPARED
    shown: ClassVar[Sequence[str]] = ("selection_rate", "true_positive_rate", "false_positive_rate")
    summaries: ClassVar[Sequence[str]] = ("demographic_parity_difference", "equalized_odds_difference")
    others: ClassVar[Sequence[str]] = (
        "positive_predictive_value", "negative_predictive_value", "accuracy", "base_rate",
    )  # fmt: skip

    def rates(self) -> pd.DataFrame:
        """Return every rate, overall and of each group.

        Returns
        -------
        pandas.DataFrame
            In the result form, with Wilson intervals.
        """
        return result_frame(self._rate_rows())

    def _rate_rows(self) -> Iterator[dict[str, Any]]:
        asked = self.asked
        for columns in ((), *asked.slicings):
            groups = self.groups(columns)
            for metric in REPORTED:
                rate = rate_of(self.tally, groups, metric, asked.cluster)
                yield from rate_rows(groups, metric, rate, hidden=self.hidden.of(metric, columns),
                                     confidence=asked.confidence, min_n=asked.min_n)  # fmt: skip

    def gaps(self) -> pd.DataFrame:
        """Return differences and ratios of all pairs of groups, and the classic summaries.

        Returns
        -------
        pandas.DataFrame
            In the result form. Of each slicing: `_difference` and `_ratio` of selection rate, true and false
            positive rate, positive predictive value and accuracy, with intervals that hold together;
            `demographic_parity_difference`, `equalized_odds_difference` and `impact_ratio` with the pair that
            drives them.
        """
        return result_frame(self._gap_rows())

    def _gap_rows(self) -> Iterator[dict[str, Any]]:
        for columns in self.asked.slicings:
            by_metric = {metric: self.slicing(metric, columns) for metric in COMPARED}
            for each in by_metric.values():
                yield from pair_rows(each)
            selected, hit, alarm = (by_metric[metric] for metric in COMPARED[:3])
            classic = (
                largest_gap_row("demographic_parity_difference", [selected]),
                largest_gap_row("equalized_odds_difference", [hit, alarm]),
            )
            yield from (row for row in classic if row is not None)
            yield from impact_rows(selected)

    def calibration(self) -> pd.DataFrame:
        """Return how right the scores are, overall and within groups.

        Returns
        -------
        pandas.DataFrame
            In the result form: `mean_score` and `calibration_error` (its distance from the base rate) of
            everybody and each group, `observed_rate` by score bin of each feature's groups. Empty without a
            score.
        """
        return result_frame(self._calibration_rows())

    def _calibration_rows(self) -> Iterator[dict[str, Any]]:
        asked = self.asked
        for columns in ((), *asked.slicings) if self.scored is not None else ():
            assert self.scored is not None  # the loop is empty otherwise
            groups, hidden = self.groups(columns), self.hidden.of("base_rate", columns)
            sums = reliability.score_sums(self.scored, groups)
            yield from reliability.group_rows(groups, sums, hidden=hidden, confidence=asked.confidence,
                                              min_n=asked.min_n)  # fmt: skip
            if len(columns) == 1:
                yield from reliability.bin_rows(
                    groups, sums, hidden=hidden, confidence=asked.confidence, min_n=asked.min_n,
                    suppress_below=asked.suppress_below,
                )  # fmt: skip

    def bounds(self) -> pd.DataFrame:
        """Return what missing labels leave open: rates and gaps in the worst and in the best case.

        Returns
        -------
        pandas.DataFrame
            In the result form: `bounded_` and each compared rate that rests on labels, and its differences
            (`raikit.analyses.missing_labels`). Empty where every predicted row has a label.
        """
        return result_frame(self._bound_rows())

    def _bound_rows(self) -> Iterator[dict[str, Any]]:
        corners = filled(self.tally) if labelled(self.tally).missing else []
        for columns in self.asked.slicings if corners else ():
            told = [self.hidden.of(metric, columns) for metric in TOLD_BY_BOUNDS]
            for metric in COMPARED[1:]:
                each = self.slicing(metric, columns)
                hidden = np.any([each.hidden, *told], axis=0)
                yield from bound_rows(replace(each, hidden=hidden), corners, self.asked.cluster)

    def standardised(self) -> pd.DataFrame:
        """Return rates and gaps as they would be if every group had the same mix of the covariate.

        Returns
        -------
        pandas.DataFrame
            In the result form: `standardised_` and the primary rate and the selection rate, with differences
            (`raikit.analyses.standardised`). Empty without a covariate.
        """
        asked = self.asked
        return result_frame(
            row
            for columns in (asked.slicings if asked.covariate else ())
            for metric in dict.fromkeys((asked.primary, "selection_rate"))
            for row in standardised_rows(
                self.slicing(metric, columns), self.tally, asked.covariate, asked.cluster
            )
        )

    @cached_property
    def operating(self) -> float:
        """The threshold that the predictions were made by; NaN where the scores don't tell."""
        if self.scored is None:
            return float("nan")
        return operating_threshold(self.tally, self.scored, self.asked.threshold)

    def thresholds(self, metric: str, columns: tuple[str, ...]) -> pd.DataFrame:
        """Return how a gap depends on the threshold, the same one for everybody.

        Parameters
        ----------
        metric : str
            A rate.
        columns : tuple of str
            The slicing.

        Returns
        -------
        pandas.DataFrame
            In the result form: `swept_` and the difference to the reference group, by threshold
            (`raikit.analyses.group_thresholds`). Empty without a score.
        """
        asked = self.asked
        rows = () if self.scored is None else swept_rows(
            self.slicing(metric, columns), self.scored, operating=self.operating,
            suppress_below=asked.suppress_below, cluster=asked.cluster,
        )  # fmt: skip
        return result_frame(rows)

    def local_law_144(self) -> pd.DataFrame:
        """Return impact ratios in the form of New York City's Local Law 144: a calculation, not an audit.

        Returns
        -------
        pandas.DataFrame
            In the result form, with and without categories of less than 2% (`raikit.analyses.local_law`);
            with a score, scoring rates (above the median of the full sample) and their ratios too.
        """
        return result_frame(self._law_rows())

    def _law_rows(self) -> Iterator[dict[str, Any]]:
        above = above_median(self.table, self.asked) if self.scored is not None else None
        for columns in self.asked.slicings:
            selected = self.slicing("selection_rate", columns)
            yield from law_rows(selected, scoring=False)
            if above is not None:
                groups = gather(above, columns)
                rate = rate_of(above, groups, "selection_rate")
                yield from law_rows(replace(selected, groups=groups, rate=rate), scoring=True)

    def attributions(self, metric: str, columns: tuple[str, ...]) -> Explained | None:
        """Return which features carry the gap that is spoken of, by SHAP.

        Parameters
        ----------
        metric : str
            A rate: the people that it is about are explained, those with a positive label for a true positive
            rate.
        columns : tuple of str
            The slicing.

        Returns
        -------
        Explained or None
            The features' parts in the difference of the two groups' mean scores
            (`raikit.analyses.attribution`); None without a model or where nothing can be compared.
        """
        found = [each for each in self.comparisons if (each.metric, each.columns) == (metric, columns)]
        held: dict[Any, Explained | None] = self.__dict__.setdefault("_explained", {})
        if self.model is not None and found and (metric, columns) not in held:
            held[metric, columns] = explain(self, found[0])
        return held.get((metric, columns))

    def slicing(self, metric: str, columns: tuple[str, ...]) -> Slicing:
        """Return a metric of the groups of a slicing, ready to be compared.

        Parameters
        ----------
        metric : str
            A rate.
        columns : tuple of str
            The slicing.

        Returns
        -------
        Slicing
            With its reference group.
        """
        hidden = self.hidden.of(metric, columns)
        return rate_slicing(self.asked, self.tally, self.groups(columns), metric, hidden)

    def contrasts(self) -> list[Slicing]:
        """Return every compared rate of every slicing: the family that findings are corrected for.

        Returns
        -------
        list of Slicing
            Ready to be compared.
        """
        return [self.slicing(metric, columns) for columns in self.asked.slicings for metric in COMPARED]

    def metric_frame(self, metrics: Mapping[str, Any], *, by: str) -> Any:
        """Return fairlearn's MetricFrame of metrics of one's own, from the counts.

        Parameters
        ----------
        metrics : mapping of str to callable
            Functions of ``(y_true, y_pred, *, sample_weight)``, 1 the positive value: fairlearn's,
            scikit-learn's or one's own.
        by : str
            A sensitive feature.

        Returns
        -------
        fairlearn.metrics.MetricFrame
            Of labelled rows in groups that are shown with every rate; each cell of the tally stands for its
            rows by its weight, so that the time does not depend on their number.
        """
        from fairlearn.metrics import MetricFrame

        cells = self.labelled_cells(by)
        weights = {"sample_weight": cells["weight"]}
        return MetricFrame(
            metrics=dict(metrics), y_true=cells["label"], y_pred=cells["prediction"],
            sensitive_features=cells[by], sample_params=dict.fromkeys(metrics, weights),
        )  # fmt: skip

    def labelled_cells(self, by: str) -> pd.DataFrame:
        """Return the counts of a feature's groups that are shown with every rate.

        Parameters
        ----------
        by : str
            A sensitive feature.

        Returns
        -------
        pandas.DataFrame
            Columns `by`, label, prediction (1 or 0) and weight (rows, or the sum of their weights).
        """
        import pandas as pd

        groups = self.groups((by,))
        hidden = np.any([self.hidden.of(metric, (by,)) for metric in REPORTED], axis=0)
        sums = groups.counts if groups.weights is None else groups.weights
        rows = [
            (groups.names[at][0], 1 - truth, 1 - guess, sums[at, truth, guess])
            for at in np.flatnonzero(~hidden)
            for truth in (0, 1)
            for guess in (0, 1)
            if sums[at, truth, guess] > 0
        ]
        return pd.DataFrame(rows, columns=[by, "label", "prediction", "weight"])
