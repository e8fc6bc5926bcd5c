"""Tables in the form of New York City's Local Law 144: a calculation, not an audit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.analyses.gaps import Slicing
from raikit.analyses.groups import key_of, names_of
from raikit.analyses.rates import rate_rows, result_row
from raikit.stats.tally import Tally, count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.analyses.question import Question
    from raikit.sources.table import Table

SMALL_SHARE = 0.02  # rules of the City, 6 RCNY § 5-301 (d): such a category may be excluded, with reasons
_ABOVE = "score above the median"


def above_median(table: Table, question: Question) -> Tally:
    """Count who scored above the median of the full sample, by group.

    Parameters
    ----------
    table : Table
        The rows; gone through twice. The exact median is no function of counts.
    question : Question
        Names the score and the features.

    Returns
    -------
    Tally
        As `raikit.analyses.groups.gather` takes it, with "above" in the place of the prediction.
    """
    import narwhals as nw

    from raikit.sources.reading import collected

    score = nw.col(question.score)
    middle = collected(table.lazy.select(score.median().alias("median"))).to_pylist()[0]["median"]
    above = nw.when(~score.is_null()).then((score > middle).cast(nw.Int64))
    frame = table.lazy.with_columns(above.alias(_ABOVE))
    keys = {key_of(name): name for name in question.features} | {"label": _ABOVE, "prediction": _ABOVE}
    tally = count(frame, keys, weight=question.weight or None)
    pools = {name: question.pool.get(name, {}) for name in question.features}
    return tally.pooled({key_of(name): names_of(tally.values(key_of(name)), pools[name]) for name in pools})


def law_rows(slicing: Slicing, *, scoring: bool) -> Iterator[dict[str, Any]]:
    """Yield each category's rate ÷ the highest category's, with and without small categories.

    Parameters
    ----------
    slicing : Slicing
        Selection rates, or of `above_median` the shares above the median.
    scoring : bool
        Whether it is the latter.

    Yields
    ------
    dict
        In the result form: `ll144_impact_ratio` (or `ll144_scoring_ratio`), and under
        `ll144_without_small_…` the same once categories of less than 2% are excluded; for scores also
        `ll144_scoring_rate`. The highest category has 1. People whose category is unknown form none.
    """
    groups, what = slicing.groups, "scoring" if scoring else "impact"
    if scoring:
        yield from rate_rows(groups, "ll144_scoring_rate", slicing.rate, hidden=slicing.hidden,
                             confidence=slicing.confidence, min_n=slicing.min_n)  # fmt: skip
    known = groups.known
    share = groups.sizes / max(int(groups.sizes[known].sum()), 1)
    for prefix, kept in (("ll144_", known), ("ll144_without_small_", known & (share >= SMALL_SHARE))):
        yield from _ratios(slicing, f"{prefix}{what}_ratio", np.asarray(kept))


def _ratios(slicing: Slicing, metric: str, kept: NDArray[np.bool_]) -> Iterator[dict[str, Any]]:
    rate, groups = slicing.rate, slicing.groups
    able = kept & slicing.comparable
    if not able.any():
        return
    share = rate.effective_success / np.maximum(rate.effective_total, 1e-300)
    top = int(np.where(able, share, -1.0).argmax())
    narrowed = replace(slicing, hidden=slicing.hidden | ~kept)
    method = "koopman-tukey" if narrowed.comparable.sum() > 2 else "koopman"
    for at in (int(each) for each in np.flatnonzero(kept)):
        numbers, status = [np.nan] * 3, "suppressed" if slicing.hidden[at] else "undefined"
        if able[at] and share[top] > 0:
            limits = narrowed.limits(np.array([[at, top]], dtype=np.int64), ratio=True)
            numbers = [1.0] * 3 if at == top else [float(part[0]) for part in limits]
            status = slicing.status_of_pair(at, top)
        counts = [int(part[place]) for place in (at, top) for part in (rate.success, rate.total)]
        yield result_row(
            metric, groups.slice_of(at), numbers, status=status, n=int(min(rate.total[[at, top]])),
            method="highest category" if at == top else method, confidence=slicing.confidence,
            compared=[groups.slice_of(at), groups.slice_of(top)],
            counts=counts if rate.plain and status in ("ok", "small") else None,
        )  # fmt: skip
