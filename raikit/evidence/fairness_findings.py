"""The findings of a fairness study: what the data decide of each comparison, in sentences."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from raikit.analyses.gaps import Slicing
from raikit.evidence.people import LOWER_IS_WORSE, rate_in_words, slicing_in_words, words_for
from raikit.evidence.record import result_id
from raikit.evidence.wording import between, figure, listing, percent, recorded

if TYPE_CHECKING:
    from raikit.analyses.disparities import Comparison
    from raikit.analyses.fairness_classes import ClassFairness
    from raikit.analyses.fairness_study import FairnessStudy
    from raikit.analyses.rates import Rate
    from raikit.evidence.policy import Policy
    from raikit.evidence.session import Evidence

_LOOK = "Find out which features carry the gap and whether the labels are equally right in both groups."


def margin_of(policy: Policy | None, metric: str, columns: tuple[str, ...]) -> float | None:
    """Return the largest difference that a policy tolerates.

    Parameters
    ----------
    policy : Policy or None
        The policy, if there is one.
    metric : str
        The rate.
    columns : tuple of str
        The slicing.

    Returns
    -------
    float or None
        The strictest rule's bound; None where no rule has one.
    """
    bounds = [
        float(rule.value)
        for rule in (policy.rules if policy else ())
        if rule.metric == f"{metric}_difference"
        and rule.op in ("<=", "<")
        and (rule.slice == "each" or isinstance(rule.slice, str))
        and (rule.slice == "each" or {part.strip() for part in str(rule.slice).split("×")} == set(columns))
    ]
    return min(bounds, default=None)


class Speaker:
    """Puts comparisons into sentences and adds them to the evidence.

    Parameters
    ----------
    study : FairnessStudy or ClassFairness
        What was asked.
    evidence : Evidence
        Where findings go.
    policy : Policy or None
        Has the margins.
    value : str, default=""
        The class that sentences are about, where there are several; its words are its name.
    """

    def __init__(
        self, study: FairnessStudy | ClassFairness, evidence: Evidence, policy: Policy | None, value: str = ""
    ) -> None:
        self.evidence = evidence
        self.policy = policy
        words = words_for(study.asked, value or study.positive, evidence.parameters)
        self.words = replace(words, positive="") if value else words

    def speak(self, found: Comparison, *, severity: str) -> None:
        """State one comparison by what the data decide of it.

        Parameters
        ----------
        found : Comparison
            The comparison.
        severity : str
            Of a disparity beyond the margin.
        """
        margin = margin_of(self.policy, found.metric, found.columns)
        ids = self._ids(found)
        if margin is not None and found.within(margin):
            self.evidence.finding(self._within(found, margin), severity="info", results=ids)
        elif found.disparity:
            beyond = margin is None or self._facing(found)[0] > margin
            text = f"{self._people(found)} {self._gap(found)}{self._beside(found, margin, beyond=beyond)}"
            advice = _LOOK if beyond and severity == "high" else ""
            graded = severity if beyond else "medium"
            self.evidence.finding(text, severity=graded, results=ids, recommendation=advice)
        else:
            self.evidence.finding(self._undecided(found, margin), severity="low", results=ids)

    def counter(self, other: Comparison, primary: Comparison) -> None:
        """State that groups which lie close in the primary rate differ in another.

        Parameters
        ----------
        other : Comparison
            By the other rate.
        primary : Comparison
            By the primary rate, of the same slicing.
        """
        rates = listing(f"{figure(rate)} {name}" for name, rate in _rates(primary))
        apart = figure(abs(primary.estimate[primary.largest]))
        by = slicing_in_words(primary.columns)
        text = (
            f"By {by} the {rate_in_words(primary.metric)}s lie {apart} apart ({rates}), "
            f"the {rate_in_words(other.metric)}s much further. {self._people(other)} {self._gap(other)}"
        )
        self.evidence.finding(text, severity="medium", results=[*self._ids(other), *self._ids(primary)])

    def _people(self, found: Comparison) -> str:
        pair = self._worse_first(found)
        lower = LOWER_IS_WORSE[found.metric] and found.metric != "selection_rate"
        slicing, rate = found.slicing, _rate(found)
        slices = [slicing.groups.slice_of(at) for at in pair]
        if not rate.plain:
            shares = [float(rate.effective_success[at] / rate.effective_total[at]) for at in pair]
            return self.words.weighted_sentence(found.metric, list(zip(slices, shares, strict=True)))
        totals = [int(rate.total[at]) for at in pair]
        hits = [int(rate.total[at] - rate.success[at] if lower else rate.success[at]) for at in pair]
        return self.words.sentence(found.metric, list(zip(slices, hits, totals, strict=True)))

    def _worse_first(self, found: Comparison) -> list[int]:
        first, second = (int(at) for at in found.pairs[found.largest])
        worse = (found.estimate[found.largest] < 0) == LOWER_IS_WORSE[found.metric]
        return [first, second] if worse else [second, first]

    def _gap(self, found: Comparison) -> str:
        low, high = self._facing(found)
        joint = "" if len(found.pairs) == 1 else ", holding for all pairs together"
        level = percent(found.slicing.confidence)
        size = figure(abs(found.estimate[found.largest]))
        name = rate_in_words(found.metric).capitalize()
        return f"{name} gap {size}, {level} interval {between(low, high)}{joint}."

    def _facing(self, found: Comparison) -> tuple[float, float]:
        low, high = float(found.low[found.largest]), float(found.high[found.largest])
        return (low, high) if found.estimate[found.largest] >= 0 else (-high, -low)

    def _beside(self, found: Comparison, margin: float | None, *, beyond: bool) -> str:
        if margin is None:
            return ""
        if beyond:
            return f" That is beyond the margin of {_bound(margin)}."
        undecided = f" Whether it is more than the margin of {_bound(margin)} is undecided"
        return f"{undecided}{self._more(found, margin)}."

    def _within(self, found: Comparison, margin: float) -> str:
        rates = [f"{figure(rate)} {name}" for name, rate in _rates(found)]
        which = listing(rates) if len(rates) <= 2 else f"from {rates[0]} to {rates[-1]}"
        by = slicing_in_words(found.columns)
        return (
            f"By {by} the {rate_in_words(found.metric)}s are shown to lie within the margin of "
            f"{_bound(margin)}: {which}. {self._gap(found)}"
        )

    def _undecided(self, found: Comparison, margin: float | None) -> str:
        names = [" × ".join(found.slicing.groups.names[int(at)]) for at in found.pairs[found.largest]]
        none = f"By {slicing_in_words(found.columns)} no difference in {rate_in_words(found.metric)} is shown"
        return (
            f"{none}, which is not to say that there is none. Largest: {listing(names)}. {self._gap(found)} "
            f"Undecided{self._more(found, margin or 0.0)}."
        )

    def _more(self, found: Comparison, bound: float) -> str:
        """Return how many more people would decide, if the rates stay."""
        from raikit.stats.sample_size import rows_needed_difference

        rate, pair = _rate(found), [int(at) for at in found.pairs[found.largest]]
        if not rate.plain:
            return ""
        k, n, k_other, n_other = (int(part[at]) for at in pair for part in (rate.success, rate.total))
        needed = rows_needed_difference(k, n, k_other, n_other, bound, critical=found.slicing.critical)
        smaller = min(pair, key=lambda at: int(rate.total[at]))
        more = needed - int(rate.total[smaller]) if needed else 0
        group = self.words.population(found.metric, "").strip()
        name = " × ".join(found.slicing.groups.names[smaller])
        return f"; about {more:,} more {group} ({name}) would decide if the rates stay" if more > 0 else ""

    def _ids(self, found: Comparison) -> list[str]:
        first, second = (found.slicing.slice_of(int(at)) for at in found.pairs[found.largest])
        gap = result_id(f"{found.metric}_difference", first, (first, second))
        return recorded(
            self.evidence, [gap, *(result_id(found.metric, each, None) for each in (first, second))]
        )


def _rate(found: Comparison) -> Rate:
    assert isinstance(found.slicing, Slicing)  # sentences about people need shares of people
    return found.slicing.rate


def _rates(found: Comparison) -> list[tuple[str, float]]:
    """Return name and rate of each comparable group, highest first."""
    rate, groups = _rate(found), found.slicing.groups
    able = np.flatnonzero(found.slicing.comparable)
    shares = [
        (" × ".join(groups.names[at]), float(rate.effective_success[at] / rate.effective_total[at]))
        for at in able
    ]
    return sorted(shares, key=lambda each: -each[1])


def _bound(margin: float) -> str:
    """Return a rule's bound as a person would write it: .05."""
    return f"{margin:.10g}".removeprefix("0")
