"""What masking is known to find, as measured; the counts are kept by `tests/benchmarks/bench_masking.py`."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from raikit.evidence.wording import between, percent
from raikit.stats.intervals import clopper_pearson_interval

_KEPT = Path(__file__).parent / "masking_recall.json"
_CONFIDENCE = 0.95
_MADE_HERE = "API key"  # the generator makes none: these are ours


def recall_limit() -> str:
    """Return what masking hid of labelled personal data, as a sentence for a page that shows masked text.

    Returns
    -------
    str
        By kind, with exact 95% intervals; names and street addresses too. Of the extra `redaction` only
        where the versions that were measured are installed; they add to what the patterns find.

    Examples
    --------
    >>> "name 0 of" in recall_limit()
    True
    """
    kept: dict[str, Any] = json.loads(_KEPT.read_text(encoding="utf-8"))
    names = [f"{name} {number}" for name, number in kept["extra"].items()]
    extra = all(_installed(name) == number for name, number in kept["extra"].items())
    counts = kept["with the extra" if extra else "patterns"]
    with_what = f"raikit's patterns with {' and '.join(names)}" if extra else "raikit's patterns alone"
    made = counts[_MADE_HERE]
    others = "; ".join(_said(kind, held) for kind, held in counts.items() if kind != _MADE_HERE)
    return (
        f"Masking misses some of what it looks for. On {kept['set']}, {with_what} masked in full, with exact "
        f"{percent(_CONFIDENCE)} intervals: {others}. Of keys made up by raikit's authors: "
        f"{_said(_MADE_HERE, made)}. Measured {kept['measured']}; in other texts it can be less."
    )


def _said(kind: str, held: list[int]) -> str:
    hidden, values = held
    estimate, low, high = clopper_pearson_interval(hidden, values, confidence=_CONFIDENCE)
    return f"{kind} {hidden:,} of {values:,} ({percent(estimate)}, {between(low, high)})"


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
