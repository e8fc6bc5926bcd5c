"""Which slices carry the errors: their share of all errors beside their share of all rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.analyses.groups import Groups
from raikit.analyses.rates import Rate, result_row, status_of
from raikit.stats.intervals import normal_critical_value, ratio_limits, score_limits

if TYPE_CHECKING:
    from numpy.typing import NDArray


def error_rows(
    groups: Groups, accuracy: Rate, *, hidden: NDArray[np.bool_], confidence: float, min_n: int
) -> Iterator[dict[str, Any]]:
    """Yield each slice's part in the errors, in the result form.

    Parameters
    ----------
    groups : Groups
        The slicing.
    accuracy : Rate
        Right predictions by group.
    hidden : array of bool
        Groups whose accuracy is not shown.
    confidence : float
        Of each interval.
    min_n : int
        Below it a group is marked as small.

    Yields
    ------
    dict
        `share_of_rows` and `share_of_errors` (Wilson; n is the rows and the errors of all groups), and
        `error_concentration_ratio`: the group's error rate divided by that of everyone else (Koopman).
        Shares are of rows, or with weights and clusters of effective rows.
    """
    critical = normal_critical_value(confidence)
    size = accuracy.effective_total
    wrong = size - accuracy.effective_success
    plain = accuracy.plain
    ratios = np.transpose(ratio_limits(wrong, size, wrong.sum() - wrong, size.sum() - size, critical))
    tail = "" if plain else ", effective n"
    for at in range(len(groups.names)):
        n = int(accuracy.total[at])
        status = status_of(n if size[at] > 0 else 0, hidden=bool(hidden[at]), min_n=min_n)
        shown = status in ("ok", "small")
        for metric, part in (("share_of_rows", size), ("share_of_errors", wrong)):
            total = part.sum()
            able = shown and total > 0
            limits = score_limits(np.asarray(part[at]), np.asarray(total), critical) if able else [np.nan] * 3
            yield result_row(
                metric, groups.slice_of(at), [float(x) for x in limits], n=round(float(total)),
                status=status if able or not shown else "undefined", method=f"wilson{tail}",
                confidence=confidence, counts=[int(part[at]), int(total)] if plain and able else None,
            )  # fmt: skip
        others = [float(x.sum() - x[at]) for x in (wrong, size)]
        numbers = ratios[at].tolist() if shown and others[0] > 0 else [np.nan] * 3
        defined = bool(np.isfinite(numbers[0]))
        yield result_row(
            "error_concentration_ratio", groups.slice_of(at), numbers, n=min(n, round(others[1])),
            status=status if defined or not shown else "undefined", method=f"koopman{tail}",
            confidence=confidence,
        )  # fmt: skip
