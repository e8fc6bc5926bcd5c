"""Lines and JSON from files that may be huge, cut off or hostile, at bounded memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

LONGEST = 64 * 2**20  # bytes of a line, or characters of one element: more is counted as lost
_BLOCK = 2**20
_BLANK = re.compile(r"[\s,]*")
_END = object()


class Unreadable:
    """Stands for a part of a log that can't be read.

    Parameters
    ----------
    reason : str
        In a few words.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason


def parsed(text: str | bytes) -> Any:
    """Return what JSON says; broken UTF-8 becomes replacement characters.

    Parameters
    ----------
    text : str or bytes
        One value.

    Returns
    -------
    object
        Plain values, or `Unreadable`.

    Examples
    --------
    >>> parsed('{"a": 1}'), parsed("[" * 100_000).reason, parsed('{"a"').reason
    ({'a': 1}, 'nested too deeply', 'not JSON')
    """
    try:
        return json.loads(text if isinstance(text, str) else text.decode("utf-8", "replace"))
    except ValueError:
        return Unreadable("not JSON")
    except RecursionError:
        return Unreadable("nested too deeply")


def json_lines(path: Path) -> Iterator[dict[str, Any] | Unreadable]:
    """Yield the objects of a JSON Lines file.

    Parameters
    ----------
    path : Path
        Read a line at a time.

    Yields
    ------
    dict or Unreadable
        One for each line that isn't blank.
    """
    with path.open("rb") as file:
        while line := file.readline(LONGEST):
            if len(line) == LONGEST and not line.endswith(b"\n"):
                while rest := file.readline(_BLOCK):
                    if rest.endswith(b"\n"):
                        break
                yield Unreadable(f"a line longer than {LONGEST // 2**20} MB")
            elif line.strip():
                held = parsed(line)
                yield held if isinstance(held, dict | Unreadable) else Unreadable("not an object")


def top_level(path: Path, *arrays: str) -> Iterator[tuple[str, Any]]:
    r"""Yield what a JSON object holds, the elements of some arrays one by one.

    Parameters
    ----------
    path : Path
        A file with one JSON object (or an array, whose elements come under an empty key).
    *arrays : str
        Keys whose array is yielded element by element, "results/results" for one below another object.

    Yields
    ------
    tuple of str and object
        Key and value, or `Unreadable` where the file ends or can't be understood; nothing follows that.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.json")
    ...     _ = path.write_text('{"a": 1, "rows": [{"x": 1}, {"x": 2}]}')
    ...     list(top_level(path, "rows"))
    [('a', 1), ('rows', {'x': 1}), ('rows', {'x': 2})]
    """
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        scan = _Scan(file)
        try:
            if scan.next_sign() == "[":
                yield from (("", value) for value in scan.elements())
            else:
                yield from scan.members("", arrays)
            if scan.next_sign():
                yield "", Unreadable("more follows the end of the JSON")
        except (ValueError, RecursionError) as error:
            deep = isinstance(error, RecursionError)
            yield "", Unreadable("nested too deeply" if deep else "the file ends early or is no JSON")


class _Scan:
    """A position in a JSON text of which only a part is in memory."""

    def __init__(self, file: IO[str]) -> None:
        self._file, self._text, self._at, self._ended = file, "", 0, False
        self._decode = json.JSONDecoder().raw_decode

    def _more(self) -> bool:
        block = "" if self._ended else self._file.read(max(_BLOCK, len(self._text) - self._at))
        self._text, self._at = self._text[self._at :] + block, 0
        self._ended = not block
        return not self._ended

    def next_sign(self) -> str:
        """Go to the next sign that says something and return it; empty at the end."""
        while True:
            found = _BLANK.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def value(self) -> Any:
        """Read one value; a whole one, or ValueError."""
        self.next_sign()
        while True:
            try:
                value, end = self._decode(self._text, self._at)
                if end < len(self._text) or self._ended:  # a number may go on in the next block
                    self._at = end
                    return value
            except ValueError:
                if self._ended:
                    raise
            if len(self._text) - self._at > LONGEST:
                raise ValueError("too long")
            self._more()

    def _skip(self, sign: str) -> None:
        if self.next_sign() != sign:
            raise ValueError(f"{sign!r} expected")
        self._at += 1

    def elements(self) -> Iterator[Any]:
        self._skip("[")
        while self.next_sign() != "]":
            yield self.value()
        self._skip("]")

    def members(self, above: str, arrays: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        self._skip("{")
        while self.next_sign() != "}":
            name = self.value()
            self._skip(":")
            key = f"{above}{name}"
            sign = self.next_sign()
            if key in arrays and sign == "[":
                yield from ((key, value) for value in self.elements())
            elif sign == "{" and any(each.startswith(f"{key}/") for each in arrays):
                yield from self.members(f"{key}/", arrays)
            else:
                yield key, self.value()
        self._skip("}")
