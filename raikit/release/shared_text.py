"""Passages that two bodies of text share: what is published, against the millions of texts of a log.

What is published is small. Every 24 bytes of it are hashed once; the log's texts are looked up at every
fourth byte, so that no passage of 30 bytes slips between, and only what is met is compared byte by byte.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Bytes = np.ndarray[Any, np.dtype[np.uint8]]
    Hashes = np.ndarray[Any, np.dtype[np.uint64]]

SHORTEST = 30  # characters: a shorter passage can't be told from ordinary words
_WORD, _STEP = 8, 4  # bytes
_WINDOW = 3 * _WORD
_LONGEST = 4 * SHORTEST  # bytes that 30 characters can take
_BITS = 24  # of a hash that are looked at first: a table that stays near the processor
_FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)  # odd, of no other meaning
# Line ends, quotes and backslashes are written differently by JSON, HTML and Python; a blank stands for them.
_SIGNS = b" \t\n\r\f\v\"'\\"
_UNICODE = re.compile(r"\\u([0-9a-fA-F]{4})")
_DRAWN = re.compile(r'\sd="[^"]*"')  # outlines in SVG: numbers


class Published:
    """The texts that will be published, ready to be compared.

    Parameters
    ----------
    texts : list of str
        Outputs, records, pages.
    own : list of str
        What may stand there whatever a log says: parameters, labels, headings.
    """

    def __init__(self, texts: list[str], own: list[str]) -> None:
        import numpy as np

        shown = b"\0".join(_written(_DRAWN.sub(" ", text)) for text in texts)
        said = {_written(text).strip() for text in own}
        for each in sorted((one for one in said if len(one) >= _WINDOW), key=len, reverse=True):
            shown = shown.replace(each, b"\0")
        self._shown = shown
        data = np.frombuffer(shown, np.uint8)
        if len(data) < _WINDOW:
            self._hashes = np.empty(0, np.uint64)
        else:
            each_byte = np.lib.stride_tricks.sliding_window_view(data, _WORD)
            words = np.ascontiguousarray(each_byte).view(np.uint64)[:, 0]
            hashes = _mixed(words[: -2 * _WORD], words[_WORD:-_WORD], words[2 * _WORD :])
            self._hashes = np.unique(hashes)
        self._likely = np.zeros(2**_BITS, bool)
        self._likely[self._hashes >> np.uint64(64 - _BITS)] = True

    def passage_of(self, texts: pa.Array) -> str | None:
        """Return a passage of 30 or more characters that a text shares with what is published.

        Parameters
        ----------
        texts : pyarrow.Array
            Of text; of any length.

        Returns
        -------
        str or None
            As far as it is the same, blanks at its ends apart; None when there is none.
        """
        if not len(self._hashes) or not len(texts):
            return None
        data = _normal(_bytes_of(texts))
        for at in self._met(data):
            found = self._shared(data, at)
            if found:
                return found
        return None

    def _met(self, data: Bytes) -> Iterator[int]:
        """Yield where a window of the data is likely to be one of what is published."""
        import numpy as np

        for start in range(0, _WORD, _STEP):
            whole = (len(data) - start) // _WORD * _WORD
            if whole < _WINDOW:
                continue
            words = data[start : start + whole].view(np.uint64)
            hashes = _mixed(words[:-2], words[1:-1], words[2:])
            (likely,) = self._likely[hashes >> np.uint64(64 - _BITS)].nonzero()
            places = np.searchsorted(self._hashes, hashes[likely]).clip(max=len(self._hashes) - 1)
            yield from (likely[self._hashes[places] == hashes[likely]] * _WORD + start).tolist()

    def _shared(self, data: Bytes, at: int) -> str | None:
        """Return the passage around a window, if it has 30 characters."""
        low = max(at - _LONGEST, 0)
        around = data[low : at + _WINDOW + _LONGEST].tobytes()
        inside = at - low
        window = around[inside : inside + _WINDOW]
        place = self._shown.find(window)
        while place >= 0:
            left = _alike(around[:inside][::-1], self._shown[max(place - inside, 0) : place][::-1])
            right = _alike(around[inside:], self._shown[place : place + len(around) - inside])
            said = around[inside - left : inside + right].decode("utf-8", "ignore").strip("\0 ")
            if len(said) >= SHORTEST:
                return said
            place = self._shown.find(window, place + 1)
        return None


def _alike(one: bytes, two: bytes) -> int:
    """Count the bytes at the start of both that are the same."""
    pairs = enumerate(zip(one, two, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(two)))


def _mixed(first: Hashes, second: Hashes, third: Hashes) -> Hashes:
    import numpy as np

    a, b, c = (np.uint64(each) for each in _FACTORS)
    mixed = (first * a) ^ (second * b)
    mixed ^= mixed >> np.uint64(29)
    mixed = (mixed + third) * c
    return mixed ^ (mixed >> np.uint64(32)) * a


def _written(text: str) -> bytes:
    plain = _UNICODE.sub(lambda found: chr(int(found[1], 16)), html.unescape(text))
    return _normal(plain.encode("utf-8", "replace")).tobytes()


def _bytes_of(texts: pa.Array) -> Bytes:
    """Return the bytes of an Arrow column, without a copy."""
    import numpy as np
    import pyarrow as pa

    large = texts.cast(pa.large_string())
    _, offsets, data = large.buffers()
    ends = np.frombuffer(offsets, np.int64)[large.offset : large.offset + len(large) + 1]
    return np.frombuffer(data or b"", np.uint8)[ends[0] : ends[-1]]


def _normal(data: bytes | Bytes) -> Bytes:
    r"""Return bytes with one blank for a run of blanks, quotes and backslashes, also for `\n` of JSON."""
    import numpy as np

    held = np.frombuffer(data, np.uint8) if isinstance(data, bytes) else data
    table = np.zeros(256, bool)
    table[list(_SIGNS)] = True
    sign = table[held]
    slashes = (held[:-1] == ord("\\")).nonzero()[0] + 1
    sign[slashes[np.isin(held[slashes], list(b"ntr"))]] = True
    blank = np.full(256, ord(" "), np.uint8)
    blank[~table] = np.arange(256, dtype=np.uint8)[~table]
    plain = blank[held]
    plain[slashes] = np.where(sign[slashes], np.uint8(ord(" ")), plain[slashes])
    again = sign[1:] & sign[:-1]
    return np.delete(plain, again.nonzero()[0] + 1) if again.any() else plain
