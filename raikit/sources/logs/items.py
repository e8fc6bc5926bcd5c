"""Anchors of items in bulk: the same as `anchor({"prompt": …})`, for millions of rows."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring as quoted
from typing import TYPE_CHECKING
from uuid import uuid4

from raikit.sources.anchors import AnchorKey
from raikit.sources.engine import connection, identifier, row, select

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyRelation

_BLOCK = 64  # bytes of a block of SHA-256 (RFC 2104, section 2)
_MOST, _BYTES = 500_000, 16 * 2**20  # texts, and bytes of them, that are looked at together


def item_anchors(
    key: AnchorKey, prompts: Iterable[str | None], variables: Iterable[str | None] | None = None
) -> list[str | None]:
    """Return the anchor of each item; in C but for a few calls a text, since a log has millions.

    Parameters
    ----------
    key : AnchorKey
        Of the anchors.
    prompts : iterable of str or None
        Texts; lone surrogates in them are hashed as they are.
    variables : iterable of str or None, optional
        Canonical JSON of what else tells an item from another, as many as prompts.

    Returns
    -------
    list of str or None
        None where there is no prompt.

    References
    ----------
    .. [1] RFC 2104, HMAC: Keyed-Hashing for Message Authentication.

    Examples
    --------
    >>> from raikit.sources.anchors import anchor, anchor_key
    >>> key = anchor_key(source="demo:refusals")
    >>> item_anchors(key, ["How?", None]) == [anchor({"prompt": "How?"}, key), None]
    True
    """
    if variables is None:
        return list(
            _digests(key, (None if text is None else f'{{"prompt":{_text(text)}}}' for text in prompts))
        )
    messages = (
        None
        if text is None
        else f'{{"prompt":{_text(text)}}}'
        if more is None
        else f'{{"prompt":{_text(text)},"variables":{more}}}'
        for text, more in zip(prompts, variables, strict=True)
    )
    return list(_digests(key, messages))


def with_items(table: str, prompt: str, key: AnchorKey) -> DuckDBPyRelation:
    """Return the rows of a DuckDB table with the anchor of each one's prompt, as a last column `item`.

    The anchors are a table beside it, a row a row: to write them into the table would take longer than to
    make them. A prompt is hashed once among some hundred thousand rows.

    Parameters
    ----------
    table : str
        Of this process's connection; without a column `item`.
    prompt : str
        The column of the prompt; without a value there is no anchor.
    key : AnchorKey
        Of the anchors.

    Returns
    -------
    duckdb.DuckDBPyRelation
        In the order of the rows; the table must stay as it is.

    Examples
    --------
    >>> from raikit.sources.anchors import anchor_key
    >>> from raikit.sources.engine import select
    >>> select("SELECT unnest(['How?', NULL, 'How?']) AS asked").create("example_log")
    >>> rows = with_items("example_log", "asked", anchor_key(source="demo:refusals"))
    >>> rows.aggregate("count(item), count(DISTINCT item)").fetchall()
    [(2, 1)]
    """
    import pyarrow as pa

    engine, items = connection(), f"raikit_items_{uuid4().hex}"
    engine.execute(f"CREATE TEMP TABLE {items} (item VARCHAR)")
    for said in _in_parts(table, prompt):
        made = pa.chunked_array([_anchors(each, key) for each in said.chunks], pa.string())
        engine.from_arrow(pa.table({"item": made})).insert_into(items)
    return select(f"FROM {identifier(table)} POSITIONAL JOIN {items}")


def _anchors(texts: pa.Array, key: AnchorKey) -> pa.Array:
    import pyarrow as pa

    coded = texts.dictionary_encode()
    return pa.array(item_anchors(key, coded.dictionary.to_pylist()), pa.string()).take(coded.indices)


def _in_parts(table: str, prompt: str) -> Iterator[pa.ChunkedArray]:
    """Yield a column of texts, some thousands or some megabytes at a time."""
    said, rows = f"{identifier(prompt)}::VARCHAR", select(f"FROM {identifier(table)}")
    total, length = row(rows, ["count(*)", f"coalesce(avg(strlen({said})), 0)"])
    step = max(min(_MOST, int(_BYTES / max(length, 1))), 1)
    for start in range(0, total, step):
        within = f"rowid >= {start} AND rowid < {start + step}"
        part = select(f"FROM {identifier(table)} WHERE {within}").select(f"{said} AS said")
        yield part.to_arrow_table()["said"]


def _text(prompt: str) -> str:
    return quoted(prompt if prompt.isascii() else unicodedata.normalize("NFC", prompt))


def _digests(key: AnchorKey, messages: Iterable[str | None]) -> Iterator[str | None]:
    """Yield HMACs; both keyed states are made once and copied."""
    inner, outer = (hashlib.sha256(_padded(key.secret, pad)) for pad in (0x36, 0x5C))
    for message in messages:
        if message is None:
            yield None
            continue
        first, second = inner.copy(), outer.copy()
        first.update(message.encode("utf-8", "surrogatepass"))
        second.update(first.digest())
        yield "#" + second.hexdigest()[:16]


def _padded(secret: bytes, pad: int) -> bytes:
    short = secret if len(secret) <= _BLOCK else hashlib.sha256(secret).digest()
    return bytes(byte ^ pad for byte in short.ljust(_BLOCK, b"\0"))
