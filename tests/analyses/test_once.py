"""Frames made once: by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from raikit.analyses.once import once


@dataclass(frozen=True)
class Study:
    n: int

    @once
    def rates(self) -> pd.DataFrame:
        return pd.DataFrame({"n": [self.n]})


def test_a_changed_frame_is_the_callers_own() -> None:
    study = Study(1)
    mine = study.rates()
    mine["n"] = 7
    assert study.rates()["n"].tolist() == [1]


def test_another_study_has_frames_of_its_own() -> None:
    study = Study(1)
    assert study.rates()["n"].tolist() == [1]
    assert replace(study, n=2).rates()["n"].tolist() == [2]
    assert study == Study(1)
