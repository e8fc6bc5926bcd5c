"""Rows in: open a table wherever it lives, check it, fingerprint it; demo data.

The four names are bound at once, not lazily: two of them are functions with the names of their modules, and
whichever is bound last wins. Nothing heavy is imported by it.
"""

from __future__ import annotations

from raikit.sources.check import Role, check
from raikit.sources.peek import peek
from raikit.sources.table import open_table

__all__ = ["Role", "check", "open_table", "peek"]
