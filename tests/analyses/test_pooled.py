"""How many windows together can tell; the power at that number and one below it is scipy's."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import ncx2

import raikit
from raikit.evidence.session import begin
from raikit.sources import open_table
from raikit.sources.table import Table


def table(days: int, a_day: int, start: str) -> Table:
    n = days * a_day
    draw = np.random.default_rng(n)
    when = pd.date_range(start, periods=days).repeat(a_day)
    return open_table(pd.DataFrame({"day": when, "half": draw.choice(["a", "b"], n)}))


def power(reference: int, rows: int) -> float:
    """Return how often two samples with w .10 are called material against .05, with one degree of freedom."""
    scale = reference * rows / (reference + rows)
    critical = ncx2.isf(0.05, 1, scale * 0.05**2)
    return float(ncx2.sf(critical, 1, scale * 0.10**2))


def test_as_many_windows_as_give_the_power_and_no_more() -> None:
    before = table(40, 1_000, "2025-01-01")
    for a_day, shows in ((100, "one window shows .3"), (8, "one window shows nothing")):
        study = raikit.drift(
            before, table(6, a_day, "2025-03-01"), timestamp="day", window="day", domain_sample=0
        )
        (held,) = study.together().to_dict("records")
        windows = int(held["together"])
        assert held["rows"] == a_day
        assert held["rows_together"] == windows * a_day
        assert power(40_000, windows * a_day) >= 0.8 > power(40_000, (windows - 1) * a_day)
        evidence = begin("drift", {})
        for frame in (study.distances(), study.windows(), study.pages()):
            evidence.add(frame)
        evidence.state(study)
        (said,) = [text for text in evidence.record().limits if "could not be given" in text]
        assert said.startswith(f"{held['undecided']} of 6 verdicts on features in windows could not be given")
        assert f"half {windows:,} ({windows * a_day:,} rows; {shows}" in said


def test_a_small_reference_is_said_to_be_one() -> None:
    tables = table(3, 100, "2025-01-01"), table(3, 100, "2025-03-01")
    study = raikit.drift(*tables, timestamp="day", window="day", domain_sample=0)
    assert power(300, 10**9) < 0.8
    assert study.together()["together"].isna().all()


def test_without_undecided_windows_there_is_nothing_to_say() -> None:
    tables = table(4, 20_000, "2025-01-01"), table(2, 20_000, "2025-03-01")
    assert raikit.drift(*tables, timestamp="day", window="day", domain_sample=0).together().empty


def test_a_window_whose_levels_are_all_rare_is_judged_by_neighbours_together() -> None:
    before = open_table(pd.DataFrame({"x": [*"abcdefghij"] * 400}))
    after = open_table(pd.DataFrame({"x": [*"abcde"] * 6}))  # 30 rows, 3 of a level expected
    (shift,) = raikit.drift(before, after, domain_sample=0).shifts
    assert shift.verdict == "material"
