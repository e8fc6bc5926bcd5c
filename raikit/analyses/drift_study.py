"""What the question of drift returns: tidy results, and what the generated sentences are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from raikit.analyses import calibration as over_time
from raikit.analyses.once import once
from raikit.analyses.pooled import windows_together
from raikit.analyses.shifts import FeatureShift, measures, shift_rows
from raikit.analyses.windows import DAY, window_name
from raikit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raikit.analyses.alarms import FalseAlarms
    from raikit.analyses.categories import CategoryChange
    from raikit.analyses.contract import Check, Contract
    from raikit.analyses.domain import Domain
    from raikit.analyses.drift_choices import DriftChoices
    from raikit.analyses.texts import Texts


@dataclass(frozen=True)
class DriftStudy:
    """What `drift` returns.

    Attributes
    ----------
    shifts : tuple of FeatureShift
        One a feature (and segment), in the order asked for.
    windowed : tuple of FeatureShift
        The same in each window of the current rows; empty without windows.
    recoded : tuple of FeatureShift
        The same for features with a vanished or new level, if another level took its place.
    changes : tuple of CategoryChange
        Levels that one side lacks by more than chance.
    domain : Domain or None
        How well a classifier tells current rows from the reference.
    contract : Contract
        What was checked in each window, and what broke.
    days : tuple of pandas.DataFrame
        Daily outcomes of reference and current; empty frames without label and timestamp.
    alarms : FalseAlarms or None
        How often windows of the reference alarm; None without times.
    accuracy, gaps : pandas.DataFrame
        By window, see `raikit.analyses.estimated`; empty without predictions, outcomes and times.
    withheld : tuple of str
        Groups for which no label-free estimate is made.
    dispersion : Dispersion
        Of weekly outcomes in the reference.
    skipped : tuple of str
        Why a feature was left out, a sentence each.
    spans : tuple of str
        First and last day of either side.
    undated : int
        Rows without a time.
    rows : tuple of int
        Of either side.
    choices : DriftChoices
        What was asked.
    names : dict
        Column -> value -> label.
    texts : Texts or None
        What the columns of free text say beside their lengths.
    """

    question: ClassVar[str] = "drift"

    shifts: tuple[FeatureShift, ...]
    windowed: tuple[FeatureShift, ...]
    recoded: tuple[FeatureShift, ...]
    changes: tuple[CategoryChange, ...]
    domain: Domain | None
    contract: Contract
    days: tuple[pd.DataFrame, pd.DataFrame]
    alarms: FalseAlarms | None
    accuracy: pd.DataFrame
    gaps: pd.DataFrame
    withheld: tuple[str, ...]
    dispersion: over_time.Dispersion
    skipped: tuple[str, ...]
    spans: tuple[str, str]
    undated: int
    rows: tuple[int, int]
    choices: DriftChoices
    names: dict[str, dict[Any, str]] = field(default_factory=dict)
    texts: Texts | None = None

    def distances(self) -> pd.DataFrame:
        """Return the stability index and Cohen's w of each feature, the largest shift first.

        Returns
        -------
        pandas.DataFrame
            Result form: `cohens_w` and `population_stability_index`, slice {"feature": name}; and the
            columns verdict, p_value (adjusted) and smallest (the w that these rows call material with
            probability .8).
        """
        made = self._rows(self.shifts, "cohens_w")
        order = np.argsort(-np.nan_to_num(made["estimate"].to_numpy(dtype=float)), kind="stable")
        sorted_ = [self.shifts[at] for at in order]
        return self._rows([*sorted_, *self.recoded], "cohens_w", "population_stability_index")

    def measures(self) -> pd.DataFrame:
        """Return every distance of each feature: see `raikit.analyses.shifts.measures`.

        Returns
        -------
        pandas.DataFrame
            A row a feature (and segment).
        """
        return measures([*self.shifts, *self.recoded])

    def windows(self) -> pd.DataFrame:
        """Return Cohen's w of each feature in each window, judged together.

        Returns
        -------
        pandas.DataFrame
            As `distances`, slice {"feature": …, "window": …}; empty without windows.
        """
        return self._rows(self.windowed, "cohens_w")

    @once
    def together(self) -> pd.DataFrame:
        """Return how many windows would have to be taken together before their rows can tell.

        Returns
        -------
        pandas.DataFrame
            See `raikit.analyses.pooled.windows_together`; empty when every window can.
        """
        choices = self.choices
        of_columns = [shift for shift in self.windowed if shift.counts.among == 1]  # not of changing words
        return windows_together(of_columns, min_effect=choices.min_effect, confidence=choices.confidence)

    def breaks(self) -> pd.DataFrame:
        """Return the breaks of the contract, consecutive windows of one kind together.

        Returns
        -------
        pandas.DataFrame
            Columns from, to, windows, column, broken, value, share (of the window's rows, or its rows where
            the volume is off; the first window's) and in the reference; empty when there is none.
        """
        position = {window: at for at, window in enumerate(self.contract.windows)}

        def kind(each: Check) -> tuple[str, str, str]:
            return (
                each.feature,
                each.check,
                self.shown(each.feature, each.level) if each.level is not None else "",
            )

        rows = []
        for held, group in groupby(sorted(self.contract.breaks, key=kind), key=kind):
            run: list[Check] = []
            for each in [*sorted(group, key=lambda one: position[one.window]), None]:
                if run and (each is None or position[each.window] != position[run[-1].window] + 1):
                    rows.append(_stretch(held, run))
                    run = []
                if each is not None:
                    run.append(each)
        columns = ["from", "to", "windows", "column", "broken", "value", "share", "in the reference"]
        return pd.DataFrame(rows, columns=columns).sort_values(["from", "column"], ignore_index=True)

    def performance(self) -> pd.DataFrame:
        """Return accuracy by window, realised where labels are and estimated without them, and groups' gaps.

        Returns
        -------
        pandas.DataFrame
            Result form, metrics `accuracy` and, with groups, `true_positive_rate_difference`.
        """
        return pd.concat([self.accuracy, self.gaps], ignore_index=True) if len(self.gaps) else self.accuracy

    def gaps_by(self, column: str) -> pd.DataFrame:
        """Return the gaps of one column's groups by window, for a chart.

        Parameters
        ----------
        column : str
            One of the groups, or the segment.

        Returns
        -------
        pandas.DataFrame
            Result form, metric `true_positive_rate_difference`; empty without label, prediction and times.
        """
        if self.gaps.empty:
            return self.gaps
        return self.gaps[self.gaps["slice"].map(lambda held: column in held)].reset_index(drop=True)

    def gap_title(self, column: str) -> str:
        """Return a title for the chart of one column's gaps, which names who is compared with whom.

        Parameters
        ----------
        column : str
            One of the groups, or the segment.

        Returns
        -------
        str
            "True positive rate by sex: Female less Male".
        """
        pairs = [[side.get(column, "") for side in pair] for pair in self.gaps_by(column)["compared"]]
        firsts = list(dict.fromkeys(pair[0] for pair in pairs))
        base = next((pair[1] for pair in pairs if pair[1]), "the largest group")
        return f"True positive rate by {column}: {firsts[0] if len(firsts) == 1 else 'each'} less {base}"

    def events(self, changes: Sequence[str]) -> dict[str, Any]:
        """Return recorded changes that fall into the current windows, for a chart over these.

        Parameters
        ----------
        changes : sequence of str
            Files, or lines such as "2015-07-01 data: codes were joined"; see
            `raikit.analyses.incident_changes.recorded_changes`.

        Returns
        -------
        dict of str to date or label
            What happened, and when: a day, or the label of its window where windows are quarters or years.

        Raises
        ------
        InputError
            If a change can't be read.
        """
        from raikit.analyses.incident_changes import recorded_changes

        labels, coarse = list(self.contract.windows), self.choices.window in ("quarter", "year")
        first, last = self.spans[1].split(" to ")[0], self.spans[1].split(" to ")[-1]
        held = recorded_changes(changes)
        found: dict[str, Any] = {}
        for at, what in zip(pd.to_datetime(held["at"]), held["what"].astype(str), strict=True):
            if first <= at.strftime("%Y-%m-%d") <= last:
                label = window_name(at, self.choices.window)
                near = labels[0] if label < labels[0] else labels[-1]  # a remainder joined its neighbour
                found[what] = (label if label in labels else near) if coarse else at.normalize()
        return found

    def pages(self) -> pd.DataFrame:
        """Return what may wake somebody, and how often it does so for nothing.

        Returns
        -------
        pandas.DataFrame
            Result form, metrics `contract_breaks`, `domain_classifier_auc`, `false_alarm_rate`,
            `false_pages_per_quarter`, each where it could be made.
        """
        frames = [self.contract.rows(confidence=self.choices.confidence)]
        frames += [self.domain.rows] if self.domain else []
        frames += [self.texts.embedded] if self.texts else []
        frames += [self.alarms.rows()] if self.alarms else []
        return pd.concat([frame for frame in frames if len(frame)], ignore_index=True)

    def categories(self) -> pd.DataFrame:
        """Return the levels that vanished or appeared, with their last or first day.

        Returns
        -------
        pandas.DataFrame
            Columns feature, category, change, day, rows, share and "may be the same as"; empty when there is
            none.
        """
        rows = []
        for each in self.changes:
            same = self.shown(each.feature, each.counted_as) if each.counted_as is not None else ""
            level = self.shown(each.feature, each.level)
            rows.append((each.feature, level, each.kind, each.until, each.rows, each.rows / each.of, same))
        columns = ["feature", "category", "change", "day", "rows", "share", "may be the same as"]
        return pd.DataFrame(rows, columns=columns)

    def words(self) -> pd.DataFrame:
        """Return the words of texts whose share of texts differs beyond chance.

        Returns
        -------
        pandas.DataFrame
            See `raikit.analyses.vocabulary.Vocabulary.moved`; empty without texts.
        """
        return self.texts.words() if self.texts else pd.DataFrame()

    @once
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

    @once
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

    def _rows(self, shifts: Any, *metrics: str) -> pd.DataFrame:
        choices = self.choices
        return shift_rows(shifts, metrics, confidence=choices.confidence, min_n=choices.min_n)


def _stretch(kind: tuple[str, str, str], run: list[Check]) -> tuple[Any, ...]:
    feature, check, level = kind
    first = run[0]
    share = first.rows if check == "volume" else first.rows / first.of
    return first.window, run[-1].window, len(run), feature, check, level, share, first.reference
