"""Texts from an evaluation log in a run's outputs: prompts and replies must not be in what is published."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError
from raikit.release.parameters import located
from raikit.sources.anchors import LONGEST, MOST_LEVELS
from raikit.sources.engine import connection, identifier
from raikit.sources.logs.opening import open_log

if TYPE_CHECKING:
    from raikit.release.plan import PlannedRun
    from raikit.sources.table import Table

SHORTEST = 30  # characters: a shorter text can't be told from ordinary words
# Line ends, quotes and backslashes are written differently by JSON, HTML and Python; a blank stands for them.
_SIGNS = r"""\\+[ntr]|[\s\\"']+"""


def shown_hidden_text(run: PlannedRun, folder: Path, notebook: Any, texts: Iterable[str]) -> str | None:
    """Return the column of the run's log whose text is in an output.

    Parameters
    ----------
    run : PlannedRun
        Without a parameter `log` nothing is looked for.
    folder : pathlib.Path
        Where relative paths start.
    notebook : nbformat.NotebookNode
        Executed; its outputs are looked at, not its source.
    texts : iterable of str
        The record and whatever else will be published.

    Returns
    -------
    str or None
        The column; None when no text of at least 30 characters is shown whole.
    """
    if not run.values.get("log"):
        return None
    try:
        log = open_log(
            located(run.values["log"], folder), log_format=str(run.values.get("log_format") or "auto")
        )
    except InputError:
        return None  # the notebook couldn't read it either
    outputs = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    shown = "\n".join(_plain(text) for text in [*_strings(outputs), *texts])
    windows = {shown[at : at + SHORTEST] for at in range(max(len(shown) - SHORTEST + 1, 0))}
    hidden = [each.name for each in log.columns if each.type == "text" and not _is_label(log, each.name)]
    return next((name for name in hidden if _is_shown(log, name, windows, shown)), None)


def _is_label(log: Table, name: str) -> bool:
    """Tell columns whose values are shown by name: few and short."""
    levels = log.column(name).levels
    if levels is None or levels > MOST_LEVELS:
        return False
    longest = log.lazy.to_native().aggregate(f"max(length({identifier(name)}))").fetchall()[0][0]
    return longest is None or longest <= LONGEST


def _is_shown(log: Table, name: str, windows: set[str], shown: str) -> bool:
    import pyarrow as pa

    pattern = _SIGNS.replace("'", "''")
    text = f"trim(regexp_replace({identifier(name)}::VARCHAR, '{pattern}', ' ', 'g'))"
    relation = log.lazy.to_native().select(f"{text} AS said").filter(f"length(said) >= {SHORTEST}")
    seen = connection().from_arrow(pa.table({"piece": pa.array(sorted(windows), pa.string())}))
    found = relation.set_alias("log").join(
        seen.set_alias("seen"), f"left(log.said, {SHORTEST}) = seen.piece", how="semi"
    )
    return any(said in shown for (said,) in found.distinct().fetchall())


def _plain(text: str) -> str:
    return re.sub(_SIGNS, " ", html.unescape(text))


def _strings(value: Any, key: str = "") -> Iterator[str]:
    """Yield the texts of outputs, pictures in base64 apart."""
    if isinstance(value, str):
        if not key.startswith("image/") or "svg" in key:
            yield value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _strings(item, str(name))
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, key)
