"""Guesses of which column plays which role, one module a kind of role."""
