"""What the deeper questions of a fairness study let one say: thresholds, features, missing labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from raikit.analyses.attribution import WHOLE
from raikit.analyses.group_thresholds import KEY
from raikit.analyses.missing_labels import labelled
from raikit.evidence.people import rate_in_words, slicing_in_words
from raikit.evidence.record import Result
from raikit.evidence.wording import between, bound, figure, listing, percent, plural

if TYPE_CHECKING:
    from raikit.analyses.compared import ComparedStudy
    from raikit.analyses.disparities import Comparison
    from raikit.analyses.fairness_study import FairnessStudy
    from raikit.evidence.session import Evidence

_DRAWN = 4  # groups that a chart of thresholds tells apart
_NAMED = 3  # features that a sentence names
_TELLING = 0.7  # area from which a sentence says that a group can be told: no standard, an editor's choice


class Sweep(NamedTuple):
    """A gap by threshold, for a chart.

    Attributes
    ----------
    frame : pandas.DataFrame
        In the result form, of the largest groups; the groups' name is the only other slice key.
    metric : str
        What is drawn.
    events : dict
        The threshold that the system operates at, where it is one of those drawn.
    title : str
        Of the chart.
    """

    frame: pd.DataFrame
    metric: str
    events: dict[str, str]
    title: str


def sweep(study: FairnessStudy, metric: str, columns: tuple[str, ...], swept: pd.DataFrame) -> Sweep:
    """Return what the chart of thresholds shows.

    Parameters
    ----------
    study : FairnessStudy
        The study.
    metric : str
        The primary rate.
    columns : tuple of str
        The primary slicing.
    swept : pandas.DataFrame
        From `FairnessStudy.thresholds`, for the same.

    Returns
    -------
    Sweep
        For `raikit.time_chart`.
    """
    groups = study.groups(columns)
    largest = sorted(range(len(groups.names)), key=lambda at: -int(groups.sizes[at]))[: _DRAWN + 1]
    wanted = [groups.slice_of(at) for at in largest]
    kept = [
        {key: value for key, value in slice_.items() if key != KEY} in wanted for slice_ in swept["slice"]
    ]
    frame = swept[pd.Series(kept, index=swept.index, dtype=bool)]
    here = f"{study.operating:g}"
    there = any(slice_[KEY] == here for slice_ in frame["slice"])
    title = f"{rate_in_words(metric).capitalize()} less that of the reference group, by threshold"
    return Sweep(frame, f"swept_{metric}_difference", {"operates here": here} if there else {}, title)


def speak_deeper(study: FairnessStudy, evidence: Evidence, found: Comparison | None) -> None:
    """State what the deeper questions add to the primary finding, as far as they were asked.

    Parameters
    ----------
    study : FairnessStudy
        The study.
    evidence : Evidence
        Holds the results; findings and limits are added.
    found : Comparison or None
        The primary comparison.
    """
    held = {(result.metric, result.id): result for result in evidence.results}
    results = list(held.values())
    if found is not None:
        _thresholds(evidence, found, results)
        _standardised(study, evidence, found, results)
        _carried(evidence, found, results)
    speak_proxies(study, evidence)
    evidence.limit(*deeper_limits(study, results, found))


def _of(results: Sequence[Result], metric: str, columns: Sequence[str], *further: str) -> list[Result]:
    wanted = {*columns, *further}
    return [each for each in results
            if each.metric == metric and set(each.slice) == wanted and each.estimate is not None]  # fmt: skip


def _gap_of(found: Comparison, results: Sequence[Result]) -> list[Result]:
    """Return the results that compare the two groups that are spoken of, in either order."""
    pair = [found.slicing.groups.slice_of(int(at)) for at in found.pairs[found.largest]]
    columns = set(found.columns)
    return [
        each for each in results
        if each.compared
        and [{key: part[key] for key in part if key in columns} for part in each.compared]
        in (pair, pair[::-1])
    ]  # fmt: skip


def _thresholds(evidence: Evidence, found: Comparison, results: Sequence[Result]) -> None:
    swept = _gap_of(found, _of(results, f"swept_{found.metric}_difference", found.columns, KEY))
    if not found.disparity or len(swept) < 2:
        return
    sizes = [abs(each.estimate or 0.0) for each in swept]
    clear = [each for each in swept if (each.low or 0.0) > 0 or (each.high or 0.0) < 0]
    cuts = [float(each.slice[KEY]) for each in swept]
    span = f"from {bound(min(cuts))} to {bound(max(cuts))}"
    said = "at all of them" if len(clear) == len(swept) else f"at {len(clear)}"
    evidence.finding(
        f"Of {len(swept)} thresholds {span}, the same for everybody, the {rate_in_words(found.metric)} gap "
        f"by {slicing_in_words(found.columns)} is shown {said}; it lies between {figure(min(sizes))} and "
        f"{figure(max(sizes))}.",
        severity="info",
        results=[each.id for each in swept],
    )


def _standardised(
    study: FairnessStudy, evidence: Evidence, found: Comparison, results: Sequence[Result]
) -> None:
    metric = f"standardised_{found.metric}_difference"
    for each in _gap_of(found, _of(results, metric, found.columns))[:1]:
        assert each.estimate is not None  # _of
        low, high = sorted(abs(value or 0.0) for value in (each.low, each.high))
        over = (each.low or 0.0) <= 0 <= (each.high or 0.0)
        limits = between(each.low or 0.0, each.high or 0.0) if over else between(low, high)
        size = each.estimate if over else abs(each.estimate)
        evidence.finding(
            f"With the same mix of {slicing_in_words((study.asked.covariate,))} in every group the "
            f"{rate_in_words(found.metric)} gap by {slicing_in_words(found.columns)} would be "
            f"{figure(size)}, {percent(each.confidence)} interval {limits}; as the groups are, it is "
            f"{figure(abs(float(found.estimate[found.largest])))}.",
            severity="info",
            results=[each.id],
        )


def _carried(evidence: Evidence, found: Comparison, results: Sequence[Result]) -> None:
    parts = _gap_of(found, _of(results, "shap_difference", found.columns, "feature"))
    whole = [each for each in parts if each.slice["feature"] == WHOLE]
    others = [each for each in parts if each.slice["feature"] != WHOLE]
    if not whole or not others:
        return
    others.sort(key=lambda each: -abs(each.estimate or 0.0))
    first, second = (" × ".join(part[name] for name in found.columns) for part in whole[0].compared or ())
    said = listing(f"{each.slice['feature'].replace('_', ' ')} {figure(each.estimate or 0.0)}"
                   for each in others[:_NAMED])  # fmt: skip
    about = {"true_positive_rate": " among those whose label is positive",
             "false_positive_rate": " among those whose label is not positive"}  # fmt: skip
    evidence.finding(
        f"The model's mean score of {first} less that of {second} is {figure(whole[0].estimate or 0.0)}"
        f"{about.get(found.metric, '')}. The features that carry most of it (SHAP, "
        f"{plural(whole[0].n or 0, 'row')} of each group): {said}.",
        severity="medium" if found.disparity else "info",
        results=[whole[0].id, *(each.id for each in others[:_NAMED])],
        recommendation="Ask of each such feature whether the decision needs it, and what else it stands for.",
    )


def speak_proxies(study: ComparedStudy, evidence: Evidence) -> None:
    """State which groups the model's features tell.

    Parameters
    ----------
    study : ComparedStudy
        Its proxies should have been added.
    evidence : Evidence
        Holds the results; findings are added.
    """
    results = list({(result.metric, result.id): result for result in evidence.results}.values())
    for feature in study.asked.features:
        told = [each for each in _of(results, "proxy_auc", (feature,)) if (each.low or 0.0) > _TELLING]
        single = _of(results, "cramers_v", (), "feature", "sensitive")
        single = [each for each in single if each.slice["sensitive"] == feature]
        if not told or not single:
            continue
        single.sort(key=lambda each: -(each.estimate or 0.0))
        strong = listing(f"{each.slice['feature'].replace('_', ' ')} ({figure(each.estimate or 0.0)})"
                         for each in single[:_NAMED])  # fmt: skip
        groups = listing(f"{each.slice[feature]} ({figure(each.estimate or 0.0)})" for each in told)
        evidence.finding(
            f"Without {feature.replace('_', ' ')} itself, the model's other features still tell who belongs "
            f"to {groups} (area under the curve; .5 is chance). Most by themselves, by Cramér's V: {strong}. "
            "Leaving the attribute out would not hide it from the model.",
            severity="info",
            results=[*(each.id for each in told), *(each.id for each in single[:_NAMED])],
        )


def deeper_limits(study: FairnessStudy, results: Sequence[Result], found: Comparison | None) -> Iterator[str]:
    """Yield what the deeper questions can't tell, as far as they were asked.

    Parameters
    ----------
    study : FairnessStudy
        The study.
    results : sequence of Result
        So far.
    found : Comparison or None
        The primary comparison.

    Yields
    ------
    str
        A sentence each.
    """
    yield from _missing(study)
    metrics = {each.metric for each in results}
    if study.model is not None:
        yield from study.model.limits
        yield from _fidelity(study, found)
    if "cramers_v" in metrics:
        yield (
            "Proxies were looked for in a sample of rows, one feature at a time and by a logistic "
            "regression on all of them: what only combinations of features tell, it may miss. A proxy is no "
            "proof that a feature is misused."
        )
    if "ll144_impact_ratio" in metrics:
        yield (
            "The tables in the form of New York City's Local Law 144 are a calculation, not an audit: the "
            "law wants an independent auditor, and categories of race and ethnicity that these columns may "
            "not give. It sets no least ratio; four-fifths is a rule of its own."
        )


def _missing(study: FairnessStudy) -> Iterator[str]:
    have = labelled(study.tally)
    if not have.missing:
        return
    if have.only_selected:
        yield (
            "Labels exist only for those predicted positive: nobody knows how many of the others are, so "
            "that true and false positive rates and accuracy can't be known. Only the bounds hold."
        )
        return
    shares = [part / whole if whole else float("nan") for part, whole in
              ((have.selected_labelled, have.selected), (have.others_labelled, have.others))]  # fmt: skip
    yield (
        f"Labels exist for {percent(shares[0])} of those predicted positive and {percent(shares[1])} of "
        "the others; the bounds say what the missing ones could change."
    )


def _fidelity(study: FairnessStudy, found: Comparison | None) -> Iterator[str]:
    explained = None if found is None else study.attributions(found.metric, found.columns)
    if explained is None or study.model is None:
        return
    what = explained.found
    yield (
        f"SHAP values describe the model {study.model.source!r}, not the world: they say what its score "
        "is made of, not what causes the outcome. Where features go together, what one carries may be "
        "another's."
    )
    if what.apart > 1e-6:
        agree = f", and {percent(what.agree)} of decisions agree" if what.agree == what.agree else ""
        yield (
            "The model explained is not the one that made the predictions, or was given other values: in "
            f"the sample its scores lie {figure(what.apart)} from the recorded ones on average{agree}. What "
            "is said of its features holds for the system only as far as that."
        )
