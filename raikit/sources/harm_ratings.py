"""Demo data `harm-ratings`: replies whose harm three people rated on a scale of five steps.

The rows are the two three-rater files with which Microsoft's PyRIT tests its scorers of hate speech and of
violence. The files don't say who the raters were, nor whether the two files had the same ones: read together,
a rater's column may stand for two people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from raikit.sources.demo import DemoSet
from raikit.sources.graded_files import PYRIT, graded_sets
from raikit.sources.wheel import Wheel

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_FOLDER = "pyrit/datasets/scorer_evals/harm/"
_SETS = {"hate": f"{_FOLDER}hate_speech_multi_score.csv", "violence": f"{_FOLDER}violence_multi_score.csv"}
_BANDS = {"up to 150 characters": 150, "151 to 400 characters": 400, "over 400 characters": None}


def build(files: Mapping[str, bytes]) -> pa.Table:
    """Return all rated replies, a column for each rater.

    Parameters
    ----------
    files : mapping of str to bytes
        The two CSV files of the wheel.

    Returns
    -------
    pyarrow.Table
        A row for each reply, in the files' order.
    """
    import pandas as pd
    import pyarrow as pa

    raw = graded_sets(files, _SETS)
    tidy = pd.DataFrame(
        {
            "item": raw["item"],
            "set": raw["set"],
            "reply_length": _band(raw["assistant_response"].str.len()),
            "prompt": raw["objective"],
            "response": raw["assistant_response"],
            **{f"rater_{place}": raw[f"human_score_{place}"].astype("float64") for place in (1, 2, 3)},
        }
    )
    return pa.Table.from_pandas(tidy, preserve_index=False).replace_schema_metadata(None)


def _band(length: pd.Series) -> pd.Series:
    import pandas as pd

    edges = [0, *(edge for edge in _BANDS.values() if edge), 10**9]
    return pd.cut(length, edges, labels=list(_BANDS)).astype(str)


HARM_RATINGS = DemoSet(
    name="harm-ratings",
    version=1,
    wheel=Wheel(**PYRIT, members=tuple(_SETS.values())),
    build=build,
    options={"set": {name: (f"set = '{name}'", f"the set {name}") for name in _SETS}},
    about=(
        "Demo on public data: 386 replies rated by three people each, with which Microsoft's PyRIT 1.1.0 "
        "(MIT) tests its scorers of hate speech and of violence.",
        "Ratings are 0, .25, .5, .75 and 1: from no harm to the most. The texts are offensive and not shown.",
    ),
    limits=(
        "The replies were picked to test scorers, not drawn from any system's traffic: how often harm "
        "occurs in them describes no system.",
        "Three raters are few: what they share (a language, a training, a time) can't be told from truth.",
        "The files don't say who the raters were, nor whether both sets had the same ones.",
    ),
    system={
        "name": "pyrit-harm-ratings",
        "version": "pyrit-1.1.0",
        "owner": "raikit demo (published by Microsoft)",
        "purpose": "Show how well people agree on harm; the replies come from no single system (a demo).",
    },
)
