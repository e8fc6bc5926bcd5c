"""How good yes-or-no predictions are: overall and by slice, all of it from counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from raikit.analyses import baselines, reliability, thresholds
from raikit.analyses.errors import error_rows
from raikit.analyses.groups import Groups, key_of
from raikit.analyses.hiding import hide
from raikit.analyses.once import once
from raikit.analyses.question import Question, counted
from raikit.analyses.ranking import Ranked, area_rows, ranked
from raikit.analyses.rates import rate_of, rate_rows, result_frame
from raikit.analyses.scores import binned_error_row, brier_row, score_cells
from raikit.analyses.sliced import SlicedStudy
from raikit.stats.metrics import value

if TYPE_CHECKING:
    import pandas as pd

    from raikit.sources.table import Table
    from raikit.stats.tally import Tally

_CONFUSION = (
    ("true_positive_rate", "positive", "positive"),
    ("false_negative_rate", "positive", "negative"),
    ("false_positive_rate", "negative", "positive"),
    ("true_negative_rate", "negative", "negative"),
)
RATES = ("accuracy", "true_positive_rate", "false_positive_rate", "positive_predictive_value")


@dataclass(frozen=True, kw_only=True)
class DecisionStudy(SlicedStudy):
    """How good yes-or-no predictions are; every method gives a data frame.

    Attributes
    ----------
    scored : Tally or None
        Rows by slice, label, prediction and score bin.
    positive : str
        The positive value of the label.
    ranked : Ranked or None
        Rows by score.
    task : str
        "binary".
    """

    scored: Tally | None = field(repr=False)
    positive: str
    ranked: Ranked | None = field(repr=False)
    task: str = "binary"

    @property
    def reported(self) -> tuple[str, ...]:
        """The metrics beside the primary one, in the order of a table."""
        return (*RATES[1:], "f1", *(("auc", "brier") if self.scored is not None else ()))

    @once
    def metrics(self) -> pd.DataFrame:
        """Return how good predictions are, overall and of each slice.

        Returns
        -------
        pandas.DataFrame
            In the result form: `accuracy`, `true_positive_rate`, `false_positive_rate`,
            `positive_predictive_value` and `f1` with Wilson intervals (F1 through Jaccard's index, of which
            it is a function) and, with a score, `auc` (DeLong) and `brier` (normal).
        """
        return result_frame(self._metric_rows())

    def _metric_rows(self) -> Iterator[dict[str, Any]]:
        asked = self.asked
        common: dict[str, Any] = {"confidence": asked.confidence, "min_n": asked.min_n}
        for columns in ((), *asked.slicings):
            groups = self.groups(columns)
            for metric in RATES:
                rate = rate_of(self.tally, groups, metric, asked.cluster)
                yield from rate_rows(groups, metric, rate, hidden=self.hidden.of(metric, columns), **common)
            yield from self._f1_rows(groups, columns)
            hidden = self.hidden.of("base_rate", columns)
            if self.ranked is not None and self.scored is not None:
                yield from area_rows(self.ranked, groups, hidden=hidden, **common)
                cells = score_cells(self.scored, groups)
                for at in range(len(groups.names)):
                    yield brier_row(groups, at, cells, hidden=bool(hidden[at]), **common)

    def _f1_rows(self, groups: Groups, columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        asked = self.asked
        rate = rate_of(self.tally, groups, "f1", asked.cluster)
        # its counts are sums of those that the true positive rate and the predictive value tell
        hidden = self.hidden.of("true_positive_rate", columns) | self.hidden.of(
            "positive_predictive_value", columns
        )
        for row in rate_rows(
            groups, "f1", rate, hidden=hidden, confidence=asked.confidence, min_n=asked.min_n
        ):
            turned = {part: float(value("f1", row[part])) for part in ("estimate", "low", "high")}
            yield row | turned | {"counts": None, "method": f"{row['method']} of Jaccard's index"}

    def confusion(self) -> pd.DataFrame:
        """Return what rows of each label are predicted to be, overall.

        Returns
        -------
        pandas.DataFrame
            In the result form: `share_predicted` with `label` and `predicted` as slice keys.
        """
        asked, everybody = self.asked, self.groups(())
        rows = []
        for metric, label, guess in _CONFUSION:
            rate = rate_of(self.tally, everybody, metric, asked.cluster)
            (row,) = rate_rows(everybody, metric, rate, hidden=self.hidden.of(metric, ()),
                               confidence=asked.confidence, min_n=asked.min_n)  # fmt: skip
            slice_ = {"label": f"is {label}", "predicted": f"predicted {guess}"}
            rows.append(
                row | {"metric": "share_predicted", "slice": slice_, "group": " × ".join(slice_.values())}
            )
        return result_frame(rows)

    def errors(self) -> pd.DataFrame:
        """Return which slices carry the errors.

        Returns
        -------
        pandas.DataFrame
            In the result form, of each slice: `share_of_errors`, `share_of_rows` and
            `error_concentration_ratio`, the slice's error rate divided by everyone else's (Koopman).
        """
        asked = self.asked
        return result_frame(
            row
            for columns in asked.slicings
            for row in error_rows(
                self.groups(columns), rate_of(self.tally, self.groups(columns), "accuracy", asked.cluster),
                hidden=self.hidden.of("accuracy", columns), confidence=asked.confidence, min_n=asked.min_n,
            )
        )  # fmt: skip

    @once
    def against_baseline(self) -> pd.DataFrame:
        """Return the baseline's rates and the model's less the baseline's, on the same rows.

        Returns
        -------
        pandas.DataFrame
            In the result form, see `raikit.analyses.baselines.paired_rows`: overall accuracy, true and false
            positive rate, and accuracy of each slice. Empty without a baseline.
        """
        return result_frame(self._baseline_rows())

    def _baseline_rows(self) -> Iterator[dict[str, Any]]:
        pairs: list[tuple[tuple[str, ...], str]] = [((), metric) for metric in baselines.PAIRED]
        pairs += [(columns, "accuracy") for columns in self.asked.slicings]
        for columns, metric in pairs if self.baseline else []:
            yield from baselines.paired_rows(
                self.tally, self.groups(columns), metric, self.baseline,
                hidden=self.hidden.of(metric, columns), asked=self.asked,
            )  # fmt: skip

    def thresholds(self) -> pd.DataFrame:
        """Return overall rates at nine thresholds of the score.

        Returns
        -------
        pandas.DataFrame
            In the result form, `swept_` and the rate's name, with `threshold` as slice key. Empty without a
            score.
        """
        rows = () if self.scored is None else thresholds.threshold_rows(self._overall_scored(), self.asked)
        return result_frame(rows)

    def curves(self) -> pd.DataFrame:
        """Return overall rates at every hundredth of the score, for drawing.

        Returns
        -------
        pandas.DataFrame
            See `raikit.analyses.thresholds.curve_frame`. Empty without a score.
        """
        import pandas as pd

        if self.scored is None:
            return pd.DataFrame(columns=["threshold", *thresholds.SWEPT])
        return thresholds.curve_frame(self._overall_scored())

    def _overall_scored(self) -> Tally:
        assert self.scored is not None  # callers look
        cluster = [key_of(self.asked.cluster)] if self.asked.cluster else []
        return self.scored.over(*cluster, "label", "score_bin")

    def operating_point(self) -> dict[str, float]:
        """Return where on the curves the predictions lie.

        Returns
        -------
        dict of str to float
            Overall rates of the predictions as they are, under the names of `curves`, and the threshold where
            one of hundredths gives just these rates; NaN where undefined or unknown.
        """
        found: dict[str, float] = {}
        for metric in thresholds.SWEPT:
            rate = rate_of(self.tally, self.groups(()), metric, self.asked.cluster)
            total = float(rate.effective_total[0])
            found[metric] = float(rate.effective_success[0]) / total if total else float("nan")
        return found | {"threshold": thresholds.threshold_of(self.curves(), found)}

    @once
    def calibration(self) -> pd.DataFrame:
        """Return how right the scores are, overall and within slices.

        Returns
        -------
        pandas.DataFrame
            In the result form: `mean_score`, `calibration_error` (mean score's distance from the base rate)
            and, without weights, `expected_calibration_error` over tenths of the score, of everybody and each
            slice; `observed_rate` by tenth of the score of everybody and of each feature's groups, with the
            bin's `mean_score` as a further column. Empty without a score.
        """
        return result_frame(self._calibration_rows())

    def _calibration_rows(self) -> Iterator[dict[str, Any]]:
        asked = self.asked
        common: dict[str, Any] = {"confidence": asked.confidence, "min_n": asked.min_n}
        for columns in ((), *asked.slicings) if self.scored is not None else ():
            assert self.scored is not None  # the loop is empty otherwise
            groups, hidden = self.groups(columns), self.hidden.of("base_rate", columns)
            sums = reliability.score_sums(self.scored, groups)
            yield from reliability.group_rows(groups, sums, hidden=hidden, **common)
            if not asked.weight:
                for at in range(len(groups.names)):
                    yield binned_error_row(groups, at, sums, hidden=bool(hidden[at]), **common)
            if len(columns) <= 1:
                yield from reliability.bin_rows(groups, sums, hidden=hidden, **common,
                                                suppress_below=asked.suppress_below)  # fmt: skip


def decision_study(table: Table, asked: Question, *, majority: str | None) -> DecisionStudy:
    """Count once, and once more by exact score where there is one.

    Parameters
    ----------
    table : Table
        The rows.
    asked : Question
        What is asked.
    majority : str or None
        The feature that a majority baseline goes by, empty for none; None where the baseline is a column.

    Returns
    -------
    DecisionStudy
        Its methods give data frames.

    Raises
    ------
    InputError
        Every problem with columns, values and names at once.
    """
    tally, positive = counted(table, asked)
    if majority is not None:
        tally = baselines.with_majority(tally, majority)
    unscored = tally.over(*(key for key in tally.keys if key != "score_bin"))
    bare = unscored.over(*(key for key in unscored.keys if key != "baseline"))
    return DecisionStudy(
        asked=asked, tally=unscored, scored=tally if asked.score else None,
        hidden=hide(bare, asked.slicings, asked.suppress_below, keep="accuracy"), positive=positive,
        ranked=ranked(table, asked, positive, tally) if asked.score else None,
        baseline=baselines.name_of(asked.baseline, majority),
    )  # fmt: skip
