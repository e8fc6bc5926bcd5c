"""Numbers and lists as generated sentences hold them: never typed, always from a result."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MINUS = "\N{MINUS SIGN}"


def figure(value: float) -> str:
    """Return an estimate as a sentence holds it: three decimals, no leading zero.

    Parameters
    ----------
    value : float
        Any unit.

    Returns
    -------
    str
        "undefined" for NaN, never 0.

    Examples
    --------
    >>> figure(0.4862), figure(1.0), figure(-0.05), figure(0.00041), figure(float("nan"))
    ('.486', '1.000', '−.050', '.0004', 'undefined')
    """
    if value is None or math.isnan(value):
        return "undefined"
    size = abs(value)
    if math.isinf(size):
        return MINUS + "∞" if value < 0 else "∞"  # a limit that the data do not give
    if size >= 1000:
        text = f"{size:,.0f}"
    elif size >= 10:
        text = f"{size:.4g}"
    elif 0 < size < 0.0005:
        text = f"{size:.1g}"
    else:
        text = f"{size:.3f}"
    return (MINUS if value < 0 else "") + text.removeprefix("0")


def moment(text: str) -> str:
    """Return an instant of a result as a sentence holds it.

    Parameters
    ----------
    text : str
        A day, or an instant in ISO 8601, UTC.

    Returns
    -------
    str
        A day is left as it is.

    Examples
    --------
    >>> moment("2026-05-12T18:00Z"), moment("2015-07-01")
    ('2026-05-12 18:00 UTC', '2015-07-01')
    """
    return re.sub(r"^(\d{4}-\d\d-\d\d)T([\d:]+)Z$", r"\1 \2 UTC", text)


def bound(value: float) -> str:
    """Return a rule's bound as a person would write it.

    Parameters
    ----------
    value : float
        From the policy.

    Returns
    -------
    str
        Without trailing zeros.

    Examples
    --------
    >>> bound(0.05), bound(0.8), bound(1), bound(-0.1)
    ('.05', '.8', '1', '−.1')
    """
    text = f"{abs(value):.10g}"
    return (MINUS if value < 0 else "") + (text.removeprefix("0") if text.startswith("0.") else text)


def between(low: float, high: float) -> str:
    """Return an interval as a sentence holds it.

    Parameters
    ----------
    low, high : float
        Its limits.

    Returns
    -------
    str
        With "to" where a dash could be taken for a minus.

    Examples
    --------
    >>> between(0.1, 0.2), between(-0.1, 0.2)
    ('.100–.200', '−.100 to .200')
    """
    return figure(low) + (" to " if min(low, high) < 0 else "–") + figure(high)


def percent(share: float) -> str:
    """Return a share as a percentage with one decimal, none where it is whole.

    Parameters
    ----------
    share : float
        Usually in [0, 1].

    Returns
    -------
    str
        "undefined" for NaN.

    Examples
    --------
    >>> percent(0.0684), percent(0.95), percent(1)
    ('6.8%', '95%', '100%')
    """
    if not math.isfinite(share):
        return "undefined"
    return f"{100 * share:.1f}".removesuffix(".0") + "%"


def listing(words: Iterable[str], *, most: int = 6) -> str:
    """Return words in a row, joined by commas and "and".

    Parameters
    ----------
    words : iterable of str
        Any number.
    most : int, default=6
        How many are written out; the rest is a count.

    Returns
    -------
    str
        Empty for none.

    Examples
    --------
    >>> listing(["a"]), listing(["a", "b", "c"]), listing("abcd", most=2)
    ('a', 'a, b and c', 'a, b and 2 more')
    """
    said = list(words)
    if len(said) > most:
        said = [*said[:most], f"{len(said) - most} more"]
    return said[0] if len(said) == 1 else ", ".join(said[:-1]) + (f" and {said[-1]}" if said else "")


def plural(count: int, one: str, several: str = "") -> str:
    """Return a count with its noun.

    Parameters
    ----------
    count : int
        0 or more.
    one : str
        The noun for one.
    several : str, default=""
        The noun otherwise; by default with an s.

    Returns
    -------
    str
        With thousands separators.

    Examples
    --------
    >>> plural(1, "row"), plural(3419, "row"), plural(2, "category", "categories")
    ('1 row', '3,419 rows', '2 categories')
    """
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def result_of(frame: pd.DataFrame, metric: str, slice_: dict[str, str]) -> Any:
    """Return the row of a result frame for a metric and slice.

    Parameters
    ----------
    frame : pandas.DataFrame
        In the result form.
    metric : str
        The metric.
    slice_ : dict of str to str
        The whole slice.

    Returns
    -------
    pandas.Series or None
        None when there is none.
    """
    for row in frame[frame["metric"] == metric].itertuples(index=False):
        if row.slice == slice_:
            return row
    return None


def recorded(evidence: Any, ids: Sequence[str]) -> list[str]:
    """Return the ids that the evidence has as results: a finding may rest on no other.

    Parameters
    ----------
    evidence : Evidence
        Collects the results.
    ids : sequence of str
        Wanted.

    Returns
    -------
    list of str
        In the order given; an analyst may have left some out.
    """
    held = {result.id for result in evidence.results}
    return [name for name in ids if name in held]
