"""Can a classifier tell current texts from the reference by their vectors? What no word or length shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from raikit.analyses.domain import FOLDS, MOST_WINDOWS, cross_fitted, result_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.sources.embedder import Embedder

    Floats = NDArray[np.float64]

MOST_TEXTS = 2_000  # distinct ones of either side: a model of texts takes milliseconds for each
_FEWEST = 50  # distinct texts of a window


def embedding_rows(
    text: str, sides: tuple[pd.DataFrame, pd.DataFrame], embedder: Embedder, *, confidence: float, seed: int
) -> pd.DataFrame:
    """Return how well vectors tell current texts from the reference.

    Parameters
    ----------
    text : str
        The column.
    sides : tuple of pandas.DataFrame
        Of reference and current: the column `text`, and "window", the label of each row's window or None.
    embedder : Embedder
        The model of texts.
    confidence : float
        Of the intervals.
    seed : int
        Of the texts that are drawn, and of the folds.

    Returns
    -------
    pandas.DataFrame
        Result form: `domain_classifier_auc`, slice {"feature": "prompt: embedding"}, and with "window" for
        windows that hold enough of the texts (the last alone where there are many); empty with fewer texts.

    Notes
    -----
    Each distinct text of a side counts once, and all copies of a text lie in the same fold: else a classifier
    would know again what it has learned. A linear classifier on standardised vectors, cross-fitted in three
    folds, as `raikit.analyses.domain` does with columns.
    """
    draw = np.random.default_rng(seed)
    drawn = [_distinct(side, text, draw) for side in sides]
    if min(len(each) for each in drawn) < _FEWEST:
        return result_rows([], confidence)
    both = pd.concat([each[text] for each in drawn], ignore_index=True)
    codes, distinct = pd.factorize(both)
    vectors = embedder.vectors([str(each) for each in distinct])
    folds = draw.permutation(len(distinct)) % FOLDS
    old, new = codes[: len(drawn[0])], codes[len(drawn[0]) :]
    windows = drawn[1]["window"].to_numpy(dtype=object)
    labels = sorted({str(each) for each in windows if each is not None})
    chosen = labels if len(labels) <= MOST_WINDOWS else labels[-1:]
    found = []
    for label in ["", *chosen]:
        rows = new[windows == label] if label else new
        if len(rows) >= _FEWEST:
            held = {"feature": f"{text}: embedding"} | ({"window": label} if label else {})
            fold = np.asarray(folds[np.concatenate([old, rows])], dtype=np.int64)
            interval, _ = cross_fitted(vectors[old], vectors[rows], seed, confidence, fit=_linear, fold=fold)
            found.append((held, min(len(old), len(rows)), interval))
    return result_rows(found, confidence)


def _distinct(side: pd.DataFrame, text: str, draw: np.random.Generator) -> pd.DataFrame:
    """Return some of the distinct texts, each with the window of one of its rows."""
    known = side[side[text].notna()]
    order = draw.permutation(len(known))
    return known.iloc[order].drop_duplicates(text).head(MOST_TEXTS)


def _linear(rows: Floats, current: NDArray[np.int64], weight: Floats, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500, random_state=seed))
    return model.fit(rows, current, logisticregression__sample_weight=weight)
