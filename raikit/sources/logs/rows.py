"""The row that every log becomes, and the file in which rows wait for the engine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit.sources.logs.items import item_anchors

if TYPE_CHECKING:
    import pyarrow as pa

    from raikit.sources.anchors import AnchorKey

_BATCH, _CHARACTERS = 10_000, 4 * 2**20  # rows, and characters of prompts and replies, written together


@dataclass(slots=True)
class Row:
    """One graded (or not graded) answer.

    Attributes
    ----------
    prompt, response : str or None
        What was asked (without a system prompt) and what came.
    category, attack, language, severity : str or None
        As the log declares them.
    outcome : {"pass", "fail"} or None
        None where there is no grade; `why` then says why: "error", "ungraded", "cancelled", "unreadable" …
    score : float or None
        As the grader gave it.
    grader, grader_version : str or None
        Who or what graded.
    repeat : int or None
        Counted from 1.
    tool_calls : int or None
        Of the answer.
    cut : str or None
        Why the answer ended early, "max_tokens" for instance; its grade stands.
    variables : str or None
        Canonical JSON of what tells this item from another one with the same prompt.
    answer : str or None
        The tool's own name for this answer: two rows of one name are the same answer twice.
    """

    prompt: str | None = None
    response: str | None = None
    category: str | None = None
    attack: str | None = None
    language: str | None = None
    outcome: str | None = None
    why: str | None = None
    score: float | None = None
    grader: str | None = None
    grader_version: str | None = None
    severity: str | None = None
    repeat: int | None = None
    tool_calls: int | None = None
    cut: str | None = None
    variables: str | None = None
    answer: str | None = None
    source: str | None = None


@dataclass
class Told:
    """What a reader has to say besides rows.

    Attributes
    ----------
    about : list of str
        What the log is: tool, version, task, model.
    limits : list of str
        What is lost or not known, a sentence each.
    """

    about: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)


COLUMNS = tuple(each.name for each in fields(Row))
_NUMBERS = {"score": "double", "repeat": "int64", "tool_calls": "int64"}


def _schema() -> pa.Schema:
    """Return the columns of the file: `item` in place of the variables that it is made of."""
    import pyarrow as pa

    kinds = {"double": pa.float64(), "int64": pa.int64()}
    names = ["item", *(name for name in COLUMNS if name != "variables")]
    return pa.schema([(name, kinds.get(_NUMBERS.get(name, ""), pa.string())) for name in names])


def spool(rows: Iterable[Row], path: Path, key: AnchorKey) -> None:
    """Write rows as Parquet, some thousands or some megabytes at a time, each with the anchor of its item.

    Parameters
    ----------
    rows : iterable of Row
        Taken one after the other.
    path : Path
        A new file.
    key : AnchorKey
        Of the anchors.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema()
    with pq.ParquetWriter(path, schema, compression="lz4") as writer:
        for batch in _batches(rows):
            prompts, variables = ([getattr(row, name) for row in batch] for name in ("prompt", "variables"))
            columns = [pa.array(item_anchors(key, prompts, variables), pa.string())]
            columns += [
                pa.array([getattr(row, each.name) for row in batch], each.type) for each in list(schema)[1:]
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield rows in lists that stay small when each row holds a long text."""
    batch: list[Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row.prompt or "") + len(row.response or "")
        if len(batch) == _BATCH or size > _CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def text_of(value: Any) -> str | None:
    r"""Return what was said, from a text, a message, or a list of messages or parts.

    Parameters
    ----------
    value : object
        As in chat logs: a list of messages keeps those of the user.

    Returns
    -------
    str or None
        Lone surrogates, which no file can hold, are replaced.

    Examples
    --------
    >>> text_of([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}])
    'Hello?'
    >>> text_of([{"type": "text", "text": "Hello"}, {"type": "image", "image": "a.png"}])
    'Hello\n[image]'
    """
    if value is None:
        return None
    if isinstance(value, list):
        turns = [each for each in value if isinstance(each, dict) and "role" in each]
        asked = [each for each in turns if each["role"] == "user"] or turns or value
        return "\n".join(filter(None, map(text_of, asked)))
    if isinstance(value, dict):
        for name in ("content", "text", "parts"):
            if value.get(name) is not None:
                return text_of(value[name])
        return f"[{value['type']}]" if isinstance(value.get("type"), str) else canonical_json(value)
    return str(value).encode("utf-8", "replace").decode()


def word(value: Any) -> str | None:
    """Return a value as a label: the first of a list; None where there is nothing.

    Parameters
    ----------
    value : object
        From metadata of a log.

    Returns
    -------
    str or None
        Text.

    Examples
    --------
    >>> word(["privacy", "tools"]), word(""), word(3)
    ('privacy', None, '3')
    """
    held = value[0] if isinstance(value, list) and value else value
    if held in (None, "", [], {}):
        return None
    return text_of(held) if isinstance(held, str) else canonical_json(held)


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys and nothing between.

    Parameters
    ----------
    value : object
        Plain values.

    Returns
    -------
    str
        The same for equal values.

    Examples
    --------
    >>> canonical_json({"b": 1, "a": None})
    '{"a":null,"b":1}'
    """
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return text.encode("utf-8", "replace").decode()


def labelled(held: Any, row: Row) -> Row:
    """Take category, attack, language and severity from a log's metadata, under their usual names.

    Parameters
    ----------
    held : object
        Metadata, a mapping or not.
    row : Row
        Changed; what it has already stays.

    Returns
    -------
    Row
        The same row.
    """
    names = {
        "category": ("category", "policy", "harm_category", "harm", "hazard", "harmCategory", "subject"),
        "attack": ("attack", "strategyId", "strategy", "attack_type", "jailbreak"),
        "language": ("language", "lang", "locale"),
        "severity": ("severity",),
    }
    if isinstance(held, dict):
        for column, usual in names.items():
            if getattr(row, column) is None:
                setattr(row, column, next((w for name in usual if (w := word(held.get(name)))), None))
    return row


def numbered(rows: Iterable[Row]) -> Iterator[Row]:
    """Return rows with their repeats numbered, by prompt, variables, grader and attack, where they lack it.

    Parameters
    ----------
    rows : iterable of Row
        In the log's order.

    Yields
    ------
    Row
        With `repeat`, where there is a prompt.
    """
    seen: dict[int, int] = {}
    for row in rows:
        if row.repeat is None and row.prompt is not None:
            key = hash((row.prompt, row.variables, row.grader, row.attack, row.source))
            row.repeat = seen[key] = seen.get(key, 0) + 1
        yield row
