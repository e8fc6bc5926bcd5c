"""What was asked of the question of drift, and what can't be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from raikit.analyses.windows import WINDOWS
from raikit.sources.check import Role

if TYPE_CHECKING:
    from raikit.sources.table import Table


@dataclass(frozen=True)
class DriftChoices:
    """What was asked of `drift`; the fields are its parameters."""

    timestamp: str
    split: str
    window: str
    label: str
    prediction: str
    score: str
    segment: str
    groups: tuple[str, ...]
    key: str
    positive_label: Any
    min_effect: float
    confidence: float
    min_n: int
    suppress_below: int
    domain_sample: int
    budget: float
    seed: int
    chunk_rows: int = 0
    texts: tuple[str, ...] = ()
    embedder: str = ""
    text_sample: int = 20_000
    reveal: str = "none"

    @property
    def followed(self) -> list[str]:
        """Columns whose values' rates are followed over time: groups, and the segment if there is one."""
        return list(dict.fromkeys([*self.groups, *([self.segment] if self.segment else [])]))

    def problems(self, current: Table | None) -> list[str]:
        """Return a sentence for each choice that can't stand.

        Parameters
        ----------
        current : Table or None
            The second table, if there is one.

        Returns
        -------
        list of str
            Empty when all is well.
        """
        day = pd.to_datetime(self.split or "NaT", errors="coerce", format="ISO8601")
        came = "neither" if current is None else "both"
        checks = {
            f"{came} of current and split came; allowed: one of them": (current is None) == bool(self.split),
            "split needs the parameter timestamp, the column that it divides": self.timestamp
            or not self.split,
            f"split: came {self.split!r}; allowed: a date such as '2015-07-01'": not self.split
            or not pd.isna(day),
            f"window: came {self.window!r}; allowed: {', '.join(WINDOWS)}": self.window in WINDOWS,
            f"min_effect: came {self.min_effect}; allowed: a number above 0, such as 0.05": self.min_effect
            > 0,
            "score needs the parameter label, the outcome that it is compared with": self.label
            or not self.score,
            "groups need the parameters timestamp, label and prediction": not self.groups
            or (self.timestamp and self.label and self.prediction),
            f"domain_sample: came {self.domain_sample}; allowed: 0 (none) or at least 100 rows a side": (
                self.domain_sample == 0 or self.domain_sample >= 100
            ),
            f"chunk_rows: came {self.chunk_rows}; allowed: 0 (none) or rows of a chunk, above 0": (
                self.chunk_rows >= 0
            ),
            "chunk_rows and timestamp came; allowed: windows of rows or of time, not both": not (
                self.chunk_rows and self.timestamp
            ),
            f"text_sample: came {self.text_sample}; allowed: 0 (none) or at least 100 rows a side": (
                self.text_sample == 0 or self.text_sample >= 100
            ),
            "embedder needs the parameters texts, the columns that it reads, and text_sample": (
                not self.embedder or (self.texts and self.text_sample)
            ),
            f"reveal: came {self.reveal!r}; allowed: none (words stand as anchors) or words": (
                self.reveal in ("none", "words")
            ),
            f"budget: came {self.budget}; allowed: false pages a quarter, above 0": self.budget > 0,
        }
        return [f"drift: {text}" for text, fine in checks.items() if not fine]

    def roles(self, features: Sequence[str]) -> list[Role]:
        """Return what each named column is used for.

        Parameters
        ----------
        features : sequence of str
            Columns to compare.

        Returns
        -------
        list of Role
            For `raikit.sources.check`.
        """
        kinds = {"timestamp": "timestamp", "label": "label", "prediction": "prediction", "score": "score",
                 "segment": "group", "key": "any"}  # fmt: skip
        named = [Role(name, getattr(self, name), kind) for name, kind in kinds.items() if getattr(self, name)]
        named += [Role("groups", name, "group") for name in self.groups]
        return named + [Role("features", name, "any") for name in features]
