"""Passages that two bodies of text share: what is published, against the millions of texts of a log.

What is published is small. Every 8 and every 24 bytes of it are hashed once. The log's texts are looked up
at every sixteenth byte: a passage of 30 bytes has 8 from such a place on, and the 8 before or after them too;
and it has 24 from there, or from 6, 12 or 18 bytes before. Only what is met is compared byte by byte.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Bytes = np.ndarray[Any, np.dtype[np.uint8]]
    Hashes = np.ndarray[Any, np.dtype[np.uint64]]

SHORTEST = 30  # characters: a shorter passage can't be told from ordinary words
_WORD = 8  # bytes
_WINDOW = 3 * _WORD
_BEFORE = (18, 12, 6, 0)  # bytes from a window's start to the word that is looked up
_LONGEST = 4 * SHORTEST  # bytes that 30 characters can take
_BITS = 20  # of a hash that are looked at first: a table that stays near the processor
_FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)  # odd, of no other meaning
# Line ends, quotes and backslashes are written differently by JSON, HTML and Python; a blank stands for them.
_SIGNS = b" \t\n\r\f\v\"'\\"
_BLANKED = bytes(ord(" ") if sign in _SIGNS else sign for sign in range(256))
_ENDS = re.compile(rb"\\[ntr]")
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
        self._likely = np.zeros(2**_BITS, bool)
        self._hashes = np.empty(0, np.uint64)
        if len(shown) >= _WINDOW:
            words = _words_at_each_byte(np.frombuffer(shown, np.uint8))
            self._likely[_places(words)] = True
            self._hashes = np.unique(_mixed(words[: -2 * _WORD], words[_WORD:-_WORD], words[2 * _WORD :]))

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
        import numpy as np

        if not len(self._hashes) or not len(texts):
            return None
        data = _normal(_bytes_of(texts))
        for at in self._met(np.frombuffer(data, np.uint8)):
            found = self._shared(data, at)
            if found:
                return found
        return None

    def _met(self, data: Bytes) -> list[int]:
        """Return where a window of the data is likely to be one of what is published."""
        import numpy as np

        words = data[: len(data) // _WORD * _WORD].view(np.uint64)
        at = 2 * self._likely[_places(words[::2])].nonzero()[0]
        beside = (np.minimum(at + 1, len(words) - 1), np.maximum(at - 1, 0))
        at = at[np.logical_or(*(self._likely[_places(words[each])] for each in beside))]
        if not len(at):
            return []
        starts = np.unique(at[:, None] * _WORD - np.array(_BEFORE))
        starts = starts[(starts >= 0) & (starts <= len(data) - _WINDOW)]
        windows = data[starts[:, None] + np.arange(_WINDOW)].view(np.uint64)
        hashes = _mixed(*windows.T)
        places = np.searchsorted(self._hashes, hashes).clip(max=len(self._hashes) - 1)
        met: list[int] = starts[self._hashes[places] == hashes].tolist()
        return met

    def _shared(self, data: bytes, at: int) -> str | None:
        """Return the passage around a window, if it has 30 characters."""
        low = max(at - _LONGEST, 0)
        around = data[low : at + _WINDOW + _LONGEST]
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


def _words_at_each_byte(data: Bytes) -> Hashes:
    import numpy as np

    each_byte = np.lib.stride_tricks.sliding_window_view(data, _WORD)
    words: Hashes = np.ascontiguousarray(each_byte).view(np.uint64)[:, 0]
    return words


def _places(words: Hashes) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the first bits of a hash of each word, in few passes: most of a log ends here."""
    import numpy as np

    mixed = words * np.uint64(_FACTORS[0])
    mixed >>= np.uint64(64 - _BITS)
    return mixed.view(np.int64)


def _mixed(first: Hashes, second: Hashes, third: Hashes) -> Hashes:
    import numpy as np

    a, b, c = (np.uint64(each) for each in _FACTORS)
    mixed = (first * a) ^ (second * b)
    mixed ^= mixed >> np.uint64(29)
    mixed = (mixed + third) * c
    return mixed ^ (mixed >> np.uint64(32)) * a


def _written(text: str) -> bytes:
    plain = _UNICODE.sub(lambda found: chr(int(found[1], 16)), html.unescape(text))
    return _normal(plain.encode("utf-8", "replace"))


def _bytes_of(texts: pa.Array) -> bytes:
    """Return the bytes of an Arrow column, one text after the other; of short ones none."""
    import numpy as np
    import pyarrow as pa

    held = texts if pa.types.is_string(texts.type) else texts.cast(pa.large_string())
    _, offsets, data = held.buffers()
    size = np.int32 if held is texts else np.int64
    ends = np.frombuffer(offsets, size)[held.offset : held.offset + len(held) + 1]
    if data is None or not (np.diff(ends) >= SHORTEST).any():
        return b""
    return bytes(memoryview(data)[ends[0] : ends[-1]])


def _normal(data: bytes) -> bytes:
    r"""Return bytes with one blank for a run of blanks, quotes and backslashes, also for `\n` of JSON."""
    import numpy as np

    plain = (_ENDS.sub(b"  ", data) if b"\\" in data else data).translate(_BLANKED)
    blank = np.frombuffer(plain, np.uint8) == ord(" ")
    if not (blank[1:] & blank[:-1]).any():
        return plain
    while b"  " in plain:
        plain = plain.replace(b"  ", b" ")
    return plain
