"""How good predictions of one class among several are: overall, by class and by slice, from counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses import baselines
from raikit.analyses.errors import error_rows
from raikit.analyses.groups import key_of, text_of
from raikit.analyses.hiding import hide
from raikit.analyses.macro import AVERAGED, average, one_versus_rest
from raikit.analyses.once import once
from raikit.analyses.question import Question, sliced
from raikit.analyses.rates import rate_of, rate_rows, result_frame, result_row, status_of
from raikit.analyses.sliced import SlicedStudy
from raikit.errors import InputError
from raikit.sources.anchors import LONGEST, MOST_LEVELS, personal_data
from raikit.stats.intervals import wilson_interval
from raikit.stats.metrics import value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.sources.table import Table
    from raikit.stats.tally import Tally

RIGHT = "true_positive_rate"  # accuracy, in the tally that has 1 for every label and for right predictions


@dataclass(frozen=True, kw_only=True)
class ClassStudy(SlicedStudy):
    """How good predictions of one class among several are; every method gives a data frame.

    `tally` has 1 for each known label and, as prediction, 1 for a right and 0 for a wrong one.

    Attributes
    ----------
    mixed : Tally
        Rows by slice, label and prediction (and baseline), as names of classes.
    classes : tuple of str
        Names of the classes, sorted.
    task : str
        "multiclass".
    """

    mixed: Tally = field(repr=False)
    classes: tuple[str, ...]
    task: str = "multiclass"

    @property
    def reported(self) -> tuple[str, ...]:
        """The metrics beside the primary one, in the order of a table."""
        return AVERAGED

    @once
    def metrics(self) -> pd.DataFrame:
        """Return how good predictions are, overall and of each slice.

        Returns
        -------
        pandas.DataFrame
            In the result form: `accuracy` (Wilson) and the macro averages over classes of true positive rate,
            positive predictive value and F1 (bias-corrected bootstrap of the counts; without limits, and
            small, where a class has fewer than ten rows that are right or wrong). A class without rows makes
            a macro average undefined.
        """
        return result_frame(self._metric_rows())

    def _metric_rows(self) -> Iterator[dict[str, Any]]:
        asked = self.asked
        for columns in ((), *asked.slicings):
            groups, hidden = self.groups(columns), self.hidden.of(RIGHT, columns)
            rate = rate_of(self.tally, groups, RIGHT, asked.cluster)
            yield from rate_rows(groups, "accuracy", rate, hidden=hidden, confidence=asked.confidence,
                                 min_n=asked.min_n)  # fmt: skip
            for at in range(len(groups.names)):
                matrix = self.matrix(groups.slice_of(at))
                for metric in AVERAGED:
                    yield average(metric, matrix, groups.slice_of(at), size=len(self.classes),
                                  hidden=bool(hidden[at]), asked=asked)  # fmt: skip

    def matrix(self, slice_: dict[str, str]) -> pd.DataFrame:
        """Return the counts of a slice by label and prediction, those of small groups too.

        Parameters
        ----------
        slice_ : dict of str to str
            Empty for everybody.

        Returns
        -------
        pandas.DataFrame
            Rows of known label and prediction, as places among the classes: columns label, prediction, n,
            w and w2 (both n without weights), and cluster.
        """
        cells = self.mixed.cells
        chosen = cells["label"].notna() & cells["prediction"].notna()
        for column, name in slice_.items():
            chosen &= cells[key_of(column)].map(text_of) == name
        cells = cells[chosen]
        place = {name: at for at, name in enumerate(self.classes)}
        clusters = cells[key_of(self.asked.cluster)].map(text_of) if self.asked.cluster else ""
        return pd.DataFrame(
            {
                "label": cells["label"].map(place), "prediction": cells["prediction"].map(place),
                "n": cells["n"], "w": cells["w" if "w" in cells else "n"],
                "w2": cells["w2" if "w2" in cells else "n"], "cluster": clusters,
            }
        )  # fmt: skip

    @once
    def confusion(self) -> pd.DataFrame:
        """Return each class's rates against all others, and what its rows are predicted to be, overall.

        Returns
        -------
        pandas.DataFrame
            In the result form: `true_positive_rate`, `positive_predictive_value` and `f1` with `class` as
            slice key; `share_predicted` with `label` and `predicted`. Classes of few people are hidden, and
            where that hides one class alone the next smallest with it.
        """
        return result_frame(self._confusion_rows())

    def _confusion_rows(self) -> Iterator[dict[str, Any]]:
        size = len(self.classes)
        cells = self.matrix({})
        counts = np.zeros((size, size), dtype=np.int64)
        np.add.at(counts, (cells["label"].to_numpy(), cells["prediction"].to_numpy()), cells["n"].to_numpy())
        hidden = self._hidden_classes(counts.sum(axis=1))
        for at, name in enumerate(self.classes):
            for metric in ("true_positive_rate", "positive_predictive_value", "f1"):
                hit, total = (int(part[at]) for part in one_versus_rest(metric, counts))
                few = bool(hidden[at]) or (0 < total < self.asked.suppress_below)
                yield self._class_row(metric, {"class": name}, hit, total, hidden=few)
        for at, label in enumerate(self.classes):
            for to, guess in enumerate(self.classes):
                slice_ = {"label": label, "predicted": f"as {guess}"}
                k, n = int(counts[at, to]), int(counts[at].sum())
                if k or hidden[at]:
                    yield self._class_row("share_predicted", slice_, k, n, hidden=bool(hidden[at]))

    def _hidden_classes(self, sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
        hidden: NDArray[np.bool_] = (sizes > 0) & (sizes < self.asked.suppress_below)
        if hidden.sum() == 1 and len(hidden) > 1:
            others = np.where(hidden | (sizes == 0), np.iinfo(np.int64).max, sizes)
            hidden[int(others.argmin())] = True
        return hidden

    def _class_row(
        self, metric: str, slice_: dict[str, str], k: int, n: int, *, hidden: bool
    ) -> dict[str, Any]:
        asked = self.asked
        status = status_of(n, hidden=hidden, min_n=asked.min_n)
        shown = status in ("ok", "small")
        found = wilson_interval(k, n, confidence=asked.confidence) if shown else [np.nan] * 3
        plain = not (asked.weight or asked.cluster)
        tail = " of Jaccard's index" if metric == "f1" else "" if plain else ", rows as independent and equal"
        return result_row(
            metric, slice_, [float(value(metric, x)) for x in found], status=status, n=n,
            method=f"wilson{tail}", confidence=asked.confidence,
            counts=[k, n] if shown and metric != "f1" else None,
        )  # fmt: skip

    def errors(self) -> pd.DataFrame:
        """Return which slices carry the errors.

        Returns
        -------
        pandas.DataFrame
            As `raikit.analyses.errors.error_rows`.
        """
        asked = self.asked
        return result_frame(
            row
            for columns in asked.slicings
            for row in error_rows(
                self.groups(columns), rate_of(self.tally, self.groups(columns), RIGHT, asked.cluster),
                hidden=self.hidden.of(RIGHT, columns), confidence=asked.confidence, min_n=asked.min_n,
            )
        )  # fmt: skip

    def against_baseline(self) -> pd.DataFrame:
        """Return the baseline's accuracy and the model's less the baseline's, on the same rows.

        Returns
        -------
        pandas.DataFrame
            In the result form, see `raikit.analyses.baselines.paired_rows`. Empty without a baseline.
        """
        slicings = ((), *self.asked.slicings) if self.baseline else ()
        return result_frame(
            row
            for columns in slicings
            for row in baselines.paired_rows(
                self.mixed, self.groups(columns), "accuracy", self.baseline,
                hidden=self.hidden.of(RIGHT, columns), asked=self.asked,
            )
        )  # fmt: skip

    @property
    def outcomes(self) -> Tally:
        """Rows by slice, label and prediction, as names of classes."""
        return self.mixed


def class_study(table: Table, asked: Question, *, majority: str | None) -> ClassStudy:
    """Count labels and predictions of several classes, once.

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
    ClassStudy
        Its methods give data frames.

    Raises
    ------
    InputError
        Every problem with columns, values and names at once.
    """
    mixed, classes = classes_counted(table, asked)
    if majority is not None:
        mixed = baselines.with_majority(mixed, majority)
    right = only_right(mixed)
    return ClassStudy(
        asked=asked, tally=right, mixed=mixed, classes=classes,
        hidden=hide(right, asked.slicings, asked.suppress_below, keep=RIGHT),
        baseline=baselines.name_of(asked.baseline, majority),
    )  # fmt: skip


def classes_counted(table: Table, asked: Question) -> tuple[Tally, tuple[str, ...]]:
    """Count labels and predictions of several classes, once.

    Parameters
    ----------
    table : Table
        The rows.
    asked : Question
        What is asked.

    Returns
    -------
    Tally
        Rows by slice, label and prediction (and baseline), as names of classes.
    tuple of str
        The classes, sorted.

    Raises
    ------
    InputError
        Every problem with columns, values and names at once.
    """
    mixed = sliced(table, asked)
    keys = ("label", "prediction", *(["baseline"] if asked.baseline else []))
    mixed = mixed.pooled({key: {each: text_of(each) for each in mixed.values(key)} for key in keys})
    found = {each for key in ("label", "prediction") for each in mixed.cells[key] if each is not None}
    classes = tuple(sorted(found))
    _check_classes(classes, asked.analysis)
    return mixed, classes


def _check_classes(classes: tuple[str, ...], analysis: str) -> None:
    problems = []
    if len(classes) > MOST_LEVELS:
        problems.append(f"label: {len(classes):,} classes; at most {MOST_LEVELS} are told apart")
    elif any(len(name) > LONGEST or personal_data(name) for name in classes):
        problems.append(f"label: a class's name is no label: at most {LONGEST} characters, no personal data")
    if problems:
        raise InputError.joined([f"{analysis}: {problem}" for problem in problems])


def only_right(mixed: Tally) -> Tally:
    """Return a tally with 1 for a known label, and 1 or 0 for a right or wrong prediction.

    Parameters
    ----------
    mixed : Tally
        Labels and predictions as names of classes.

    Returns
    -------
    Tally
        Its true positive rate is the accuracy.
    """
    cells = mixed.cells.copy()
    known, guessed = cells["label"].notna(), cells["prediction"].notna()
    hit = (cells["label"] == cells["prediction"]).astype(int).astype(object)
    cells["prediction"] = hit.where(known & guessed, None)
    cells["label"] = pd.Series(1, index=cells.index, dtype=object).where(known, None)
    keys = tuple(key for key in mixed.keys if key != "baseline")
    return replace(mixed, cells=cells).over(*keys)
