"""What missing grades could hide: the pass rate if every missing grade were a failure, or a pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from raikit.stats.intervals import clopper_pearson_interval


def bounded_rates(
    rates: pd.DataFrame, units: pd.DataFrame, columns: Sequence[str], *, confidence: float
) -> pd.DataFrame:
    """Return the pass rates of groups with limits that hold whatever the missing grades are.

    Parameters
    ----------
    rates : pandas.DataFrame
        `pass_rate` of the groups in the result form, on the prompts that have a grade.
    units : pandas.DataFrame
        From `SafetyStudy.by_unit`: how many rows of each prompt `passed`, `failed` and are `ungraded`.
    columns : sequence of str
        What the groups are made by; none for all prompts.
    confidence : float
        Of the exact limits, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Metric `bounded_pass_rate`. The estimate is that of graded prompts; the limits are the lower one of
        the worst case and the upper one of the best (Clopper-Pearson): wide, and no confidence interval of
        the usual kind. A prompt of which only a repeat lacks its grade passes in the best case, not in the
        worst.

    References
    ----------
    .. [1] Manski (2003), Partial Identification of Probability Distributions, Springer.
    """
    each = units.assign(best=units["failed"] == 0, prompts=True)
    each["worst"] = each["best"] & (each["ungraded"] == 0)
    kinds = ["worst", "best", "prompts"]
    sums = each.groupby(list(columns))[kinds].sum() if columns else each[kinds].sum().to_frame().T
    worst, best, prompts = (sums[kind].to_numpy(dtype=int) for kind in kinds)
    known = rates["n"].to_numpy() > 0
    low = clopper_pearson_interval(worst, prompts, confidence=confidence).low
    high = clopper_pearson_interval(best, prompts, confidence=confidence).high
    return rates.assign(
        metric="bounded_pass_rate", low=np.where(known, low, np.nan), high=np.where(known, high, np.nan),
        method="clopper-pearson, worst and best case", counts=None,
    )  # fmt: skip
