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

_BLOCK = 64  # bytes of a block of SHA-256 (RFC 2104, section 2)
_MOST, _BYTES = 50_000, 8 * 2**20  # texts, and bytes of them, that are hashed together


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


def add_items(table: str, prompt: str, key: AnchorKey) -> None:
    """Give each row of a DuckDB table the anchor of its prompt, as a column `item`; a prompt is hashed once.

    Parameters
    ----------
    table : str
        Of this process's connection; without a column `item`.
    prompt : str
        The column of the prompt; without a value there is no anchor.
    key : AnchorKey
        Of the anchors.

    Examples
    --------
    >>> from raikit.sources.anchors import anchor_key
    >>> from raikit.sources.engine import select
    >>> select("SELECT unnest(['How?', NULL, 'How?']) AS asked").create("example_log")
    >>> add_items("example_log", "asked", anchor_key(source="demo:refusals"))
    >>> select("FROM example_log").aggregate("count(item), count(DISTINCT item)").fetchall()
    [(2, 1)]
    """
    prompts, items = (f"raikit_{kind}_{uuid4().hex}" for kind in ("prompts", "items"))
    said, engine = f"{identifier(prompt)}::VARCHAR", connection()
    rows = select(f"FROM {identifier(table)}").select(f"{said} AS said")
    rows.filter("said IS NOT NULL").distinct().create(prompts)
    _hash(prompts, items, key)
    # In place: a join of the rows with the anchors would not keep their order.
    engine.execute(f"ALTER TABLE {identifier(table)} ADD COLUMN item VARCHAR")
    found = f"SET item = {items}.item FROM {items} WHERE {items}.said = {identifier(table)}.{said}"
    engine.execute(f"UPDATE {identifier(table)} {found}")
    engine.execute(f"DROP TABLE {items}")


def _hash(prompts: str, items: str, key: AnchorKey) -> None:
    """Make a table of texts and their anchors from a table of texts, which goes."""
    import pyarrow as pa

    engine = connection()
    engine.execute(f"CREATE TABLE {items} (said VARCHAR, item VARCHAR)")
    for said in _in_parts(prompts):
        made = pa.array(item_anchors(key, said["said"].to_pylist()), pa.string())
        engine.from_arrow(said.append_column("item", made)).insert_into(items)
    engine.execute(f"DROP TABLE {prompts}")


def _in_parts(table: str) -> Iterator[pa.Table]:
    """Yield a table's texts, some thousands or some megabytes at a time."""
    total, length = row(select(f"FROM {table}"), ["count(*)", "coalesce(avg(strlen(said)), 0)"])
    step = max(min(_MOST, int(_BYTES / max(length, 1))), 1)
    for start in range(0, total, step):
        within = f"rowid >= {start} AND rowid < {start + step}"
        yield select(f"FROM {table} WHERE {within}").to_arrow_table()


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
