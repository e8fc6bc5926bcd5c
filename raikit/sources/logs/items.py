"""Anchors of items in bulk: the same as `anchor({"prompt": …})`, for millions of rows."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring as quoted
from typing import TYPE_CHECKING

from raikit.sources.anchors import AnchorKey

if TYPE_CHECKING:
    import pyarrow as pa

_BLOCK = 64  # bytes of a block of SHA-256 (RFC 2104, section 2)


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


def anchored(key: AnchorKey, prompts: pa.Array) -> pa.Array:
    """Return the anchors of an Arrow column; a text that repeats is hashed once.

    Parameters
    ----------
    key : AnchorKey
        Of the anchors.
    prompts : pyarrow.Array
        Of text.

    Returns
    -------
    pyarrow.Array
        Of text, with a gap where there is no prompt.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from raikit.sources.anchors import anchor_key
    >>> anchored(anchor_key(source="demo:refusals"), pa.array(["How?", None, "How?"])).null_count
    1
    """
    import pyarrow as pa

    coded = prompts.dictionary_encode()
    made = pa.array(item_anchors(key, coded.dictionary.to_pylist()), pa.string())
    return made.take(coded.indices)


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
