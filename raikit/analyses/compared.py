"""What every study of fairness shares: comparisons of groups, proxies, empty answers where none applies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from raikit.analyses.contrasted import Contrast
from raikit.analyses.disparities import Comparison, compare
from raikit.analyses.grouped import GroupedStudy
from raikit.analyses.proxies import SAMPLED, proxy_rows
from raikit.analyses.rates import result_frame
from raikit.sources.model import Model
from raikit.sources.sample import sample

if TYPE_CHECKING:
    import pandas as pd

    from raikit.analyses.attribution import Explained
    from raikit.sources.table import Table


@dataclass(frozen=True, kw_only=True)
class ComparedStudy(GroupedStudy, ABC):
    """Groups of people and what is compared of them; every method gives a data frame.

    Attributes
    ----------
    table : Table
        The rows, for what can't be done with counts.
    model : Model or None
        What is explained.
    question : str
        Names the wording of the findings.
    task : str
        "binary", "multiclass" or "regression".
    """

    table: Table = field(repr=False)
    model: Model | None = None
    question: str = "fairness"
    counted_as: ClassVar[str] = "people"
    task: ClassVar[str]
    compared: ClassVar[Sequence[str]]  # metrics that gaps are made of
    shown: ClassVar[Sequence[str]]  # metrics of the first table, the last of which is charted
    others: ClassVar[Sequence[str]]  # metrics of the second one
    summaries: ClassVar[Sequence[str]]  # comparisons of the table that sums up

    @abstractmethod
    def rates(self) -> pd.DataFrame:
        """Return every metric, overall and of each group, in the result form."""

    @abstractmethod
    def gaps(self) -> pd.DataFrame:
        """Return differences of pairs of groups, with intervals that hold together, in the result form."""

    @abstractmethod
    def contrasts(self) -> Sequence[Contrast]:
        """Return every metric of every slicing: the family that findings are corrected for."""

    @abstractmethod
    def slicing(self, metric: str, columns: tuple[str, ...]) -> Contrast:
        """Return a metric of the groups of a slicing, ready to be compared."""

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """What may be stated of each metric and slicing, corrected for their number."""
        return compare(self.contrasts(), seed=self.asked.seed)

    @property
    def primary(self) -> str:
        """The metric that stands in where none was agreed."""
        return self.asked.primary

    def proxies(self) -> pd.DataFrame:
        """Return which of the model's features tell the sensitive ones, in a sample of rows.

        Returns
        -------
        pandas.DataFrame
            In the result form: `cramers_v` and `proxy_auc` (`raikit.analyses.proxies`). Empty without
            features. Weights and clusters are left aside.
        """
        return result_frame(self._proxy_rows())

    def _proxy_rows(self) -> Iterator[dict[str, Any]]:
        asked = self.asked
        if not asked.model_features:
            return
        rows = sample(self.table, [*asked.features, *asked.model_features], SAMPLED, seed=asked.seed)
        for name in asked.features:
            shown = self.shown_values(name)
            yield from proxy_rows(rows, name, asked.model_features, shown, confidence=asked.confidence,
                                  min_n=asked.min_n, seed=asked.seed)  # fmt: skip

    def shown_values(self, feature: str) -> dict[str, str]:
        """Return the values of a feature whose groups are shown.

        Parameters
        ----------
        feature : str
            A sensitive feature.

        Returns
        -------
        dict of str to str
            Value as text -> name of its group; missing values and hidden groups are left out.
        """
        pool = self.asked.pool.get(feature, {})
        groups = self.groups((feature,))
        shown = groups.known & ~self.hidden.of("selection_rate", (feature,))
        names = [groups.names[at][0] for at in np.flatnonzero(shown)]
        return {str(member): name for name in names for member in pool.get(name, [name])}

    def calibration(self) -> pd.DataFrame:
        """Return how right the scores are.

        Returns
        -------
        pandas.DataFrame
            In the result form; empty without scores of a decision.
        """
        return result_frame([])

    def bounds(self) -> pd.DataFrame:
        """Return what missing labels leave open.

        Returns
        -------
        pandas.DataFrame
            In the result form; empty where every predicted row has a label, and unless a decision is made.
        """
        return result_frame([])

    def standardised(self) -> pd.DataFrame:
        """Return gaps as they would be if every group had the same mix of the covariate.

        Returns
        -------
        pandas.DataFrame
            In the result form; empty without a covariate.
        """
        return result_frame([])

    def thresholds(self, metric: str, columns: tuple[str, ...]) -> pd.DataFrame:
        """Return how a gap depends on the threshold.

        Parameters
        ----------
        metric : str
            A rate.
        columns : tuple of str
            The slicing.

        Returns
        -------
        pandas.DataFrame
            In the result form; empty without scores of a decision.
        """
        return result_frame([])

    def local_law_144(self) -> pd.DataFrame:
        """Return impact ratios in the form of New York City's Local Law 144.

        Returns
        -------
        pandas.DataFrame
            In the result form; empty unless somebody is selected.
        """
        return result_frame([])

    def attributions(self, metric: str, columns: tuple[str, ...]) -> Explained | None:
        """Return which features carry the gap that is spoken of.

        Parameters
        ----------
        metric : str
            A rate.
        columns : tuple of str
            The slicing.

        Returns
        -------
        Explained or None
            None without a model.
        """
        return None
