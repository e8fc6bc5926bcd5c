"""Importing jsonschema, which nbformat and scrapbook use, without what takes most of its time."""

from __future__ import annotations

import sys

_GRAMMARS = "rfc3987_syntax"


def import_jsonschema() -> None:
    """Import jsonschema without the grammars of internationalised addresses.

    It compiles 38 of them (1.7 of the 1.8 s of CPU time of its import) for formats that no schema here asks
    for, and does without them where their package can't be imported. Call it before what imports jsonschema.

    Examples
    --------
    >>> import_jsonschema()
    >>> "jsonschema" in sys.modules
    True
    """
    if _GRAMMARS in sys.modules or "jsonschema" in sys.modules:
        return
    sys.modules[_GRAMMARS] = None  # type: ignore[assignment]  # Python's way to say: not importable
    try:
        import jsonschema  # noqa: F401
    finally:
        del sys.modules[_GRAMMARS]
