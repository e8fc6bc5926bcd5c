"""Guesses of what makes groups, features, dates, weights and clusters."""

from __future__ import annotations

from raikit.sources.column import listed, shown
from raikit.sources.guesses.seen import MOST_GROUPS, Guess, Seen, named
from raikit.sources.names import names_identity, sensitive_topic

_MOST_NUMBERS = 12  # more numbers than these are a quantity, such as years of age


def sensitive(seen: Seen, parameter: str) -> Guess:
    """Guess the columns whose names speak of a trait of people."""
    found, topics = [], []
    for column in seen.free():
        topic = sensitive_topic(column.name)
        if not topic:
            continue
        levels = seen.levels(column)
        most = _MOST_NUMBERS if column.type in ("integer", "number") else MOST_GROUPS
        if 2 <= levels <= most and column.type != "other":
            found.append(seen.take(column, parameter))
            topics.append(topic)
        else:
            many = f"about {levels:,} values: make bands or groups of it"
            few = {0: "no value", 1: "one value only"}.get(levels, many)
            seen.left_out[column.name] = (
                f"{shown(column.name)} is left out of {parameter}: it says {topic}, but has {few}"
            )
            seen.take(column, "left out")
    said = ", ".join(dict.fromkeys(topics)) or "no column's name says sex, race, age, disability or the like"
    return Guess(parameter, found, f"by their names: {said}" if found else said)


def slices(seen: Seen, parameter: str) -> Guess:
    """Take sensitive columns, else categories of few values."""
    guessed = sensitive(seen, parameter)
    if guessed.value:
        return guessed
    few = [column for column in seen.free() if column.type in ("text", "boolean")]
    few = [column for column in few if 2 <= seen.levels(column) <= 20][:6]
    return Guess(parameter, [seen.take(column, parameter) for column in few], "categories of few values")


def features(seen: Seen, parameter: str) -> Guess:
    """Take all columns that nothing speaks against."""
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


def dated(seen: Seen, parameter: str) -> Guess:
    """Take the first column of dates."""
    dates = [column for column in seen.free() if column.type in ("date", "timestamp")]
    if not dates:
        return Guess(parameter, "", "no column holds dates")
    others = [column.name for column in dates[1:]]
    also = f"; others: {listed(others, 4)}" if others else ""
    return Guess(parameter, seen.take(dates[0], parameter), f"the first column of dates{also}")


def weight(seen: Seen, parameter: str) -> Guess:
    """Name a column of weights; never set, because a wrong one changes every number."""
    terms = (frozenset({"weight", "weights", "wgt", "wt", "pwgtp", "perwt", "fnlwgt"}),)
    name, reason = named(seen, parameter, terms, lambda column: column.type in ("integer", "number"))
    return Guess(
        parameter, "", f"perhaps {shown(name)} ({reason}); set it if rows count unequally" if name else "none"
    )


def cluster(seen: Seen, parameter: str) -> Guess:
    """Name identifiers that repeat; never set, because only people know what rows belong together."""
    repeated = [
        column.name
        for column in seen.table.columns
        if names_identity(column.name) and 2 < seen.levels(column) < 0.9 * seen.table.rows
    ]
    said = f"perhaps {listed(repeated, 3)}: it repeats" if repeated else "none found"
    return Guess(parameter, "", said)
