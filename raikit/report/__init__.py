"""Figures, tables, the page and the index."""
