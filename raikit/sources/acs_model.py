"""A stand-in for the model behind `demo:acs-employment`: the published model itself is not to be had.

NannyML publishes the predictions of a LightGBM model, not the model. So that there is something to explain,
`stand_in` imitates it: scikit-learn's histogram gradient boosting, fitted by least squares to the published
probabilities of 2015 to 2017, on the same columns. How closely it follows the published predictions of the
rows it explains is measured in each run, and stated on the page.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FEATURES = (
    "age", "sex", "race", "disability", "hearing_difficulty", "vision_difficulty", "cognitive_difficulty",
    "nativity", "citizenship", "ancestry", "marital_status", "education", "relationship",
    "parents_employment", "mobility", "military_service",
)  # fmt: skip
_ROWS = 60_000  # of the 130,180 people of 18 to 64 in 2015 to 2017: more adds seconds and no fidelity


def stand_in(frame: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Return the probability of being employed that the imitated model would give, about.

    Parameters
    ----------
    frame : pandas.DataFrame
        The columns `FEATURES`, in the words of `demo:acs-employment`.

    Returns
    -------
    array of float
        From 0 to 1.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    model, words = _fitted()
    with threadpool_limits(1):
        return np.asarray(np.clip(model.predict(_coded(frame, words)), 0.0, 1.0))


@lru_cache(maxsize=1)
def _fitted() -> tuple[Any, dict[str, dict[str, int]]]:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    from raikit.sources.table import open_table

    rows = open_table("demo:acs-employment").to_pandas([*FEATURES, "year", "predicted_probability"])
    rows = rows[rows["year"] < 2018].sample(_ROWS, random_state=7)
    words = {
        name: {word: code for code, word in enumerate(sorted(rows[name].unique()))}
        for name in FEATURES
        if name != "age"
    }
    categories = [name != "age" for name in FEATURES]
    model = HistGradientBoostingRegressor(
        max_iter=100, learning_rate=0.2, categorical_features=categories, early_stopping=False, random_state=7
    )
    with threadpool_limits(1):
        model.fit(_coded(rows, words), rows["predicted_probability"].to_numpy())
    return model, words


def _coded(frame: pd.DataFrame, words: dict[str, dict[str, int]]) -> np.ndarray[Any, Any]:
    import numpy as np

    columns = [frame[name].map(words[name]) if name in words else frame[name] for name in FEATURES]
    return np.column_stack([column.to_numpy(dtype=float) for column in columns])
