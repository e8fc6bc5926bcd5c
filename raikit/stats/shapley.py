"""SHAP values of any model, by permutations, for all rows at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def shap_values(
    model: Callable[[Floats], Floats], rows: ArrayLike, background: ArrayLike, *, seed: int
) -> Floats:
    """Return what each feature adds to a model's output, row by row.

    The permutation estimate with its mirror image, as `shap.explainers.Permutation` makes it: features are
    put in one by one, in a random order for each row and then in the reverse order, and what is not in yet
    comes from the background. The model is called ``2 features + 1`` times, with rows x background rows each
    time; shap calls it row by row and compiles for ten seconds before.

    Parameters
    ----------
    model : callable
        From rows of features to one output a row.
    rows : array of float, shape (rows, features)
        What is explained.
    background : array of float, shape (background rows, features)
        Stands in for features that are left out.
    seed : int
        Of the orders.

    Returns
    -------
    array of float, shape (rows, features)
        Each row adds up to its output less the mean output of the background; exact where features add up or
        interact in pairs, unbiased otherwise.

    Raises
    ------
    ValueError
        If rows and background differ in their number of features.

    References
    ----------
    .. [1] Lundberg and Lee (2017), A Unified Approach to Interpreting Model Predictions, NeurIPS.
    .. [2] Strumbelj and Kononenko (2014), Knowledge and Information Systems 41, 647-665.

    Examples
    --------
    >>> shap_values(lambda x: 2 * x[:, 0] + x[:, 1], [[1.0, 5.0]], [[0.0, 3.0], [0.0, 5.0]], seed=7)
    array([[2., 1.]])
    """
    explained, others = np.asarray(rows, dtype=float), np.asarray(background, dtype=float)
    if explained.ndim != 2 or others.ndim != 2 or explained.shape[1] != others.shape[1] or not len(others):
        raise ValueError(
            f"rows of shape {explained.shape}, background of shape {others.shape}; same features"
        )
    n, features = explained.shape
    order = np.random.default_rng(seed).permuted(np.tile(np.arange(features), (n, 1)), axis=1)

    def output(kept: NDArray[np.bool_]) -> Floats:
        mixed = np.where(kept[:, None, :], explained[:, None, :], others[None, :, :])
        outputs = np.asarray(model(mixed.reshape(-1, features)), dtype=float).reshape(n, -1)
        return np.asarray(outputs.mean(axis=1))

    ends = output(np.zeros((n, features), dtype=bool)), output(np.ones((n, features), dtype=bool))
    found = np.zeros((n, features))
    at = np.arange(n)
    for way in (order, order[:, ::-1]):
        kept = np.zeros((n, features), dtype=bool)
        before = ends[0]
        for step in range(features):
            kept[at, way[:, step]] = True
            after = output(kept) if step < features - 1 else ends[1]
            found[at, way[:, step]] += (after - before) / 2
            before = after
    return found
