"""What masking hides of labelled personal data, by kind, with exact intervals; names included.

Of Microsoft's generated sentences (`references/presidio_sentences.jsonl`) a value counts as hidden when each
of its letters and digits is masked. API keys, which they lack, are made up by us, in `personal_texts.py`.
`--write` keeps the counts in `raikit/evidence/masking_recall.json`, from which the page states them; it needs
`presidio-analyzer` and `detect-secrets` (the extra `redaction`), which then look too.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from raikit.sources.masking import Span, masked, more_finders, spans, unescaped
from raikit.stats.intervals import clopper_pearson_interval

sys.path.insert(0, str(Path(__file__).parents[1] / "references"))
from personal_texts import HARMLESS, MAKERS, labelled  # type: ignore[import-not-found]

REFERENCES = Path(__file__).parents[1] / "references"
KEPT = Path(__file__).parents[2] / "raikit" / "evidence" / "masking_recall.json"
SET = "sentences that Microsoft's presidio-evaluator 0.3.2 generated and labelled"
KEYS = 200
KINDS = (
    "name", "street address", "driver's licence", "phone", "e-mail", "card", "SSN", "IBAN", "IP address",
)  # fmt: skip
Finders = tuple[Callable[[str], Iterator[Span]], ...]


def of_sentences(finders: Finders) -> dict[str, list[int]]:
    """Return by kind how many labelled values are masked whole, and how many there are."""
    hidden, values = Counter[str](), Counter[str]()
    for line in (REFERENCES / "presidio_sentences.jsonl").read_text(encoding="utf-8").splitlines():
        held = json.loads(line)
        text = unescaped(held["text"])
        masks = {
            at for find in (spans, *finders) for span in find(text) for at in range(span.start, span.end)
        }
        for start, end, kind in held["spans"]:
            values[kind] += 1
            hidden[kind] += all(at in masks for at in range(start, end) if text[at].isalnum())
    return {kind: [hidden[kind], values[kind]] for kind in KINDS}


def sentences() -> int:
    return len((REFERENCES / "presidio_sentences.jsonl").read_text(encoding="utf-8").splitlines())


def of_own_texts(finders: Finders, each: int) -> dict[str, list[int]]:
    """Return the same for the texts that we made up."""
    held = labelled(each)
    return {
        kind: [sum(one.hidden(masked(one.text, finders=finders)) for one in held if one.kind == kind), each]
        for kind in MAKERS
    }


def measured(finders: Finders) -> dict[str, list[int]]:
    """Return what the page states."""
    return of_sentences(finders) | {"API key": of_own_texts(finders, KEYS)["secret"]}


def tell(title: str, counts: dict[str, list[int]]) -> None:
    print(title)
    for kind, (hidden, values) in counts.items():
        estimate, low, high = clopper_pearson_interval(hidden, values)
        print(f"  {kind:16s} {hidden:4d} of {values:4d}  {estimate:.3f} [{low:.3f}, {high:.3f}]")


if __name__ == "__main__":
    for name, finders in (("patterns of our own", ()), ("with the extra", more_finders())):
        if name == "with the extra" and not finders:
            print("the extra `redaction` is not installed")
            continue
        tell(f"{name}: hidden of what presidio-evaluator labels, and of API keys", measured(finders))
        tell(f"{name}: hidden in texts made up by us", of_own_texts(finders, 500))
        touched = [text for text in HARMLESS if masked(text, finders=finders) != text]
        print(f"  of {len(HARMLESS)} harmless sentences, {len(touched)} are touched: {touched}")
    if "--write" in sys.argv:
        names = ("presidio-analyzer", "detect-secrets")
        kept = {
            "measured": datetime.now(UTC).date().isoformat(),
            "set": f"{sentences():,} {SET}",
            "extra": {name: version(name) for name in names},
            "patterns": measured(()),
            "with the extra": measured(more_finders()),
        }
        KEPT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
