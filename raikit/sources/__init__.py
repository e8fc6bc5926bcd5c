"""Rows in: open a table wherever it lives, check it, fingerprint it."""
