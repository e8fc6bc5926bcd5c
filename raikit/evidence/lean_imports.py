"""Importing what others depend on without parts that take most of the time and serve nothing here."""

from __future__ import annotations

import sys
from importlib import import_module


def import_jsonschema() -> None:
    """Import jsonschema, for nbformat and scrapbook, without grammars of internationalised addresses.

    It compiles 38 of them (1.7 of the 1.8 s of CPU time of its import) for formats that no schema here asks
    for, and does without them where their package can't be imported. Call it before what imports jsonschema.

    Examples
    --------
    >>> import_jsonschema()
    >>> "jsonschema" in sys.modules
    True
    """
    _import("jsonschema", without="rfc3987_syntax")


def import_ipykernel() -> None:
    """Import ipykernel's parts without a debugger, which nobody attaches to the kernels of a release.

    It does without where debugpy can't be imported; a notebook can import debugpy all the same.

    Examples
    --------
    >>> import_ipykernel()
    >>> "ipykernel.debugger" in sys.modules
    True
    """
    _import("ipykernel.debugger", without="debugpy")


def _import(name: str, *, without: str) -> None:
    if without in sys.modules or name in sys.modules:
        return
    sys.modules[without] = None  # type: ignore[assignment]  # Python's way to say: not importable
    try:
        import_module(name)
    finally:
        del sys.modules[without]
