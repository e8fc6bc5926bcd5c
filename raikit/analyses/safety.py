"""Safety: how often graded answers pass, counted on prompts, and what a claim still needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from raikit.errors import InputError
from raikit.sources.anchors import AnchorKey, anchor, anchor_key, labels
from raikit.sources.check import Role, check
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
        The slicing columns.
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

    def rates(self) -> pd.DataFrame:
        """Return the pass rate overall and of each group, with exact (Clopper-Pearson) intervals.

        Returns
        -------
        pandas.DataFrame
            Result form, metric `pass_rate`; a prompt passes when all its graded rows do.
        """
        frames = [self._rates(columns) for columns in ((), *((name,) for name in self.slices))]
        return pd.concat(frames, ignore_index=True)

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
        shown = failed[["unit", *self.slices, "failed"]].assign(graded=failed["passed"] + failed["failed"])
        order = [*self.slices, "unit"]
        named = shown.sort_values(order, ignore_index=True).rename(columns={"unit": "prompt"})
        return named.rename(columns={"failed": "rows that fail", "graded": "rows graded"})

    def graded(self, columns: Sequence[str] = ()) -> pd.DataFrame:
        """Return for each group its prompts, those that pass and those without a grade.

        Parameters
        ----------
        columns : sequence of str
            Slicing columns; none for all prompts.

        Returns
        -------
        pandas.DataFrame
            Columns as asked for, passed, total (of prompts with a grade) and ungraded.
        """
        sums = self.units.groupby([*columns, "unit"], as_index=False)[["passed", "failed"]].sum()
        known = sums["passed"] + sums["failed"] > 0
        held = sums.assign(passed=(known & (sums["failed"] == 0)), total=known, ungraded=~known)
        if not columns:
            return held[["passed", "total", "ungraded"]].sum().to_frame().T.astype(int)
        made = held.groupby(list(columns), as_index=False)[["passed", "total", "ungraded"]].sum()
        return made.astype(dict.fromkeys(("passed", "total", "ungraded"), int))

    def _rates(self, columns: Sequence[str]) -> pd.DataFrame:
        sums = self.graded(columns)
        passed, total = sums["passed"].to_numpy(), sums["total"].to_numpy()
        interval = clopper_pearson_interval(passed, total, confidence=self.confidence)
        slices = sums[list(columns)].to_dict("records") if columns else [{}]
        frame = pd.DataFrame({"metric": "pass_rate", "slice": pd.Series(slices, dtype=object), "n": total})
        frame = frame.assign(compared=None, **interval._asdict(), confidence=self.confidence)
        frame["method"] = "clopper-pearson"
        frame["status"] = np.select([total == 0, total < self.min_n], ["undefined", "small"], "ok")
        frame["counts"] = pd.Series([[int(k), int(n)] for k, n in zip(passed, total, strict=True)])
        frame["group"] = [" × ".join(held.values()) for held in slices]
        return frame


def safety(
    log: Table,
    *,
    outcome: str,
    prompt: str = "",
    item: str = "",
    slices: Sequence[str] = (),
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
        Columns to report by: policy category, attack, language, set.
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
    roles = [Role("outcome", outcome, "label"), *(Role("slices", name, "group") for name in slices)]
    roles += [Role(name, column, "any") for name, column in (("prompt", prompt), ("item", item)) if column]
    check(log, roles)
    key = anchor_key(anchors, source=log.source)
    keys = {
        **({"unit": unit} if unit else {}),
        **{f"slice {name}": name for name in slices},
        "outcome": outcome,
    }
    tally = count(log.lazy, keys)
    outcomes = {value for value in tally.cells["outcome"] if value is not None}
    if passed not in outcomes:
        raise InputError(
            f"safety: passed: no row has {outcome} {passed!r}; allowed: a value that {outcome} takes"
        )
    return SafetyStudy(
        units=_units(tally, tuple(slices), passed, key, bool(unit)),
        slices=tuple(slices), rows=log.rows, by_prompt=bool(prompt), population=population, target=target,
        confidence=confidence, min_n=min_n, key=key,
    )  # fmt: skip


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
    names = {text: anchor({"prompt": text}, key) for text in dict.fromkeys(cells["unit"])}
    held["unit"] = [names[text] for text in cells["unit"]]
    return held.groupby([*slices, "unit"], as_index=False)[["passed", "failed", "ungraded"]].sum()


def _one_row_each(held: pd.DataFrame, slices: tuple[str, ...]) -> pd.DataFrame:
    """Return one row for each row of the log, numbered: there is nothing to tell them apart by."""
    kinds = ["passed", "failed", "ungraded"]
    times = held[kinds].sum(axis=1).to_numpy()
    rows = held.loc[held.index.repeat(times), [*slices, *kinds]].reset_index(drop=True)
    rows[kinds] = (rows[kinds] > 0).astype(int)
    return rows.assign(unit=[f"row {place + 1}" for place in range(len(rows))])
