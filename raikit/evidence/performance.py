"""What a performance study states: how often the model is right, for whom least, and beside what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from raikit.analyses.baselines import MODEL
from raikit.analyses.weakest import HALF, OTHERS, SECOND
from raikit.evidence.fairness_limits import group_limits
from raikit.evidence.people import in_words, words_for
from raikit.evidence.record import result_id
from raikit.evidence.wording import between, figure, listing, percent, plural, recorded, result_of

if TYPE_CHECKING:
    import pandas as pd

    from raikit.analyses.decisions import DecisionStudy
    from raikit.analyses.weakest import Weak
    from raikit.evidence.people import Words
    from raikit.evidence.session import Evidence


def state(study: DecisionStudy, evidence: Evidence) -> None:
    """Add the findings and limits that follow from a study.

    Parameters
    ----------
    study : DecisionStudy
        The study; its results should have been added.
    evidence : Evidence
        Where to state them.
    """
    words = words_for(study.asked, study.positive, evidence.parameters)
    _overall(study, evidence, words)
    if study.baseline:
        _baseline(study, evidence, words)
    _weakest(study, evidence, words)
    if study.scored is not None:
        _calibration(study, evidence, words)
    evidence.limit(*_limits(study))


def _overall(study: DecisionStudy, evidence: Evidence, words: Words) -> None:
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
        text = f"Of {right.n:,} {words.unit} the model is right about {_of(right.counts)}; {interval}."
    kinds = (
        (hit, words.population("true_positive_rate", ""), "it finds {}"),
        (alarm, words.population("false_positive_rate", ""), f"it wrongly takes {{}} for {words.outcome}"),
    )
    for row, who, verb in kinds:
        if row.counts is not None:
            text += f" Of {row.n:,} {who} {verb.format(_of(row.counts))}."
    area = result_of(metrics, "auc", {})
    if area is not None and area.status in ("ok", "small"):
        text += (
            f" Of two {words.unit}, one {words.outcome} and one not, its score ranks the right one higher in "
            f"{percent(area.estimate)} of pairs (AUC {figure(area.estimate)})."
        )
    evidence.finding(text, severity="info", results=recorded(evidence, [*named, "auc"]))


def _of(counts: list[int]) -> str:
    return f"{counts[0]:,} ({100 * counts[0] / counts[1]:.1f}%)" if counts[1] else "none"


def _baseline(study: DecisionStudy, evidence: Evidence, words: Words) -> None:
    rows = study.against_baseline()
    gap = result_of(rows, "accuracy_difference", {"model": MODEL})
    base = result_of(rows, "accuracy", {"model": study.baseline})
    if gap is None or gap.status not in ("ok", "small"):
        return
    name = study.baseline
    if name.startswith("commonest outcome by"):
        feature = name.removeprefix("commonest outcome by ").replace("_", " ")
        name = f"predicting from {feature} alone (each group's commonest outcome)"
    elif name == "commonest outcome":
        name = "predicting the commonest outcome for all"
    better, worse = gap.low > 0, gap.high < 0
    said = "more often right than" if better else "less often right than" if worse else "not shown to beat"
    text = (
        f"On the same rows the model is {said} {name}: {percent(base.estimate + gap.estimate)} against "
        f"{percent(base.estimate)}, a difference of {figure(gap.estimate)} "
        f"({percent(gap.confidence)} interval {between(gap.low, gap.high)}, paired)."
    )
    if gap.only_model is not None:
        chance = "less than .0001" if gap.p < 0.0001 else figure(gap.p)
        text += (
            f" It alone is right about {int(gap.only_model):,} {words.unit}, the baseline alone about "
            f"{int(gap.only_baseline):,} (McNemar, p {chance})."
        )
    advice = "" if better else "Use the baseline, or say what the model is for that the baseline can't do."
    pair = ({"model": MODEL}, {"model": study.baseline})
    ids = [result_id("accuracy_difference", pair[0], pair), result_id("accuracy", pair[1], None)]
    evidence.finding(text, severity="info" if better else "high", results=recorded(evidence, ids),
                     recommendation=advice)  # fmt: skip


def _weakest(study: DecisionStudy, evidence: Evidence, words: Words) -> None:
    found = study.searched
    confirmed = [weak for weak in found.found if weak.confirmed]
    if not study.asked.features:
        return
    slices = plural(found.looked_at, "slice")
    looked = f"{slices} by one feature or two were looked at on one random half of the rows"
    if not confirmed:
        text = f"{looked}; on the other half none was confirmed to be predicted worse than everyone else."
        evidence.finding(text, severity="info")
        return
    first = max(confirmed, key=lambda weak: abs(weak.difference[0]))
    tested = (
        f"{len(found.found)} went to the other half" if len(found.found) > 1 else "one went to the other half"
    )
    text = (
        f"{_people(study, first, words)} {looked}; {tested}, where {len(confirmed)} "
        f"{'was' if len(confirmed) == 1 else 'were'} confirmed (Holm)."
    )
    others = [in_words(weak.slice) for weak in confirmed if weak is not first]
    if others:
        text += f" Also confirmed: {words.unit} {'; '.join(others)}."
    evidence.finding(
        text, severity="medium", results=recorded(evidence, [_weak_id(weak) for weak in confirmed]),
        recommendation="Look at what the features leave out for this slice before the model is used on it.",
    )  # fmt: skip


def _people(study: DecisionStudy, weak: Weak, words: Words) -> str:
    who, (gap, low, high) = in_words(weak.slice), (-x for x in (weak.difference[i] for i in (0, 2, 1)))
    wrong, others = weak.n - weak.right, weak.others_n - weak.others_right
    level = percent(study.asked.confidence)
    return (
        f"Weakest slice: of {weak.n:,} {words.unit} {who} the model is wrong about "
        f"{_of([wrong, weak.n])}; of everyone else, {_of([others, weak.others_n])}. "
        f"Gap {figure(gap)}, {level} interval {between(low, high)}, holding for all tested together."
    )


def _weak_id(weak: Weak) -> str:
    slice_ = weak.slice | {HALF: SECOND}
    return result_id(
        "accuracy_difference", slice_, (slice_, dict.fromkeys(weak.slice, OTHERS) | {HALF: SECOND})
    )


def _calibration(study: DecisionStudy, evidence: Evidence, words: Words) -> None:
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


def _limits(study: DecisionStudy) -> Iterator[str]:
    asked = study.asked
    everybody = study.groups(()).counts[0]
    unlabelled, unpredicted = int(everybody[2].sum()), int(everybody[:, 2].sum())
    of = f"of {study.tally.total:,}"
    if unlabelled:
        yield (
            f"{plural(unlabelled, 'row')} {of} without a value in {asked.label!r} count nowhere here; if "
            "labels are missing for a reason, these rates are off by it."
        )
    if unpredicted:
        yield f"{plural(unpredicted, 'row')} {of} without a prediction are left out."
    yield from group_limits(study)
    if study.baseline.startswith("commonest outcome"):
        yield (
            "The baseline is learnt from the very rows that it is judged on, which flatters it, by little "
            "where groups are large; the model is judged as it came."
        )
    if asked.features:
        yield (
            f"Weak slices were looked for among {plural(study.searched.looked_at, 'slice')} by one of "
            f"{listing(asked.features)} or two; a slice by three, or by another feature, was not looked at."
            + (" Weights are left aside there." if asked.weight else "")
        )
    if study.scored is not None and (asked.weight or asked.cluster):
        left = " and ".join(
            name for name, used in (("weights", asked.weight), ("clusters", asked.cluster)) if used
        )
        yield (
            f"Areas under the ROC curve leave {left} aside; Brier scores and calibration errors, clusters."
        )
    yield (
        f"Each interval holds by itself at {percent(asked.confidence)}: among many slices some lie outside "
        "by chance. Only the weakest slices are corrected for having been looked for."
    )
    yield (
        "Labels are taken as true. How right the model is on these rows says nothing of other times and "
        "places, nor of what a wrong prediction costs."
    )
