"""What a fairness study can't tell: generated from what was asked, counted and hidden."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from raikit.analyses.gaps import COMPARED
from raikit.evidence.people import rate_in_words, slicing_in_words
from raikit.evidence.wording import figure, listing, percent, plural

if TYPE_CHECKING:
    from raikit.analyses.fairness_study import FairnessStudy
    from raikit.analyses.grouped import GroupedStudy
    from raikit.evidence.session import Evidence


def limits(study: FairnessStudy, evidence: Evidence, primary: tuple[str, ...]) -> Iterator[str]:
    """Yield what a study can't tell.

    Parameters
    ----------
    study : FairnessStudy
        The study.
    evidence : Evidence
        Knows what was agreed.
    primary : tuple of str
        The primary slicing.

    Yields
    ------
    str
        A sentence each.
    """
    asked = study.asked
    everybody = study.groups(()).counts[0]
    if not evidence.agreed.get("primary"):
        yield no_primary(asked.primary, asked.slicings[0])
    unlabelled, unpredicted = int(everybody[2].sum()), int(everybody[:, 2].sum())
    of = f"of {study.tally.total:,}"
    if unlabelled:
        yield (
            f"{plural(unlabelled, 'row')} {of} without a value in {asked.label!r} count in selection rates "
            "only; if labels are missing for a reason, the other rates are off by it."
        )
    if unpredicted:
        yield f"{plural(unpredicted, 'row')} {of} without a prediction count in base rates only."
    yield from group_limits(study)
    yield from _base_rates(study, primary)
    slicings = listing(slicing_in_words(columns) for columns in asked.slicings)
    yield (
        f"{plural(len(study.comparisons), 'comparison')} were looked at "
        f"({len(COMPARED)} rates by {slicings}). Differences are stated only where they survive a correction "
        f"for that number (Holm, {percent(asked.confidence)} in all) and the interval excludes zero."
    )
    yield (
        "Labels are taken as true: where they are wrong more often in one group, so are these rates. A gap "
        "compares groups as they are, not people alike in all else, and names no cause."
    )


def no_primary(metric: str, columns: tuple[str, ...]) -> str:
    """Return what is said where nobody agreed on a primary metric.

    Parameters
    ----------
    metric : str
        That stands in.
    columns : tuple of str
        The slicing that stands in.

    Returns
    -------
    str
        A sentence.
    """
    stand_in = f"{rate_in_words(metric)} by {slicing_in_words(columns)}"
    return f"No primary metric was agreed before this run: {stand_in}, the first feature named, stands in."


def group_limits(study: GroupedStudy) -> Iterator[str]:
    """Yield what the groups themselves keep a study from telling.

    Parameters
    ----------
    study : GroupedStudy
        Its groups may be missing, hidden, small or pooled.

    Yields
    ------
    str
        A sentence each.
    """
    asked = study.asked
    for columns in asked.slicings:
        groups = study.groups(columns)
        unknown = np.flatnonzero(~groups.known)
        n = int(groups.sizes[unknown].sum())
        if len(columns) == 1 and n:
            hide = study.hidden.of("selection_rate", columns)[unknown].any()
            shown = "Rows (too few to say how many) have" if hide else f"{plural(n, 'row')} have"
            yield f"{shown} no {columns[0]!r}: a group of their own, shown and not compared."
        hidden = plural(int(study.hidden.any_of(columns).sum()), "group")
        if study.hidden.any_of(columns).any():
            yield (
                f"By {slicing_in_words(columns)} figures of {hidden} are hidden: they "
                f"rest on fewer than {asked.suppress_below} people, or would give such a number away."
            )
        small = (groups.sizes < asked.min_n) & groups.known & ~study.hidden.of("selection_rate", columns)
        if small.any():
            names = [" × ".join(groups.names[at]) for at in np.flatnonzero(small)]
            yield f"Fewer than {asked.min_n} people: {listing(names)}. Such groups can fail, not pass."
    for feature, pool in asked.pool.items():
        for name, members in pool.items():
            yield f"By {feature}, {name} pools {listing(members)}, as declared beforehand."


def _base_rates(study: FairnessStudy, columns: tuple[str, ...]) -> Iterator[str]:
    slicing = study.slicing("base_rate", columns)
    pairs = slicing.pairs()
    if not len(pairs):
        return
    estimate, low, high = slicing.limits(pairs)
    at = int(np.abs(estimate).argmax())
    if low[at] <= 0 <= high[at]:
        return
    rate = slicing.rate
    share = rate.effective_success / np.maximum(rate.effective_total, 1e-300)
    shares = [f"{figure(share[group])} {' × '.join(slicing.groups.names[group])}" for group in pairs[at]]
    yield (
        f"Base rates differ by {slicing_in_words(columns)} ({listing(shares)}): then equal error rates and "
        "equal predictive values can't be had together by any model that errs, so which one is primary is a "
        "choice."
    )
