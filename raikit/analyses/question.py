"""What a study of decisions is asked, checked as one; and the one pass over the rows that answers it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from raikit.analyses.groups import gather, key_of, name_problems, names_of, no_group, pool_problems, text_of
from raikit.errors import InputError
from raikit.sources.anchors import MOST_LEVELS
from raikit.stats.tally import Tally, count

if TYPE_CHECKING:
    from raikit.sources.table import Table

_CUT = "prediction by threshold"  # column made from the score


@dataclass(frozen=True)
class Question:
    """The arguments of `raikit.fairness` or `raikit.performance`, under plain names.

    Attributes
    ----------
    label, prediction, score : str
        Columns; empty where there is none.
    threshold : float or None
        Makes the prediction from the score.
    positive_label : any
        None: 1 of 0 and 1.
    features : tuple of str
        Sensitive features, or features to slice by.
    intersections : tuple of tuple of str
        Features to cross.
    references : mapping of str to str
        Feature -> declared reference group.
    pool : mapping
        Feature -> pooled group -> members.
    weight, cluster : str
        Columns; empty where there is none.
    primary : str
        The rate that matters most.
    confidence : float
        Of intervals.
    min_n, suppress_below : int
        Denominators that are small, and hidden.
    seed : int
        Of random tables.
    baseline : str
        Column of another prediction of the same rows; empty where there is none.
    analysis : str
        "fairness" or "performance": what messages start with.
    outcome : str
        What label and prediction are: "label" (two values), "multiclass" or "number".
    """

    label: str
    prediction: str
    score: str
    threshold: float | None
    positive_label: Any
    features: tuple[str, ...]
    intersections: tuple[tuple[str, ...], ...]
    references: Mapping[str, str]
    pool: Mapping[str, Mapping[str, Sequence[str]]]
    weight: str
    cluster: str
    primary: str
    confidence: float
    min_n: int
    suppress_below: int
    seed: int
    baseline: str = ""
    covariate: str = ""
    model_features: tuple[str, ...] = ()
    analysis: str = "fairness"
    outcome: str = "label"

    @property
    def features_are(self) -> str:
        """The parameter that names the features."""
        return "sensitive_features" if self.analysis == "fairness" else "slice_features"

    @property
    def slicings(self) -> tuple[tuple[str, ...], ...]:
        """Each feature, then each declared intersection."""
        return (*((name,) for name in self.features), *self.intersections)

    def declared(self, columns: tuple[str, ...]) -> str:
        """Return the reference group that was declared for a slicing; a crossed one has none.

        Parameters
        ----------
        columns : tuple of str
            The slicing.

        Returns
        -------
        str
            Its name; empty where none was declared.
        """
        return self.references.get(columns[0], "") if len(columns) == 1 else ""

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with the arguments, whatever the data.

        Yields
        ------
        str
            A sentence each.
        """
        from raikit.analyses.fairness_quantities import MEANS
        from raikit.analyses.gaps import COMPARED

        known = f"features: {', '.join(self.features)}"
        if not self.features and self.analysis == "fairness":
            yield f"{self.features_are}: none; name at least one column"
        for crossed in self.intersections:
            if len(set(crossed)) < 2 or not set(crossed) <= set(self.features):
                yield f"intersections: {list(crossed)}; allowed are two or more of the {known}"
        for parameter, given in (("pool", self.pool), ("reference_groups", self.references)):
            for name in given:
                if name not in self.features:
                    yield f"{parameter}: {name!r} is none of the {self.features_are}; {known}"
        allowed = MEANS if self.analysis == "fairness" and self.outcome == "number" else COMPARED
        if self.primary not in allowed:
            yield f"primary: {self.primary!r}; allowed: {', '.join(allowed)}"
        if self.covariate in self.features:
            yield f"standardise: {self.covariate!r} makes the groups; name another column"
        if not 0 < self.confidence < 1:
            yield f"confidence: {self.confidence!r}; allowed is a number between 0 and 1, such as 0.95"
        yield from self._prediction_problems()

    def _prediction_problems(self) -> Iterator[str]:
        if self.prediction and self.threshold is not None:
            yield "threshold: given beside prediction; give prediction, or score and threshold"
        elif not self.prediction and not (self.score and self.threshold is not None):
            yield "prediction: none; give the column of predictions, or score and threshold"
        if self.threshold is not None and not 0 < self.threshold <= 1:
            yield f"threshold: {self.threshold!r}; allowed is a number above 0, at most 1"


def counted(table: Table, question: Question) -> tuple[Tally, str]:
    """Check the question against a table, and count.

    Parameters
    ----------
    table : Table
        The rows.
    question : Question
        What is asked.

    Returns
    -------
    Tally
        Keys `key_of` each feature and the cluster, ``label``, ``prediction`` and, with one, ``baseline``
        (1, 0 or None) and, with a score, ``score_bin``; pooled.
    str
        The positive value of the label, as text.

    Raises
    ------
    InputError
        Every problem at once, in two steps: columns before values.
    """
    check_question(table, question)
    tally = _pass(table, question)
    problems = []
    positives = {}
    for key in ("label", "prediction", *(["baseline"] if question.baseline else [])):
        try:
            positives[key] = _positive(tally, key, question.positive_label)
        except InputError as error:
            problems.append(str(error))
    pools = _names(tally, question, problems)
    pools |= {
        key: {value: int(text_of(value) == positive) for value in tally.values(key)}
        for key, positive in positives.items()
    }
    tally = tally.pooled(pools)
    _refuse([*_group_problems(tally, question)], question)
    return tally, positives["label"]


def sliced(table: Table, question: Question) -> Tally:
    """Check the question against a table, and count labels and predictions as they are.

    Parameters
    ----------
    table : Table
        The rows.
    question : Question
        What is asked, of several classes.

    Returns
    -------
    Tally
        As `counted` returns it, with the data's own values for ``label``, ``prediction`` and ``baseline``.

    Raises
    ------
    InputError
        Every problem at once, in two steps: columns before values.
    """
    check_question(table, question)
    return pooled(_pass(table, question), question)


def pooled(tally: Tally, question: Question) -> Tally:
    """Name and pool the groups of a tally.

    Parameters
    ----------
    tally : Tally
        With `key_of` each feature among its keys.
    question : Question
        Features and pools.

    Returns
    -------
    Tally
        With names of groups for values.

    Raises
    ------
    InputError
        Every problem at once.
    """
    tally = tally.pooled(_names(tally, question, []))
    blank = tally.cells.assign(label=None, prediction=None)  # only the groups are looked at here
    _refuse([*_group_problems(replace(tally, cells=blank), question)], question)
    return tally


def _names(tally: Tally, question: Question, problems: list[str]) -> dict[str, dict[Any, Any]]:
    """Return the names of all groups, pooled; refuse with all problems, those given and those of pools."""
    made = {}
    for name in question.features:
        values, pool = tally.values(key_of(name)), question.pool.get(name, {})
        problems += pool_problems(name, sorted({text_of(value) for value in values}), pool)
        made[key_of(name)] = names_of(values, pool)
    _refuse(problems, question)
    return made


def check_question(table: Table, question: Question) -> None:
    """Check what names, types and ranges of columns show.

    Parameters
    ----------
    table : Table
        The rows.
    question : Question
        What is asked.

    Raises
    ------
    InputError
        Every problem at once.
    """
    from raikit.sources.check import Role, check

    guessed = "prediction" if question.outcome == "label" else question.outcome
    roles = [Role("label", question.label, question.outcome)]
    if question.prediction:
        roles.append(Role("prediction", question.prediction, guessed))
    for parameter, column in (
        ("baseline_prediction", question.baseline),
        ("score", question.score),
        ("weight", question.weight),
        ("cluster", question.cluster),
    ):
        kind = guessed if parameter == "baseline_prediction" else parameter
        roles += [Role(parameter, column, kind)] if column else []
    roles += [Role(question.features_are, name, "group") for name in question.features]
    roles += [Role("standardise", question.covariate, "group")] if question.covariate else []
    roles += [Role("features", name, "any") for name in question.model_features]
    problems = [f"{question.analysis}: {problem}" for problem in question.problems()]
    try:
        check(table, roles)
    except InputError as error:
        problems += str(error).splitlines()
    if problems:
        raise InputError.joined(problems)


def _pass(table: Table, question: Question) -> Tally:
    """Go through the rows once."""
    import narwhals as nw

    frame = table.lazy
    prediction = question.prediction
    if question.threshold is not None:
        prediction = _CUT
        score = nw.col(question.score)
        above = nw.when(~score.is_null()).then((score >= question.threshold).cast(nw.Int64))
        frame = frame.with_columns(above.alias(_CUT))
    further = [name for name in (question.cluster, question.covariate) if name]
    slicing = dict.fromkeys([*question.features, *further])
    keys = {key_of(name): name for name in slicing} | {"label": question.label, "prediction": prediction}
    keys |= {"baseline": question.baseline} if question.baseline else {}
    return count(frame, keys, score=question.score or None, weight=question.weight or None)


def _positive(tally: Tally, key: str, declared: Any) -> str:
    """Return the text of the positive value of label or prediction."""
    found = sorted({text_of(value) for value in tally.values(key)})
    said = "" if declared is None else text_of(declared)
    if said in found:
        return said
    for numbers in (("0", "1"), ("False", "True")):
        if set(found) <= set(numbers) and (key != "label" or not said or said in ("1", "True")):
            return numbers[1]
    labels = {text_of(value) for value in tally.values("label")}
    if key != "label" and said in labels and set(found) <= labels:
        return said  # nobody was predicted to be positive
    came = f"{said!r}" if said else "none"
    raise InputError(f"positive_label: {came}; the values of the {key} are {', '.join(map(repr, found))}")


def _group_problems(tally: Tally, question: Question) -> Iterator[str]:
    if question.covariate and (strata := tally.cells[key_of(question.covariate)].nunique()) > MOST_LEVELS:
        yield f"standardise: {question.covariate!r} has {strata:,} values; allowed are at most {MOST_LEVELS}"
    for columns in question.slicings:
        groups = gather(tally, columns)
        yield from (f"{question.features_are}: {problem}" for problem in name_problems(groups))
        declared = question.references.get(columns[0]) if len(columns) == 1 else None
        if declared is not None and (declared,) not in groups.names:
            yield no_group("reference_groups", columns[0], declared, [name[0] for name in groups.names])


def _refuse(problems: Sequence[str], question: Question) -> None:
    if problems:
        raise InputError.joined([f"{question.analysis}: {problem}" for problem in dict.fromkeys(problems)])
