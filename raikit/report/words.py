"""How numbers and names read: on the page, in a figure, in alt text."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from raikit.evidence.wording import MINUS as MINUS  # the sentences' own way, used in figures and tables too
from raikit.evidence.wording import between, figure
from raikit.evidence.wording import bound as bound

NOTHING = "\N{EM DASH}"

# ESC sequences of terminals: colours and cursor (CSI), titles and links (OSC), the two-byte rest.
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
# What else a page must not carry: controls, and marks that reorder or hide the text around them.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_ABBREVIATIONS = {"auc": "AUC", "f1": "F1", "psi": "PSI", "ll144": "LL144", "cohens": "Cohen's"}


def number(value: float | None) -> str:
    """Return an estimate as it reads on a page: three decimals below one, no leading zero.

    Parameters
    ----------
    value : float or None
        Any unit; None and NaN are shown as a dash, never as 0.

    Returns
    -------
    str
        With a true minus sign and thousands separators.

    Examples
    --------
    >>> number(0.5561), number(1), number(0.0002), number(12345.6), number(None)
    ('.556', '1.000', '.0002', '12,346', '—')
    """
    return NOTHING if value is None or not math.isfinite(value) else figure(value)


def count(n: float | None) -> str:
    """Return a count with thousands separators.

    Parameters
    ----------
    n : float or None
        Whole; None and NaN are shown as a dash.

    Returns
    -------
    str
        For example ``1,407``.
    """
    return NOTHING if n is None or not math.isfinite(n) else f"{round(n):,}"


def span(low: float | None, high: float | None) -> str:
    """Return an interval, for example ``.531–.582``.

    Parameters
    ----------
    low, high : float or None
        Its limits.

    Returns
    -------
    str
        With "to" instead of a dash where a limit is negative.
    """
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return NOTHING
    return between(low, high)


def percent(confidence: float) -> str:
    """Return a confidence as a percentage, for example ``95%``.

    Parameters
    ----------
    confidence : float
        In (0, 1).

    Returns
    -------
    str
        Without trailing zeros.
    """
    return f"{100 * confidence:.4g}%"


def without_codes(text: str) -> str:
    r"""Return text without terminal codes, control and direction characters.

    Parameters
    ----------
    text : str
        Anything; line ends and tabs stay.

    Returns
    -------
    str
        Still to be escaped.

    Examples
    --------
    >>> without_codes("\x1b[31mred\x1b[0m \x1b]8;;http://x\x07link\x07")
    'red link'
    """
    return _CONTROL.sub("", _ANSI.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def plain(text: object, *, longest: int = 64) -> str:
    r"""Return a value from data as one short line without control or direction characters.

    Parameters
    ----------
    text : object
        Anything.
    longest : int, default=64
        Characters kept; the cut is shown.

    Returns
    -------
    str
        Harmless as text; still to be escaped where markup is read.

    Examples
    --------
    >>> plain("a\x1b[31mb\n c")
    'ab c'
    """
    line = " ".join(without_codes(str(text)).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def metric_name(metric: str) -> str:
    """Return a metric's name in words.

    Parameters
    ----------
    metric : str
        As in the record.

    Returns
    -------
    str
        Starts with a capital.

    Examples
    --------
    >>> metric_name("true_positive_rate_difference"), metric_name("auc")
    ('True positive rate difference', 'AUC')
    """
    words = [_ABBREVIATIONS.get(word, word) for word in plain(metric).replace("_", " ").split()]
    joined = " ".join(words)
    return joined[:1].upper() + joined[1:]


def slice_name(slice_: Mapping[str, object]) -> str:
    """Return a slice as a reader sees it: its values, joined.

    Parameters
    ----------
    slice_ : mapping
        One key per slicing column; empty overall.

    Returns
    -------
    str
        ``All`` when empty.

    Examples
    --------
    >>> slice_name({"sex": "Female", "race": "White"}), slice_name({})
    ('Female × White', 'All')
    """
    return " × ".join(plain(value) for value in slice_.values()) or "All"
