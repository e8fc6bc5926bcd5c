"""Two runs of one suite, item by item: new failures, fixed ones, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from raikit.analyses.paired import (
    CHANGES,
    Unpaired,
    changes_of,
    clustered_row,
    graded_units,
    paired_units,
    version_rows,
)
from raikit.errors import InputError

if TYPE_CHECKING:
    from raikit.analyses.safety_study import SafetyStudy

_FORM = ["metric", "slice", "compared", "n", "estimate", "low", "high", "confidence", "method", "status",
         "counts", "group"]  # fmt: skip


@dataclass(frozen=True)
class VersionStudy:
    """What `SafetyStudy.since` returns.

    Attributes
    ----------
    paired : pandas.DataFrame
        From `paired_units`; empty when nothing is compared.
    columns : tuple of str
        Slicing columns.
    earlier : str
        What was asked for; empty when nothing was.
    why : str
        Why no item is paired.
    marked : str
        The sentence on different graders.
    added, gone : int
        Graded items of this run that the earlier one lacks, and of the earlier one that this lacks.
    open_again : int
        Of those gone, how many failed: no retest closed them.
    margin : float
        A drop of the pass rate smaller than this is tolerated.
    """

    question: ClassVar[str] = "versions"

    paired: pd.DataFrame
    columns: tuple[str, ...]
    earlier: str
    why: str
    marked: str
    added: int
    gone: int
    open_again: int
    margin: float
    confidence: float
    min_n: int

    def changes(self) -> pd.DataFrame:
        """Return the change of the pass rate, overall and by group, by paired evidence.

        Returns
        -------
        pandas.DataFrame
            As `version_rows`, and `row_pass_rate_difference`: of the mean over all rows, items as clusters.
        """
        if self.paired.empty:
            return pd.DataFrame(columns=[*_FORM, "fixed", "new failures", "p_value", "not worse"])
        given: dict[str, Any] = {"margin": self.margin, "confidence": self.confidence, "min_n": self.min_n}
        rows = version_rows(self.paired, self.columns, **given)
        mean = clustered_row(self.paired, **given)
        return pd.concat([rows, pd.DataFrame([mean])], ignore_index=True)

    def items(self) -> pd.DataFrame:
        """Return how many items newly fail, still fail, are fixed, still pass, overall and by group.

        Returns
        -------
        pandas.DataFrame
            A row a group; says why where nothing is compared.
        """
        if self.paired.empty:
            return pd.DataFrame({"compared with": [self.why or "no earlier run was named"]})
        parts: list[tuple[str, pd.DataFrame]] = [("all", self.paired)]
        for name in self.columns:
            parts += [(str(value), part) for value, part in self.paired.groupby(name)]
        rows = []
        for group, part in parts:
            each = part.groupby("unit")[["was", "is"]].all()
            found = changes_of(each).value_counts()
            rows.append((group, len(each), *(int(found.get(word, 0)) for word in CHANGES)))
        frame = pd.DataFrame(rows, columns=["group", "in both runs", *CHANGES])
        told = self.changes()
        told = told[told["metric"] == "pass_rate_difference"]
        return frame.assign(
            **{
                "p-value": told["p_value"].round(4).to_numpy(),
                "not worse": told["not worse"].map({True: "shown", False: "not shown"}).to_numpy(),
            }
        )

    def of(self, units: pd.Series) -> pd.Series:
        """Return what became of items since the earlier run.

        Parameters
        ----------
        units : pandas.Series
            Anchors.

        Returns
        -------
        pandas.Series
            One of `CHANGES`, or "not in the earlier run".
        """
        known = self.paired.groupby("unit")[["was", "is"]].all()
        return units.map(changes_of(known)).fillna("not in the earlier run")


def compare_runs(
    study: SafetyStudy, earlier: str, asked: Mapping[str, Any], *, margin: float, allow_graders: bool
) -> VersionStudy:
    """Compare a run with an earlier one; see `SafetyStudy.since`.

    Parameters
    ----------
    study : SafetyStudy
        Of this run.
    earlier : str
        Log or items of the earlier one; empty for none.
    asked : mapping
        `log_format` and `columns` of a log.
    margin, allow_graders
        As there.

    Returns
    -------
    VersionStudy
        Empty, with the reason, where items can't be paired.

    Raises
    ------
    InputError
        If graders differ and nobody allowed it, the margin is out of range, or the log can't be read.
    """
    if not 0 <= margin < 1:
        raise InputError(f"margin: came {margin}; allowed: a share of at least 0 and under 1, such as 0.02")
    plain = tuple(name for name in study.slices if " × " not in name)
    rest: dict[str, Any] = {"columns": plain, "earlier": earlier, "margin": margin}
    rest |= {"confidence": study.confidence, "min_n": study.min_n}
    none: dict[str, Any] = {"paired": pd.DataFrame(), "marked": "", "added": 0, "gone": 0, "open_again": 0}
    if not earlier:
        return VersionStudy(why="", **none, **rest)
    if not (study.asked.get("prompt") or study.asked.get("item")):
        return VersionStudy(why="nothing tells items apart: no prompt or item column", **none, **rest)
    try:
        before, graders = _before(study, earlier, asked)
        paired = paired_units(study.units, before)
    except Unpaired as error:
        return VersionStudy(why=str(error), **none, **rest)
    marked = same_graders(study, graders, allow=allow_graders)
    was, now = graded_units(before), graded_units(study.units)
    lost = was.index.difference(now.index)
    return VersionStudy(
        paired=paired, why="", marked=marked, added=len(now.index.difference(was.index)), gone=len(lost),
        open_again=int((was.loc[lost, "failed"] > 0).sum()), **rest,
    )  # fmt: skip


def _before(
    study: SafetyStudy, earlier: str, asked: Mapping[str, Any]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    from raikit.analyses.items import read_items

    if not earlier.endswith(".items.parquet"):
        from raikit.analyses.safety import safety
        from raikit.sources.logs.opening import open_log

        anchors = str(study.asked["anchors"])
        log = open_log(earlier, **asked, anchors=anchors, name="baseline_log")
        names = {each.name for each in log.columns}
        kept = {
            **study.asked,
            "slices": [],
            "grader": study.asked["grader"] if study.asked["grader"] in names else "",
        }
        if study.key.public and not log.source.startswith("demo:"):
            raise Unpaired("this run's anchors are the demo's, the earlier run's are under another key")
        held = safety(log, **kept)
        return held.units, held.graders
    path = Path(earlier)
    if not path.is_file():
        raise Unpaired("the earlier release kept no items of this run")
    try:
        return read_items(study, path)
    except InputError as error:
        raise Unpaired(str(error).removeprefix("baseline: ")) from None


def same_graders(now: SafetyStudy, before: Sequence[str], *, allow: bool) -> str:
    """Return the sentence that marks a comparison across graders; empty when they are the same.

    Parameters
    ----------
    now : SafetyStudy
        Of this run.
    before : sequence of str
        Graders of the earlier one.
    allow : bool
        Whether the person allowed it.

    Returns
    -------
    str
        For the page.

    Raises
    ------
    InputError
        If they differ and nobody allowed it.
    """
    if sorted(now.graders) == sorted(before):
        return ""
    said = f"this run was graded by {', '.join(now.graders) or 'nobody named'}, the earlier one by "
    said += ", ".join(before) or "nobody named"
    if not allow:
        raise InputError(
            f"baseline: {said}; a change of grader is no change of the system: allow it by allow_graders"
        )
    return f"Compared across different graders: {said}. Part of the change may be the graders'."
