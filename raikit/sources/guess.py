"""Guess which column plays which role, from names and values, each guess with its reason.

A guess is a suggestion for a person to confirm. Two mistakes weigh more than others and are avoided at the
price of more columns than needed: to miss a sensitive column whose name says what it is, and to offer an
identifier or free text as a feature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from raikit.sources.guesses import graded, groups, outcomes
from raikit.sources.guesses.seen import Guess, Guesses, Seen, set_aside

if TYPE_CHECKING:
    from raikit.sources.table import Table

_SAMPLE = 5_000  # first rows, whose values tell text from words and two values apart


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
    seen = Seen(table, rows, several="task" in asked, coded="positive_label" not in asked)
    set_aside(seen)
    guessers = _GUESSERS | (_OF_ANSWERS if "prompt" in asked else {})
    order = [name for name in guessers if name in asked]  # clearest names first, what is left over last
    found = {name: guessers[name](seen, name) for name in order}
    made = tuple(found[name] for name in asked if name in found)
    used = {name for each in made for name in ([each.value] if isinstance(each.value, str) else each.value)}
    said = [text for name, text in seen.left_out.items() if name not in used or " left out of " in text]
    return Guesses(made, tuple(said))


def _nothing(seen: Seen, parameter: str) -> Guess:
    return Guess(parameter, "", "not guessed")


def _no_columns(seen: Seen, parameter: str) -> Guess:
    return Guess(parameter, [], "not guessed")


# In the order in which columns are given out: an outcome's name is rarer than a feature's.
_GUESSERS: dict[str, Callable[[Seen, str], Guess]] = {
    "prompt": graded.text("prompt", "question", "input"),
    "item": graded.text("item", "id", "example", "case"),
    "text": graded.text("text", "response", "comment"),
    "outcome": graded.outcome,
    "passed": graded.passed,
    "annotators": graded.raters,
    "expected": graded.exactly("expected"),
    "severity": graded.exactly("severity"),
    "grader": graded.exactly("grader"),
    "score": outcomes.score,
    "prediction": outcomes.prediction,
    "label": outcomes.label,
    "positive_label": outcomes.positive,
    "timestamp": groups.dated,
    "weight": groups.weight,
    "cluster": groups.cluster,
    "sensitive_features": groups.sensitive,
    "slice_features": groups.slices,
    "slices": groups.slices,
    "features": groups.features,
    "baseline_prediction": _nothing,
    "segment": _nothing,
    "rating": _nothing,
    "signal": _nothing,
    "segments": _no_columns,
    "votes": _no_columns,
    "compare": _no_columns,
    "intersections": _no_columns,
}
_OF_ANSWERS: dict[str, Callable[[Seen, str], Guess]] = {"slices": graded.kinds}
