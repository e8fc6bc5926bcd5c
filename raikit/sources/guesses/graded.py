"""Guesses on graded answers and on ratings: prompt, item, outcome, what to report by, raters."""

from __future__ import annotations

from collections.abc import Callable

from raikit.sources.column import Column
from raikit.sources.guesses.groups import slices
from raikit.sources.guesses.seen import POSITIVE, Guess, Seen, named, two, values_of
from raikit.sources.names import LABEL, about

_PASSED = POSITIVE | {"safe", "ok", "passed", "refusal"}
_OUTCOME = frozenset({"outcome", "pass", "passed", "grade", "graded", "verdict", "result"})
_KINDS = frozenset({
    "category", "categories", "subcategory", "attack", "probe", "language", "lang", "topic", "hazard",
    "harm", "policy", "set", "suite", "task", "domain", "intent", "kind", "type",
})  # fmt: skip
# What an answer said, how it was graded, and which repeat it was: nothing to report by, however few.
_ANSWERS = frozenset({
    "response", "responses", "answer", "reply", "completion", "output", "generation", "text", "message",
    "why", "reason", "explanation", "rationale", "grader", "judge", "scorer", "repeat", "epoch", "source",
    "cut", "calls", "version", "score",
})  # fmt: skip


def text(*terms: str) -> Callable[[Seen, str], Guess]:
    """Return a guesser for a column of texts or identifiers that its name tells."""

    def guesser(seen: Seen, parameter: str) -> Guess:
        for term in terms:
            for column in seen.table.columns:
                if term in about(column.name) and seen.taken.get(column.name) not in ("outcome", "prompt"):
                    return Guess(parameter, seen.take(column, parameter), f"its name says {term}")
        return Guess(parameter, "", "none found")

    return guesser


def outcome(seen: Seen, parameter: str) -> Guess:
    """Guess the grade of an answer: two values, or the only one of those that a log of any tool has."""
    held = [column for column in seen.free() if column.name == "outcome"]
    if held and {str(value) for value in seen.values(held[0])} in ({"pass"}, {"fail"}):
        (value,) = {str(value) for value in seen.values(held[0])}
        return Guess(parameter, seen.take(held[0], parameter), f"its name says outcome; all are {value!r}")

    def fits(column: Column) -> bool:
        return two(seen, column) and not about(column.name) & _ANSWERS

    name, reason = named(seen, parameter, (_OUTCOME, *LABEL), fits)
    return Guess(parameter, name, f"{reason}; two values, {values_of(seen, name)}" if name else "none found")


def passed(seen: Seen, parameter: str) -> Guess:
    """Guess which grade is a pass."""
    name = next((name for name, role in seen.taken.items() if role == "outcome"), "")
    values = sorted({str(value) for value in seen.values(seen.table.column(name))}) if name else []
    if values == ["fail"]:
        return Guess(parameter, "pass", "the other grade of a log; none is here")
    found = [value for value in values if value.casefold() in _PASSED]
    if len(found) == 1:
        return Guess(parameter, found[0], f"one of {values_of(seen, name)}")
    return Guess(parameter, "", f"say which of {values_of(seen, name)} is a pass" if name else "no outcome")


def kinds(seen: Seen, parameter: str) -> Guess:
    """Take columns whose names say a kind of prompt, else categories of few values; never the answers."""
    found = [column for column in seen.free() if about(column.name) & _KINDS and column.type == "text"]
    found = [column for column in found if 2 <= seen.levels(column) <= 50]
    if found:
        return Guess(parameter, [seen.take(column, parameter) for column in found], "kinds, by their names")
    for column in seen.free():
        if about(column.name) & _ANSWERS:
            seen.take(column, "of the answer")
    return slices(seen, parameter)


def exactly(term: str) -> Callable[[Seen, str], Guess]:
    """Return a guesser for a column that its whole name tells and that holds something."""

    def guesser(seen: Seen, parameter: str) -> Guess:
        found = [column for column in seen.free() if column.name.casefold() == term and seen.levels(column)]
        if found:
            return Guess(parameter, seen.take(found[0], parameter), f"its name says {term}")
        return Guess(parameter, "", "none found")

    return guesser


def raters(seen: Seen, parameter: str) -> Guess:
    """Take the columns that hold what each rater said."""
    terms = {"rater", "annotator", "coder", "judge", "grader", "reviewer", "labeler", "labeller"}
    found = [column for column in seen.free() if about(column.name) & terms]
    names = [seen.take(column, parameter) for column in found]
    return Guess(parameter, names, "their names say rater or annotator" if names else "none found")
