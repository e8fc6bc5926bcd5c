"""Performance: how good a model's predictions are, for whom they are worst, beside what baseline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from raikit.analyses.classes import ClassStudy, class_study
from raikit.analyses.decisions import DecisionStudy, decision_study
from raikit.analyses.majority import rule_of
from raikit.analyses.quantities import QuantityStudy, quantity_study
from raikit.analyses.question import Question
from raikit.analyses.tasks import OUTCOMES, TASKS, task_of
from raikit.errors import InputError

if TYPE_CHECKING:
    from raikit.sources.table import Table


def performance(
    table: Table,
    *,
    label: str,
    prediction: str = "",
    score: str = "",
    threshold: float | None = None,
    positive_label: Any = None,
    slice_features: Sequence[str] = (),
    intersections: Sequence[Sequence[str]] = (),
    pool: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    weight: str = "",
    cluster: str = "",
    baseline_prediction: str = "",
    task: str = "auto",
    confidence: float = 0.95,
    min_n: int = 30,
    suppress_below: int = 10,
    seed: int = 7,
) -> DecisionStudy | ClassStudy | QuantityStudy:
    """Count what became of each slice of the rows, in one pass, and how right the predictions were.

    Parameters
    ----------
    table : Table
        From `raikit.open_table`.
    label : str
        Column of the true outcome; rows without one count where none is needed.
    prediction : str, default=""
        Column of the prediction; empty when `threshold` makes it from `score`.
    score : str, default=""
        Column of the predicted probability; allows the area under the ROC curve, curves and calibration.
    threshold : float, optional
        Predicted positive means score >= threshold; only without `prediction`. 0 stands for none.
    positive_label : any, optional
        The positive value; by default 1 where the values are 0 and 1.
    slice_features : sequence of str, default=()
        Columns to slice by. A missing value is a slice of its own.
    intersections : sequence of sequence of str
        Columns to cross, for example ``[["sex", "race"]]``.
    pool : mapping, optional
        Feature -> name of a pooled group -> names of the groups that it replaces everywhere.
    weight : str, default=""
        Column of weights.
    cluster : str, default=""
        Column that names the household, or whatever rows belong to together.
    baseline_prediction : str, default=""
        What the model is compared with on the same rows: a column of predictions, ``"majority"`` (the
        commonest outcome for everybody) or ``"majority by FEATURE"`` (the commonest of each group of one of
        the slice features), learnt from the same rows.
    task : {"auto", "binary", "multiclass", "regression"}, default="auto"
        By default what the label's values are: at most two, words or few whole numbers, other numbers.
    confidence : float, default=0.95
        Of every interval.
    min_n : int, default=30
        A denominator below is marked as small.
    suppress_below : int, default=10
        Fewer people than that are hidden, and what would give them away (`raikit.analyses.hiding`).
    seed : int, default=7
        Of random halves and of replicates.

    Returns
    -------
    DecisionStudy, ClassStudy or QuantityStudy
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
    >>> study = performance(open_table(pd.concat([rows] * 50)), label="hired", prediction="chosen")
    >>> study.metrics().set_index("metric").loc["accuracy", "counts"]
    [100, 200]
    """
    names = {column.name for column in table.columns}
    majority = None if baseline_prediction in names else rule_of(baseline_prediction)
    kind = task if task != "auto" else task_of(table, label)
    outcome = OUTCOMES.get(kind, "label")
    asked = Question(
        label=label, prediction=prediction, score=score, threshold=threshold or None,
        positive_label=None if positive_label == "" else positive_label, features=tuple(slice_features),
        intersections=tuple(map(tuple, intersections)), references={}, pool=dict(pool or {}), weight=weight,
        cluster=cluster, primary="accuracy", confidence=confidence, min_n=min_n,
        suppress_below=suppress_below, seed=seed, analysis="performance", outcome=outcome,
        baseline="" if majority is not None else baseline_prediction,
    )  # fmt: skip
    problems = [f"performance: {problem}" for problem in _problems(asked, task, majority)]
    if problems:
        raise InputError.joined(problems)
    if outcome == "number":
        return quantity_study(table, asked)
    if outcome == "multiclass":
        return class_study(table, asked, majority=majority)
    return decision_study(table, asked, majority=majority)


def _problems(asked: Question, task: str, majority: str | None) -> Iterator[str]:
    if task not in TASKS:
        yield f"task: {task!r}; allowed: {', '.join(TASKS)}"
    if majority and majority not in asked.features:
        features = ", ".join(asked.features) or "none"
        yield f"baseline_prediction: {majority!r} is none of the slice_features: {features}"
    if asked.outcome != "label" and (asked.score or asked.threshold):
        yield f"score: {asked.score!r}; scores are looked at where the label has two values"
    if asked.outcome == "number" and majority is not None:
        yield "baseline_prediction: a quantity has no commonest value; name a column"
