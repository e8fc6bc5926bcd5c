"""What studies of performance share: slices, what is hidden of them, and empty answers where none applies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from raikit.analyses.groups import Groups, gather
from raikit.analyses.hiding import Hidden
from raikit.analyses.question import Question
from raikit.analyses.rates import result_frame
from raikit.analyses.weakest import Search

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from raikit.stats.tally import Tally


@dataclass(frozen=True, kw_only=True)
class SlicedStudy:
    """How good predictions are, by slice; every method gives a data frame.

    Attributes
    ----------
    asked : Question
        What was asked for.
    tally : Tally
        Rows by slice, label and prediction (and baseline), each 1, 0 or missing. It holds small groups too:
        not for show.
    hidden : Hidden
        What must not be shown.
    baseline : str
        Its name in results and findings; empty where there is none.
    primary : str
        The metric that is charted first.
    question : str
        Names the wording of the findings.
    """

    asked: Question
    tally: Tally = field(repr=False)
    hidden: Hidden = field(repr=False)
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
            In the result form; empty where none looked weak, and for quantities.
        """
        return result_frame([])

    @property
    def searched(self) -> Search:
        """The search for weak slices: how many were looked at, and which went to the second half."""
        return Search(0, ())

    def describe(self) -> pd.DataFrame:
        """Return the slices: how many rows, what share, what was pooled.

        Returns
        -------
        pandas.DataFrame
            Columns feature, group, rows, share, note; no numbers where a group is hidden.
        """
        import pandas as pd

        rows = [row for columns in self.asked.slicings for row in self._described(columns)]
        frame = pd.DataFrame(rows, columns=["feature", "group", "rows", "share", "note"])
        return frame.astype({"rows": "Int64", "share": "Float64"})

    def _described(self, columns: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
        groups = self.groups(columns)
        hidden: NDArray[np.bool_] = self.hidden.of("selection_rate", columns)
        for at, name in enumerate(groups.names):
            n = None if hidden[at] else int(groups.sizes[at])
            pools = [self.asked.pool.get(key, {}).get(part) for key, part in groups.slice_of(at).items()]
            notes = [f"pooled of {len(members)}" for members in pools if members]
            notes += ["hidden"] if hidden[at] else ["small"] if n is not None and n < self.asked.min_n else []
            share = None if n is None else round(n / self.tally.total, 4)
            yield " × ".join(columns), " × ".join(name), n, share, "; ".join(notes)

    def groups(self, columns: tuple[str, ...]) -> Groups:
        """Return the groups of a slicing, hidden ones too.

        Parameters
        ----------
        columns : tuple of str
            Empty for everybody.

        Returns
        -------
        Groups
            Counts: not for show.
        """
        held = self.__dict__.setdefault("_groups", {})
        if columns not in held:
            held[columns] = gather(self.tally, columns)
        found: Groups = held[columns]
        return found
