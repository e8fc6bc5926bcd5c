"""Failing items as a suite that evaluation tools run again: Inspect AI's dataset, promptfoo's tests."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raikit.analyses.items import anchored
from raikit.sources.engine import identifier, literal

if TYPE_CHECKING:
    from raikit.analyses.safety_study import SafetyStudy
    from raikit.sources.table import Table

_TEMPLATE = re.compile(r"\{(?=[{%#])|#(?=\})")  # promptfoo reads variables as Nunjucks templates …
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

    @property
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
        rows = [
            {"input": item["prompt"], "target": item.get("target", ""), "id": item["id"],
             "metadata": item["slices"]}
            for item in self.items
        ]  # fmt: skip
        # Escaped to ASCII: line separators of Unicode inside a text end no line then.
        return "".join(json.dumps(row) + "\n" for row in rows)

    def promptfoo(self) -> str:
        """Return the suite as a YAML list for promptfoo's `tests`; the variable is called `prompt`.

        Returns
        -------
        str
            YAML.
        """
        import yaml

        rows = [
            {"description": item["id"], "vars": {"prompt": _plain(item["prompt"])},
             "metadata": {"anchor": item["id"], **item["slices"]}
             | ({"target": item["target"]} if "target" in item else {})}
            for item in self.items
        ]  # fmt: skip
        dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # ten times as fast, where libyaml is there
        return str(yaml.dump(rows, Dumper=dumper, allow_unicode=False, sort_keys=False, width=1_000_000))


def suite_of(study: SafetyStudy, log: Table) -> Suite:
    """Return the prompts of which a row fails.

    Parameters
    ----------
    study : SafetyStudy
        Of the log.
    log : Table
        The answers, with a column `prompt` (or the one that the study counts).

    Returns
    -------
    Suite
        Sorted by anchor; empty, with the reason, where the log holds no prompts.
    """
    names = [each.name for each in log.columns]
    text = study.asked["prompt"] or ("prompt" if "prompt" in names else "")
    unit = study.asked["prompt"] or study.asked["item"]
    if not text or not unit:
        return Suite((), why="the log has no column of prompts")
    extra = [name for name in (*study.columns, study.expected) if name]
    wanted = ", ".join(f"any_value({identifier(name)})" for name in extra)
    columns = f"{identifier(unit)}::VARCHAR, any_value({identifier(text)})::VARCHAR"
    outcome = identifier(study.asked["outcome"])
    failing = log.lazy.to_native().filter(
        f"{outcome} IS NOT NULL AND {outcome}::VARCHAR <> {literal(str(study.asked['passed']))} "
        f"AND {identifier(text)} IS NOT NULL AND {identifier(unit)} IS NOT NULL"
    )
    rows = failing.aggregate(f"{columns}{', ' if wanted else ''}{wanted}", identifier(unit)).fetchall()
    if text == study.asked["prompt"] and all(
        str(row[1]).startswith("#") and len(row[1]) == 17 for row in rows
    ):
        return Suite((), why="the log holds anchors, no prompts")
    return Suite(tuple(sorted(_items(study, rows, extra), key=lambda item: str(item["id"]))))


def _items(study: SafetyStudy, rows: list[tuple[Any, ...]], extra: list[str]) -> list[dict[str, Any]]:
    import pandas as pd

    names = anchored(pd.Categorical([row[0] for row in rows]), study.key)
    made = []
    for name, row in zip(names, rows, strict=True):
        held = dict(zip(extra, row[2:], strict=True))
        slices = {
            key: str(value) for key, value in held.items() if value is not None and key in study.columns
        }
        target = held.get(study.expected) if study.expected else None
        item: dict[str, Any] = {"id": name, "prompt": row[1], "slices": slices}
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
