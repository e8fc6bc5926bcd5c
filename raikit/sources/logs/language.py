"""Which languages the prompts of a log are in: detected on a sample, beside what the log declares."""

from __future__ import annotations

import re
from collections import Counter
from importlib.util import find_spec
from typing import TYPE_CHECKING

from raikit.sources.engine import identifier

if TYPE_CHECKING:
    from raikit.sources.table import Table

SAMPLE = 500  # prompts
_FEWEST = 20  # letters: what is shorter is hard to tell, also for a person
_SHOWN = 6  # languages
_CODE = re.compile(r"([a-z]{2})(?:[-_].*)?", re.IGNORECASE)  # ISO 639-1, with or without a region


def languages(log: Table) -> tuple[str, ...]:
    """Return sentences on the languages of the prompts, from a sample whose size is stated.

    Parameters
    ----------
    log : Table
        With a column `prompt`, and `language` where it is declared.

    Returns
    -------
    tuple of str
        Empty where there is no prompt, or py3langid (the extra `language`) is not installed.

    Notes
    -----
    The sample is the same whenever the prompts are: those whose hashes are the smallest.
    """
    import narwhals as nw

    names = {each.name for each in log.columns}
    if "prompt" not in names or not find_spec("py3langid"):
        return ()
    if log.lazy.implementation is not nw.Implementation.DUCKDB:
        return ()
    rows = log.lazy.to_native()
    declared = identifier("language") if "language" in names else "NULL"
    texts = rows.select(f"prompt::VARCHAR AS said, {declared}::VARCHAR AS declared").filter(
        f"length(said) >= {_FEWEST}"
    )
    held = texts.aggregate("said, min(declared) AS declared, hash(said) AS place", "said")
    total = held.aggregate("count(*)").fetchall()[0][0]
    drawn = held.order("place, said").limit(SAMPLE).select("said, declared").fetchall()
    return _said(drawn, total) if drawn else ()


def _said(drawn: list[tuple[str, str | None]], total: int) -> tuple[str, ...]:
    from importlib.metadata import version

    import py3langid

    found = [(str(py3langid.classify(text)[0]), declared) for text, declared in drawn]
    counts = sorted(Counter(code for code, _ in found).items(), key=lambda each: (-each[1], each[0]))
    named = ", ".join(f"{code} {n:,}" for code, n in counts[:_SHOWN])
    more = sum(n for _, n in counts[_SHOWN:])
    said = (
        f"Languages, detected by py3langid {version('py3langid')} on {len(drawn):,} of {total:,} prompts "
        f"of at least {_FEWEST} characters: {named}{f', others {more:,}' if more else ''}."
    )
    known = [(code, match[1].lower()) for code, name in found if (match := _CODE.fullmatch(name or ""))]
    if not known:
        return (said,)
    other = sum(code != name for code, name in known)
    return (said, f"{len(known):,} of those declare their language; detected as another one: {other:,}.")
