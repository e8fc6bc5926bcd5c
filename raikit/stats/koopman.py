"""The ratios at which Koopman's score statistic meets its critical value, found by bisection over arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Brackets of log(ratio): no ratio of counts that fit in 64 bits lies outside.
_LOG_RATIO_LIMIT = 90.0
_BISECTIONS = 64


def score_crossings(counts: Any, estimate: Floats, square: float | Floats) -> tuple[Floats, Floats]:
    """Return the ratios below and above the estimate at which the score statistic is `square`.

    Parameters
    ----------
    counts : sequence of array
        Successes and total of the first group, then of the reference.
    estimate : array
        Ratio of the shares; infinite or NaN where the reference has no success.
    square : float or array
        Squared critical value.

    Returns
    -------
    tuple of array
        Positive numbers; without meaning below a ratio of 0 and above an infinite one.
    """
    start = np.log(np.clip(np.nan_to_num(estimate, nan=1.0, posinf=np.inf), 1e-39, 1e39))
    inside = np.stack([start, start])
    outside = np.stack([np.full_like(start, -_LOG_RATIO_LIMIT), np.full_like(start, _LOG_RATIO_LIMIT)])
    for _ in range(_BISECTIONS):  # the statistic grows away from the estimate
        middle = (outside + inside) / 2
        within = _statistic(counts, np.exp(middle)) <= square
        inside = np.where(within, middle, inside)
        outside = np.where(within, outside, middle)
    low, high = np.exp((outside + inside) / 2)
    return low, high


def _statistic(counts: Any, ratio: Floats) -> Floats:
    """Return Koopman's chi-squared for a true ratio, written without cancellation of large terms."""
    success, total, success_ref, total_ref = counts
    slope = ratio * (total + success_ref)
    fixed = success + total_ref
    root = np.sqrt((slope - fixed) ** 2 + 4 * ratio * (total - success) * (total_ref - success_ref))
    share = np.minimum(2 * ratio * (success + success_ref) / np.maximum(slope + fixed + root, 1e-300), 1.0)
    share_ref = np.minimum(share / ratio, 1.0)
    total, total_ref = np.where(total > 0, total, 1.0), np.where(total_ref > 0, total_ref, 1.0)
    variance = share * (1 - share) / total + ratio**2 * share_ref * (1 - share_ref) / total_ref
    gap = (success / total - ratio * success_ref / total_ref) ** 2
    return np.asarray(np.where(gap == 0, 0.0, gap / np.maximum(variance, 1e-300)), dtype=np.float64)
