"""Judge audit: how often a judge agrees with people, and the rate that people would have found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from raikit.errors import InputError
from raikit.stats.audited import corrected_rate
from raikit.stats.intervals import wilson_interval
from raikit.stats.sample_size import passes_needed

if TYPE_CHECKING:
    from raikit.sources.table import Table


@dataclass(frozen=True)
class JudgeStudy:
    """What `judge_audit` returns.

    Attributes
    ----------
    rows : pandas.DataFrame
        All rows: judge (True passes), human (True, False or None), probability (NaN: not known), category.
    graders : tuple of str
        Names of the judges in the log.
    sampled : bool
        Whether inclusion probabilities are known: only then is a rate corrected.
    target : float
        The pass rate to be shown.
    """

    question: ClassVar[str] = "judge"

    rows: pd.DataFrame
    graders: tuple[str, ...]
    sampled: bool
    target: float
    confidence: float
    min_n: int

    @property
    def audited(self) -> pd.DataFrame:
        """The rows that people graded."""
        return self.rows[self.rows["human"].notna()]

    def agreement(self) -> pd.DataFrame:
        """Return sensitivity, specificity and agreement of the judge, overall and by category.

        Returns
        -------
        pandas.DataFrame
            Result form, Wilson intervals on the audited rows as they are. `judge_sensitivity`: of what
            people fail, the share that the judge fails; `judge_specificity`: of what people pass, the share
            that it passes.
        """
        held = self.audited
        parts: list[tuple[dict[str, str], pd.DataFrame]] = [({}, held)]
        parts += [({"category": str(name)}, part) for name, part in held.groupby("category", dropna=True)]
        rows = []
        for slice_, part in parts:
            judge, human = part["judge"].to_numpy(bool), part["human"].to_numpy(bool)
            rows += [
                self._row("judge_sensitivity", slice_, int((~judge & ~human).sum()), int((~human).sum())),
                self._row("judge_specificity", slice_, int((judge & human).sum()), int(human.sum())),
                self._row("judge_agreement", slice_, int((judge == human).sum()), len(part)),
            ]
        return pd.DataFrame(rows)

    def rates(self) -> pd.DataFrame:
        """Return the judge's pass rate as it is, and corrected by the audit where that is possible.

        Returns
        -------
        pandas.DataFrame
            Result form: `judged_pass_rate`, and `corrected_pass_rate` with inclusion probabilities.
        """
        judge = self.rows["judge"].to_numpy(bool)
        rows = [self._row("judged_pass_rate", {}, int(judge.sum()), len(judge))]
        if self.sampled:
            held = self.audited
            found = corrected_rate(
                int(judge.sum()), len(judge), held["judge"].to_numpy(bool), held["human"].to_numpy(bool),
                held["probability"].to_numpy(float), confidence=self.confidence,
            )  # fmt: skip
            rows.append(
                {"metric": "corrected_pass_rate", "slice": {}, "n": len(held), **found.interval._asdict(),
                 "confidence": self.confidence, "method": found.method, "counts": None, "group": "",
                 "status": "small" if len(held) < self.min_n else "ok"}
            )  # fmt: skip
        return pd.DataFrame(rows)

    def labels_needed(self) -> int:
        """Return how many independent labels, none or as few failing as now, would show the target.

        Returns
        -------
        int
            Labels in all, one-sided exact; -1 when no number would.
        """
        human = self.audited["human"].to_numpy(bool)
        share = float((~human).mean()) if len(human) else 0.0
        if share >= 1 - self.target:
            return -1
        labels = passes_needed(self.target, confidence=self.confidence)
        for _ in range(100):  # each round's failures ask for more labels; below the target it settles
            failures = int(share * labels)
            more = passes_needed(self.target, failures=failures, confidence=self.confidence)
            if more <= labels:
                return labels
            labels = more
        return -1

    def _row(self, metric: str, slice_: dict[str, str], success: int, total: int) -> dict[str, Any]:
        interval = wilson_interval(success, total, confidence=self.confidence)
        status = "undefined" if not total else "small" if total < self.min_n else "ok"
        return {
            "metric": metric, "slice": slice_, "n": total, **interval._asdict(),
            "confidence": self.confidence, "method": "wilson", "status": status, "counts": [success, total],
            "group": " × ".join(slice_.values()),
        }  # fmt: skip


def judge_audit(
    log: Table,
    *,
    judge: str,
    human: str,
    passed: Any = "pass",
    probability: str = "",
    category: str = "",
    grader: str = "",
    allow_graders: bool = False,
    target: float = 0.95,
    confidence: float = 0.95,
    min_n: int = 30,
) -> JudgeStudy:
    """Compare a judge's verdicts with those of people on a sample.

    Parameters
    ----------
    log : Table
        One row an answer that the judge graded.
    judge, human : str
        Columns of verdicts; `human` is missing where nobody looked.
    passed : object
        The value that is a pass, in both.
    probability : str
        Column: with which probability each row came into the sample. Without it only agreement is told.
    category, grader : str
        Columns: agreement is told by category; judge models and prompts.
    allow_graders : bool
        Take several graders together all the same; the page says so.
    target, confidence, min_n
        As in `safety`.

    Returns
    -------
    JudgeStudy
        Rows without a verdict of the judge are left out.

    Raises
    ------
    InputError
        If columns are absent, nobody graded anything, a probability is out of range, or several graders are
        mixed.

    Examples
    --------
    >>> import pandas as pd
    >>> from raikit.sources import open_table
    >>> rows = {"judge": ["pass", "fail"] * 50, "human": ["pass", "fail", "pass", None] * 25}
    >>> study = judge_audit(open_table(pd.DataFrame(rows)), judge="judge", human="human")
    >>> study.agreement()["estimate"].tolist()
    [1.0, 1.0, 1.0]
    """
    named = {
        "judge": judge,
        "human": human,
        "probability": probability,
        "category": category,
        "grader": grader,
    }
    columns = {role: log.column(name).name for role, name in named.items() if name}
    held = log.to_pandas(list(dict.fromkeys(columns.values())))
    rows = pd.DataFrame({role: held[name] for role, name in columns.items()})
    rows = rows[rows["judge"].notna()].reset_index(drop=True)
    graders = tuple(sorted(map(str, rows["grader"].dropna().unique()))) if grader else ()
    if len(graders) > 1 and not allow_graders:
        raise InputError(
            f"audit: the log holds verdicts of {len(graders)} graders; one audit describes one: keep one, or "
            "allow it by allow_graders"
        )
    for name in ("judge", "human"):
        rows[name] = (rows[name] == passed).astype(object).where(rows[name].notna(), None)
    if not rows["human"].notna().any():
        raise InputError(f"audit: column {human!r} holds no verdict of a person; at least one is needed")
    rows["probability"] = rows["probability"].astype(float) if probability else np.nan
    rows["category"] = rows["category"] if category else None
    chance = rows.loc[rows["human"].notna(), "probability"]
    if probability and not ((chance > 0) & (chance <= 1)).all():
        raise InputError(f"audit: {probability!r}: audited rows need a probability above 0 and at most 1")
    return JudgeStudy(rows, graders, bool(probability), target, confidence, min_n)
