"""What a performance study states: how often the model is right, for whom least, and beside what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from raikit.analyses.baselines import MODEL
from raikit.analyses.classes import ClassStudy
from raikit.analyses.decisions import DecisionStudy
from raikit.analyses.quantities import QuantityStudy
from raikit.analyses.ranking import EXACT
from raikit.analyses.weakest import HALF, OTHERS, SECOND
from raikit.evidence.fairness_limits import group_limits
from raikit.evidence.people import in_words, words_for
from raikit.evidence.performance_overall import (
    of_them,
    state_calibration,
    state_classes,
    state_decisions,
    state_quantities,
)
from raikit.evidence.record import result_id
from raikit.evidence.wording import between, figure, listing, percent, plural, recorded, result_of

if TYPE_CHECKING:
    from raikit.analyses.sliced import SlicedStudy
    from raikit.analyses.weakest import Weak
    from raikit.evidence.people import Words
    from raikit.evidence.session import Evidence


def state(study: SlicedStudy, evidence: Evidence) -> None:
    """Add the findings and limits that follow from a study.

    Parameters
    ----------
    study : SlicedStudy
        The study; its results should have been added.
    evidence : Evidence
        Where to state them.
    """
    positive = study.positive if isinstance(study, DecisionStudy) else ""
    words = words_for(study.asked, positive, evidence.parameters)
    if isinstance(study, DecisionStudy):
        state_decisions(study, evidence, words)
    elif isinstance(study, ClassStudy):
        state_classes(study, evidence, words)
    elif isinstance(study, QuantityStudy):
        state_quantities(study, evidence, words)
    if study.baseline:
        _baseline(study, evidence, words)
    if study.asked.features and study.searched.looked_at:
        _weakest(study, evidence, words)
    if isinstance(study, DecisionStudy) and study.scored is not None:
        state_calibration(study, evidence, words)
    evidence.limit(*_limits(study))


def _baseline(study: SlicedStudy, evidence: Evidence, words: Words) -> None:
    rows, metric = study.against_baseline(), study.primary
    gap = result_of(rows, f"{metric}_difference", {"model": MODEL})
    base = result_of(rows, metric, {"model": study.baseline})
    if gap is None or gap.status not in ("ok", "small"):
        return
    name = study.baseline
    if name.startswith("commonest outcome by"):
        feature = name.removeprefix("commonest outcome by ").replace("_", " ")
        name = f"predicting from {feature} alone (each group's commonest outcome)"
    elif name == "commonest outcome":
        name = "predicting the commonest outcome for all"
    better, worse = gap.low > 0, gap.high < 0
    said = ("more often right than", "less often right than")
    shown: Callable[[float], str] = percent
    if metric != "accuracy":
        better, worse = worse, better
        said, shown = ("off by less than", "off by more than"), figure
    verb: str = said[0] if better else said[1] if worse else "not shown to beat"
    text = (
        f"On the same rows the model is {verb} {name}: {shown(base.estimate + gap.estimate)} against "
        f"{shown(base.estimate)}, a difference of {figure(gap.estimate)} "
        f"({percent(gap.confidence)} interval {between(gap.low, gap.high)}, paired)."
    )
    if getattr(gap, "only_model", None) is not None and gap.only_model == gap.only_model:
        chance = "less than .0001" if gap.p < 0.0001 else figure(gap.p)
        text += (
            f" It alone is right about {int(gap.only_model):,} {words.unit}, the baseline alone about "
            f"{int(gap.only_baseline):,} (McNemar, p {chance})."
        )
    advice = "" if better else "Use the baseline, or say what the model is for that the baseline can't do."
    pair = ({"model": MODEL}, {"model": study.baseline})
    ids = [result_id(f"{metric}_difference", pair[0], pair), result_id(metric, pair[1], None)]
    evidence.finding(text, severity="info" if better else "high", results=recorded(evidence, ids),
                     recommendation=advice)  # fmt: skip


def _weakest(study: SlicedStudy, evidence: Evidence, words: Words) -> None:
    found = study.searched
    confirmed = [weak for weak in found.found if weak.confirmed]
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


def _people(study: SlicedStudy, weak: Weak, words: Words) -> str:
    who, (gap, low, high) = in_words(weak.slice), (-x for x in (weak.difference[i] for i in (0, 2, 1)))
    wrong, others = weak.n - weak.right, weak.others_n - weak.others_right
    level = percent(study.asked.confidence)
    return (
        f"Weakest slice: of {weak.n:,} {words.unit} {who} the model is wrong about "
        f"{of_them([wrong, weak.n])}; of everyone else, {of_them([others, weak.others_n])}. "
        f"Gap {figure(gap)}, {level} interval {between(low, high)}, holding for all tested together."
    )


def _weak_id(weak: Weak) -> str:
    slice_ = weak.slice | {HALF: SECOND}
    return result_id("accuracy_difference", slice_, (slice_, {HALF: OTHERS}))


def _limits(study: SlicedStudy) -> Iterator[str]:
    asked = study.asked
    yield from _left_out(study)
    yield from group_limits(study)
    if study.baseline.startswith("commonest outcome"):
        yield (
            "The baseline is learnt from the very rows that it is judged on, which flatters it, by little "
            "where groups are large; the model is judged as it came."
        )
    if asked.features and study.searched.looked_at:
        yield (
            f"Weak slices were looked for among {plural(study.searched.looked_at, 'slice')} by one of "
            f"{listing(asked.features)} or two; a slice by three, or by another feature, was not looked at."
            + (" Weights are left aside there." if asked.weight else "")
        )
    yield from _aside(study)
    yield (
        f"Each interval holds by itself at {percent(asked.confidence)}: among many slices some lie outside "
        "by chance. Only slices that a sentence calls the worst are corrected for having been looked for."
    )
    yield (
        "Labels are taken as true. How right the model is on these rows says nothing of other times and "
        "places, nor of what a wrong prediction costs."
    )


def _left_out(study: SlicedStudy) -> Iterator[str]:
    everybody = study.groups(()).counts[0]
    unlabelled, unpredicted = int(everybody[2].sum()), int(everybody[:, 2].sum())
    of = f"of {study.tally.total:,}"
    if isinstance(study, QuantityStudy) and study.left_out:
        yield f"{plural(study.left_out, 'row')} without a label or a prediction are left out."
    if unlabelled:
        yield (
            f"{plural(unlabelled, 'row')} {of} without a value in {study.asked.label!r} count nowhere here; "
            "if labels are missing for a reason, these rates are off by it."
        )
    if unpredicted:
        yield f"{plural(unpredicted, 'row')} {of} without a prediction are left out."


def _aside(study: SlicedStudy) -> Iterator[str]:
    """Yield what is not taken into account, by what kind of study."""
    asked = study.asked
    if isinstance(study, QuantityStudy) and asked.features:
        yield "Slices by two features were not searched for weak ones: of quantities only sums are kept."
    if isinstance(study, DecisionStudy) and study.ranked is not None and study.ranked.method != EXACT:
        yield (
            "With so many rows, areas under the ROC curve take scores within a hundredth as ties; the method "
            "of each says how far the exact area can lie from it."
        )
    if isinstance(study, DecisionStudy) and study.scored is not None and (asked.weight or asked.cluster):
        given = (("weights", asked.weight), ("clusters", asked.cluster))
        left = " and ".join(name for name, used in given if used)
        yield f"Areas under the ROC curve leave {left} aside; Brier scores and calibration errors, clusters."
