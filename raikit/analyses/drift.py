"""Drift: whether the data moved by more than matters, and whether the model still holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from raikit.analyses import calibration as over_time
from raikit.analyses.alarms import measure
from raikit.analyses.categories import category_changes
from raikit.analyses.columns import Columns, count_columns
from raikit.analyses.contract_checks import contract_of
from raikit.analyses.domain import Domain, tell_apart
from raikit.analyses.drift_choices import DriftChoices
from raikit.analyses.drift_study import DriftStudy
from raikit.analyses.estimated import gap_rows, outcome_cells, performance_rows
from raikit.analyses.shifts import FeatureShift, judge, recoded
from raikit.analyses.text_columns import lengths_of, with_lengths
from raikit.analyses.texts import Texts, joined, read_texts
from raikit.analyses.windows import DAY, span
from raikit.errors import InputError
from raikit.sources.check import Role, check
from raikit.sources.counting import with_levels

if TYPE_CHECKING:
    from raikit.sources.table import Table


def drift(
    reference: Table,
    current: Table | None = None,
    *,
    timestamp: str = "",
    split: str = "",
    window: str = "month",
    features: Sequence[str] = (),
    label: str = "",
    prediction: str = "",
    score: str = "",
    segment: str = "",
    groups: Sequence[str] = (),
    key: str = "",
    positive_label: Any = 1,
    min_effect: float = 0.05,
    confidence: float = 0.95,
    min_n: int = 30,
    suppress_below: int = 10,
    domain_sample: int = 10_000,
    budget: float = 1.0,
    seed: int = 7,
    chunk_rows: int = 0,
    texts: Sequence[str] = (),
    embedder: str = "",
    text_sample: int = 20_000,
    reveal: str = "none",
) -> DriftStudy:
    """Compare current rows with a reference: each feature, its categories, and predictions with outcomes.

    Parameters
    ----------
    reference : Table
        What is normal; or all rows, when `split` is given.
    current : Table, optional
        What is judged.
    timestamp : str
        Column of dates or timestamps; needed for windows and for the day on which a category ends.
    split : str
        A date: rows before it are the reference, the others current. Instead of `current`.
    window : {"day", "week", "month", "quarter", "year"}
        Length of the windows of the outcomes.
    features : sequence of str
        Columns to compare; by default every text, number and boolean that no other parameter names.
    label, prediction, score : str
        Columns of the true outcome, the prediction and its probability, where there are any.
    segment : str
        A column by whose values each feature is compared too; its rates are followed as those of groups.
    groups : sequence of str
        Columns of groups of people, whose rates are followed over time.
    key : str
        A column that should be unique; repeated values are counted.
    positive_label : object
        The value of the label that the score predicts.
    min_effect : float
        The smallest shift that matters, in units of Cohen's w (above 0).
    confidence, min_n
        Of the intervals and verdicts; results on fewer rows are marked small.
    suppress_below : int
        Numbers on fewer people are hidden.
    domain_sample : int
        Rows of either side that the domain classifier learns from; 0 for none.
    budget : float
        False pages a quarter that the owner puts up with.
    seed : int
        Of the domain classifier's sample.
    chunk_rows : int
        Rows of a window in the order of the file, instead of windows of time; what is left over belongs to
        the last. 0 for none: the order of a file often means nothing.
    texts : sequence of str
        Columns of free text. Their lengths become features; languages, words and vectors are compared on a
        sample.
    embedder : str
        A model that turns texts into vectors, see `raikit.sources.embedder.open_embedder`; empty for none.
    text_sample : int
        Rows of either side whose texts are looked at; 0 for lengths only.
    reveal : {"none", "words"}
        Whether words that moved are shown, where at least `suppress_below` texts have them; else they stand
        as anchors, since a word may be a name.

    Returns
    -------
    DriftStudy
        Results as data frames; `Evidence.state` words them.

    Raises
    ------
    InputError
        If columns are absent or of the wrong kind, or neither or both of `current` and `split` are given.

    Notes
    -----
    Reference and current are samples alike: the tests don't take the reference for exact. Rows count as
    independent in the tests of the features; the intervals of the outcomes are as wide as weeks vary.

    Examples
    --------
    >>> from raikit.sources import open_table
    >>> before = open_table(pd.DataFrame({"code": ["AA", "US"] * 500}))
    >>> after = open_table(pd.DataFrame({"code": ["AA", "DL"] * 500}))
    >>> study = drift(before, after, features=["code"])
    >>> study.categories()[["category", "change"]].values.tolist()
    [['US', 'vanished'], ['DL', 'new']]
    """
    choices = DriftChoices(
        timestamp, split, window, label, prediction, score, segment, tuple(groups), key, positive_label,
        min_effect, confidence, min_n, suppress_below, domain_sample, budget, seed,
        chunk_rows, tuple(texts), embedder, text_sample, reveal,
    )  # fmt: skip
    if problems := choices.problems(current):
        raise InputError.joined(problems)
    before, after = _split(reference, timestamp, split) if current is None else (reference, current)
    sides = with_lengths(before, texts), with_lengths(after, texts)
    columns = _features(*sides, features, choices)
    for table in sides:
        check(table, choices.roles(columns))
    return _compared(sides, columns, choices, (before, after))


def _compared(
    sides: tuple[Table, Table],
    features: Sequence[str],
    choices: DriftChoices,
    with_texts: tuple[Table, Table],
) -> DriftStudy:
    before, after = with_levels(sides[0], features), with_levels(sides[1], features)
    of_tables = count_columns(before, after, features, choices)
    texts = read_texts(*with_texts, of_tables, choices)
    columns = joined(of_tables, texts)
    whole = [column.whole for column in of_tables.each]
    changes = category_changes(whole, (before, after), choices.timestamp, confidence=choices.confidence)
    days, undated = _days(before, after, choices)
    dispersion = over_time.measured_dispersion(days[0])
    accuracy, gaps, withheld = _performance(columns, (before, after), choices, dispersion.factor)
    settings = {"min_effect": choices.min_effect, "confidence": choices.confidence}
    alarms = measure(columns, choices)
    return DriftStudy(
        shifts=_shifts(columns, texts, settings),
        windowed=_windowed(columns, texts, settings),
        recoded=recoded(whole, changes, columns.names, **settings),
        changes=tuple(changes),
        domain=_domain(before, after, of_tables, choices),
        contract=contract_of(columns, before, after, choices, alarms.thresholds if alarms else None),
        days=days,
        alarms=alarms,
        accuracy=accuracy,
        gaps=gaps,
        withheld=tuple(withheld),
        dispersion=dispersion,
        skipped=columns.skipped,
        spans=(span(columns.days[0][DAY]), span(columns.days[1][DAY])),
        undated=undated,
        rows=(before.rows, after.rows),
        choices=choices,
        names=columns.names,
        texts=texts,
    )


def _domain(before: Table, after: Table, columns: Columns, choices: DriftChoices) -> Domain | None:
    return tell_apart(
        before,
        after,
        [column.whole.feature for column in columns.each],
        days=columns.days[1] if choices.timestamp else columns.days[1][:0],
        timestamp=choices.timestamp,
        sample=choices.domain_sample,
        confidence=choices.confidence,
        seed=choices.seed,
    )


def _shifts(columns: Columns, texts: Texts | None, settings: dict[str, float]) -> tuple[FeatureShift, ...]:
    pairs = [(columns.slice(part), part) for column in columns.each for part in column.parts]
    pairs += texts.parts() if texts else []
    return judge([counts for _, counts in pairs], [held for held, _ in pairs], **settings)


def _windowed(columns: Columns, texts: Texts | None, settings: dict[str, float]) -> tuple[FeatureShift, ...]:
    pairs = [*columns.windowed(), *(texts.windowed() if texts else ())]
    return judge([counts for _, counts in pairs], [held for held, _ in pairs], **settings)


def _performance(
    columns: Columns, tables: tuple[Table, Table], choices: DriftChoices, factor: float
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Return accuracy and gaps by window, over all rows and by group, and groups without an estimate."""
    if not (choices.timestamp and choices.label and choices.prediction):
        return pd.DataFrame(), pd.DataFrame(), []
    rows, gaps, withheld = [], [], []
    for group in ("", *choices.followed):
        before = outcome_cells(tables[0], columns.days[0], choices, group=group)
        after = outcome_cells(tables[1], columns.days[1], choices, group=group)
        made, without = performance_rows(before, after, choices, factor=factor, group=group)
        rows.append(made)
        withheld += without
        gaps += [gap_rows(after, choices, group=group)] if group else []
    return pd.concat(rows, ignore_index=True), pd.concat(gaps) if gaps else pd.DataFrame(), withheld


def _split(table: Table, timestamp: str, split: str) -> tuple[Table, Table]:
    """Return the rows before a day and those from it on, as tables of their own."""
    import narwhals as nw

    from raikit.sources.table import part_of

    check(table, [Role("timestamp", timestamp, "timestamp")])
    day = pd.Timestamp(split).date()
    early = nw.col(timestamp).cast(nw.Date) < day
    parts = []
    for name, chosen, where in (("reference", early, "before"), ("current", ~early, "on or after")):
        rows = table.lazy.filter(chosen)
        if not len(rows.head(1).collect("pyarrow")):
            raise InputError(
                f"drift: split: no row lies {where} {day}; allowed: a day with rows on both sides"
            )
        parts.append(part_of(table, rows, name))
    return parts[0], parts[1]


def _features(before: Table, after: Table, features: Sequence[str], choices: DriftChoices) -> list[str]:
    if features:
        return list(
            dict.fromkeys([*features, *(name for text in choices.texts for name in lengths_of(text))])
        )
    taken = {
        choices.timestamp,
        choices.label,
        choices.prediction,
        choices.score,
        choices.segment,
        choices.key,
    }
    both = {column.name for column in after.columns} - taken - set(choices.texts)
    return [column.name for column in before.columns if column.name in both]


def _days(
    before: Table, after: Table, choices: DriftChoices
) -> tuple[tuple[pd.DataFrame, pd.DataFrame], int]:
    timestamp, label, positive = choices.timestamp, choices.label, choices.positive_label
    if not (timestamp and label):
        return (pd.DataFrame(), pd.DataFrame()), 0
    undated = sum(table.column(timestamp).missing or 0 for table in (before, after))
    first, second = (
        over_time.daily_outcomes(table, timestamp, label, choices.score, positive)
        for table in (before, after)
    )
    if not (first["k"].sum() + second["k"].sum()):
        raise InputError(
            f"drift: positive_label: no row has {label} {positive!r}; allowed: a value that {label} takes"
        )
    return (first, second), undated
