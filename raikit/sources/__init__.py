"""Rows in: open a table wherever it lives, check it, fingerprint it; demo data."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raikit.sources.check import Role, check
    from raikit.sources.peek import peek
    from raikit.sources.table import open_table

__all__ = ["Role", "check", "open_table", "peek"]

_HOME = {
    "Role": "raikit.sources.check",
    "check": "raikit.sources.check",
    "open_table": "raikit.sources.table",
    "peek": "raikit.sources.peek",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'raikit.sources' has no attribute {name!r}")
    # The submodules `check` and `peek` have the names of their functions: binding the function here
    # keeps it in front of the module that the import system binds.
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
