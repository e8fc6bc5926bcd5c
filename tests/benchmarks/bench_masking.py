"""What masking finds of what is planted in made-up sentences, by kind, with exact intervals; names included.

With `presidio-analyzer` and `detect-secrets` installed (the extra `redaction`) they look too.
"""

from __future__ import annotations

import sys
from pathlib import Path

from raikit.sources.masking import masked, more_finders
from raikit.stats.intervals import clopper_pearson_interval

sys.path.insert(0, str(Path(__file__).parents[1] / "references"))
from personal_texts import HARMLESS, MAKERS, labelled  # type: ignore[import-not-found]

EACH = int(sys.argv[1]) if len(sys.argv) > 1 else 500


if __name__ == "__main__":
    held = labelled(EACH)
    for name, finders in (("patterns of our own", ()), ("with the extra", more_finders())):
        if name == "with the extra" and not finders:
            print("the extra `redaction` is not installed")
            continue
        print(f"{name}: recall on {EACH} made-up texts of each kind")
        for kind in MAKERS:
            found = [one.hidden(masked(one.text, finders=finders)) for one in held if one.kind == kind]
            estimate, low, high = clopper_pearson_interval(sum(found), len(found))
            print(f"  {kind:12s} {estimate:.3f} [{low:.3f}, {high:.3f}]")
        touched = [text for text in HARMLESS if masked(text, finders=finders) != text]
        print(f"  of {len(HARMLESS)} harmless sentences, {len(touched)} are touched: {touched}")
