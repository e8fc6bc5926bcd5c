"""Fairness: does a system treat groups of people alike? One pass over the rows, then only counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from raikit.analyses.fairness_classes import ClassFairness, class_fairness
from raikit.analyses.fairness_quantities import MEANS, QuantityFairness, quantity_fairness
from raikit.analyses.fairness_study import FairnessStudy
from raikit.analyses.gaps import COMPARED
from raikit.analyses.hiding import hide
from raikit.analyses.question import Question, counted
from raikit.analyses.tasks import OUTCOMES, TASKS, task_of
from raikit.errors import InputError
from raikit.sources.model import open_model

if TYPE_CHECKING:
    from raikit.sources.table import Table


def fairness(
    table: Table,
    *,
    label: str,
    prediction: str = "",
    score: str = "",
    threshold: float | None = None,
    positive_label: Any = None,
    sensitive_features: Sequence[str],
    intersections: Sequence[Sequence[str]] = (),
    reference_groups: Mapping[str, str] | None = None,
    pool: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    weight: str = "",
    cluster: str = "",
    standardise: str = "",
    features: Sequence[str] = (),
    model: str = "",
    allow_pickle: bool = False,
    primary: str = "true_positive_rate",
    task: str = "auto",
    confidence: float = 0.95,
    min_n: int = 30,
    suppress_below: int = 10,
    seed: int = 7,
) -> FairnessStudy | ClassFairness | QuantityFairness:
    """Count what became of each group of people, in one pass over the rows.

    Parameters
    ----------
    table : Table
        From `raikit.open_table`.
    label : str
        Column of the true outcome: two values, several classes or a quantity; rows without one count only
        where none is needed.
    prediction : str, default=""
        Column of the prediction, of the same kind; empty when `threshold` makes it from `score`.
    score : str, default=""
        Column of the predicted probability; allows `FairnessStudy.calibration`.
    threshold : float, optional
        Predicted positive means score >= threshold; only without `prediction`. 0 stands for none.
    positive_label : any, optional
        The positive value; by default 1 where the values are 0 and 1. Of several classes the one that
        matters most: rates spoken of first are about it, not accuracy.
    sensitive_features : sequence of str
        Columns that make the groups. A missing value is a group of its own, shown and not compared.
    intersections : sequence of sequence of str
        Columns to cross, for example ``[["sex", "race"]]``.
    reference_groups : mapping of str to str, optional
        Feature -> the group that others are compared with; by default the largest. A group that is hidden,
        undefined or small is never one.
    pool : mapping, optional
        Feature -> name of a pooled group -> names of the groups that it replaces everywhere.
    weight : str, default=""
        Column of weights.
    cluster : str, default=""
        Column that names the household, or whatever rows belong to together.
    standardise : str, default=""
        Column of a covariate; allows `FairnessStudy.standardised`.
    features : sequence of str
        The model's columns; allow `FairnessStudy.proxies`.
    model : str, default=""
        The model, as `raikit.sources.model.open_model` takes it; allows `FairnessStudy.attributions`.
    allow_pickle : bool, default=False
        Whether the model may be a pickle, which runs whatever its author put in.
    primary : str, default="true_positive_rate"
        What matters most: it is spoken of first, and hidden last for the sake of others. Of quantities one of
        mean_error, mean_absolute_error and mean_prediction; the first stands in for a rate.
    task : {"auto", "binary", "multiclass", "regression"}, default="auto"
        By default what the label's values are: at most two, words or few whole numbers, other numbers.
    confidence : float, default=0.95
        Of every interval; intervals of the gaps within one feature hold together.
    min_n : int, default=30
        A denominator below is marked as small.
    suppress_below : int, default=10
        Fewer people than that are hidden, and what would give them away (`raikit.analyses.hiding`).
    seed : int, default=7
        Of the random tables behind tests of tables with small counts.

    Returns
    -------
    FairnessStudy, ClassFairness or QuantityFairness
        By the task, with the same methods; those that don't apply give empty data frames.

    Raises
    ------
    InputError
        Every problem with columns, values and names at once.

    Examples
    --------
    >>> import pandas as pd
    >>> from raikit import open_table
    >>> rows = pd.DataFrame({"sex": list("FFMM"), "hired": [1, 0, 1, 0], "chosen": [1, 1, 0, 0]})
    >>> table = open_table(pd.concat([rows] * 50))
    >>> study = fairness(table, label="hired", prediction="chosen", sensitive_features=["sex"])
    >>> rates = study.rates().set_index(["metric", "group"])
    >>> rates.loc[("true_positive_rate", "F"), "counts"]
    [50, 50]
    """
    kind = task_of(table, label) if task == "auto" else task
    primary = MEANS[0] if kind == "regression" and primary in COMPARED else primary
    question = Question(
        label=label, prediction=prediction, score=score, threshold=threshold or None,
        positive_label=None if positive_label == "" else positive_label,
        features=tuple(sensitive_features), intersections=tuple(map(tuple, intersections)),
        references=dict(reference_groups or {}), pool=dict(pool or {}),
        weight=weight, cluster=cluster, primary=primary, confidence=confidence, min_n=min_n,
        suppress_below=suppress_below, seed=seed, covariate=standardise, model_features=tuple(features),
        outcome=OUTCOMES.get(kind, "label"),
    )  # fmt: skip
    return _study(table, question, task, model, allow_pickle=allow_pickle)


def _study(
    table: Table, question: Question, task: str, model: str, *, allow_pickle: bool
) -> FairnessStudy | ClassFairness | QuantityFairness:
    problems = [f"fairness: {problem}" for problem in _problems(question, task, model)]
    if problems:
        raise InputError.joined(problems)
    if question.outcome == "multiclass":
        return class_fairness(table, question)
    if question.outcome == "number":
        return quantity_fairness(table, question)
    return _decisions(table, question, model, allow_pickle=allow_pickle)


def _problems(question: Question, task: str, model: str) -> Iterator[str]:
    if task not in TASKS:
        yield f"task: {task!r}; allowed: {', '.join(TASKS)}"
    if model and not question.model_features:
        yield "model: given without features; name the columns that it reads"
    if question.outcome != "label":
        given = {"score": question.score, "threshold": question.threshold, "standardise": question.covariate,
                 "model": model}  # fmt: skip
        for parameter, value in given.items():
            if value:
                yield f"{parameter}: {value!r}; looked at where the label has two values only"


def _decisions(table: Table, question: Question, model: str, *, allow_pickle: bool) -> FairnessStudy:
    tally, positive = counted(table, question)
    opened = open_model(model, positive=positive, allow_pickle=allow_pickle) if model else None
    keys = [key for key in tally.keys if key != "score_bin"]
    unscored = tally.over(*keys)
    hidden = hide(unscored, question.slicings, question.suppress_below, keep=question.primary)
    return FairnessStudy(asked=question, tally=unscored, scored=tally if question.score else None,
                         hidden=hidden, positive=positive, table=table, model=opened)  # fmt: skip
