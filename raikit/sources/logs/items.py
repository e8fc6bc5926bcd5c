"""Anchors of items, made by the engine: the same as `anchor({"prompt": …})`, for millions of rows."""

from __future__ import annotations

from raikit.sources.anchors import AnchorKey

_BLOCK = 64  # bytes of a block of SHA-256 (RFC 2104, section 2)


def item_sql(key: AnchorKey, prompt: str = "prompt", variables: str = "NULL") -> str:
    """Return the SQL expression of an item's anchor.

    Parameters
    ----------
    key : AnchorKey
        Of the anchors. The expression holds it: it must not leave the process.
    prompt, variables : str
        SQL expressions: text, and canonical JSON or NULL.

    Returns
    -------
    str
        SQL; NULL where there is no prompt.

    References
    ----------
    .. [1] RFC 2104, HMAC: Keyed-Hashing for Message Authentication.
    """
    text = f"nfc_normalize({prompt})"
    escaped = f"to_json({text})::VARCHAR"
    slow = f"replace(replace({text}, '\\', '\\\\'), '\"', '\\\"')"
    short = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"}
    for code in range(32):  # Python writes \u001f, DuckDB \u001F
        written = short.get(code, f"\\u{code:04x}")
        slow = f"replace({slow}, chr({code}), '{written}')"
    strange = f"regexp_matches({text}, '[\\x00-\\x07\\x0b\\x0e-\\x1f]')"
    whole = f"CASE WHEN {strange} THEN '\"' || {slow} || '\"' ELSE {escaped} END"
    ending = f"coalesce(',\"variables\":' || ({variables}), '') || '}}'"
    message = f"encode('{{\"prompt\":' || ({whole}) || {ending})"
    inner, outer = (_padded(key.secret, pad) for pad in (0x36, 0x5C))
    return f"'#' || left(sha256({outer} || unhex(sha256({inner} || {message}))), 16)"


def _padded(secret: bytes, pad: int) -> str:
    import hashlib

    short = secret if len(secret) <= _BLOCK else hashlib.sha256(secret).digest()
    block = bytes(byte ^ pad for byte in short.ljust(_BLOCK, b"\0"))
    return f"unhex('{block.hex()}')"
