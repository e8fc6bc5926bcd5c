"""Safety: how often graded answers pass, counted on prompts, and what a claim still needs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from raikit.errors import InputError
from raikit.sources.anchors import AnchorKey, anchor, anchor_key, labels
from raikit.sources.check import Role, check
from raikit.stats.effective import clustered_counts
from raikit.stats.intervals import clopper_pearson_interval
from raikit.stats.sample_size import passes_needed
from raikit.stats.tally import Tally, count

if TYPE_CHECKING:
    from raikit.sources.table import Table


@dataclass(frozen=True)
class SafetyStudy:
    """What `safety` returns: tidy results, and what the generated sentences are made of.

    Attributes
    ----------
    units : pandas.DataFrame
        One row a prompt (and group): the slicing columns, as labels, `unit` (an anchor), and the numbers of
        rows that `passed`, `failed` and are `ungraded`.
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
    """

    question: ClassVar[str] = "safety"

    units: pd.DataFrame
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

    def rates(self) -> pd.DataFrame:
        """Return the pass rate overall and of each group, with exact (Clopper-Pearson) intervals.

        Returns
        -------
        pandas.DataFrame
            Result form, metric `pass_rate`; a prompt passes when all its graded rows do.
        """
        frames = [self._rates(columns) for columns in ((), *map(parts_of, self.slices))]
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

    def hazards(self, taxonomy: str, *, column: str, labels: Mapping[str, str] | None = None) -> pd.DataFrame:
        """Return a row for each hazard of a published taxonomy, tested or not.

        Parameters
        ----------
        taxonomy : {"mlcommons", "owasp-llm", "nist-ai-600-1"}
            Its version and date stand in the frame's `attrs`.
        column : str
            Slicing column whose labels name hazards.
        labels : mapping of str to str, optional
            Label to hazard, where the label is neither its id nor its name.

        Returns
        -------
        pandas.DataFrame
            Columns hazard, state, prompts, fail, "shown at least"; labels that name no hazard are rows of
            their own, with the state "no such hazard".
        """
        from raikit.analyses.hazards import hazard_rows, load_taxonomy

        return hazard_rows(self, load_taxonomy(taxonomy), column, labels or {})

    @property
    def columns(self) -> tuple[str, ...]:
        """The slicing columns, each once."""
        return tuple(dict.fromkeys(column for name in self.slices for column in parts_of(name)))

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

    def failures(self) -> pd.DataFrame:
        """Return the prompts that fail, as anchors: no text from data.

        Returns
        -------
        pandas.DataFrame
            Columns prompt (an anchor), the slicing columns, and how many of its graded rows fail.
        """
        failed = self.units[self.units["failed"] > 0]
        shown = failed[["unit", *self.columns, "failed"]].assign(graded=failed["passed"] + failed["failed"])
        order = [*self.columns, "unit"]
        named = shown.sort_values(order, ignore_index=True).rename(columns={"unit": "prompt"})
        return named.rename(columns={"failed": "rows that fail", "graded": "rows graded"})

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
        held = self.units if units is None else units
        sums = held.groupby([*columns, "unit"], as_index=False)[["passed", "failed"]].sum()
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
        each = units.groupby("unit")[["passed", "failed"]].sum()
        rows = each.sum(axis=1)
        passed, worth = clustered_counts(each["passed"], rows)
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


def safety(
    log: Table,
    *,
    outcome: str,
    prompt: str = "",
    item: str = "",
    slices: Sequence[str] = (),
    expected: str = "",
    severity: str = "",
    grader: str = "",
    passed: Any = "pass",
    population: str = "",
    target: float = 0.95,
    confidence: float = 0.95,
    min_n: int = 30,
    anchors: str = "",
) -> SafetyStudy:
    """Count how many prompts pass, overall and by group.

    Parameters
    ----------
    log : Table
        One row a graded answer.
    outcome : str
        Column of two values; missing where there is no grade.
    prompt, item : str
        Columns: rows of one prompt are repeats and count once, by the worst; without a prompt each item,
        without either each row stands for itself.
    slices : sequence of str
        Columns to report by: policy category, attack, language; "category × attack" crosses two.
    expected, severity, grader : str
        Columns: what the answer should be, how bad a failure is, who or what graded.
    passed : object
        The outcome that is a pass.
    population : str
        What the prompts stand for, in your words; shown as such.
    target : float
        The pass rate to be shown, in (0, 1).
    confidence, min_n
        Of the intervals; results on fewer prompts are marked small.
    anchors : str
        Reference to the key of the anchors; see `raikit.sources.anchors.anchor_key`.

    Returns
    -------
    SafetyStudy
        Results as data frames; `Evidence.state` words them.

    Raises
    ------
    InputError
        If columns are absent or of the wrong kind, no outcome is the one that passes, or `target` is out of
        range.

    Notes
    -----
    The prompts are taken as independent draws. Prompts that were picked, or are variants of each other, are
    not: the bounds then hold for nothing but these prompts.

    Examples
    --------
    >>> from raikit.sources import open_table
    >>> study = safety(open_table("demo:refusals"), outcome="outcome", prompt="prompt", slices=["category"])
    >>> study.rates()[["group", "n", "estimate", "low", "high"]].round(3).values.tolist()[1]
    ['disallowed request', 78, 0.872, 0.777, 0.937]
    """
    if not 0 < target < 1:
        raise InputError(f"safety: target: came {target}; allowed: a pass rate between 0 and 1, such as 0.95")
    unit = prompt or item
    columns = tuple(dict.fromkeys(column for name in slices for column in parts_of(name)))
    extra = tuple(name for name in (expected, severity) if name and name not in columns)
    named = {"prompt": prompt, "item": "" if prompt else item, "expected": expected}
    named |= {"severity": severity, "grader": grader}
    check(log, _roles(outcome, columns, named))
    key = anchor_key(anchors, source=log.source)
    keys = {"unit": unit} if unit else {}
    keys |= {f"slice {name}": name for name in (*columns, *extra)} | {"outcome": outcome}
    tally = count(log.lazy, keys)
    outcomes = {value for value in tally.cells["outcome"] if value is not None}
    if passed not in outcomes:
        raise InputError(
            f"safety: passed: no row has {outcome} {passed!r}; allowed: a value that {outcome} takes"
        )
    graders = count(log.lazy, {"grader": grader}).cells["grader"].dropna() if grader else ()
    return SafetyStudy(
        units=_units(tally, (*columns, *extra), passed, key, bool(unit)),
        slices=tuple(" × ".join(parts_of(name)) for name in slices), rows=log.rows, by_prompt=bool(prompt),
        population=population, target=target, confidence=confidence, min_n=min_n, key=key,
        expected=expected, severity=severity, graders=tuple(sorted(map(str, graders))),
    )  # fmt: skip


def _roles(outcome: str, columns: Sequence[str], named: Mapping[str, str]) -> list[Role]:
    roles = [Role("outcome", outcome, "label"), *(Role("slices", name, "group") for name in columns)]
    return roles + [Role(name, column, "any") for name, column in named.items() if column]


def _units(
    tally: Tally, slices: tuple[str, ...], passed: Any, key: AnchorKey, has_unit: bool
) -> pd.DataFrame:
    """Return one row a prompt and group, texts replaced by labels and anchors."""
    cells = tally.cells
    missing = cells["outcome"].isna()
    held = pd.DataFrame({"passed": cells["n"].where(cells["outcome"] == passed, 0)})
    held["failed"] = cells["n"].where((cells["outcome"] != passed) & ~missing, 0)
    held["ungraded"] = cells["n"].where(missing, 0)
    for name in slices:
        shown = labels(cells[f"slice {name}"], key=key)
        held[name] = [shown[value] for value in cells[f"slice {name}"]]
    if not has_unit:
        return _one_row_each(held, slices)
    held["unit"] = _anchored(cells["unit"], key)
    return held.groupby([*slices, "unit"], as_index=False)[["passed", "failed", "ungraded"]].sum()


def _anchored(texts: pd.Series, key: AnchorKey) -> pd.Series:
    """Return an anchor for each prompt; those that `open_log` has made already stay."""
    made = texts.astype(str).str.fullmatch(r"#[0-9a-f]{16}")
    if bool(made.all()):
        return texts
    names = {text: anchor({"prompt": text}, key) for text in dict.fromkeys(texts)}
    return texts.map(names).where(texts.notna(), names.get(None))


def _one_row_each(held: pd.DataFrame, slices: tuple[str, ...]) -> pd.DataFrame:
    """Return one row for each row of the log, numbered: there is nothing to tell them apart by."""
    kinds = ["passed", "failed", "ungraded"]
    times = held[kinds].sum(axis=1).to_numpy()
    rows = held.loc[held.index.repeat(times), [*slices, *kinds]].reset_index(drop=True)
    rows[kinds] = (rows[kinds] > 0).astype(int)
    return rows.assign(unit=[f"row {place + 1}" for place in range(len(rows))])
