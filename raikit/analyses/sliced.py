"""What studies of performance share: slices, what is hidden of them, and empty answers where none applies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from raikit.analyses.grouped import GroupedStudy
from raikit.analyses.rates import result_frame
from raikit.analyses.weakest import Search, search, weak_rows

if TYPE_CHECKING:
    import pandas as pd

    from raikit.stats.tally import Tally


@dataclass(frozen=True, kw_only=True)
class SlicedStudy(GroupedStudy):
    """How good predictions are, by slice; every method gives a data frame.

    Attributes
    ----------
    baseline : str
        Its name in results and findings; empty where there is none.
    primary : str
        The metric that is charted first.
    question : str
        Names the wording of the findings.
    """

    baseline: str = ""
    primary: str = "accuracy"
    question: str = "performance"

    def against_baseline(self) -> pd.DataFrame:
        """Return the baseline's metrics and the model's less the baseline's, on the same rows.

        Returns
        -------
        pandas.DataFrame
            In the result form; empty without a baseline.
        """
        return result_frame([])

    def thresholds(self) -> pd.DataFrame:
        """Return rates at several thresholds of the score.

        Returns
        -------
        pandas.DataFrame
            In the result form; empty where there is no score.
        """
        return result_frame([])

    def curves(self) -> pd.DataFrame:
        """Return rates at every hundredth of the score, for drawing.

        Returns
        -------
        pandas.DataFrame
            Empty where there is no score.
        """
        import pandas as pd

        return pd.DataFrame()

    def operating_point(self) -> dict[str, float]:
        """Return where on the curves the predictions lie.

        Returns
        -------
        dict of str to float
            Empty where there is no score.
        """
        return {}

    def calibration(self) -> pd.DataFrame:
        """Return how right the scores are.

        Returns
        -------
        pandas.DataFrame
            In the result form; empty where there is no score.
        """
        return result_frame([])

    def confusion(self) -> pd.DataFrame:
        """Return which outcomes are taken for which.

        Returns
        -------
        pandas.DataFrame
            In the result form; empty for quantities.
        """
        return result_frame([])

    def weakest(self) -> pd.DataFrame:
        """Return the slices that looked weakest on one half of the rows, as the other half sees them.

        Returns
        -------
        pandas.DataFrame
            In the result form, see `raikit.analyses.weakest.weak_rows`; empty where none looked weak, and for
            quantities.
        """
        return result_frame(weak_rows(self.searched, self.asked))

    @cached_property
    def searched(self) -> Search:
        """The search for weak slices: how many were looked at, and which went to the second half."""
        return Search(0, ()) if self.outcomes is None else search(self.outcomes, self.asked)

    @property
    def outcomes(self) -> Tally | None:
        """Rows by slice, label and prediction, alike where right; None where only sums are kept."""
        return self.tally
