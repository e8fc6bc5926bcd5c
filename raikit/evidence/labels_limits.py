"""What a labels study can't tell, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raikit.analyses.label_study import MOST_PAIRS
from raikit.evidence.wording import figure, percent, plural
from raikit.stats.agreement import COVERAGE

if TYPE_CHECKING:
    import pandas as pd

    from raikit.analyses.label_study import LabelStudy


def limits(study: LabelStudy, agreement: pd.DataFrame) -> list[str]:
    """Return what the study can't tell.

    Parameters
    ----------
    study : LabelStudy
        From `raikit.labels`.
    agreement : pandas.DataFrame
        Its results.

    Returns
    -------
    list of str
        A sentence each.
    """
    rare, *others = COVERAGE
    said = [
        "Agreement is no proof of truth: raters who share a mistake agree.",
        "Intervals are over items of the same kind and these raters; other raters could agree more or less.",
        f"In simulations of 95% intervals of alpha on 200 items and three raters at least "
        f"{percent(min(COVERAGE[share] for share in others if share >= 0.1))} held the true value where "
        f"the rarer rating makes up {percent(min(share for share in others if share >= 0.1))} or more, and "
        f"{percent(COVERAGE[rare])} where it makes up {percent(rare)}: about rare ratings the intervals "
        "promise too much.",
    ]
    held = study.ratings
    if held.level != "nominal":
        said.append(
            "The kappas and percent agreement count every difference alike; alpha counts it by its size."
        )
    if len(agreement[agreement["metric"] == "krippendorff_alpha"]) > 1:
        groups = int((agreement["metric"] == "krippendorff_alpha").sum()) - 1
        said.append(f"{plural(groups, 'group')} were looked at: the lowest of many is low by chance too.")
    said += _who(study)
    if held.missing:
        said.append(f"{plural(held.missing, 'rating')} are empty and left out.")
    if held.repeats:
        said.append(
            f"{plural(held.repeats, 'rating')} were followed by another of the same item by the same "
            "annotator; "
            "the last one counts."
        )
    said.append(
        "What noise does to a rate takes the raters' errors as independent of each other and, but for the "
        "gaps, "
        "of the group."
        if study.positive
        else "No rating was named as positive: what noise does to a rate is not told."
    )
    if study.population is None:
        said.append(
            "No population was named: whether the rated items are like the ones they stand for is open."
        )
    return said


def _who(study: LabelStudy) -> list[str]:
    held = study.ratings
    if not held.named:
        return [
            "Nobody knows who rated: nothing is said of single annotators, and a rater's repeats aren't seen."
        ]
    said = (
        [
            f"An annotator is compared with the others only where these agree: {figure(_divided(study))} "
            "of ratings "
            "have no consensus of others beside them. Who differs from the others need not be the one who "
            "errs."
        ]
        if held.countable
        else []
    )
    pairs = len(held.annotators) * (len(held.annotators) - 1) // 2
    if pairs > MOST_PAIRS:
        said.append(
            f"Of {pairs:,} pairs of annotators the {MOST_PAIRS} with the most items in common are shown."
        )
    public = ", the demo's public one: these anchors hide nothing" if study.key.public else ""
    return [
        *said,
        f"Annotators stand as pseudonyms and items as anchors under the key {study.key.id}{public}.",
    ]


def _divided(study: LabelStudy) -> float:
    from raikit.analyses.annotators import others

    found = others(study.ratings, study.ratings.values)
    return float((found.consensus < 0).mean())
