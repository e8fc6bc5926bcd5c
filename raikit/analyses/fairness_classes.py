"""Fairness where one of several classes is predicted: accuracy, each class against the rest, averages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from raikit.analyses.classes import RIGHT, ClassStudy, classes_counted, only_right
from raikit.analyses.compared import ComparedStudy
from raikit.analyses.gaps import COMPARED, Slicing, pair_rows, rate_slicing
from raikit.analyses.groups import gather
from raikit.analyses.hiding import Hidden, hide
from raikit.analyses.macro import AVERAGED
from raikit.analyses.macro_gaps import macro_pair_rows
from raikit.analyses.question import Question
from raikit.analyses.rates import rate_of, rate_rows, result_frame

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from raikit.sources.table import Table
    from raikit.stats.tally import Tally

CLASS = "class"  # slice key
BY_CLASS = COMPARED[:4]  # of a class against the rest; accuracy is that of all classes together


@dataclass(frozen=True, kw_only=True)
class ClassFairness(ComparedStudy):
    """What became of each group of people, class by class; every method gives a data frame.

    `tally` has 1 for each known label and, as prediction, 1 for a right and 0 for a wrong one.

    Attributes
    ----------
    quality : ClassStudy
        How good the predictions are, from the same counts.
    positive : str
        The class that matters most; empty where none was named.
    """

    quality: ClassStudy = field(repr=False)
    positive: str
    task: ClassVar[str] = "multiclass"
    compared: ClassVar[Sequence[str]] = ("accuracy", *BY_CLASS)
    shown: ClassVar[Sequence[str]] = ("accuracy", *AVERAGED)
    others: ClassVar[Sequence[str]] = BY_CLASS
    summaries: ClassVar[Sequence[str]] = tuple(f"{metric}_difference" for metric in AVERAGED)

    @property
    def primary(self) -> str:
        """Accuracy, unless a class was named that a rate can be about."""
        return self.asked.primary if self.positive else "accuracy"

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, sorted."""
        return self.quality.classes

    @cached_property
    def tallies(self) -> dict[str, Tally]:
        """Rows by group, label and prediction of each class: 1 for it, 0 for another one."""
        found = {}
        for name in self.classes:
            values = {each: int(each == name) for each in self.classes}
            found[name] = self.quality.mixed.pooled({"label": values, "prediction": values})
        return found

    def hidden_of(self, metric: str, columns: tuple[str, ...]) -> NDArray[np.bool_]:
        """Return the groups of which a rate is hidden for every class.

        A group of which one class alone was hidden would be known by subtraction: what is hidden of one is
        hidden of all.

        Parameters
        ----------
        metric : str
            A rate of a class against the rest.
        columns : tuple of str
            The slicing.

        Returns
        -------
        array of bool
            By group.
        """
        each = [hidden.of(metric, columns) for hidden in self._hidden_by_class]
        return np.asarray(np.any(each, axis=0), dtype=bool)

    @cached_property
    def _hidden_by_class(self) -> list[Hidden]:
        asked = self.asked
        return [hide(each, asked.slicings, asked.suppress_below) for each in self.tallies.values()]

    def rates(self) -> pd.DataFrame:
        """Return accuracy, averages over classes and each class's rates, overall and of each group.

        Returns
        -------
        pandas.DataFrame
            In the result form: `accuracy`, `macro_true_positive_rate`, `macro_positive_predictive_value` and
            `macro_f1` by group; `selection_rate` (predicted to be the class), `true_positive_rate`,
            `false_positive_rate` and `positive_predictive_value` with the class as a further slice key.
        """
        return result_frame(self._rate_rows())

    def _rate_rows(self) -> Iterator[dict[str, Any]]:
        yield from self.quality.metrics().to_dict("records")  # type: ignore[misc]  # its keys are texts
        asked = self.asked
        for columns in ((), *asked.slicings):
            for name, tally in self.tallies.items():
                groups = gather(tally, columns)
                for metric in BY_CLASS:
                    rate = rate_of(tally, groups, metric, asked.cluster)
                    for row in rate_rows(groups, metric, rate, hidden=self.hidden_of(metric, columns),
                                         confidence=asked.confidence, min_n=asked.min_n):  # fmt: skip
                        slice_ = row["slice"] | {CLASS: name}
                        yield row | {"slice": slice_, "group": " × ".join(slice_.values())}

    def gaps(self) -> pd.DataFrame:
        """Return differences and ratios of pairs of groups.

        Returns
        -------
        pandas.DataFrame
            In the result form: of accuracy; of each class's rates, with intervals that hold together over
            pairs (Tukey) and classes (Bonferroni); differences of averages over classes.
        """
        return result_frame(self._gap_rows())

    def _gap_rows(self) -> Iterator[dict[str, Any]]:
        for each in self.contrasts():
            yield from pair_rows(each)
        for columns in self.asked.slicings:
            for metric in AVERAGED:
                yield from macro_pair_rows(metric, self.slicing("accuracy", columns), self.quality)

    def contrasts(self) -> list[Slicing]:
        """Return accuracy, and every rate of every class, of every slicing: the family.

        Returns
        -------
        list of Slicing
            Ready to be compared.
        """
        return [
            each
            for columns in self.asked.slicings
            for each in (
                self.slicing("accuracy", columns),
                *(self.of_class(metric, columns, name) for metric in BY_CLASS for name in self.classes),
            )
        ]

    def slicing(self, metric: str, columns: tuple[str, ...]) -> Slicing:
        """Return a metric of the groups of a slicing, ready to be compared.

        Parameters
        ----------
        metric : str
            "accuracy", or a rate: of the class that matters most.
        columns : tuple of str
            The slicing.

        Returns
        -------
        Slicing
            With its reference group.
        """
        if metric != "accuracy":
            return self.of_class(metric, columns, self.positive or self.classes[0])
        return self._slicing(self.tally, "accuracy", RIGHT, columns, self.hidden.of(RIGHT, columns))

    def of_class(self, metric: str, columns: tuple[str, ...], name: str) -> Slicing:
        """Return a class's rate of the groups of a slicing, ready to be compared.

        Parameters
        ----------
        metric : str
            One of `BY_CLASS`.
        columns : tuple of str
            The slicing.
        name : str
            The class.

        Returns
        -------
        Slicing
            Its intervals hold together over all classes.
        """
        found = self._slicing(self.tallies[name], metric, metric, columns, self.hidden_of(metric, columns))
        return replace(found, families=len(self.classes), within={CLASS: name})

    def _slicing(
        self, tally: Tally, name: str, metric: str, columns: tuple[str, ...], hidden: NDArray[np.bool_]
    ) -> Slicing:
        return rate_slicing(self.asked, tally, gather(tally, columns), metric, hidden, name=name)


def class_fairness(table: Table, asked: Question) -> ClassFairness:
    """Count labels and predictions of several classes by group, once.

    Parameters
    ----------
    table : Table
        The rows.
    asked : Question
        What is asked; `positive_label` names the class that matters most.

    Returns
    -------
    ClassFairness
        Its methods give data frames.

    Raises
    ------
    InputError
        Every problem with columns, values and names at once.
    """
    from raikit.errors import InputError

    mixed, classes = classes_counted(table, asked)
    positive = "" if asked.positive_label is None else str(asked.positive_label)
    if positive and positive not in classes:
        raise InputError(
            f"fairness: positive_label: {positive!r}; the classes are {', '.join(map(repr, classes))}"
        )
    right = only_right(mixed)
    hidden = hide(right, asked.slicings, asked.suppress_below, keep=RIGHT)
    quality = ClassStudy(asked=asked, tally=right, mixed=mixed, classes=classes, hidden=hidden)
    return ClassFairness(asked=asked, tally=right, hidden=hidden, quality=quality, positive=positive,
                         table=table)  # fmt: skip
