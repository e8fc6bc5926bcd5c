"""Guess which column plays which role, from names and values, each guess with its reason.

A guess is a suggestion for a person to confirm. Two mistakes weigh more than others and are avoided at the
price of more columns than needed: to miss a sensitive column whose name says what it is, and to offer an
identifier or free text as a feature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from raikit.sources.column import Column, listed, shown
from raikit.sources.names import LABEL, PREDICTION, SCORE, about, names_identity, sensitive_topic

if TYPE_CHECKING:
    from raikit.sources.table import Table

_SAMPLE = 5_000  # first rows, whose values tell text from words and two values apart
_MOST_GROUPS = 50  # values of a column with more are no labels on a page
_MOST_NUMBERS = 12  # more numbers than these are a quantity, such as years of age
_POSITIVE = {"yes", "y", "true", "t", "positive", "approved", "accepted", "hired", "good", "pass", "1", "1.0"}


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
class _Seen:
    """What is known of the table while roles are given out; a column gets one role only."""

    table: Table
    sample: Mapping[str, Sequence[Any]]
    taken: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    several: bool = False  # whether a label of more than two values is allowed

    def free(self) -> list[Column]:
        return [each for each in self.table.columns if each.name not in self.taken]

    def values(self, column: Column) -> list[Any]:
        return [value for value in self.sample[column.name] if value is not None]

    def levels(self, column: Column) -> int:
        if column.levels is not None:
            return column.levels
        return len({str(value) for value in self.values(column)})

    def take(self, column: Column, role: str) -> str:
        self.taken[column.name] = role
        return column.name


def guess(table: Table, parameters: Iterable[str]) -> Guesses:
    """Guess the columns for a template's parameters.

    Parameters
    ----------
    table : Table
        Opened; its counts are used as they are, and the first rows are looked at.
    parameters : iterable of str
        Names of a template's parameters; those that name no columns are passed over.

    Returns
    -------
    Guesses
        For each parameter that names columns, also where none was found.

    Examples
    --------
    >>> import pandas as pd
    >>> from raikit.sources import open_table
    >>> rows = pd.DataFrame({"id": range(4), "sex": list("FMFM"), "hired": [0, 1, 1, 1]})
    >>> found = guess(open_table(rows), ["label", "sensitive_features"])
    >>> [(each.parameter, each.value) for each in found.made]
    [('label', 'hired'), ('sensitive_features', ['sex'])]
    >>> found.left_out
    ("'id' is left out: its name says identifier",)
    """
    rows = table.lazy.head(_SAMPLE).collect("pyarrow").to_dict(as_series=False)
    asked = list(parameters)
    seen = _Seen(table, rows, several="task" in asked)
    _set_aside(seen)
    order = [name for name in _GUESSERS if name in asked]  # clearest names first, what is left over last
    found = {name: _GUESSERS[name](seen, name) for name in order}
    made = tuple(found[name] for name in asked if name in found)
    used = {name for each in made for name in ([each.value] if isinstance(each.value, str) else each.value)}
    said = [text for name, text in seen.left_out.items() if name not in used or " left out of " in text]
    return Guesses(made, tuple(said))


def _set_aside(seen: _Seen) -> None:
    """Take identifiers and free text out of the game."""
    for column in seen.table.columns:
        reason = _identity(seen, column) or _free_text(seen, column)
        if reason:
            seen.take(column, reason)
            topic = sensitive_topic(column.name)
            said = f" (and {topic})" if topic else ""
            seen.left_out[column.name] = f"{shown(column.name)} is left out: {reason}{said}"


def _identity(seen: _Seen, column: Column) -> str:
    if names_identity(column.name) and _values_can_identify(seen, column):
        return "its name says identifier"
    many = seen.levels(column) >= 0.9 * (seen.table.rows - (column.missing or 0))
    if many and seen.table.rows > 20 and column.type in ("integer", "text") and not _is_text(seen, column):
        return "nearly every row has a value of its own"
    return ""


def _values_can_identify(seen: _Seen, column: Column) -> bool:
    return column.type in ("integer", "text", "other") and seen.levels(column) > 2


def _free_text(seen: _Seen, column: Column) -> str:
    return "free text" if _is_text(seen, column) else ""


def _is_text(seen: _Seen, column: Column) -> bool:
    """Tell sentences from words: many values, of several words or long."""
    values = [str(value) for value in seen.values(column)] if column.type == "text" else []
    if not values or seen.levels(column) <= min(_MOST_GROUPS, 0.5 * seen.table.rows):
        return False
    spaced = sum(len(value.split()) for value in values) / len(values)
    return spaced >= 4 or sum(map(len, values)) / len(values) > 60


def _two(seen: _Seen, column: Column) -> bool:
    return seen.levels(column) == 2 and column.type in ("integer", "number", "text", "boolean")


def _named(
    seen: _Seen, role: str, terms: Sequence[frozenset[str]], fits: Callable[[Column], bool]
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


def _label(seen: _Seen, parameter: str) -> Guess:
    name, reason = _named(seen, parameter, LABEL, lambda column: _two(seen, column))
    if name:
        return Guess(parameter, name, f"{reason}; two values, {_values(seen, name)}")
    if seen.several:
        name, reason = _named(seen, parameter, LABEL[:1], lambda column: column.type != "other")
        if name:
            return Guess(parameter, name, reason)
    two = [column.name for column in seen.free() if _two(seen, column)]
    return Guess(parameter, "", f"none found; columns of two values: {listed(two, 6) or 'none'}")


def _prediction(seen: _Seen, parameter: str) -> Guess:
    name, reason = _named(seen, parameter, PREDICTION, lambda column: _two(seen, column))
    return Guess(parameter, name, f"{reason}; two values" if name else "none found")


def _score(seen: _Seen, parameter: str) -> Guess:
    def fits(column: Column) -> bool:
        numbers = seen.values(column) if column.type == "number" else []
        return bool(numbers) and all(0 <= value <= 1 for value in numbers) and seen.levels(column) > 2

    name, reason = _named(seen, parameter, SCORE, fits)
    return Guess(parameter, name, f"{reason}; first rows between 0 and 1" if name else "none found")


def _positive(seen: _Seen, parameter: str) -> Guess:
    name = next((name for name, role in seen.taken.items() if role == "label"), "")
    column = seen.table.column(name) if name else None
    values = sorted({str(value) for value in seen.values(column)}) if column else []
    if not column or column.type == "boolean" or set(values) <= {"0", "1", "0.0", "1.0"}:
        return Guess(parameter, "", "not guessed" if column else "no label was found")
    found = [value for value in values if value.casefold() in _POSITIVE]
    if len(found) == 1:
        return Guess(parameter, found[0], f"one of {_values(seen, name)}")
    return Guess(parameter, "", f"say which of {_values(seen, name)} is the positive one")


def _values(seen: _Seen, name: str) -> str:
    values = sorted({str(value) for value in seen.values(seen.table.column(name))})
    return " and ".join(shown(value[:20]) for value in values[:2])


def _sensitive(seen: _Seen, parameter: str) -> Guess:
    found, topics = [], []
    for column in seen.free():
        topic = sensitive_topic(column.name)
        if not topic:
            continue
        levels = seen.levels(column)
        most = _MOST_NUMBERS if column.type in ("integer", "number") else _MOST_GROUPS
        if 2 <= levels <= most and column.type != "other":
            found.append(seen.take(column, parameter))
            topics.append(topic)
        else:
            few = "one value only" if levels < 2 else f"about {levels:,} values: make bands or groups of it"
            seen.left_out[column.name] = (
                f"{shown(column.name)} is left out of {parameter}: it says {topic}, but has {few}"
            )
            seen.take(column, "left out")
    said = ", ".join(dict.fromkeys(topics)) or "no column's name says sex, race, age, disability or the like"
    return Guess(parameter, found, f"by their names: {said}" if found else said)


def _slices(seen: _Seen, parameter: str) -> Guess:
    """Take sensitive columns, else categories of few values."""
    guessed = _sensitive(seen, parameter)
    if guessed.value:
        return guessed
    few = [column for column in seen.free() if column.type in ("text", "boolean")]
    few = [column for column in few if 2 <= seen.levels(column) <= 20][:6]
    return Guess(parameter, [seen.take(column, parameter) for column in few], "categories of few values")


def _features(seen: _Seen, parameter: str) -> Guess:
    plain = ("integer", "number", "text", "boolean")
    roles = ("left out", "sensitive_features", "slice_features")  # of people's traits, drift matters too
    names = [
        column.name
        for column in seen.table.columns
        if seen.taken.get(column.name, "left out") in roles
        and column.type in plain
        and seen.levels(column) > 1
    ]
    return Guess(parameter, names, "all that is no identifier, free text, date, label, prediction or score")


def _dated(seen: _Seen, parameter: str) -> Guess:
    dates = [column for column in seen.free() if column.type in ("date", "timestamp")]
    if not dates:
        return Guess(parameter, "", "no column holds dates")
    others = [column.name for column in dates[1:]]
    also = f"; others: {listed(others, 4)}" if others else ""
    return Guess(parameter, seen.take(dates[0], parameter), f"the first column of dates{also}")


def _weight(seen: _Seen, parameter: str) -> Guess:
    terms = (frozenset({"weight", "weights", "wgt", "wt", "pwgtp", "perwt", "fnlwgt"}),)
    name, reason = _named(seen, parameter, terms, lambda column: column.type in ("integer", "number"))
    return Guess(
        parameter, "", f"perhaps {shown(name)} ({reason}); set it if rows count unequally" if name else "none"
    )


def _cluster(seen: _Seen, parameter: str) -> Guess:
    """Name identifiers that repeat; never set, because only people know what rows belong together."""
    repeated = [
        column.name
        for column in seen.table.columns
        if names_identity(column.name) and 2 < seen.levels(column) < 0.9 * seen.table.rows
    ]
    said = f"perhaps {listed(repeated, 3)}: it repeats" if repeated else "none found"
    return Guess(parameter, "", said)


def _text(*terms: str) -> Callable[[_Seen, str], Guess]:
    """Return a guesser for a column of texts or identifiers that its name tells."""

    def guesser(seen: _Seen, parameter: str) -> Guess:
        for term in terms:
            for column in seen.table.columns:
                if term in about(column.name) and seen.taken.get(column.name) not in ("outcome", "prompt"):
                    return Guess(parameter, seen.take(column, parameter), f"its name says {term}")
        return Guess(parameter, "", "none found")

    return guesser


def _outcome(seen: _Seen, parameter: str) -> Guess:
    terms = (frozenset({"outcome", "pass", "passed", "grade", "graded", "verdict", "result"}), *LABEL)
    name, reason = _named(seen, parameter, terms, lambda column: _two(seen, column))
    return Guess(parameter, name, f"{reason}; two values, {_values(seen, name)}" if name else "none found")


def _passed(seen: _Seen, parameter: str) -> Guess:
    name = next((name for name, role in seen.taken.items() if role == "outcome"), "")
    values = sorted({str(value) for value in seen.values(seen.table.column(name))}) if name else []
    found = [value for value in values if value.casefold() in _POSITIVE | {"safe", "ok", "passed", "refusal"}]
    if len(found) == 1:
        return Guess(parameter, found[0], f"one of {_values(seen, name)}")
    return Guess(parameter, "", f"say which of {_values(seen, name)} is a pass" if name else "no outcome")


def _raters(seen: _Seen, parameter: str) -> Guess:
    terms = {"rater", "annotator", "coder", "judge", "grader", "reviewer", "labeler", "labeller"}
    found = [column for column in seen.free() if about(column.name) & terms]
    names = [seen.take(column, parameter) for column in found]
    return Guess(parameter, names, "their names say rater or annotator" if names else "none found")


def _nothing(seen: _Seen, parameter: str) -> Guess:
    return Guess(parameter, "", "not guessed")


def _no_columns(seen: _Seen, parameter: str) -> Guess:
    return Guess(parameter, [], "not guessed")


# In the order in which columns are given out: an outcome's name is rarer than a feature's.
_GUESSERS: dict[str, Callable[[_Seen, str], Guess]] = {
    "prompt": _text("prompt", "question", "input"),
    "item": _text("item", "id", "example", "case"),
    "text": _text("text", "response", "comment"),
    "outcome": _outcome,
    "passed": _passed,
    "annotators": _raters,
    "score": _score,
    "prediction": _prediction,
    "label": _label,
    "positive_label": _positive,
    "timestamp": _dated,
    "weight": _weight,
    "cluster": _cluster,
    "sensitive_features": _sensitive,
    "slice_features": _slices,
    "slices": _slices,
    "features": _features,
    "baseline_prediction": _nothing,
    "segment": _nothing,
    "rating": _nothing,
    "signal": _nothing,
    "segments": _no_columns,
    "votes": _no_columns,
    "compare": _no_columns,
    "intersections": _no_columns,
}
