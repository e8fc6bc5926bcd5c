"""The human-graded files inside PyRIT's wheel: which wheel, and how such a file is read."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

PYRIT = {
    "project": "pyrit",
    "version": "1.1.0",
    "sha256": "84581036bace7ff2aa92712e1e3f472a3a3bccc77567d5fbe642540c0ba20b0a",
}


def graded_rows(data: bytes) -> pd.DataFrame:
    r"""Return the rows of a file below its leading `#` lines; inside the rows `#` is ordinary text.

    Parameters
    ----------
    data : bytes
        A CSV file in UTF-8.

    Returns
    -------
    pandas.DataFrame
        Empty cells stay empty text.

    Examples
    --------
    >>> graded_rows(b'# version 1\nobjective,human_score\n"a # b",1\n').values.tolist()
    [['a # b', 1]]
    """
    import pandas as pd

    text = data.decode("utf-8-sig")
    while text.startswith("#"):
        text = text.partition("\n")[2]
    return pd.read_csv(io.StringIO(text), keep_default_na=False)
