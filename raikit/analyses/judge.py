"""Judge audit: how often a judge agrees with people, and the rate that people would have found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from raikit.analyses.audit_labels import Labels, audit_labels
from raikit.analyses.once import once
from raikit.errors import InputError
from raikit.stats.audited import audited_share, corrected_rate
from raikit.stats.intervals import wilson_interval
from raikit.stats.sample_size import passes_needed

if TYPE_CHECKING:
    from raikit.sources.table import Table


@dataclass(frozen=True)
class JudgeStudy:
    """What `judge_audit` returns.

    Attributes
    ----------
    labels : Labels
        The audited rows, and what the judge says of all; empty where nobody audited.
    graders : tuple of str
        The judges in the log, with their versions.
    judge : mapping of str to str
        What a person said of the judge: its model, and the digest of its instructions.
    target : float
        The pass rate to be shown.
    """

    question: ClassVar[str] = "judge"

    labels: Labels
    graders: tuple[str, ...]
    judge: Mapping[str, str]
    target: float
    confidence: float
    min_n: int

    @once
    def agreement(self) -> pd.DataFrame:
        """Return how far the judge and people agree, overall and by category.

        Returns
        -------
        pandas.DataFrame
            Result form. `judge_agreement`; with inclusion probabilities also `judge_sensitivity`: of what
            people fail, the share that the judge fails, and `judge_specificity`: of what people pass, the
            share that it passes, all weighted by these probabilities. Without them the rows as they are.
        """
        rows = []
        for slice_, part, _ in self._parts():
            judge, human = part["judge"].to_numpy(bool), part["human"].to_numpy(bool)
            rows.append(self._share("judge_agreement", slice_, judge == human, human | ~human, part))
            if self.labels.sampled:
                rows.append(self._share("judge_sensitivity", slice_, ~judge, ~human, part))
                rows.append(self._share("judge_specificity", slice_, judge, human, part))
        return _frame(rows)

    @once
    def rates(self) -> pd.DataFrame:
        """Return the judge's pass rate as it is, and corrected by the audit where that is possible.

        Returns
        -------
        pandas.DataFrame
            Result form, of rows, overall and by category: `judged_pass_rate`, and `corrected_pass_rate` with
            inclusion probabilities.
        """
        rows = []
        for slice_, part, (passed, total) in self._parts():
            interval = wilson_interval(passed, total, confidence=self.confidence)
            rows.append(self._row("judged_pass_rate", slice_, total, interval, "wilson", [passed, total]))
            if self.labels.sampled:
                found = corrected_rate(
                    passed, total, part["judge"].to_numpy(bool), part["human"].to_numpy(bool),
                    part["probability"].to_numpy(float), confidence=self.confidence,
                )  # fmt: skip
                rows.append(
                    self._row("corrected_pass_rate", slice_, len(part), found.interval, found.method, None)
                )
        return _frame(rows)

    def results(self) -> pd.DataFrame:
        """Return `rates` and `agreement` together.

        Returns
        -------
        pandas.DataFrame
            Result form; empty without an audit.
        """
        frames = [frame for frame in (self.rates(), self.agreement()) if len(frame)]
        return pd.concat(frames, ignore_index=True) if frames else self.rates()

    def needed(self) -> pd.DataFrame:
        """Return how many labels there are, and how many would show the target.

        Returns
        -------
        pandas.DataFrame
            Columns "answers that people graded", target, "labels needed": drawn at random and failing as
            often as now.
        """
        needed = self.labels_needed()
        row = (len(self.labels.rows), self.target, f"{needed:,}" if needed > 0 else "no number would do")
        return pd.DataFrame([row], columns=["answers that people graded", "target", "labels needed"])

    def labels_needed(self) -> int:
        """Return how many labels, drawn at random and failing as often as now, would show the target.

        Returns
        -------
        int
            Labels in all, one-sided exact; -1 when no number would.
        """
        human = self.labels.rows["human"].to_numpy(bool)
        share = float((~human).mean()) if len(human) else 0.0
        if self.labels.sampled:
            share = 1 - float(
                self.rates().set_index("metric").loc[["corrected_pass_rate"], "estimate"].iloc[0]
            )
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

    def _parts(self) -> Iterator[tuple[dict[str, str], pd.DataFrame, tuple[int, int]]]:
        """Yield slice, audited rows, and what the judge passes of how many: all, then each category."""
        held = self.labels
        if held.rows.empty:
            return
        yield {}, held.rows, held.judged()
        for name in sorted(held.rows["category"].dropna().unique()):
            yield {held.category: name}, held.rows[held.rows["category"] == name], held.judged(name)

    def _share(
        self, metric: str, slice_: dict[str, str], hit: Any, base: Any, part: pd.DataFrame
    ) -> dict[str, Any]:
        chance = part["probability"].to_numpy(float) if self.labels.sampled else np.ones(len(part))
        interval = audited_share(hit, base, chance, confidence=self.confidence)
        even = bool(np.ptp(chance) == 0)
        method = "wilson" if even else "weighted, MOVER"
        counts = [int((hit & base).sum()), int(base.sum())] if even else None
        return self._row(metric, slice_, int(base.sum()), interval, method, counts)

    def _row(
        self, metric: str, slice_: dict[str, str], total: int, interval: Any, method: str, counts: Any
    ) -> dict[str, Any]:
        status = "undefined" if np.isnan(interval.estimate) else "small" if total < self.min_n else "ok"
        return {
            "metric": metric, "slice": slice_, "compared": None, "n": total, **interval._asdict(),
            "confidence": self.confidence, "method": method, "status": status, "counts": counts,
            "group": " × ".join(slice_.values()),
        }  # fmt: skip


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    columns = [
        "metric",
        "slice",
        "compared",
        "n",
        "estimate",
        "low",
        "high",
        "confidence",
        "method",
        "status",
    ]
    return pd.DataFrame(rows, columns=[*columns, "counts", "group"])


def judge_audit(
    log: Table,
    audit: Table | None,
    *,
    outcome: str = "outcome",
    passed: Any = "pass",
    columns: Mapping[str, str] | None = None,
    category: str = "",
    grader: str = "",
    judge: Mapping[str, str] | None = None,
    allow_graders: bool = False,
    target: float = 0.95,
    confidence: float = 0.95,
    min_n: int = 30,
    anchors: str = "",
) -> JudgeStudy:
    """Compare a judge's verdicts with those of people on a sample.

    Parameters
    ----------
    log : Table
        One row an answer that the judge graded.
    audit : Table or None
        One row an answer that people graded too: what tells which (`item`, or `prompt` and `response`, and
        `repeat` where an item was asked several times), `human`, and, for corrected rates, the `probability`
        with which it came into the sample. None where nobody audited: the study is empty and says so.
    outcome : str
        The judge's verdict in the log; rows without one are left out.
    passed : object
        The value that is a pass, in both.
    columns : mapping of str to str, optional
        Names that the audit has for `item`, `prompt`, `response`, `repeat`, `human`, `probability`.
    category, grader : str
        Columns of the log: agreement is told by category; who graded. Without `grader` the log's own column
        of that name, where it has one.
    judge : mapping of str to str, optional
        What the log may not say: `model`, and `prompt`, the file of the judge's instructions or their text.
    allow_graders : bool
        Take several graders together all the same; the page says so.
    target, confidence, min_n, anchors
        As in `safety`.

    Returns
    -------
    JudgeStudy
        Results as data frames; `Evidence.state` words them.

    Raises
    ------
    InputError
        If columns are absent, no label fits a row, a label fits several, a probability is out of range, or
        several graders are mixed.

    Examples
    --------
    >>> import pandas as pd
    >>> from raikit.sources import open_table
    >>> rows = {"item": range(100), "outcome": ["pass", "fail"] * 50}
    >>> people = {"item": range(50), "human": ["pass", "fail"] * 25, "probability": 0.5}
    >>> study = judge_audit(open_table(pd.DataFrame(rows)), open_table(pd.DataFrame(people)))
    >>> study.agreement()["estimate"].tolist()
    [1.0, 1.0, 1.0]
    """
    from raikit.analyses.graders import graders_of, instructions

    log.column(outcome)
    graders = graders_of(log, grader, anchors=anchors)
    if audit is not None and len(graders) > 1 and not allow_graders:
        raise InputError(
            f"audit: the log holds verdicts of {len(graders)} graders; one audit describes one: keep one, or "
            "allow it by allow_graders"
        )
    labels = audit_labels(
        log, audit, outcome=outcome, passed=passed, columns=columns or {}, category=category, anchors=anchors
    )
    return JudgeStudy(labels, graders, instructions(judge or {}), target, confidence, min_n)
