"""The texts behind failing prompts, where a release asks to see them: masked, or as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from raikit.errors import InputError
from raikit.sources.anchors import ANCHOR, anchor_key
from raikit.sources.engine import in_turn
from raikit.sources.logs.items import item_anchors
from raikit.sources.masking import masked, more_finders

if TYPE_CHECKING:
    from raikit.sources.table import Table

MODES = ("none", "redacted", "full")
_TEXTS = {"prompt": "asked", "response": "answered"}


def with_texts(
    failures: pd.DataFrame,
    log: Table,
    *,
    reveal: str = "none",
    outcome: str = "outcome",
    passed: Any = "pass",
    anchors: str = "",
    most: int = 20,
) -> pd.DataFrame:
    """Return failing prompts, with what was asked and answered where `reveal` says so.

    Parameters
    ----------
    failures : pandas.DataFrame
        With a column `prompt` of anchors, as `SafetyStudy.failures` returns it.
    log : Table
        The log they come from, with columns `prompt` and, where it has one, `response`.
    reveal : {"none", "redacted", "full"}
        "none" shows anchors only; "redacted" masks personal data and secrets by their patterns, which find no
        names, no postal addresses and nothing inside pictures; "full" shows everything as it is.
    outcome : str
        Column with the grades.
    passed : object
        The outcome that is a pass; of the others, the first of each prompt is shown.
    anchors : str
        Reference to the key of the anchors; see `raikit.sources.anchors.anchor_key`.
    most : int
        Prompts whose texts are shown, from the first on.

    Returns
    -------
    pandas.DataFrame
        `failures` as they are, or the first of them with columns asked and answered.

    Raises
    ------
    InputError
        If `reveal` is another word, or the log has no column `prompt`.

    Examples
    --------
    >>> import raikit
    >>> rows = {"prompt": ["Write to me@example.com"], "response": ["Sure."], "outcome": ["fail"]}
    >>> log = raikit.open_table(pd.DataFrame(rows))
    >>> from raikit.sources.anchors import anchor
    >>> found = pd.DataFrame({"prompt": [anchor({"prompt": "Write to me@example.com"}, anchor_key())]})
    >>> with_texts(found, log, reveal="redacted")[["asked", "answered"]].values.tolist()
    [['Write to [e-mail]', 'Sure.']]
    """
    if reveal not in MODES:
        raise InputError(f"reveal: came {reveal!r}; allowed: {', '.join(MODES)}")
    if reveal == "none" or failures.empty:
        return failures
    if not any(each.name == "prompt" for each in log.columns):
        raise InputError(
            f"reveal: {log.name} has no column 'prompt', whose texts could be shown; name the column that "
            'holds them by `columns`: {"prompt": its name}'
        )
    first = failures.drop_duplicates("prompt").head(most)
    texts = _texts(first["prompt"], log, outcome, passed, anchors)
    show = _shown(reveal)
    made = _Whole(first.reset_index(drop=True))
    for place, name in enumerate(_TEXTS.values()):
        made[name] = [
            show(texts[each][place]) if each in texts else "not in the log" for each in made["prompt"]
        ]
    return made


class _Whole(pd.DataFrame):
    """A data frame whose texts a page shows whole, where pandas would cut them after 50 characters."""

    def _repr_html_(self) -> str:
        with pd.option_context("display.max_colwidth", None):
            return str(super()._repr_html_())  # type: ignore[misc]


def _shown(reveal: str) -> Callable[[str], str]:
    finders = more_finders() if reveal == "redacted" else ()
    return str if reveal == "full" else lambda text: masked(text, finders=finders)


def _texts(
    wanted: pd.Series, log: Table, outcome: str, passed: Any, anchors: str
) -> dict[str, tuple[str, ...]]:
    """Return prompt and first failing response by anchor."""
    key = anchor_key(anchors, source=log.source)
    left = set(wanted)
    found: dict[str, tuple[str, ...]] = {}
    for rows in _batches(log, outcome, passed):
        made = rows["item"] if "item" in rows else item_anchors(key, rows["prompt"])
        for place, name in enumerate(made):
            if name in left:
                left.discard(name)
                found[name] = tuple(rows[each][place] or "" if each in rows else "" for each in _TEXTS)
        if not left:
            break
    return found


def _batches(log: Table, outcome: str, passed: Any) -> Iterator[dict[str, list[Any]]]:
    """Yield the failing rows of the log by column; `item` only where it holds anchors."""
    import narwhals as nw

    names = {each.name for each in log.columns}
    kept = [name for name in (*_TEXTS, "item") if name in names]
    failing = log.lazy.filter(nw.col(log.column(outcome).name) != passed)
    rows = failing.select(nw.col(name).cast(nw.String) for name in kept)
    if "item" in kept and not _anchored(log):
        rows = rows.drop("item")
    if rows.implementation is nw.Implementation.DUCKDB:
        for batch in in_turn(rows.to_native()):
            yield batch.to_pydict()
    else:
        yield rows.collect("pyarrow").to_native().to_pydict()


def _anchored(log: Table) -> bool:
    """Tell whether the column `item` holds anchors, and not names of the log's own."""
    import re

    first = log.lazy.select("item").head(1).collect("pyarrow").to_native().to_pydict()["item"]
    return bool(first) and bool(re.fullmatch(ANCHOR, str(first[0])))
