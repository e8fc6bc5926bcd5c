"""Judge audits on made-up verdicts; expected values by hand or from statsmodels."""

from __future__ import annotations

import pandas as pd
import pytest

from raikit.analyses.judge import JudgeStudy, judge_audit
from raikit.errors import InputError
from raikit.sources import open_table


def study(**given: object) -> JudgeStudy:
    # People: 40 fail, 60 pass among 100 audited of 200; the judge fails 30 of the 40 and 6 of the 60.
    judge = ["fail"] * 30 + ["pass"] * 10 + ["fail"] * 6 + ["pass"] * 54 + ["pass"] * 100
    human = ["fail"] * 40 + ["pass"] * 60 + [None] * 100
    rows = {"judge": judge, "human": human, "chance": [0.5] * 200, "by": ["m1", "m2"] * 100}
    return judge_audit(open_table(pd.DataFrame(rows)), judge="judge", human="human", **given)  # type: ignore[arg-type]


def test_agreement_by_hand_and_statsmodels() -> None:
    from statsmodels.stats.proportion import proportion_confint

    held = study().agreement().set_index("metric")
    expected = {"judge_sensitivity": (30, 40), "judge_specificity": (54, 60), "judge_agreement": (84, 100)}
    for metric, counts in expected.items():
        row = held.loc[metric]
        assert row["estimate"] == pytest.approx(counts[0] / counts[1])
        assert (row["low"], row["high"]) == pytest.approx(
            proportion_confint(*counts, method="wilson"), abs=1e-9
        )


def test_no_corrected_rate_without_inclusion_probabilities() -> None:
    assert study().rates()["metric"].tolist() == ["judged_pass_rate"]
    both = study(probability="chance").rates().set_index("metric")
    assert both.loc["judged_pass_rate", "estimate"] == pytest.approx(164 / 200)
    assert both.loc["corrected_pass_rate", "low"] < 0.65 < both.loc["corrected_pass_rate", "high"] + 0.1


def test_several_graders_are_refused_unless_allowed() -> None:
    with pytest.raises(InputError, match="verdicts of 2 graders"):
        study(grader="by")
    assert study(grader="by", allow_graders=True).graders == ("m1", "m2")


def test_labels_needed() -> None:
    assert study().labels_needed() == -1  # 40% of the labels fail: no number shows 95%
    clean = {"judge": ["pass"] * 50, "human": ["pass"] * 50}
    held = judge_audit(open_table(pd.DataFrame(clean)), judge="judge", human="human", target=0.99)
    assert held.labels_needed() == 299  # the field notes' number


def test_wrong_audits_are_refused() -> None:
    rows = pd.DataFrame({"judge": ["pass"] * 3, "human": ["pass"] * 3, "chance": [0.5, 0.0, 1.0]})
    with pytest.raises(InputError, match="audited rows need a probability"):
        judge_audit(open_table(rows), judge="judge", human="human", probability="chance")
