"""Drift: whether the data moved by more than matters, and whether the model still holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from raikit.analyses import calibration as over_time
from raikit.analyses.categories import CategoryChange, category_changes
from raikit.analyses.features import FeatureCounts, count_feature, unsuited
from raikit.analyses.windows import DAY, WINDOWS, span
from raikit.errors import InputError
from raikit.sources.anchors import labels
from raikit.sources.check import Role, check
from raikit.stats.distances import (
    EffectTest,
    cohens_w_interval,
    effect_test,
    population_stability_interval,
)

if TYPE_CHECKING:
    from raikit.sources.table import Table

_METHOD = "non-central chi-squared"


@dataclass(frozen=True)
class DriftChoices:
    """What was asked of `drift`; the fields are its parameters."""

    timestamp: str
    split: str
    window: str
    label: str
    prediction: str
    score: str
    segment: str
    positive_label: Any
    min_effect: float
    confidence: float
    min_n: int

    def problems(self, current: Table | None) -> list[str]:
        """Return a sentence for each choice that can't stand.

        Parameters
        ----------
        current : Table or None
            The second table, if there is one.

        Returns
        -------
        list of str
            Empty when all is well.
        """
        day = pd.to_datetime(self.split or "NaT", errors="coerce", format="ISO8601")
        came = "neither" if current is None else "both"
        checks = {
            f"{came} of current and split came; allowed: one of them": (current is None) == bool(self.split),
            "split needs the parameter timestamp, the column that it divides": self.timestamp
            or not self.split,
            f"split: came {self.split!r}; allowed: a date such as '2015-07-01'": not self.split
            or not pd.isna(day),
            f"window: came {self.window!r}; allowed: {', '.join(WINDOWS)}": self.window in WINDOWS,
            f"min_effect: came {self.min_effect}; allowed: a number above 0, such as 0.05": self.min_effect
            > 0,
            "score needs the parameter label, the outcome that it is compared with": self.label
            or not self.score,
        }
        return [f"drift: {text}" for text, fine in checks.items() if not fine]

    def roles(self, features: Sequence[str]) -> list[Role]:
        """Return what each named column is used for.

        Parameters
        ----------
        features : sequence of str
            Columns to compare.

        Returns
        -------
        list of Role
            For `raikit.sources.check`.
        """
        kinds = {"timestamp": "timestamp", "label": "label", "prediction": "prediction", "score": "score",
                 "segment": "group"}  # fmt: skip
        named = [Role(name, getattr(self, name), kind) for name, kind in kinds.items() if getattr(self, name)]
        return named + [Role("features", name, "any") for name in features]


@dataclass(frozen=True)
class FeatureShift:
    """A column's shift and its verdict.

    Attributes
    ----------
    counts : FeatureCounts
        What it is computed from.
    slice : dict of str to str
        The feature, the segment if any, and what was recoded if anything.
    test : EffectTest
        Against the minimum effect.
    verdict : {"material", "immaterial", "underpowered", "undefined"}
        Material after Benjamini-Hochberg over all features and segments.
    p_adjusted : float
        Of the two-sample chi-squared test of no difference, by the same adjustment.
    """

    counts: FeatureCounts
    slice: dict[str, str]
    test: EffectTest
    verdict: str
    p_adjusted: float


@dataclass(frozen=True)
class DriftStudy:
    """What `drift` returns: tidy results, and what the generated sentences are made of.

    Attributes
    ----------
    shifts : tuple of FeatureShift
        One a feature (and segment), in the order asked for.
    recoded : tuple of FeatureShift
        The same for features with a vanished or new level, if another level took its place.
    changes : tuple of CategoryChange
        Levels that one side lacks by more than chance.
    days : tuple of pandas.DataFrame
        Daily outcomes of reference and current; empty frames without label and timestamp.
    dispersion : Dispersion
        Of weekly outcomes in the reference.
    skipped : tuple of str
        Why a feature was left out, a sentence each.
    spans : tuple of str
        First and last day of either side.
    undated : int
        Rows without a time.
    """

    question: ClassVar[str] = "drift"

    shifts: tuple[FeatureShift, ...]
    recoded: tuple[FeatureShift, ...]
    changes: tuple[CategoryChange, ...]
    days: tuple[pd.DataFrame, pd.DataFrame]
    dispersion: over_time.Dispersion
    skipped: tuple[str, ...]
    spans: tuple[str, str]
    undated: int
    rows: tuple[int, int]
    choices: DriftChoices
    names: dict[str, dict[Any, str]] = field(default_factory=dict)

    def distances(self) -> pd.DataFrame:
        """Return the stability index and Cohen's w of each feature, the largest shift first.

        Returns
        -------
        pandas.DataFrame
            Result form: `cohens_w` and `population_stability_index`, slice {"feature": name}; and the
            columns verdict, p_value (adjusted) and smallest (the w that these rows call material with
            probability .8).
        """
        order = sorted(self.shifts, key=lambda shift: -np.nan_to_num(self._w(shift).estimate))
        rows = [self._row(shift, metric) for metric in _INTERVALS for shift in [*order, *self.recoded]]
        return pd.DataFrame(rows)

    def categories(self) -> pd.DataFrame:
        """Return the levels that vanished or appeared, with their last or first day.

        Returns
        -------
        pandas.DataFrame
            Columns feature, category, change, day, rows, share and "may now be"; empty when there is none.
        """
        rows = []
        for each in self.changes:
            same = self.shown(each.feature, each.counted_as) if each.counted_as is not None else ""
            level = self.shown(each.feature, each.level)
            rows.append((each.feature, level, each.kind, each.until, each.rows, each.rows / each.of, same))
        columns = ["feature", "category", "change", "day", "rows", "share", "may be the same as"]
        return pd.DataFrame(rows, columns=columns)

    def calibration(self) -> pd.DataFrame:
        """Return base rate, mean prediction and calibration error by window, and of either side.

        Returns
        -------
        pandas.DataFrame
            Result form; slice {"window": …}, {"period": "reference" or "current"}, or {"windows": …} for
            stretches of current windows that are miscalibrated beyond chance.

        Raises
        ------
        InputError
            If label or timestamp was not named.
        """
        if self.days[0].empty and self.days[1].empty:
            raise InputError("drift: calibration over time needs the parameters timestamp and label")
        both = pd.concat(self.days).groupby(DAY, as_index=False).sum()
        sums = [over_time.by_window(both, self.choices.window)]
        for name, days in zip(("reference", "current"), self.days, strict=True):
            total = days.drop(columns=DAY).sum().to_frame().T
            sums.append(total.assign(slice=pd.Series([{"period": name}])) if len(days) else total[:0])
        joined = pd.concat(sums, ignore_index=True).drop(columns="window")
        made = over_time.outcome_rows(
            joined, self.dispersion, confidence=self.choices.confidence, min_n=self.choices.min_n
        )
        return pd.concat([made, self.stretches()], ignore_index=True) if self.choices.score else made

    def stretches(self) -> pd.DataFrame:
        """Return the stretches of current windows whose predictions and outcomes differ beyond chance.

        Returns
        -------
        pandas.DataFrame
            Result form, slice {"windows": "2015-09 to 2015-11"}; empty when there is none.
        """
        if not self.choices.score or self.days[1].empty:
            return pd.DataFrame(columns=["metric", "slice"])
        windows = over_time.by_window(self.days[1], self.choices.window)
        return over_time.miscalibrated_runs(
            windows, self.dispersion, confidence=self.choices.confidence, min_n=self.choices.min_n
        )

    def lines(self) -> pd.DataFrame:
        """Return observed and predicted rate by window as two series of one metric, for a chart.

        Returns
        -------
        pandas.DataFrame
            Result form, metric `positive_rate`, slice {"window": …, "rate": "observed" or "predicted"}.
        """
        made = self.calibration()
        names = {"base_rate": "observed", "mean_prediction": "predicted"}
        of_windows = made["slice"].map(lambda held: list(held) == ["window"])
        windows = made[made["metric"].isin(names) & of_windows].reset_index(drop=True)
        series = windows["metric"].map(names)
        slices = [held | {"rate": name} for held, name in zip(windows["slice"], series, strict=True)]
        return windows.assign(metric="positive_rate", slice=pd.Series(slices, dtype=object))

    def shown(self, feature: str, level: Any) -> str:
        """Return a level's label, or its anchor.

        Parameters
        ----------
        feature : str
            The column.
        level : object
            One of its values.

        Returns
        -------
        str
            See `raikit.sources.anchors.labels`.
        """
        return self.names.get(feature, {}).get(level, "missing" if level is None else str(level))

    def _w(self, shift: FeatureShift) -> Any:
        return cohens_w_interval(
            shift.counts.reference, shift.counts.current, confidence=self.choices.confidence
        )

    def _row(self, shift: FeatureShift, metric: str) -> dict[str, Any]:
        counts = shift.counts
        interval = _INTERVALS[metric](counts.reference, counts.current, confidence=self.choices.confidence)
        n = int(min(counts.reference.sum(), counts.current.sum()))
        status = "undefined" if np.isnan(interval.low) else "small" if n < self.choices.min_n else "ok"
        return {
            "metric": metric, "slice": shift.slice, "compared": None, "n": n, **interval._asdict(),
            "confidence": self.choices.confidence, "method": _METHOD, "status": status, "counts": None,
            "group": " × ".join(shift.slice.values()), "verdict": shift.verdict,
            "p_value": shift.p_adjusted, "smallest": shift.test.smallest,
        }  # fmt: skip


_INTERVALS = {"cohens_w": cohens_w_interval, "population_stability_index": population_stability_interval}


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
    positive_label: Any = 1,
    min_effect: float = 0.05,
    confidence: float = 0.95,
    min_n: int = 30,
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
        A column by whose values each feature is compared too.
    positive_label : object
        The value of the label that the score predicts.
    min_effect : float
        The smallest shift that matters, in units of Cohen's w (above 0).
    confidence, min_n
        Of the intervals and verdicts; results on fewer rows are marked small.

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
        timestamp,
        split,
        window,
        label,
        prediction,
        score,
        segment,
        positive_label,
        min_effect,
        confidence,
        min_n,
    )
    if problems := choices.problems(current):
        raise InputError.joined(problems)
    before, after = _split(reference, timestamp, split) if current is None else (reference, current)
    columns = _features(before, after, features, {timestamp, label, prediction, score, segment})
    for table in (before, after):
        check(table, choices.roles(columns))
    return _compared(before, after, columns, choices)


def _compared(before: Table, after: Table, columns: Sequence[str], choices: DriftChoices) -> DriftStudy:
    reasons = {name: unsuited(before, after, name) for name in columns}
    counts = [
        each
        for name in columns
        if not reasons[name]
        for each in count_feature(before, after, name, choices.segment)
    ]
    whole = [each for each in counts if not each.segment]
    changes = category_changes(whole, (before, after), choices.timestamp, confidence=choices.confidence)
    names = {each.feature: labels(each.levels) for each in whole if not each.binned}
    if choices.segment:
        names[choices.segment] = labels(value for each in counts for value in each.segment.values())
    days, undated = _days(before, after, choices)
    return DriftStudy(
        shifts=_shifts(counts, names, choices),
        recoded=_recoded(whole, changes, names, choices),
        changes=tuple(changes),
        days=days,
        dispersion=over_time.measured_dispersion(days[0]),
        skipped=tuple(text for text in reasons.values() if text),
        spans=_spans(before, after, choices.timestamp),
        undated=undated,
        rows=(before.rows, after.rows),
        choices=choices,
        names=names,
    )


def _split(table: Table, timestamp: str, split: str) -> tuple[Table, Table]:
    """Return the rows before a day and those from it on, as tables of their own."""
    import narwhals as nw

    from raikit.sources.table import open_table

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
        parts.append(open_table(rows, name=name))
    return parts[0], parts[1]


def _features(before: Table, after: Table, features: Sequence[str], taken: set[str]) -> list[str]:
    if features:
        return list(dict.fromkeys(features))
    both = {column.name for column in after.columns}
    return [column.name for column in before.columns if column.name in both - taken]


def _shifts(
    counts: Sequence[FeatureCounts], names: dict[str, dict[Any, str]], choices: DriftChoices
) -> tuple[FeatureShift, ...]:
    settings = {"min_effect": choices.min_effect, "confidence": choices.confidence}
    tests = [effect_test(each.reference, each.current, **settings) for each in counts]
    material = _adjusted([test.p_material for test in tests])
    different = _adjusted([test.p_different for test in tests])
    return tuple(
        FeatureShift(each, _slice(each, names), test, _verdict(test, p, choices.confidence), q)
        for each, test, p, q in zip(counts, tests, material, different, strict=True)
    )


def _slice(counts: FeatureCounts, names: dict[str, dict[Any, str]]) -> dict[str, str]:
    segment = {column: names[column][value] for column, value in counts.segment.items()}
    return {"feature": counts.feature, **segment}


def _adjusted(p_values: Sequence[float]) -> list[float]:
    """Return Benjamini-Hochberg adjusted p-values; undefined ones stay so and don't count."""
    from scipy.stats import false_discovery_control

    values = np.array(p_values, dtype=float)
    known = ~np.isnan(values)
    if known.any():
        values[known] = false_discovery_control(values[known])
    return [float(value) for value in values]


def _verdict(test: EffectTest, p_material: float, confidence: float) -> str:
    if np.isnan(p_material):
        return "undefined"
    if p_material <= 1 - confidence:
        return "material"
    return "immaterial" if test.p_immaterial <= 1 - confidence else "underpowered"


def _recoded(
    counts: Sequence[FeatureCounts],
    changes: Sequence[CategoryChange],
    names: dict[str, dict[Any, str]],
    choices: DriftChoices,
) -> tuple[FeatureShift, ...]:
    found = []
    for change in changes:
        if change.counted_as is None:
            continue
        whole = next(each for each in counts if each.feature == change.feature)
        merged = whole.recoded(change.level, change.counted_as)
        (shift,) = _shifts([merged], names, choices)
        shown = names[change.feature]
        as_ = f"{shown[change.level]} as {shown[change.counted_as]}"
        found.append(
            FeatureShift(merged, shift.slice | {"recoded": as_}, shift.test, shift.verdict, shift.p_adjusted)
        )
    return tuple(found)


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


def _spans(before: Table, after: Table, timestamp: str) -> tuple[str, str]:
    if not timestamp:
        return "", ""
    from raikit.analyses.windows import count_by_day

    first, second = (span(count_by_day(table, timestamp, {}).cells[DAY]) for table in (before, after))
    return first, second
