"""Gaps that remain when groups are given the same mix of a covariate: direct standardisation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.analyses.gaps import Slicing, pair_rows
from raikit.analyses.groups import gather
from raikit.analyses.rates import Rate, rate_of, rate_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.stats.tally import Tally

    Floats = NDArray[np.float64]


def standardised_rows(
    slicing: Slicing, tally: Tally, covariate: str, cluster: str = ""
) -> Iterator[dict[str, Any]]:
    """Yield a rate of each group, and the gaps, under the same mix of a covariate, in the result form.

    Parameters
    ----------
    slicing : Slicing
        The raw rate of the groups.
    tally : Tally
        With `key_of(covariate)` among its keys.
    covariate : str
        Its values are the strata; a missing value is one of them.
    cluster : str, default=""
        Column of clusters; those that span strata are taken apart.

    Yields
    ------
    dict
        `standardised_` and the rate, of each group, and its differences to the reference group.
        A group is undefined where it has nobody in some stratum.
    """
    rate = standardise(slicing, tally, covariate, cluster)
    other = replace(slicing, metric=f"standardised_{slicing.metric}", rate=rate)
    yield from rate_rows(
        slicing.groups, other.metric, rate, hidden=slicing.hidden, confidence=slicing.confidence,
        min_n=slicing.min_n,
    )  # fmt: skip
    reference = slicing.groups.slice_of(slicing.reference)
    for row in pair_rows(other):  # none without a reference group
        if row["metric"].endswith("_difference") and row["compared"][1] == reference:
            yield row


def standardise(slicing: Slicing, tally: Tally, covariate: str, cluster: str = "") -> Rate:
    """Return a rate of each group with the covariate distributed as in all compared groups together.

    The standard population is everybody that the rate is about in the groups that are shown. A group's
    standardised rate is the mean of its rates in the strata, by the standard's shares; its variance is that
    of a weighted sum of independent proportions, and the effective numbers are those of as many rows as would
    give a proportion that variance. One number per group: it adds no count of people to what is shown.

    Parameters
    ----------
    slicing, tally, covariate, cluster
        As for `standardised_rows`.

    Returns
    -------
    Rate
        `success` and `total` are the raw ones.

    References
    ----------
    .. [1] Rothman, Greenland and Lash (2008), Modern Epidemiology, 3rd edition, chapters 3 and 15.
    """
    cells = gather(tally, (*slicing.groups.columns, covariate))
    found = rate_of(tally, cells, slicing.metric, cluster)
    place = {name: at for at, name in enumerate(slicing.groups.names)}
    strata = sorted({name[-1] for name in cells.names})
    shape = (len(place), len(strata))
    top, size = np.zeros(shape), np.zeros(shape)
    for at, name in enumerate(cells.names):
        where = place[name[:-1]], strata.index(name[-1])
        top[where], size[where] = found.effective_success[at], found.effective_total[at]
    shares = size[slicing.comparable].sum(axis=0)
    success, total = _effective(top, size, shares / max(shares.sum(), 1e-300))
    return Rate(slicing.rate.success, slicing.rate.total, success, total, plain=False)


def _effective(top: Floats, size: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """Return effective counts by group; a group without rows in a stratum of the standard has none."""
    used = shares > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = (top / size)[:, used] @ shares[used]
        # half a success and half a failure more, so that a stratum without either is not taken for certain
        smooth = (top + 0.5) / (size + 1)
        variance = (smooth * (1 - smooth) / size)[:, used] @ shares[used] ** 2
        middle = smooth[:, used] @ shares[used]
        rows = middle * (1 - middle) / variance
    whole = (size[:, used] > 0).all(axis=1) & used.any()
    rows = np.where(whole, rows, 0.0)
    return np.where(whole, rate * rows, 0.0), rows
