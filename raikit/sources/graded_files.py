"""The human-graded files inside PyRIT's wheel: which wheel, and how such a file is read."""

from __future__ import annotations

import io
from collections.abc import Mapping
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


def graded_sets(files: Mapping[str, bytes], sets: Mapping[str, str]) -> pd.DataFrame:
    """Return the rows of several files, one below the other.

    Parameters
    ----------
    files : mapping of str to bytes
        By path in the wheel.
    sets : mapping of str to str
        What each set is called -> its path.

    Returns
    -------
    pandas.DataFrame
        As `graded_rows`, with `set` and `item`, its name and the row's number in it.
    """
    import pandas as pd

    parts = [graded_rows(files[path]).assign(set=name) for name, path in sets.items()]
    rows = pd.concat(parts, ignore_index=True)
    number = rows.groupby("set").cumcount() + 1
    return rows.assign(item=rows["set"] + "-" + number.astype("str").str.zfill(3))
