"""What a drift study states: findings with their numbers, and what it can't tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raikit.evidence.alert_pages import state_alerts
from raikit.evidence.drift_pages import broken_windows, page_limits, state_pages
from raikit.evidence.drift_texts import state_texts, text_limits
from raikit.evidence.rebaselined import state_reference
from raikit.evidence.record import result_id
from raikit.evidence.wording import between, figure, listing, percent, plural, recorded, result_of
from raikit.stats.distances import PSI_FLOOR

if TYPE_CHECKING:
    import pandas as pd

    from raikit.analyses.categories import CategoryChange
    from raikit.analyses.drift_study import DriftStudy
    from raikit.analyses.shifts import FeatureShift
    from raikit.evidence.session import Evidence

_PSI = "population_stability_index"
_MOST = 50  # results that a finding names


def state(study: DriftStudy, evidence: Evidence) -> None:
    """Add the findings and limits that follow from a drift study.

    Parameters
    ----------
    study : DriftStudy
        From `raikit.drift`.
    evidence : Evidence
        Where they are added.
    """
    _date_inputs(study, evidence)
    state_reference(evidence)
    distances = study.distances()
    for change in study.changes:
        _state_change(study, change, distances, evidence)
    stretches = study.stretches()
    for row in stretches[stretches["metric"] == "calibration_error"].itertuples(index=False):
        _state_stretch(study, row, stretches, evidence)
    _state_no_stretch(study, stretches, evidence)
    state_pages(study, evidence)
    state_texts(study, evidence)
    state_alerts(evidence)
    _state_verdicts(study, distances, evidence)
    evidence.limit(*_limits(study), *page_limits(study), *text_limits(study))


def _date_inputs(study: DriftStudy, evidence: Evidence) -> None:
    """Record the days of the inputs; those of one table that was split are the days of both parts."""
    first, second = study.spans
    if study.choices.split and first and second:
        evidence.dated("reference", f"{first.split(' to ')[0]} to {second.split(' to ')[-1]}")
        return
    evidence.dated("reference", first)
    evidence.dated("current", second)


def _state_change(
    study: DriftStudy, change: CategoryChange, distances: pd.DataFrame, evidence: Evidence
) -> None:
    level = study.shown(change.feature, change.level)
    gone = change.kind == "vanished"
    day = f" on {change.until}" if change.until else ""
    side, other = ("reference", "current") if gone else ("current", "reference")
    text = (
        f"{change.feature}: the category {level} {'ends' if gone else 'first appears'}{day}. "
        f"{change.rows:,} of {change.of:,} {side} rows have it ({percent(change.rows / change.of)}), "
        f"and none of {study.rows[1 if gone else 0]:,} {other} rows: chance can't explain that."
    )
    ids = [result_id(_PSI, {"feature": change.feature}, None)]
    windows = broken_windows(study, change)
    if windows:
        text += f" It breaks the reference's contract in {_of_windows(windows, len(study.contract.windows))}."
    advice = f"Ask whoever delivers {change.feature} whether the category was dropped or coded anew."
    if change.counted_as is not None:
        target = study.shown(change.feature, change.counted_as)
        after = {"feature": change.feature, "recoded": f"{level} as {target}"}
        index = [result_of(distances, _PSI, held) for held in ({"feature": change.feature}, after)]
        text += (
            f" Counting {level} as {target} on both sides takes the column's stability index from "
            f"{figure(index[0].estimate)} ({percent(study.choices.confidence)} interval "
            f"{between(index[0].low, index[0].high)}) to {figure(index[1].estimate)} "
            f"({between(index[1].low, index[1].high)}): that fits a change of code, not a shift."
        )
        ids.append(result_id(_PSI, after, None))
        advice = f"Confirm that {level} is now coded {target}; then map it in both and compare again."
    ids += [result_id("contract_breaks", {"window": name}, None) for name in windows[:_MOST]]
    evidence.finding(text, severity="high", results=recorded(evidence, ids), recommendation=advice)


def _of_windows(windows: list[str], count: int) -> str:
    ends = dict.fromkeys([windows[0], windows[-1]])  # one window is named once
    return f"{len(windows):,} of {plural(count, 'window')} ({' to '.join(ends)})"


def _state_stretch(study: DriftStudy, row: Any, stretches: pd.DataFrame, evidence: Evidence) -> None:
    rate = result_of(stretches, "base_rate", row.slice)
    mean = result_of(stretches, "mean_prediction", row.slice)
    over = mean.estimate > rate.estimate
    known = study.days[0]
    before = float(known["s"].sum() / known["n"].sum())
    name = row.slice["windows"]
    text = (
        f"{'From ' if ' to ' in name else 'In '}{name} the model {'over' if over else 'under'}-predicts: "
        f"{figure(mean.estimate)} on average, where the outcome occurred in {figure(rate.estimate)} of "
        f"{row.n:,} rows. The gap is {figure(row.estimate)} ({percent(study.choices.confidence)} interval "
        f"{between(row.low, row.high)}, for all stretches of windows together)."
    )
    if abs(mean.estimate - before) < row.estimate / 2:
        text += (
            f" The mean prediction was {figure(before)} in the reference: the inputs that moved don't "
            "explain the gap, and no monitor of inputs or predictions shows it."
        )
    metrics = ("calibration_error", "base_rate", "mean_prediction")
    ids = [result_id(metric, row.slice, None) for metric in metrics]
    evidence.finding(
        text,
        severity="medium",
        results=recorded(evidence, ids),
        recommendation="Look for what the model can't see (a season, a rule); recalibrate.",
    )


def _state_no_stretch(study: DriftStudy, stretches: pd.DataFrame, evidence: Evidence) -> None:
    if len(stretches) or not study.choices.score or study.days[1].empty:
        return
    ids = recorded(evidence, [result_id("calibration_error", {"period": "current"}, None)])
    evidence.finding(
        "In no stretch of current windows do mean prediction and true rate differ beyond what weeks vary by.",
        severity="info",
        results=ids,
    )


def _state_verdicts(study: DriftStudy, distances: pd.DataFrame, evidence: Evidence) -> None:
    groups: dict[str, list[str]] = {}
    ids: dict[str, list[str]] = {}
    order = {name: at for at, name in enumerate(distances[distances["metric"] == "cohens_w"]["group"])}
    for shift in sorted(study.shifts, key=lambda held: order[" × ".join(held.slice.values())]):
        groups.setdefault(shift.verdict, []).append(_shift_words(shift, distances))
        ids.setdefault(shift.verdict, []).append(result_id("cohens_w", shift.slice, None))
    bound = figure(study.choices.min_effect)
    said = {
        "material": f"moved by more than Cohen's w {bound}",
        "immaterial": f"moved by less than Cohen's w {bound}, as far as these rows can show",
        "underpowered": f"can't be told from Cohen's w {bound} with these rows",
    }
    comparisons = _compared(study)
    for verdict, words in said.items():
        if verdict in groups:
            held = groups[verdict]
            evidence.finding(
                f"{len(held)} of {comparisons} {words} ({verdict}): {listing(held)}.",
                severity="low" if verdict == "material" else "info",
                results=recorded(evidence, ids[verdict]),
            )


def _compared(study: DriftStudy) -> str:
    pairs = any(shift.counts.segment for shift in study.shifts)
    return (
        plural(len(study.shifts), "pair of feature and segment", "pairs of feature and segment")
        if pairs
        else (plural(len(study.shifts), "feature"))
    )


def _shift_words(shift: FeatureShift, distances: pd.DataFrame) -> str:
    row = result_of(distances, "cohens_w", shift.slice)
    text = f"{' in '.join(shift.slice.values())} {figure(row.estimate)} ({between(row.low, row.high)}"
    return text + (f"; detectable {figure(row.smallest)})" if shift.verdict == "underpowered" else ")")


def _limits(study: DriftStudy) -> list[str]:
    said = [
        f"{_compared(study)} were compared; verdicts are adjusted for their number (Benjamini–Hochberg). "
        f"The smallest shift that matters, Cohen's w {figure(study.choices.min_effect)}, is a choice.",
        "The tests of features take rows as independent. Rows of one day or customer are alike, so small "
        "shifts may be called material too readily.",
        f"The stability index counts a category that one side lacks as a share of {PSI_FLOOR:g}; its size "
        "depends on that convention.",
        "A shift in the data is no proof of harm, and a stable input no proof of a sound model.",
    ]
    if study.days[0].empty:
        said.append(
            "No outcomes with times were given: a changed relation of inputs and outcome can't be seen."
        )
    elif study.dispersion.blocks:
        said.append(
            f"Weekly outcomes of the reference vary {study.dispersion.factor:.1f} times as much as "
            "independent rows would; the intervals of rates over time are widened for that."
        )
    else:
        said.append("Too few weeks of reference outcomes to measure how they vary: intervals over time are "
                    "those of independent rows, and too narrow if days are alike.")  # fmt: skip
    said += [f"Not compared: {text}." for text in study.skipped]
    if study.choices.chunk_rows:
        said.append(
            f"Windows are chunks of {study.choices.chunk_rows:,} rows in the file's order; what is left over "
            "belongs to the last. They follow how the file was written: a sorted or shuffled file makes or "
            "hides shifts, and a chunk names no day."
        )
    if study.undated:
        said.append(f"{plural(study.undated, 'row')} without a time are in no window.")
    return said + _order(study)


def _order(study: DriftStudy) -> list[str]:
    """Return a sentence when reference and current overlap in time or stand the wrong way round."""
    if not all(study.spans):
        return []
    ends = [(text.split(" to ")[0], text.split(" to ")[-1]) for text in study.spans]
    if ends[0][0] > ends[1][1]:
        return [f"The reference ({study.spans[0]}) is later than the current data ({study.spans[1]})."]
    if ends[0][1] >= ends[1][0]:
        return [f"Reference ({study.spans[0]}) and current data ({study.spans[1]}) overlap in time."]
    return []
