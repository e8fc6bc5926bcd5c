"""Windows cut into stretches of one rate each: the exact optimum, for a penalty a cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def best_cuts(gains: NDArray[np.float64], penalty: float) -> list[tuple[int, int]]:
    """Return the stretches whose gains, less a penalty each, have the largest sum.

    Parameters
    ----------
    gains : array of float, shape (windows + 1, windows + 1)
        At [first, end] what windows first … end - 1 gain by a rate of their own.
    penalty : float
        For each stretch, 0 or more.

    Returns
    -------
    list of tuple of int
        First window and end of each stretch, in order of time; together they hold every window.

    References
    ----------
    .. [1] Jackson et al. (2005), IEEE Signal Processing Letters 12(2), 105-108: optimal partitioning, the
       optimum that PELT (Killick et al. 2012) and the library ruptures find too.

    Examples
    --------
    >>> gains = np.zeros((4, 4))
    >>> gains[1, 2] = 9.0
    >>> best_cuts(gains, 2.0)
    [(0, 1), (1, 2), (2, 3)]
    """
    size = len(gains) - 1
    best, start = np.zeros(size + 1), np.zeros(size + 1, dtype=int)
    for end in range(1, size + 1):
        sums = best[:end] + gains[:end, end]
        start[end] = int(np.argmax(sums))
        best[end] = sums[start[end]] - penalty
    cuts, end = [], size
    while end:
        cuts.append((int(start[end]), end))
        end = int(start[end])
    return cuts[::-1]
