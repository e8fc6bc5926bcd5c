"""Safety: how often graded answers pass, counted on prompts, and what a claim still needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.graders import graders_of
from raikit.analyses.items import anchored, sorted_categories
from raikit.analyses.safety_study import ATTACK, SafetyStudy, parts_of
from raikit.errors import InputError
from raikit.sources.anchors import AnchorKey, anchor_key, labels
from raikit.sources.check import Role, check
from raikit.stats.tally import coded_cells, combined, places

if TYPE_CHECKING:
    from raikit.sources.table import Table


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
        Columns: what the answer should be, how bad a failure is, who or what graded (without it the log's
        own column `grader`, where it has one).
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
    asked = {"outcome": outcome, "prompt": prompt, "item": item, "grader": grader, "passed": passed}
    asked |= {"slices": tuple(slices), "anchors": anchors}
    unit = prompt or item
    columns = tuple(dict.fromkeys(column for name in slices for column in parts_of(name)))
    attack = ATTACK if any(each.name == ATTACK for each in log.columns) else ""
    extra = tuple(name for name in (expected, severity, attack) if name and name not in columns)
    named = {"prompt": prompt, "item": "" if prompt else item, "expected": expected}
    named |= {"severity": severity, "grader": grader}
    check(log, _roles(outcome, columns, named))
    key = anchor_key(anchors, source=log.source)
    cells = _counted(log, unit, (*columns, *extra), outcome, grader)
    _check_passed(cells, outcome, passed)
    answers = _answers(cells, key)
    return SafetyStudy(
        units=_units(cells, answers["unit"], (*columns, *extra), passed, key, bool(unit)), answers=answers,
        slices=tuple(" × ".join(parts_of(name)) for name in slices), rows=log.rows, by_prompt=bool(prompt),
        population=population, target=target, confidence=confidence, min_n=min_n, key=key,
        expected=expected, severity=severity, graders=graders_of(log, grader, anchors=anchors),
        asked=asked,
    )  # fmt: skip


def _counted(log: Table, unit: str, columns: Sequence[str], outcome: str, grader: str) -> pd.DataFrame:
    """Count the rows by all that is asked for later, in one pass."""
    judge = grader or ("grader" if any(each.name == "grader" for each in log.columns) else "")
    keys = {"unit": unit} if unit else {}
    keys |= {f"slice {name}": name for name in columns} | {"outcome": outcome}
    return coded_cells(log.lazy, keys | ({"grader": judge} if judge else {}))


def _check_passed(cells: pd.DataFrame, outcome: str, passed: Any) -> None:
    outcomes = list(cells["outcome"].cat.categories)
    if passed not in outcomes:
        taken = ", ".join(sorted(map(repr, outcomes)))
        raise InputError(f"safety: passed: no row has {outcome} {passed!r}; allowed: {taken}")


def _roles(outcome: str, columns: Sequence[str], named: Mapping[str, str]) -> list[Role]:
    roles = [Role("outcome", outcome, "label"), *(Role("slices", name, "group") for name in columns)]
    return roles + [Role(name, column, "any") for name, column in named.items() if column]


def _answers(cells: pd.DataFrame, key: AnchorKey) -> pd.DataFrame:
    """Return how many rows of each unit a grader gave which outcome; names that can't be shown as anchors."""
    nobody = pd.Categorical([None] * len(cells), categories=pd.Index([], dtype="str"))
    held = {"unit": anchored(cells["unit"].array, key) if "unit" in cells else nobody}
    held["grader"] = _shown(cells["grader"].array, key) if "grader" in cells else nobody
    return pd.DataFrame({**held, "outcome": cells["outcome"], "n": cells["n"]})


def _shown(values: pd.Categorical, key: AnchorKey) -> pd.Categorical:
    """Return labels, or anchors, in place of a column's values."""
    missing = [None] if (values.codes < 0).any() else []
    names = labels([*values.categories, *missing], key=key)
    return sorted_categories(pd.array(list(names.values()), dtype="str"), values.codes)


def _units(
    cells: pd.DataFrame, unit: pd.Series, slices: tuple[str, ...], passed: Any, key: AnchorKey, has_unit: bool
) -> pd.DataFrame:
    """Return one row a prompt and group, texts replaced by labels and anchors."""
    outcome = cells["outcome"].array
    passes = np.append(np.array([each == passed for each in outcome.categories], bool), False)[outcome.codes]
    missing = outcome.codes < 0
    kinds = {"passed": passes, "failed": ~passes & ~missing, "ungraded": missing}
    held = pd.DataFrame({kind: cells["n"].where(rows, 0) for kind, rows in kinds.items()})
    named = {name: _shown(cells[f"slice {name}"].array, key) for name in slices}
    if not has_unit:
        return _one_row_each(held.assign(**named).astype(dict.fromkeys(named, "str")), slices)
    named["unit"] = unit.array
    first, position = combined([places(each) for each in named.values()], len(held))
    made: dict[Any, Any] = {name: each.categories.take(each.codes[first]) for name, each in named.items()}
    for kind in kinds:
        made[kind] = np.bincount(position, held[kind], len(first)).astype(np.int64)
    return pd.DataFrame(made)


def _one_row_each(held: pd.DataFrame, slices: tuple[str, ...]) -> pd.DataFrame:
    """Return one row for each row of the log, numbered: there is nothing to tell them apart by."""
    kinds = ["passed", "failed", "ungraded"]
    times = held[kinds].sum(axis=1).to_numpy()
    rows = held.loc[held.index.repeat(times), [*slices, *kinds]].reset_index(drop=True)
    rows[kinds] = (rows[kinds] > 0).astype(int)
    return rows.assign(unit=[f"row {place + 1}" for place in range(len(rows))])
