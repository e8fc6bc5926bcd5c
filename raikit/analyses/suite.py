"""Failing items as a suite that evaluation tools run again: Inspect AI's dataset, promptfoo's tests."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from json.encoder import encode_basestring as quoted
from json.encoder import encode_basestring_ascii as ascii_quoted
from typing import TYPE_CHECKING, Any

from raikit.analyses.items import anchored
from raikit.sources.anchors import ANCHOR
from raikit.sources.engine import identifier, literal, row

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

    from raikit.analyses.safety_study import SafetyStudy
    from raikit.sources.table import Table

_TEMPLATE = re.compile(r"\{(?=[{%#])|#(?=\})")  # promptfoo reads variables as Nunjucks templates …
_UNPRINTED = re.compile(r"[^ -~]")
_ADDRESS = ("file://", "package:", "http://", "https://", "exec:")  # … and some as what to load


@dataclass(frozen=True)
class Suite:
    """Failing prompts, whole: for people who may read them, never for a page.

    Attributes
    ----------
    items : tuple of dict
        Anchor `id`, `prompt`, and `target` (what the answer should be) and the labels of `slices` where the
        log has them.
    why : str
        Why there is none.
    """

    items: tuple[dict[str, Any], ...]
    why: str = ""

    @cached_property
    def version(self) -> str:
        """Digest of the items: the same failing prompts, the same version."""
        text = json.dumps(self.items, sort_keys=True, ensure_ascii=True)
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    def inspect(self) -> str:
        """Return the suite as JSON Lines for `inspect_ai.dataset.json_dataset`.

        Returns
        -------
        str
            A line an item: input, target, id, metadata.
        """
        # Escaped to ASCII: line separators of Unicode inside a text end no line then.
        return "".join(
            f'{{"input": {ascii_quoted(item["prompt"])}, "target": {ascii_quoted(item.get("target", ""))}, '
            f'"id": {ascii_quoted(item["id"])}, "metadata": {_metadata(tuple(item["slices"].items()))}}}\n'
            for item in self.items
        )

    def promptfoo(self) -> str:
        """Return the suite as a YAML list for promptfoo's `tests`; the variable is called `prompt`.

        Returns
        -------
        str
            YAML.
        """
        return "".join(map(_test, self.items)) or "[]\n"


@lru_cache(maxsize=4096)
def _metadata(labels: tuple[tuple[str, str], ...]) -> str:
    return json.dumps(dict(labels))


def _test(item: dict[str, Any]) -> str:
    """Return an item as YAML; PyYAML needs 20 times as long, seconds for a log of a million."""
    labels = item["slices"] | ({"target": item["target"]} if "target" in item else {})
    name = _scalar(item["id"])
    own = "" if "anchor" in labels else f'    "anchor": {name}\n'
    return (
        f'- "description": {name}\n  "vars":\n    "prompt": {_scalar(_plain(item["prompt"]))}\n'
        f'  "metadata":\n{own}{_labels(tuple(labels.items()))}'
    )


@lru_cache(maxsize=4096)
def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    return "".join(f"    {_scalar(name)}: {_scalar(value)}\n" for name, value in labels)


def _scalar(text: str) -> str:
    """Return a text in YAML's double quotes: JSON's, and what YAML can't hold by its number."""
    return _UNPRINTED.sub(lambda sign: f"\\U{ord(sign[0]):08x}", quoted(text))


def suite_of(study: SafetyStudy, log: Table) -> Suite:
    """Return the prompts of which a row fails.

    Parameters
    ----------
    study : SafetyStudy
        Of the log.
    log : Table
        The answers. The texts are in the column that the study counts as prompts or, where that holds
        anchors or there is none, in `prompt`.

    Returns
    -------
    Suite
        Sorted by anchor; empty, with the reason, where nothing fails or the log holds no texts of prompts.
    """
    unit = study.asked["prompt"] or study.asked["item"]
    if not unit:
        return Suite((), why="neither `prompt` nor `item` names a column that tells one prompt from another")
    if not study.units["failed"].any():
        return Suite((), why="no prompt fails")
    failing = _failing(study, log)
    text = _text_column(study, log, failing)
    if not text:
        return Suite((), why=_no_texts(study, unit))
    extra = [name for name in (*study.columns, study.expected) if name]
    wanted = ", ".join(f"any_value({identifier(name)})" for name in extra)
    columns = f"{identifier(unit)}::VARCHAR, any_value({identifier(text)})::VARCHAR"
    known = failing.filter(f"{identifier(text)} IS NOT NULL AND {identifier(unit)} IS NOT NULL")
    rows = known.aggregate(f"{columns}{', ' if wanted else ''}{wanted}", identifier(unit)).fetchall()
    if not rows:
        return Suite((), why="the rows that fail name no prompt")
    return Suite(tuple(sorted(_items(study, rows, extra), key=lambda item: str(item["id"]))))


def _failing(study: SafetyStudy, log: Table) -> DuckDBPyRelation:
    outcome = identifier(study.asked["outcome"])
    found: DuckDBPyRelation = log.lazy.to_native().filter(
        f"{outcome} IS NOT NULL AND {outcome}::VARCHAR <> {literal(str(study.asked['passed']))}"
    )
    return found


def _text_column(study: SafetyStudy, log: Table, failing: DuckDBPyRelation) -> str:
    """Return the column with the texts: the counted one, else `prompt`; empty where neither holds any."""
    names = [each.name for each in log.columns]
    choices = dict.fromkeys(name for name in (study.asked["prompt"], "prompt") if name in names)
    anchors = [
        f"bool_and(regexp_full_match({identifier(name)}::VARCHAR, {literal(ANCHOR)}))" for name in choices
    ]
    found = row(failing, anchors) if choices else ()
    return next((name for name, anchored in zip(choices, found, strict=True) if not anchored), "")


def _no_texts(study: SafetyStudy, unit: str) -> str:
    return (
        f"the column {unit!r}, by which prompts are counted, holds no text of them, and the log has no "
        "column `prompt` that does; in plain rows name the column of the texts by `columns`: "
        '{"prompt": its name}'
    )


def _items(study: SafetyStudy, rows: list[tuple[Any, ...]], extra: list[str]) -> list[dict[str, Any]]:
    import pandas as pd

    names = anchored(pd.Categorical([unit for unit, *_ in rows]), study.key)
    labels, made = set(study.columns), []
    for name, (_, prompt, *more) in zip(names, rows, strict=True):
        held = dict(zip(extra, more, strict=True))
        slices = {key: str(value) for key, value in held.items() if value is not None and key in labels}
        target = held.get(study.expected) if study.expected else None
        item: dict[str, Any] = {"id": name, "prompt": prompt, "slices": slices}
        made.append(item | ({"target": str(target)} if target is not None else {}))
    return made


def _plain(text: str) -> str:
    """Return a text that promptfoo takes as it is: neither a template nor the address of a file.

    Each sign that begins or ends something in Nunjucks is written as an expression that gives that sign;
    `{% raw %}` would do for some texts, but promptfoo leaves it standing where a tag in it is not closed.
    """
    told = _TEMPLATE.sub(_as_expression, text)
    return _as_expression(re.match(".", told)) + told[1:] if told.startswith(_ADDRESS) else told


def _as_expression(sign: re.Match[str] | None) -> str:
    return "" if sign is None else f'{{{{ "{sign[0]}" }}}}'
