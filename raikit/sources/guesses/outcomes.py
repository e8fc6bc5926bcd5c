"""Guesses of what happened and what a model said of it: label, prediction, score."""

from __future__ import annotations

from raikit.sources.column import Column, listed
from raikit.sources.guesses.seen import POSITIVE, Guess, Seen, named, two, two_outcomes, values_of
from raikit.sources.names import LABEL, PREDICTION, SCORE


def label(seen: Seen, parameter: str) -> Guess:
    """Guess the true outcome: a name that says so, and two values."""
    name, reason = named(seen, parameter, LABEL, lambda column: two_outcomes(seen, column))
    if name:
        return Guess(parameter, name, f"{reason}; two values, {values_of(seen, name)}")
    if seen.several:
        name, reason = named(seen, parameter, LABEL[:1], lambda column: column.type != "other")
        if name:
            return Guess(parameter, name, reason)
    pairs = [column.name for column in seen.free() if two(seen, column)]
    return Guess(parameter, "", f"none found; columns of two values: {listed(pairs, 6) or 'none'}")


def prediction(seen: Seen, parameter: str) -> Guess:
    """Guess what a model said: two values."""
    name, reason = named(seen, parameter, PREDICTION, lambda column: two_outcomes(seen, column))
    return Guess(parameter, name, f"{reason}; two values" if name else "none found")


def score(seen: Seen, parameter: str) -> Guess:
    """Guess a probability: numbers between 0 and 1."""

    def fits(column: Column) -> bool:
        numbers = seen.values(column) if column.type == "number" else []
        return bool(numbers) and all(0 <= value <= 1 for value in numbers) and seen.levels(column) > 2

    name, reason = named(seen, parameter, SCORE, fits)
    return Guess(parameter, name, f"{reason}; first rows between 0 and 1" if name else "none found")


def positive(seen: Seen, parameter: str) -> Guess:
    """Guess which of the label's words is the positive one."""
    name = next((name for name, role in seen.taken.items() if role == "label"), "")
    column = seen.table.column(name) if name else None
    values = sorted({str(value) for value in seen.values(column)}) if column else []
    if not column or column.type == "boolean" or set(values) <= {"0", "1", "0.0", "1.0"}:
        return Guess(parameter, "", "not guessed" if column else "no label was found")
    found = [value for value in values if value.casefold() in POSITIVE]
    if len(found) == 1:
        return Guess(parameter, found[0], f"one of {values_of(seen, name)}")
    return Guess(parameter, "", f"say which of {values_of(seen, name)} is the positive one")
