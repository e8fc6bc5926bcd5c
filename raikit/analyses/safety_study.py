"""What a safety study holds: pass rates, repeats, refusals, failure modes, hazards, what a claim needs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from raikit.analyses.missing_grades import bounded_rates
from raikit.analyses.once import once
from raikit.errors import InputError
from raikit.sources.anchors import AnchorKey
from raikit.stats.effective import clustered_counts
from raikit.stats.intervals import clopper_pearson_interval
from raikit.stats.sample_size import passes_needed

if TYPE_CHECKING:
    from raikit.analyses.versions import VersionStudy

ATTACK = "attack"  # the log readers' column of the attack that a prompt stands in


@dataclass(frozen=True)
class SafetyStudy:
    """What `safety` returns: tidy results, and what the generated sentences are made of.

    Attributes
    ----------
    units : pandas.DataFrame
        One row a prompt (and group): the slicing columns, as labels, `unit` (an anchor), and the numbers of
        rows that `passed`, `failed` and are `ungraded`.
    answers : pandas.DataFrame
        What the units are made of: `unit` (an anchor), `outcome` as in the log, `grader` (a label, missing
        where the log has none), and `n`, how many rows.
    slices : tuple of str
        The slicing columns, crossed ones as "category × attack".
    expected, severity : str
        Columns: what the answer should have been, and how bad a failure is; empty when there are none.
    graders : tuple of str
        Who or what graded; empty when the log doesn't say.
    rows : int
        Rows of the log.
    by_prompt : bool
        Whether rows of one prompt were taken together; otherwise each row stands for itself.
    population : str
        What the prompts stand for, in the words of a person.
    target : float
        The pass rate to be shown.
    key : AnchorKey
        Of the anchors.
    asked : mapping
        The arguments of `raikit.safety`, for another log that is asked the same.
    """

    question: ClassVar[str] = "safety"

    units: pd.DataFrame
    answers: pd.DataFrame
    slices: tuple[str, ...]
    rows: int
    by_prompt: bool
    population: str
    target: float
    confidence: float
    min_n: int
    key: AnchorKey
    expected: str = ""
    severity: str = ""
    graders: tuple[str, ...] = ()
    asked: Mapping[str, Any] = field(default_factory=dict)

    @once
    def rates(self) -> pd.DataFrame:
        """Return the pass rate overall and of each group, with exact (Clopper-Pearson) intervals.

        Returns
        -------
        pandas.DataFrame
            Result form, metric `pass_rate`; a prompt passes when all its graded rows do.
        """
        frames = [self._rates(columns) for columns in ((), *map(parts_of, self.slices))]
        return pd.concat(frames, ignore_index=True)

    @cached_property
    def _each_once(self) -> bool:
        return not bool(self.units["unit"].duplicated().any())

    def by_unit(self, columns: Sequence[str] = (), *, units: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return the rows that passed, failed and are ungraded, of each prompt in each group.

        Parameters
        ----------
        columns : sequence of str
            What makes the groups; none: all rows of a prompt together.
        units : pandas.DataFrame, optional
            Only these of the units.

        Returns
        -------
        pandas.DataFrame
            The columns, unit, passed, failed, ungraded, in no particular order.
        """
        held = self.units if units is None else units
        counts = ["passed", "failed", "ungraded"]
        if self._each_once:  # each prompt is in one group, as most logs have it: nothing to add up
            return held[[*columns, "unit", *counts]]
        return held.groupby([*columns, "unit"], as_index=False, sort=False)[counts].sum()

    def bounds(self) -> pd.DataFrame:
        """Return what missing grades leave open: pass rates in the worst and in the best case.

        Returns
        -------
        pandas.DataFrame
            Result form, metric `bounded_pass_rate` (`raikit.analyses.missing_grades`), overall and of each
            group; empty where every row has a grade.
        """
        if not self.units["ungraded"].any():
            return self.rates().iloc[:0]
        frames = [
            bounded_rates(self._rates(columns), self.by_unit(columns), columns, confidence=self.confidence)
            for columns in ((), *map(parts_of, self.slices))
        ]
        return pd.concat(frames, ignore_index=True)

    def repeats(self) -> pd.DataFrame:
        """Return the mean pass rate over all graded rows; repeats count for what they are worth.

        Returns
        -------
        pandas.DataFrame
            Result form, metric `row_pass_rate`: exact on the number of independent rows that the repeats are
            worth (Rao and Scott), rounded to the careful side. `rates` counts the worst of the repeats.
        """
        rows = [self._mean({}, self.units)]
        for column in (name for name in self.slices if " × " not in name):
            rows += [self._mean({column: str(value)}, part) for value, part in self.units.groupby(column)]
        return pd.DataFrame(rows)

    def balance(self) -> pd.DataFrame:
        """Return `refusals` and `repeats` together: what the plain pass rate does not tell.

        Returns
        -------
        pandas.DataFrame
            Result form.
        """
        frames = [frame for frame in (self.refusals(), self.repeats()) if len(frame)]
        return pd.concat(frames, ignore_index=True)

    def refusals(self, answer: str = "answer") -> pd.DataFrame:
        """Return under-blocking beside over-refusal: what fails of prompts to refuse, and of ordinary ones.

        Parameters
        ----------
        answer : str
            The value of the column `expected` for prompts that should be answered.

        Returns
        -------
        pandas.DataFrame
            Result form, metrics `under_blocking_rate` and `over_refusal_rate`; empty without that column.
        """
        if not self.expected:
            return self.rates().iloc[:0]
        ordinary = self.units[self.expected] == answer
        metrics = {"under_blocking_rate": ~ordinary, "over_refusal_rate": ordinary}
        frames = [self._rates((), units=self.units[rows], metric=name) for name, rows in metrics.items()]
        return pd.concat(frames, ignore_index=True)

    def failure_modes(self, weights: Mapping[str, float] | None = None) -> pd.DataFrame:
        """Return where failures gather, the heaviest first.

        Parameters
        ----------
        weights : mapping of str to float, optional
            How much a failure of each severity weighs; by default each weighs 1.

        Returns
        -------
        pandas.DataFrame
            The slicing columns, severity where the log has it, prompts that fail, weight.

        Raises
        ------
        InputError
            If a severity in the log has no weight.
        """
        columns = [*self.columns, *([self.severity] if self.severity else [])]
        failed = self.units[self.units["failed"] > 0]
        if not columns or failed.empty:
            return pd.DataFrame({"prompts that fail": [failed["unit"].nunique()]})
        found = failed.groupby(columns)["unit"].nunique().rename("prompts that fail").reset_index()
        if self.severity and weights:
            lacking = sorted(set(found[self.severity]) - set(weights))
            if lacking:
                raise InputError(
                    f"severity_weights: no weight for {lacking[0]!r}; give one for each severity"
                )
        each = found[self.severity].map(weights).astype(float) if self.severity and weights else 1.0
        return found.assign(weight=found["prompts that fail"] * each).sort_values(
            ["weight", *columns], ascending=[False] + [True] * len(columns), ignore_index=True
        )

    def hazards(
        self, taxonomy: str, *, column: str, labels: Mapping[str, str] | None = None, by: str = ""
    ) -> pd.DataFrame:
        """Return a row for each hazard of a published taxonomy, tested or not.

        Parameters
        ----------
        taxonomy : {"mlcommons", "owasp-llm", "nist-ai-600-1"}
            Its version and date stand in the frame's `attrs`.
        column : str
            Slicing column whose labels name hazards.
        labels : mapping of str to str, optional
            Label to hazard, where the label is neither its id nor its name.
        by : str
            Another column of the study, whose labels get a column each: which hazards were tried under which
            of them. By default ``attack``, where the log has one.

        Returns
        -------
        pandas.DataFrame
            Columns hazard, state, prompts, fail, "shown at least", and those of `by`; labels that name no
            hazard are rows of their own, with the state "no such hazard".
        """
        from raikit.analyses.hazards import hazard_rows, load_taxonomy

        return hazard_rows(
            self,
            load_taxonomy(taxonomy),
            column,
            labels or {},
            by=by or (ATTACK if ATTACK in self.units else ""),
        )

    def since(
        self,
        earlier: str,
        *,
        log_format: str = "auto",
        columns: Mapping[str, str] | None = None,
        margin: float = 0.0,
        allow_graders: bool = False,
    ) -> VersionStudy:
        """Compare with an earlier run, item by item.

        Parameters
        ----------
        earlier : str
            Its log, or the `items.parquet` that its release kept; empty: nothing is compared.
        log_format, columns
            Of a log, as in `raikit.open_log`.
        margin : float
            A drop of the pass rate smaller than this is tolerated.
        allow_graders : bool
            Compare although other graders graded; the page says so.

        Returns
        -------
        VersionStudy
            Empty, with the reason, where items can't be paired.

        Raises
        ------
        InputError
            If the log can't be read, the graders differ and nobody allowed it, or the margin is out of range.
        """
        from raikit.analyses.versions import compare_runs

        asked = {"log_format": log_format, "columns": columns or {}}
        return compare_runs(self, earlier, asked, margin=margin, allow_graders=allow_graders)

    @property
    def columns(self) -> tuple[str, ...]:
        """The slicing columns, each once."""
        return tuple(dict.fromkeys(column for name in self.slices for column in parts_of(name)))

    @once
    def needed(self) -> pd.DataFrame:
        """Return how many more prompts would have to pass to show the target rate.

        Returns
        -------
        pandas.DataFrame
            Columns group, prompts, failures, "shown at least" (one-sided exact bound), target and
            "passes still needed": with these failures and no further one.
        """
        rows = []
        held: list[Any] = list(self.rates().itertuples(index=False))
        for row in held:
            passed, total = row.counts
            needed = passes_needed(self.target, failures=total - passed, confidence=self.confidence)
            bound = clopper_pearson_interval(passed, total, confidence=2 * self.confidence - 1).low
            rows.append(
                (row.group or "all", total, total - passed, bound, self.target, max(needed - total, 0))
            )
        columns = ["group", "prompts", "failures", "shown at least", "target", "passes still needed"]
        return pd.DataFrame(rows, columns=columns)

    def failures(self, change: VersionStudy | None = None) -> pd.DataFrame:
        """Return the prompts that fail, as anchors: no text from data.

        Parameters
        ----------
        change : VersionStudy, optional
            Since an earlier run: new failures come first.

        Returns
        -------
        pandas.DataFrame
            Columns prompt (an anchor), the slicing columns, and how many of its graded rows fail; with a
            comparison, what became of it since.
        """
        failed = self.units[self.units["failed"] > 0]
        shown = failed[["unit", *self.columns, "failed"]].assign(graded=failed["passed"] + failed["failed"])
        order = [*self.columns, "unit"]
        named = shown.sort_values(order, ignore_index=True).rename(columns={"unit": "prompt"})
        named = named.rename(columns={"failed": "rows that fail", "graded": "rows graded"})
        if change is None or change.paired.empty:
            return named
        told = named.assign(**{"since the earlier run": change.of(named["prompt"])})
        old = told["since the earlier run"] != "new failure"
        return pd.concat([told[~old], told[old]], ignore_index=True)

    def graded(self, columns: Sequence[str] = (), *, units: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return for each group its prompts, those that pass and those without a grade.

        Parameters
        ----------
        columns : sequence of str
            Slicing columns; none for all prompts.
        units : pandas.DataFrame, optional
            Only these of the units.

        Returns
        -------
        pandas.DataFrame
            Columns as asked for, passed, total (of prompts with a grade) and ungraded.
        """
        sums = self.by_unit(columns, units=units)
        known = sums["passed"] + sums["failed"] > 0
        held = sums.assign(passed=(known & (sums["failed"] == 0)), total=known, ungraded=~known)
        if not columns:
            return held[["passed", "total", "ungraded"]].sum().to_frame().T.astype(int)
        made = held.groupby(list(columns), as_index=False)[["passed", "total", "ungraded"]].sum()
        return made.astype(dict.fromkeys(("passed", "total", "ungraded"), int))

    def _rates(
        self, columns: Sequence[str], *, units: pd.DataFrame | None = None, metric: str = "pass_rate"
    ) -> pd.DataFrame:
        sums = self.graded(columns, units=units)
        passed, total = sums["passed"].to_numpy(), sums["total"].to_numpy()
        passed = passed if metric == "pass_rate" else total - passed  # the other two count failures
        interval = clopper_pearson_interval(passed, total, confidence=self.confidence)
        slices = sums[list(columns)].to_dict("records") if columns else [{}]
        frame = pd.DataFrame({"metric": metric, "slice": pd.Series(slices, dtype=object), "n": total})
        frame = frame.assign(compared=None, **interval._asdict(), confidence=self.confidence)
        frame["method"] = "clopper-pearson"
        frame["status"] = np.select([total == 0, total < self.min_n], ["undefined", "small"], "ok")
        frame["counts"] = pd.Series([[int(k), int(n)] for k, n in zip(passed, total, strict=True)])
        frame["group"] = [" × ".join(held.values()) for held in slices]
        return frame

    def _mean(self, slice_: dict[str, str], units: pd.DataFrame) -> dict[str, Any]:
        each = self.by_unit(units=units)
        rows = each["passed"] + each["failed"]
        single = bool((rows <= 1).all())  # no repeats: each row is worth itself
        passed, worth = (
            (each["passed"].sum(), rows.sum()) if single else clustered_counts(each["passed"], rows)
        )
        size = int(worth)
        fewest = max(size - math.ceil(round(size * (1 - passed / worth), 9)), 0) if size else 0
        interval = clopper_pearson_interval(fewest, size, confidence=self.confidence)
        total = int(rows.sum())
        estimate = each["passed"].sum() / total if total else np.nan
        return {
            "metric": "row_pass_rate", "slice": slice_, "n": size, "estimate": estimate,
            "low": min(interval.low, estimate), "high": max(interval.high, estimate),
            "confidence": self.confidence, "method": "clopper-pearson on effective rows", "compared": None,
            "status": "undefined" if not total else "small" if size < self.min_n else "ok", "counts": None,
            "group": " × ".join(slice_.values()),
        }  # fmt: skip


def parts_of(name: str) -> tuple[str, ...]:
    """Return the columns of a slice.

    Parameters
    ----------
    name : str
        A column, or several as "category × attack".

    Returns
    -------
    tuple of str
        In that order.

    Examples
    --------
    >>> parts_of("category × attack")
    ('category', 'attack')
    """
    return tuple(part.strip() for part in name.split("×"))
