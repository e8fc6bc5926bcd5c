"""How good a model is in a sentence or two: of decisions, of classes, of quantities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raikit.evidence.people import in_words
from raikit.evidence.record import result_id
from raikit.evidence.wording import between, figure, percent, plural, recorded, result_of

if TYPE_CHECKING:
    import pandas as pd

    from raikit.analyses.classes import ClassStudy
    from raikit.analyses.decisions import DecisionStudy
    from raikit.analyses.quantities import QuantityStudy
    from raikit.evidence.people import Words
    from raikit.evidence.session import Evidence


def state_decisions(study: DecisionStudy, evidence: Evidence, words: Words) -> None:
    """State how often decisions are right, and whom they miss and wrongly take.

    Parameters
    ----------
    study : DecisionStudy
        Its results should have been added.
    evidence : Evidence
        Where to state it.
    words : Words
        For the people in the data.
    """
    metrics = study.metrics()
    named = ("accuracy", "true_positive_rate", "false_positive_rate")
    right, hit, alarm = (result_of(metrics, metric, {}) for metric in named)
    if right.status not in ("ok", "small"):
        return
    level = percent(study.asked.confidence)
    interval = f"{level} interval {percent(right.low)} to {percent(right.high)}"
    if right.counts is None:
        text = f"The model is right about {percent(right.estimate)} of {words.unit} ({interval})."
    else:
        text = f"Of {right.n:,} {words.unit} the model is right about {of_them(right.counts)}; {interval}."
    kinds = (
        (hit, words.population("true_positive_rate", ""), "it finds {}"),
        (alarm, words.population("false_positive_rate", ""), f"it wrongly takes {{}} for {words.outcome}"),
    )
    for row, who, verb in kinds:
        if row.counts is not None:
            text += f" Of {row.n:,} {who} {verb.format(of_them(row.counts))}."
    area = result_of(metrics, "auc", {})
    if area is not None and area.status in ("ok", "small"):
        text += (
            f" Of two {words.unit}, one {words.outcome} and one not, its score ranks the right one higher in "
            f"{percent(area.estimate)} of pairs (AUC {figure(area.estimate)})."
        )
    evidence.finding(text, severity="info", results=recorded(evidence, [*named, "auc"]))


def of_them(counts: list[int]) -> str:
    """Return a count with its share.

    Parameters
    ----------
    counts : list of int
        How many, and of how many.

    Returns
    -------
    str
        "none" of nobody.

    Examples
    --------
    >>> of_them([839, 1407]), of_them([0, 0])
    ('839 (59.6%)', 'none')
    """
    return f"{counts[0]:,} ({100 * counts[0] / counts[1]:.1f}%)" if counts[1] else "none"


def state_calibration(study: DecisionStudy, evidence: Evidence, words: Words) -> None:
    """State how right the scores are, overall and where they are furthest off.

    Parameters
    ----------
    study : DecisionStudy
        Its results should have been added.
    evidence : Evidence
        Where to state it.
    words : Words
        For the people in the data.
    """
    frame = study.calibration()
    overall, mean = (result_of(frame, metric, {}) for metric in ("calibration_error", "mean_score"))
    if overall is None or overall.status not in ("ok", "small"):
        return
    level = percent(study.asked.confidence)
    gap = f"gap {figure(overall.estimate)}, {level} interval {between(overall.low, overall.high)}"
    rate = _base_rate(study)
    text = (
        f"Scores average {figure(mean.estimate)} where {figure(rate)} of {words.unit} are {words.outcome} "
        f"({gap})."
    )
    ids = ["calibration_error", "mean_score"]
    worst = _worst_calibrated(frame, study.asked.confidence)
    if worst is not None:
        row, looked = worst
        average = result_of(frame, "mean_score", row.slice)
        below = average.estimate < _base_rate(study, row.slice)
        text += (
            f" Furthest off: {words.unit} {in_words(row.slice)}, whose scores are on average "
            f"{figure(row.estimate)} too {'low' if below else 'high'} ({level} interval "
            f"{between(row.low, row.high)}; n {row.n:,}), the largest of {looked} slices that a correction "
            "for their number (Holm) leaves standing."
        )
        ids.append(result_id("calibration_error", row.slice, None))
    severe = overall.low > 0 or worst is not None
    evidence.finding(text, severity="medium" if severe else "info", results=recorded(evidence, ids))


def _base_rate(study: DecisionStudy, slice_: dict[str, str] | None = None) -> float:
    from raikit.analyses.rates import rate_of

    groups = study.groups(tuple(slice_ or ()))
    at = groups.names.index(tuple((slice_ or {}).values()))
    rate = rate_of(study.tally, groups, "base_rate", study.asked.cluster)
    return float(rate.effective_success[at] / rate.effective_total[at])


def _worst_calibrated(frame: pd.DataFrame, confidence: float) -> tuple[Any, int] | None:
    """Return the slice whose calibration error is largest among those that Holm's correction leaves."""
    from scipy.special import ndtr

    from raikit.stats.hypothesis_tests import adjusted_p_values
    from raikit.stats.intervals import normal_critical_value

    rows: list[Any] = [
        row
        for row in frame[frame["metric"] == "calibration_error"].itertuples(index=False)
        if row.slice and row.status == "ok"
    ]
    if not rows:
        return None
    critical = normal_critical_value(confidence)
    p = [float(2 * ndtr(-critical * row.estimate / max(row.high - row.estimate, 1e-12))) for row in rows]
    left = [
        row for row, adjusted in zip(rows, adjusted_p_values(p), strict=True) if adjusted <= 1 - confidence
    ]
    return (max(left, key=lambda row: row.estimate), len(rows)) if left else None


def state_classes(study: ClassStudy, evidence: Evidence, words: Words) -> None:
    """State how often classes are right, and which class is found least often.

    Parameters
    ----------
    study : ClassStudy
        Its results should have been added.
    evidence : Evidence
        Where to state it.
    words : Words
        For the people in the data.
    """
    right = result_of(study.metrics(), "accuracy", {})
    if right.status not in ("ok", "small"):
        return
    level = percent(study.asked.confidence)
    interval = f"{level} interval {percent(right.low)} to {percent(right.high)}"
    text = f"The model names the right one of {plural(len(study.classes), 'class', 'classes')} for "
    text += f"{percent(right.estimate)} of {words.unit} ({interval})."
    if right.counts is not None:
        text = (
            f"Of {right.n:,} {words.unit} the model names the right one of "
            f"{plural(len(study.classes), 'class', 'classes')} for {of_them(right.counts)}; {interval}."
        )
    ids = ["accuracy"]
    average = result_of(study.metrics(), "macro_f1", {})
    if average.status == "ok":
        limits = between(average.low, average.high)
        text += f" Macro F1, each class counting alike: {figure(average.estimate)} ({limits})."
        ids.append("macro_f1")
    frame = study.confusion()
    found = frame[(frame["metric"] == "true_positive_rate") & (frame["status"] == "ok")]
    if len(found) > 1:
        lowest: list[Any] = list(found.sort_values("high").itertuples(index=False))
        worst = lowest[0]
        text += (
            f" The class found least often is {worst.slice['class']}: of {worst.n:,} {words.unit} it is "
            f"named for {of_them(worst.counts)}."
        )
        ids.append(result_id("true_positive_rate", worst.slice, None))
    evidence.finding(text, severity="info", results=recorded(evidence, ids))


def state_quantities(study: QuantityStudy, evidence: Evidence, words: Words) -> None:
    """State how far off predicted quantities are, and where the errors are largest.

    Parameters
    ----------
    study : QuantityStudy
        Its results should have been added.
    evidence : Evidence
        Where to state it.
    words : Words
        For the rows in the data.
    """
    metrics = study.metrics()
    named = ("mean_absolute_error", "bias", "r_squared")
    error, bias, share = (result_of(metrics, metric, {}) for metric in named)
    if error.status not in ("ok", "small"):
        return
    level = percent(study.asked.confidence)
    side = "too high" if bias.low > 0 else "too low" if bias.high < 0 else "not shown to be off to one side"
    mean = f" by {figure(abs(bias.estimate))} on average" if bias.low > 0 or bias.high < 0 else ""
    text = (
        f"Predictions for {error.n:,} {words.unit} are off by {figure(error.estimate)} on average ({level} "
        f"interval {between(error.low, error.high)}, in the unit of {study.asked.label!r}) and {side}{mean}."
    )
    if share.status in ("ok", "small"):
        text += f" R squared is {figure(share.estimate)} ({between(share.low, share.high)})."
    evidence.finding(text, severity="info", results=recorded(evidence, list(named)))
    worst = _most_concentrated(study.errors(), study.asked.confidence)
    if worst is not None:
        row, looked = worst
        of_slice = result_of(metrics, "mean_absolute_error", row.slice)
        said = (
            f"Errors are largest for {words.unit} {in_words(row.slice)}: {figure(of_slice.estimate)} on "
            f"average (n {of_slice.n:,}), {figure(row.estimate)} times as large as elsewhere ({level} "
            f"interval {between(row.low, row.high)}); the largest of {plural(looked, 'slice')} that a "
            "correction for their number (Holm) leaves standing."
        )
        ids = [result_id(metric, row.slice, None) for metric in ("error_concentration_ratio", named[0])]
        evidence.finding(said, severity="medium", results=recorded(evidence, ids))


def _most_concentrated(frame: pd.DataFrame, confidence: float) -> tuple[Any, int] | None:
    """Return the slice whose errors are largest among those that Holm's correction leaves."""
    import math

    from scipy.special import ndtr

    from raikit.stats.hypothesis_tests import adjusted_p_values
    from raikit.stats.intervals import normal_critical_value

    rows: list[Any] = [
        row
        for row in frame[frame["metric"] == "error_concentration_ratio"].itertuples(index=False)
        if row.status == "ok"
    ]
    if not rows:
        return None
    critical = normal_critical_value(confidence)
    z = [critical * math.log(row.estimate) / max(math.log(row.high / row.estimate), 1e-12) for row in rows]
    adjusted = adjusted_p_values([float(2 * ndtr(-abs(each))) for each in z])
    left = [row for row, p in zip(rows, adjusted, strict=True) if p <= 1 - confidence and row.estimate > 1]
    return (max(left, key=lambda row: row.estimate), len(rows)) if left else None
