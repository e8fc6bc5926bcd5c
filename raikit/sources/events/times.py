"""Times that people write: with a zone, in a common one, or in two that can't be put in order."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from raikit.errors import InputError

_ISO = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?)? ?(Z|[+-]\d{2}(:?\d{2})?)?", re.ASCII
)


def has_zone(text: str) -> bool:
    """Tell whether a time names its zone.

    Parameters
    ----------
    text : str
        A time in ISO 8601.

    Returns
    -------
    bool
        A day alone has none.

    Examples
    --------
    >>> has_zone("2026-11-02T10:00+01:00"), has_zone("2026-11-02 10:00"), has_zone("2026-11-02")
    (True, False, False)
    """
    return bool(re.search(r"\d{2}:\d{2}.*(Z|[+-]\d{2}(:?\d{2})?)$", text.strip().upper()))


def utc_times(texts: Sequence[str], places: Sequence[str]) -> tuple[list[dt.datetime], bool]:
    """Return times in UTC; those without a zone are taken as UTC when none has one.

    Parameters
    ----------
    texts : sequence of str
        In ISO 8601.
    places : sequence of str
        Where each stands, for the errors.

    Returns
    -------
    list of datetime.datetime
        In UTC.
    bool
        Whether they name their zones.

    Raises
    ------
    InputError
        If one is no time, or some name a zone and others don't: they can't be put in order.

    Examples
    --------
    >>> utc_times(["2026-11-02T10:00+01:00", "2026-11-02T08:30Z"], ["a", "b"])[0][0].isoformat()
    '2026-11-02T09:00:00+00:00'
    >>> utc_times(["2026-11-02T10:00+01:00", "2026-11-02"], ["a row 1", "a row 2"])
    Traceback (most recent call last):
    raikit.errors.InputError: a row 2: '2026-11-02' names no zone but a row 1 does (...): they ...
    """
    problems: list[str] = []
    found: list[dt.datetime] = []
    for text, place in zip(texts, places, strict=True):
        upper = text.strip().upper().replace(",", ".")
        try:
            if not _ISO.fullmatch(upper):
                raise ValueError(upper)
            at = dt.datetime.fromisoformat(upper.replace(" +", "+").replace(" -", "-"))
            found.append(at.astimezone(dt.UTC) if at.tzinfo else at.replace(tzinfo=dt.UTC))
        except (ValueError, OverflowError):
            problems.append(
                f"{place}: {text[:40]!r} is no time; allowed: ISO 8601, such as 2026-11-02T14:05+01:00"
            )
    zoned = [has_zone(text) for text in texts]
    if any(zoned) and not all(zoned):
        one, other = zoned.index(True), zoned.index(False)
        problems.append(
            f"{places[other]}: {texts[other]!r} names no zone but {places[one]} does ({texts[one]!r}): they "
            "can't be put in order; give every time its zone, such as Z or +01:00"
        )
    if problems:
        raise InputError.joined(problems)
    return found, all(zoned) and bool(zoned)
