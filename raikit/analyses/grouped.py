"""What every study of groups shares: counts by group, what is hidden of them, and a list of the groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from raikit.analyses.groups import Groups, gather
from raikit.analyses.hiding import Hidden
from raikit.analyses.question import Question

if TYPE_CHECKING:
    import pandas as pd

    from raikit.stats.tally import Tally


@dataclass(frozen=True, kw_only=True)
class GroupedStudy:
    """Counts by group.

    Attributes
    ----------
    asked : Question
        What was asked for.
    tally : Tally
        Rows by group, label and prediction (and baseline), each 1, 0 or missing. It holds small groups too:
        not for show.
    hidden : Hidden
        What must not be shown.
    """

    asked: Question
    tally: Tally = field(repr=False)
    hidden: Hidden = field(repr=False)
    counted_as: ClassVar[str] = "rows"  # the name of the column of sizes

    def describe(self) -> pd.DataFrame:
        """Return the groups: how many rows or people, what share, what was pooled.

        Returns
        -------
        pandas.DataFrame
            Columns feature, group, rows or people, share, note; no numbers where a group is hidden.
        """
        import pandas as pd

        rows = [row for columns in self.asked.slicings for row in self._described(columns)]
        frame = pd.DataFrame(rows, columns=["feature", "group", self.counted_as, "share", "note"])
        return frame.astype({self.counted_as: "Int64", "share": "Float64"})

    def _described(self, columns: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
        groups = self.groups(columns)
        hidden = self.hidden.of("selection_rate", columns)
        for at, name in enumerate(groups.names):
            n = None if hidden[at] else int(groups.sizes[at])
            notes = [f"pooled of {len(members)}" for members in self.pooled(groups.slice_of(at))]
            notes += ["hidden"] if hidden[at] else ["small"] if n is not None and n < self.asked.min_n else []
            share = None if n is None else round(n / self.tally.total, 4)
            yield " × ".join(columns), " × ".join(name), n, share, "; ".join(notes)

    def pooled(self, slice_: Mapping[str, str]) -> list[list[str]]:
        """Return the members of the pooled groups in a slice.

        Parameters
        ----------
        slice_ : mapping of str to str
            A group.

        Returns
        -------
        list of list of str
            One list a pooled value.
        """
        pool = self.asked.pool
        return [list(pool[key][value]) for key, value in slice_.items() if value in pool.get(key, {})]

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
