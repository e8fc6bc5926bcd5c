"""Evaluation logs of other tools, read into one tidy table: a module a format, told apart by content."""
