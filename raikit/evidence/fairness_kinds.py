"""What a fairness study of several classes, or of a quantity, states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from raikit.analyses.fairness_classes import CLASS, ClassFairness
from raikit.evidence.fairness_findings import Speaker, margin_of
from raikit.evidence.fairness_limits import group_limits
from raikit.evidence.people import in_words, rate_in_words, slicing_in_words
from raikit.evidence.record import result_id
from raikit.evidence.wording import between, bound, figure, listing, percent, plural, recorded

if TYPE_CHECKING:
    from raikit.analyses.disparities import Comparison
    from raikit.analyses.fairness_quantities import QuantityFairness
    from raikit.evidence.policy import Policy
    from raikit.evidence.session import Evidence

_SPOKEN = 4  # rates of classes that sentences are made of, those furthest apart first; the rest is counted


def state_classes(
    study: ClassFairness, evidence: Evidence, policy: Policy | None, primary: tuple[str, tuple[str, ...]]
) -> None:
    """Add the findings of a study of several classes.

    Parameters
    ----------
    study : ClassFairness
        Its gaps and rates should have been added.
    evidence : Evidence
        Where to state them.
    policy : Policy or None
        Has the margins.
    primary : tuple
        Metric and columns that were agreed as primary.
    """
    speakers = {name: Speaker(study, evidence, policy, name) for name in ("", *study.classes)}
    metric, columns = primary
    about = {CLASS: study.positive} if metric != "accuracy" else {}
    first = [
        each for each in study.comparisons
        if (each.metric, each.columns, dict(each.slicing.within)) == (metric, columns, about)
    ]  # fmt: skip
    for each in first:
        speakers[each.slicing.within.get(CLASS, "")].speak(each, severity="high")
    for each in study.comparisons:
        if each.metric == "accuracy" and each not in first:
            speakers[""].speak(each, severity="medium")
    apart = [
        each for each in study.comparisons
        if each.slicing.within and each.disparity and each not in first and each.metric != "selection_rate"
    ]  # fmt: skip
    apart.sort(key=lambda each: -abs(float(each.estimate[each.largest])))
    for each in apart[:_SPOKEN]:
        speakers[each.slicing.within.get(CLASS, "")].speak(each, severity="medium")
    if apart[_SPOKEN:]:
        evidence.finding(
            f"Groups differ in {plural(len(apart) - _SPOKEN, 'further rate')} of single classes, by less.",
            severity="low",
        )
    unlabelled = int(study.groups(()).counts[0][2].sum())
    if unlabelled:
        rows = plural(unlabelled, "row")
        evidence.limit(f"{rows} without a value in {study.asked.label!r} count in no accuracy or error rate.")
    evidence.limit(
        f"Each of the {len(study.classes)} classes is looked at against all others. A group in which any "
        "class is rare is hidden for every class: the others would tell. Intervals of a class's rates hold "
        "together over pairs of groups and over classes.",
        *_family(study),
    )


def state_quantities(
    study: QuantityFairness, evidence: Evidence, policy: Policy | None, primary: tuple[str, tuple[str, ...]]
) -> None:
    """Add the findings of a study of a quantity.

    Parameters
    ----------
    study : QuantityFairness
        Its gaps and rates should have been added.
    evidence : Evidence
        Where to state them.
    policy : Policy or None
        Has the margins.
    primary : tuple
        Metric and columns that were agreed as primary.
    """
    order = sorted(
        study.comparisons,
        key=lambda each: ((each.metric, each.columns) != primary, each.metric != primary[0]),
    )
    for each in order:
        main = (each.metric, each.columns) == primary
        if main or each.disparity or each.metric == primary[0]:
            _speak_of_means(study, evidence, each, margin_of(policy, each.metric, each.columns), main=main)
    if study.tally.total < study.table.rows:
        left = study.table.rows - study.tally.total
        evidence.limit(f"{plural(left, 'row')} without a label or a prediction are left out.")
    evidence.limit(
        f"All figures are in the unit of {study.asked.label!r}. A mean error of zero may hide errors that "
        "cancel out; the mean absolute error doesn't let them.",
        *_family(study),
    )


def _speak_of_means(
    study: QuantityFairness, evidence: Evidence, found: Comparison, margin: float | None, *, main: bool
) -> None:
    at = found.largest
    pair = [int(each) for each in found.pairs[at]]
    size, low, high = (float(part[at]) for part in (found.estimate, found.low, found.high))
    if size < 0:
        pair, size, low, high = pair[::-1], -size, -high, -low
    name, by, severity = rate_in_words(found.metric), slicing_in_words(found.columns), "low"
    said = ""
    if margin is not None and found.within(margin):
        severity = "info"
        text = f"By {by} the {name}s are shown to lie within the margin of {bound(margin)}."
    elif found.disparity:
        beyond = margin is None or low > margin
        severity = "high" if main and beyond else "medium"
        text, said = _people(study, evidence, found, pair), _beside(margin, beyond=beyond)
    else:
        names = listing(" × ".join(found.slicing.groups.names[each]) for each in pair)
        none = f"By {by} no difference in {name} is shown, which is not to say that there is none."
        text = f"{none} Largest: {names}."
    joint = "" if len(found.pairs) == 1 else ", holding for all pairs together"
    level = percent(found.slicing.confidence)
    text += f" {name.capitalize()} gap {figure(size)}, {level} interval {between(low, high)}{joint}.{said}"
    first, second = (found.slicing.slice_of(int(each)) for each in found.pairs[at])
    ids = [result_id(f"{found.metric}_difference", first, (first, second))]
    ids += [result_id(found.metric, each, None) for each in (first, second)]
    evidence.finding(text, severity=severity, results=recorded(evidence, ids))


def _beside(margin: float | None, *, beyond: bool) -> str:
    if margin is None:
        return ""
    if beyond:
        return f" That is beyond the margin of {bound(margin)}."
    return f" Whether it is more than the margin of {bound(margin)} is undecided."


def _people(study: QuantityFairness, evidence: Evidence, found: Comparison, pair: list[int]) -> str:
    """Return what happens to the people of two groups, the higher number first."""
    unit = str(evidence.parameters.get("unit") or "people")
    said = []
    for at in pair:
        slice_ = found.slicing.groups.slice_of(at)
        row = study.slicing(found.metric, found.columns)
        mean, n = float(row.mean[at]), int(row.total[at])
        who = f"for {n:,} {unit} {in_words(slice_)}"
        if found.metric == "mean_error":
            said.append(f"{figure(abs(mean))} too {'high' if mean > 0 else 'low'} {who}")
        elif found.metric == "mean_absolute_error":
            said.append(f"off by {figure(mean)} {who}")
        else:
            label = study.slicing("mean_label", found.columns).mean[at]
            said.append(f"{figure(mean)} {who}, where {study.asked.label!r} is {figure(float(label))}")
    return f"On average predictions are {'; '.join(said)}."


def _family(study: ClassFairness | QuantityFairness) -> Iterator[str]:
    yield from group_limits(study)
    slicings = listing(slicing_in_words(columns) for columns in study.asked.slicings)
    yield (
        f"{plural(len(study.comparisons), 'comparison')} were looked at (by {slicings}). Differences are "
        f"stated only where they survive a correction for that number (Holm, "
        f"{percent(study.asked.confidence)} in all) and the interval excludes zero."
    )
    yield (
        "Labels are taken as true: where they are wrong more often in one group, so are these figures. A gap "
        "compares groups as they are, not people alike in all else, and names no cause."
    )
