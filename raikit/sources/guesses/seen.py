"""What is known of a table while roles are given out, and which columns are out of the game."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from raikit.sources.column import Column, listed, shown
from raikit.sources.names import about, names_identity, sensitive_topic

if TYPE_CHECKING:
    from raikit.sources.table import Table

MOST_GROUPS = 50  # values of a column with more are no labels on a page
POSITIVE = {"yes", "y", "true", "t", "positive", "approved", "accepted", "hired", "good", "pass", "1", "1.0"}


@dataclass(frozen=True)
class Guess:
    """A parameter's value as it seems, and why.

    Parameters
    ----------
    parameter : str
        As the template calls it.
    value : str or list of str
        Columns of the table; "" or [] where none was found.
    reason : str
        For the person who confirms it.
    """

    parameter: str
    value: str | list[str]
    reason: str


@dataclass(frozen=True)
class Guesses:
    """What was guessed of a table.

    Parameters
    ----------
    made : tuple of Guess
        For the parameters that were asked for, in their order.
    left_out : tuple of str
        Sentences on columns that a person might have expected and that were not taken.
    """

    made: tuple[Guess, ...]
    left_out: tuple[str, ...]


@dataclass
class Seen:
    """What is known of the table while roles are given out; a column gets one role only."""

    table: Table
    sample: Mapping[str, Sequence[Any]]
    taken: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    several: bool = False  # whether a label of more than two values is allowed
    coded: bool = False  # whether outcomes are 0 and 1 only: nobody is asked which word is the positive one

    def free(self) -> list[Column]:
        """Columns without a role."""
        return [each for each in self.table.columns if each.name not in self.taken]

    def values(self, column: Column) -> list[Any]:
        """Values of a column in the first rows."""
        return [value for value in self.sample[column.name] if value is not None]

    def levels(self, column: Column) -> int:
        """About how many values a column has."""
        if column.levels is not None:
            return column.levels
        return len({str(value) for value in self.values(column)})

    def take(self, column: Column, role: str) -> str:
        """Give a column a role and return its name."""
        self.taken[column.name] = role
        return column.name


def set_aside(seen: Seen) -> None:
    """Take identifiers and free text out of the game."""
    for column in seen.table.columns:
        reason = _identity(seen, column) or _free_text(seen, column)
        if reason:
            seen.take(column, reason)
            topic = sensitive_topic(column.name)
            said = f" (and {topic})" if topic else ""
            seen.left_out[column.name] = f"{shown(column.name)} is left out: {reason}{said}"


def _identity(seen: Seen, column: Column) -> str:
    if names_identity(column.name) and _values_can_identify(seen, column):
        return "its name says identifier"
    many = 0 < seen.levels(column) >= 0.9 * (seen.table.rows - (column.missing or 0))
    if many and seen.table.rows > 20 and column.type in ("integer", "text") and not _is_text(seen, column):
        return "nearly every row has a value of its own"
    return ""


def _values_can_identify(seen: Seen, column: Column) -> bool:
    return column.type in ("integer", "text", "other") and seen.levels(column) > 2


def _free_text(seen: Seen, column: Column) -> str:
    return "free text" if _is_text(seen, column) else ""


def _is_text(seen: Seen, column: Column) -> bool:
    """Tell sentences from words: many values, of several words or long."""
    values = [str(value) for value in seen.values(column)] if column.type == "text" else []
    if not values or seen.levels(column) <= min(MOST_GROUPS, 0.5 * seen.table.rows):
        return False
    spaced = sum(len(value.split()) for value in values) / len(values)
    return spaced >= 4 or sum(map(len, values)) / len(values) > 60


def two(seen: Seen, column: Column) -> bool:
    """Tell whether a column has two values."""
    return seen.levels(column) == 2 and column.type in ("integer", "number", "text", "boolean")


def two_outcomes(seen: Seen, column: Column) -> bool:
    """Tell whether a column can be an outcome: two values, 0 and 1 where nothing else is understood."""
    codes = {str(value).casefold() for value in seen.values(column)} if seen.coded else set()
    return two(seen, column) and codes <= {"0", "1", "0.0", "1.0", "false", "true"}


def named(
    seen: Seen, role: str, terms: Sequence[frozenset[str]], fits: Callable[[Column], bool]
) -> tuple[str, str]:
    """Return the column whose name speaks clearest for a role, and the reason."""
    for strength in terms:
        found = [column for column in seen.free() if fits(column) and (about(column.name) & strength)]
        found = [column for column in found if not sensitive_topic(column.name)]
        found.sort(key=lambda column: column.name.casefold() not in strength)  # a whole name says more
        if found:
            word = min(about(found[0].name) & strength)
            others = [column.name for column in found[1:]]
            also = f"; as likely: {listed(others, 4)}" if others else ""
            return seen.take(found[0], role), f"its name says {word}{also}"
    return "", ""


def values_of(seen: Seen, name: str) -> str:
    """Return the first two values of a column, for a sentence."""
    values = sorted({str(value) for value in seen.values(seen.table.column(name))})
    return " and ".join(shown(value[:20]) for value in values[:2])
