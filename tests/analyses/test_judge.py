"""Judge audits on made-up verdicts; expected values by hand or from statsmodels."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from raikit.analyses.judge import JudgeStudy, judge_audit
from raikit.errors import InputError
from raikit.evidence.session import begin
from raikit.sources import open_table


def tables(**labels: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    # People: 40 fail, 60 pass among 100 audited of 200; the judge fails 30 of the 40 and 6 of the 60.
    judge = ["fail"] * 30 + ["pass"] * 10 + ["fail"] * 6 + ["pass"] * 54 + ["pass"] * 100
    human = ["fail"] * 40 + ["pass"] * 60
    log = {"item": [f"i{place}" for place in range(200)], "outcome": judge, "by": ["m1", "m2"] * 100}
    people: dict[str, object] = {"item": [f"i{place}" for place in range(100)], "human": human}
    return pd.DataFrame(log), pd.DataFrame(people | labels)


def study(labels: dict[str, object] | None = None, **given: object) -> JudgeStudy:
    log, people = tables(**({"probability": 0.5} if labels is None else labels))
    return judge_audit(open_table(log), open_table(people), **given)  # type: ignore[arg-type]


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


def test_without_inclusion_probabilities_agreement_only() -> None:
    bare = study({})
    assert bare.rates()["metric"].tolist() == ["judged_pass_rate"]
    assert bare.agreement()["metric"].tolist() == ["judge_agreement"]
    both = study().rates().set_index("metric")
    assert both.loc["judged_pass_rate", "estimate"] == pytest.approx(164 / 200)
    assert both.loc["corrected_pass_rate", "low"] < 0.65 < both.loc["corrected_pass_rate", "high"] + 0.1


def test_a_sample_by_verdict_is_weighted() -> None:
    # By hand: the judge fails 50 of 500, all audited: people fail 40. It passes 450, 90 audited (one in
    # five): people fail 9, so about 45. Sensitivity 40 / 85, specificity 405 / 415, agreement 445 / 500.
    log = {"item": list(range(500)), "outcome": ["fail"] * 50 + ["pass"] * 450}
    human = ["fail"] * 40 + ["pass"] * 10 + ["fail"] * 9 + ["pass"] * 81
    people = {"item": list(range(140)), "human": human, "probability": [1.0] * 50 + [0.2] * 90}
    made = judge_audit(open_table(pd.DataFrame(log)), open_table(pd.DataFrame(people)))
    held = made.agreement().set_index("metric")["estimate"]
    assert held["judge_sensitivity"] == pytest.approx(40 / 85)
    assert held["judge_specificity"] == pytest.approx(405 / 415)
    assert held["judge_agreement"] == pytest.approx(445 / 500)
    corrected = made.rates().set_index("metric").loc["corrected_pass_rate"]
    assert corrected["estimate"] == pytest.approx(415 / 500, abs=1e-6)
    assert corrected["low"] < 0.83 < corrected["high"] < 0.9 == made.rates()["estimate"].iloc[0]


def test_by_category_with_the_judge_and_its_instructions(tmp_path: Path) -> None:
    prompt = tmp_path / "judge.txt"
    prompt.write_text("Does the reply help with it?")
    made = study(
        category="by", grader="by", allow_graders=True, judge={"model": "judge-2", "prompt": str(prompt)}
    )
    digest = "sha256:" + hashlib.sha256(b"Does the reply help with it?").hexdigest()
    assert made.judge == {"model": "judge-2", "prompt": digest}
    held = made.agreement()
    assert held["group"].unique().tolist() == ["", "m1", "m2"]
    parts = held[held["metric"] == "judge_sensitivity"].set_index("group")["n"]
    assert parts.to_dict() == {"": 40, "m1": 20, "m2": 20}
    evidence = begin("safety", {})
    evidence.add(held)
    evidence.add(made.rates())
    said = evidence.state(made)["finding"].str.cat(sep=" ")
    assert (
        "Graded by m1, m2. The judge's model, as a person said: judge-2. The judge's instructions: " in said
    )
    assert digest in said
    with pytest.raises(InputError, match="judge: 'temperature' is not known"):
        study(judge={"temperature": "0"})


def test_several_graders_are_refused_unless_allowed() -> None:
    with pytest.raises(InputError, match="verdicts of 2 graders"):
        study(grader="by")
    assert study(grader="by", allow_graders=True).graders == ("m1", "m2")


def test_labels_needed() -> None:
    assert study().labels_needed() == -1  # 40% of the labels fail: no number shows 95%
    clean = pd.DataFrame({"item": range(50), "outcome": "pass"})
    people = clean.rename(columns={"outcome": "human"})
    held = judge_audit(open_table(clean), open_table(people), target=0.99)
    assert held.labels_needed() == 299  # the field notes' number


def test_no_audit_says_so() -> None:
    made = judge_audit(open_table(tables()[0]), None)
    assert made.agreement().empty
    assert made.rates().empty
    evidence = begin("safety", {})
    evidence.add(made.agreement())
    evidence.state(made)
    # it would lead the page, before what was found
    assert evidence.record().findings == []
    assert any("Grades are taken as right" in text for text in evidence.record().limits)


def test_without_an_audit_who_graded_leads_no_page() -> None:
    graded = tables()[0].assign(grader="judge-1")
    evidence = begin("safety", {})
    evidence.state(judge_audit(open_table(graded), None, judge={"model": "judge-1 of May"}))
    assert evidence.record().findings == []
    said = ["Graded by judge-1.", "The judge's model, as a person said: judge-1 of May."]
    assert evidence.record().limits[:2] == said


def test_answers_are_told_by_prompt_and_response_or_by_repeat() -> None:
    log = pd.DataFrame(
        {"item": ["a", "a", "b"], "prompt": ["p", "p", "q"], "response": ["x", "y", "x"],
         "repeat": [1, 2, 1], "outcome": ["pass", "fail", "pass"]}
    )  # fmt: skip
    by_text = pd.DataFrame({"question": ["p", "q"], "response": ["y", "z"], "human": ["fail", "pass"]})
    made = judge_audit(open_table(log), open_table(by_text), columns={"prompt": "question"})
    assert made.labels.rows[["judge", "human"]].values.tolist() == [[False, False]]
    assert made.labels.unmatched == 1
    by_repeat = pd.DataFrame({"item": ["a"], "repeat": [2], "human": ["pass"]})
    made = judge_audit(open_table(log), open_table(by_repeat))
    assert made.labels.rows[["judge", "human"]].values.tolist() == [[False, True]]
    with pytest.raises(InputError, match="fits several answers"):
        judge_audit(open_table(log), open_table(by_repeat.drop(columns="repeat")))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"probability": [0.0] + [0.5] * 99}, "needs a probability above 0"),
        ({"item": [f"other {place}" for place in range(100)]}, "no label fits an answer"),
        ({"human": ["pass", "fail", "unsure", "pass"] * 25}, "more than two values"),
        ({"human": [None] * 100}, "no verdict of a person"),
    ],
)
def test_wrong_audits_are_refused(labels: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        study(labels)


def test_demo_interval_holds_the_rate_of_all_ratings() -> None:
    check = "demo:harm-checks?check=better-profanity"
    made = judge_audit(open_table(check), open_table(f"{check}&audited=yes"), category="category")
    ratings = open_table("demo:harm-ratings").to_pandas()
    safe = (ratings[["rater_1", "rater_2", "rater_3"]].median(axis=1) < 0.5).mean()
    row = made.rates().set_index("metric").loc["corrected_pass_rate"].iloc[0]
    assert row["low"] < safe < row["high"]
    # The field notes: better-profanity finds 27% and 18% of what people call hate and violence.
    found = made.agreement().set_index(["metric", "group"])
    for group, share in (("hate speech", 31 / 116), ("violence", 17 / 93)):
        held = found.loc[("judge_sensitivity", group)]
        assert held["low"] < share < held["high"]
