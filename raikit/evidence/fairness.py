"""What a fairness study states: who is treated worse, how sure that is, and what it can't tell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from raikit.analyses.fairness_classes import ClassFairness
from raikit.analyses.fairness_quantities import QuantityFairness
from raikit.analyses.fairness_study import FairnessStudy
from raikit.evidence.fairness_deeper import Sweep, speak_deeper, speak_proxies, sweep
from raikit.evidence.fairness_findings import Speaker, margin_of
from raikit.evidence.fairness_kinds import state_classes, state_quantities
from raikit.evidence.fairness_limits import limits, no_primary
from raikit.evidence.people import rate_in_words
from raikit.evidence.policy import Policy, load_policy

if TYPE_CHECKING:
    import pandas as pd

    from raikit.analyses.disparities import Comparison
    from raikit.evidence.session import Evidence

Study = FairnessStudy | ClassFairness | QuantityFairness


class Headline(NamedTuple):
    """What the first chart shows.

    Attributes
    ----------
    frame : pandas.DataFrame
        Each agreed group against its reference group, in the result form; pooled groups are marked.
    metric : str
        The comparison drawn.
    margin : float or None
        The policy's bound, where it has one for every feature drawn.
    title : str
        For the chart.
    by : str
        The first feature of the primary slicing.
    """

    frame: pd.DataFrame
    metric: str
    margin: float | None
    title: str
    by: str


def headline(study: Study, evidence: Evidence, gaps: pd.DataFrame) -> Headline:
    """Return what the first chart shows: every agreed group's gap in the primary metric.

    Parameters
    ----------
    study : FairnessStudy, ClassFairness or QuantityFairness
        The study.
    evidence : Evidence
        Holds what was agreed, and the policy.
    gaps : pandas.DataFrame
        From `FairnessStudy.gaps`.

    Returns
    -------
    Headline
        For `raikit.interval_chart`.
    """
    metric, primary = primary_of(study, evidence)
    within = {"class": study.positive} if metric != "accuracy" and study.task == "multiclass" else {}
    agreed = evidence.agreed.get("slices") or [" × ".join(columns) for columns in study.asked.slicings]
    compared = f"{metric}_difference"
    rows = []
    for row in gaps[gaps["metric"] == compared].to_dict("records"):
        columns = tuple(key for key in row["slice"] if key not in within)
        if " × ".join(columns) not in agreed or columns not in study.asked.slicings:
            continue
        reference = study.slicing(metric, columns)
        if row["compared"][1] == reference.slice_of(reference.reference):
            marked = [_marked(study, part, columns) for part in row["compared"]]
            rows.append(row | {"slice": marked[0], "compared": marked})
    policy = _policy(evidence)
    margins = {margin_of(policy, metric, tuple(slicing.split(" × "))) for slicing in agreed}
    margin = margins.pop() if len(margins) == 1 else None
    of = "".join(f" of {name}" for name in within.values())
    title = f"{rate_in_words(metric).capitalize()}{of}: each group less its reference group"
    return Headline(gaps.iloc[:0] if not rows else _frame(gaps, rows), compared, margin, title, primary[0])


def swept(study: Study, evidence: Evidence) -> Sweep | None:
    """Record how the primary gap depends on the threshold, and return what the chart of it shows.

    Parameters
    ----------
    study : FairnessStudy, ClassFairness or QuantityFairness
        The study.
    evidence : Evidence
        Knows the primary metric.

    Returns
    -------
    Sweep or None
        None without a score, or where every threshold would tell of few people.
    """
    metric, columns = primary_of(study, evidence)
    frame = study.thresholds(metric, columns)
    return (
        None
        if frame.empty or not isinstance(study, FairnessStudy)
        else sweep(study, metric, columns, evidence.add(frame))
    )


def carried(study: Study, evidence: Evidence) -> pd.DataFrame | None:
    """Record which features carry the primary gap.

    Parameters
    ----------
    study : FairnessStudy, ClassFairness or QuantityFairness
        The study.
    evidence : Evidence
        Knows the primary metric.

    Returns
    -------
    pandas.DataFrame or None
        For a chart: from `FairnessStudy.attributions`, by feature alone, since all rows compare the same two
        groups; None without a model.
    """
    found = study.attributions(*primary_of(study, evidence))
    if found is None:
        return None
    frame = evidence.add(found.frame)
    rows = frame.to_dict("records")
    for row in rows:
        name = row["slice"]["feature"].replace("_", " ")
        row.update(slice={"feature": name}, compared=None, group=name)
    return _frame(frame, rows)


def state(study: Study, evidence: Evidence) -> None:
    """Add the findings and limits that follow from a study.

    Parameters
    ----------
    study : FairnessStudy, ClassFairness or QuantityFairness
        The study; its gaps and rates should have been added.
    evidence : Evidence
        Where to state them.
    """
    metric, columns = primary_of(study, evidence)
    if not isinstance(study, FairnessStudy):
        if not evidence.agreed.get("primary"):
            evidence.limit(no_primary(metric, columns))
        if isinstance(study, ClassFairness):
            state_classes(study, evidence, _policy(evidence), (metric, columns))
        else:
            state_quantities(study, evidence, _policy(evidence), (metric, columns))
        speak_proxies(study, evidence)
        return
    speaker = Speaker(study, evidence, _policy(evidence))
    found = {(each.metric, each.columns): each for each in study.comparisons}
    first = found.get((metric, columns))
    if first is not None:
        speaker.speak(first, severity="high")
    counter = _counter_view(found, metric, columns)
    if counter is not None:
        speaker.counter(*counter)
    for each in found.values():
        if each.metric == metric and each is not first:
            speaker.speak(each, severity="medium")
    for each in found.values():
        if (
            each.columns == columns
            and each.metric != metric
            and each.disparity
            and each is not (counter or (0,))[0]
        ):
            speaker.speak(each, severity="medium")
    speak_deeper(study, evidence, first)
    evidence.limit(*limits(study, evidence, primary_of(study, evidence)[1]))


def primary_of(study: Study, evidence: Evidence) -> tuple[str, tuple[str, ...]]:
    """Return the rate and the slicing that were agreed as primary.

    Parameters
    ----------
    study : FairnessStudy, ClassFairness or QuantityFairness
        What was asked; its primary rate and first feature stand in where nothing was agreed.
    evidence : Evidence
        Holds what was agreed.

    Returns
    -------
    tuple
        Rate, and columns of the slicing.
    """
    agreed = evidence.agreed.get("primary") or {}
    metric = str(agreed.get("metric") or "").removesuffix("_difference").removesuffix("_ratio")
    columns = tuple(part.strip() for part in str(agreed.get("slice") or "").split("×"))
    known = columns in study.asked.slicings
    return metric if metric in study.compared else study.primary, columns if known else study.asked.slicings[
        0
    ]


def _counter_view(
    found: Mapping[tuple[str, tuple[str, ...]], Comparison], metric: str, columns: tuple[str, ...]
) -> tuple[Comparison, Comparison] | None:
    """Return the other rate that differs most where the primary rate agrees, and the primary one there.

    The smallest gap that it may have exceeds the largest that the primary rate may have, by as much as any.
    """
    best: tuple[float, Comparison, Comparison] | None = None
    for other in found.values():
        primary = found.get((metric, other.columns))
        if other.metric == metric or primary is None or not other.disparity or len(other.columns) > 1:
            continue
        at = other.largest
        surely = min(abs(other.low[at]), abs(other.high[at]))
        excess = float(surely - np.maximum(np.abs(primary.low), np.abs(primary.high)).max())
        if other.columns != columns and excess > (best[0] if best else 0.0):
            best = (excess, other, primary)
    return (best[1], best[2]) if best else None


def _policy(evidence: Evidence) -> Policy | None:
    path = str(evidence.parameters.get("policy") or "")
    return evidence.policy or (load_policy(Path(path)) if path else None)


def _marked(study: Study, slice_: Mapping[str, str], columns: tuple[str, ...]) -> dict[str, str]:
    pool = study.asked.pool
    return {
        key: f"{value} (pooled)" if value in pool.get(key, {}) else value
        for key, value in slice_.items()
        if key in columns
    }


def _frame(like: pd.DataFrame, rows: list[dict[Any, Any]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=like.columns).astype({"n": "Int64"})
