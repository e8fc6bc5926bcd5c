"""Pass rates on made-up logs; expected values by hand, from scipy, statsmodels or the field notes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import binomtest

import raikit
from raikit.analyses.safety_study import SafetyStudy
from raikit.errors import InputError
from raikit.evidence.session import begin
from raikit.sources import open_table


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_THE_TEST", "0123456789abcdef")


def study(rows: dict[str, list[object]], **given: object) -> SafetyStudy:
    settings = {"outcome": "outcome", "prompt": "prompt", "anchors": "env:KEY_OF_THE_TEST"} | given
    return raikit.safety(open_table(pd.DataFrame(rows)), **settings)  # type: ignore[arg-type]


def log(passes: int, failures: int = 0) -> dict[str, list[object]]:
    count = passes + failures
    return {"prompt": [f"p{i}" for i in range(count)], "outcome": ["pass"] * passes + ["fail"] * failures}


@pytest.mark.parametrize(("passes", "failures"), [(0, 15), (85, 0), (133, 15), (7, 3)])
def test_bounds_are_those_of_statsmodels(passes: int, failures: int) -> None:
    from statsmodels.stats.proportion import proportion_confint

    rows = log(passes, failures)
    if not passes:
        rows = {"prompt": [*rows["prompt"], "q"], "outcome": [*rows["outcome"], "pass"]}
        passes = 1
    row = study(rows).rates().iloc[0]
    expected = proportion_confint(passes, passes + failures, method="beta")
    assert (row["low"], row["high"]) == pytest.approx(expected, abs=1e-9)
    assert row["counts"] == [passes, passes + failures]


@pytest.mark.parametrize(("failures", "needed"), [(0, 299), (1, 473), (2, 628), (3, 773)])
def test_prompts_needed_for_ninety_nine_percent(failures: int, needed: int) -> None:
    # the numbers that the field notes list, one-sided at 95%
    made = study(log(60, failures), target=0.99).needed().iloc[0]
    assert made["passes still needed"] == needed - 60 - failures


def test_repeats_count_once_by_the_worst() -> None:
    rows = {
        "prompt": ["a", "a", "a", "b", "b", "c", "d"],
        "outcome": ["pass", "pass", "fail", "pass", "pass", "fail", None],
    }
    made = study(rows)
    assert made.rates().iloc[0]["counts"] == [1, 3]
    assert made.graded().iloc[0].to_dict() == {"passed": 1, "total": 3, "ungraded": 1}
    assert made.failures()[["rows that fail", "rows graded"]].values.tolist() in (
        [[1, 3], [1, 1]],
        [[1, 1], [1, 3]],
    )


def test_missing_grades_are_bounded_not_dropped_in_silence() -> None:
    evidence = begin("safety", {})
    made = study({"prompt": ["a", "b", "c", "d"], "outcome": ["pass", "pass", "fail", None]})
    evidence.add(made.rates())
    evidence.state(made)
    # by hand: 2 of 4 if the ungraded one failed, 3 of 4 if it passed
    assert any(
        "had all failed the rate were 50%, had all passed 75%" in text for text in evidence.record().limits
    )


def test_missing_grades_leave_limits_that_hold_whatever_they_are() -> None:
    """Four prompts: a passes, b fails, c has no grade, of d one repeat passes and one has no grade."""
    made = study({
        "prompt": ["a", "b", "c", "d", "d"], "outcome": ["pass", "fail", None, "pass", None],
        "category": ["x", "x", "y", "y", "y"],
    }, slices=["category"], min_n=1, target=0.1)  # fmt: skip
    rows = made.bounds().set_index("group")
    assert set(rows["metric"]) == {"bounded_pass_rate"}
    # a alone passes in the worst case, a, c and d in the best: limits from scipy's exact interval
    worst, best = (binomtest(count, 4).proportion_ci(method="exact") for count in (1, 3))
    assert rows.loc["", ["estimate", "low", "high"]].tolist() == pytest.approx([2 / 3, worst.low, best.high])
    assert (
        rows.loc["x", ["low", "high"]].tolist()
        == made.rates().set_index("group").loc["x", ["low", "high"]].tolist()
    )
    assert rows.loc["y", ["low", "high"]].tolist() == [0, 1]  # none of two, two of two
    evidence = begin("safety", {})
    evidence.add(made.rates())
    evidence.add(made.bounds())
    evidence.state(made)
    (said,) = [each for each in evidence.record().findings if "Whatever those grades are" in each.text]
    assert said.text.startswith("Of 4 prompts, 2 lack a grade")
    assert "not shown in the worst case" in said.text
    assert said.results == ["bounded_pass_rate"]


def test_one_row_a_prompt_is_no_repeat_and_one_prompt_lacks() -> None:
    made = study({"prompt": ["a", "b", "c", "d"], "outcome": ["pass", "pass", "fail", None]})
    evidence = begin("safety", {})
    evidence.add(made.rates())
    evidence.add(made.bounds())
    evidence.state(made)
    said = [each.text for each in evidence.record().findings]
    assert said[0].startswith("2 of 3 prompts pass")
    assert "rows were graded" not in said[0]  # 3 rows of 3 prompts; the fourth has no grade
    assert said[1].startswith("Of 4 prompts, 1 lacks a grade in a row or more.")
    assert any(
        text.startswith("Left out is 1 prompt of 4 without a grade") for text in evidence.record().limits
    )
    repeated = study({"prompt": ["a", "a", "b", "b"], "outcome": ["pass", "fail", "pass", None]})
    again = begin("safety", {})
    again.add(repeated.rates())
    again.state(repeated)
    assert "3 rows were graded; a prompt passes when all its rows do." in again.record().findings[0].text


def test_no_bounds_where_every_row_has_a_grade() -> None:
    assert study(log(5, 2)).bounds().empty


def test_without_a_prompt_each_row_stands_for_itself() -> None:
    made = study(log(5, 2) | {"prompt": ["same"] * 7}, prompt="")
    assert made.rates().iloc[0]["counts"] == [5, 7]
    assert any("No prompt column was named" in text for text in _limits(made))


def _limits(made: SafetyStudy) -> list[str]:
    evidence = begin("safety", {})
    evidence.state(made)
    return evidence.record().limits


def test_no_text_from_data_gets_out() -> None:
    secret = "please tell me how to do the unspeakable thing"
    rows = {
        "prompt": [f"{secret} {i}" for i in range(60)],
        "category": [f"{secret} in a long label of a category number {i % 2}" for i in range(60)],
        "outcome": ["pass", "fail"] * 30,
    }
    made = study(rows, slices=["category"])
    evidence = begin("safety", {})
    evidence.add(made.rates())
    shown = evidence.state(made).to_string() + made.needed().to_string() + made.failures().to_string()
    assert "unspeakable" not in shown + evidence.record().model_dump_json()
    assert len(made.failures()) == 30


def test_same_prompt_same_anchor_under_one_key_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, again = study(log(1, 2)), study(log(1, 2))
    assert first.failures().equals(again.failures())
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    own = study(log(1, 2), anchors="")
    assert not set(own.failures()["prompt"]) & set(first.failures()["prompt"])


def test_groups_without_grades_are_undefined() -> None:
    rows = {"prompt": ["a", "b"], "set": ["x", "y"], "outcome": ["pass", None]}
    made = study(rows, slices=["set"])
    assert made.rates()["status"].tolist() == ["small", "small", "undefined"]
    evidence = begin("safety", {})
    evidence.add(made.rates())
    assert evidence.results[-1].estimate is None
    made.needed()


def test_demo_counts_are_those_of_the_files() -> None:
    rows = open_table("demo:refusals").to_pandas(["prompt", "category", "outcome"])
    expected = rows.assign(ok=rows["outcome"] == "pass").groupby(["category", "prompt"])["ok"].all()
    expected = expected.groupby("category").agg(["sum", "count"])
    made = raikit.safety(
        open_table("demo:refusals"), outcome="outcome", prompt="prompt", slices=["category"]
    ).rates()
    found = {
        held["category"]: counts for held, counts in zip(made["slice"], made["counts"], strict=True) if held
    }
    assert found == {name: [row["sum"], row["count"]] for name, row in expected.iterrows()}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target": 1.0}, "target: came 1.0"),
        ({"passed": "ok"}, "passed: no row has outcome 'ok'; allowed: 'fail', 'pass'"),
        ({"prompt": "promt"}, "no column 'promt'; did you mean 'prompt'"),
        ({"anchors": "mykey"}, "anchor_key: not a reference"),
    ],
)
def test_wrong_choices_are_refused_in_a_sentence(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        study(log(3, 1), **changes)


def test_mean_over_repeats_is_as_wide_as_the_prompts_allow() -> None:
    from statsmodels.stats.proportion import proportion_confint

    # five repeats each, all alike within a prompt: worth 40 rows, not 200 (by hand)
    rows = {
        "prompt": [f"p{i}" for i in range(40) for _ in range(5)],
        "outcome": ["pass"] * 195 + ["fail"] * 5,
    }
    row = study(rows).repeats().iloc[0]
    assert row["estimate"] == pytest.approx(195 / 200)
    assert row["n"] in (39, 40)
    low, high = proportion_confint(39, 40, method="beta")
    assert row["low"] == pytest.approx(low, abs=0.01)
    assert row["high"] == pytest.approx(high, abs=0.01)


def test_crossed_slices_over_refusal_and_failure_modes() -> None:
    rows = {
        "prompt": list("abcdef"),
        "category": ["x", "x", "y", "y", "y", "x"],
        "attack": ["none", "role", "none", "role", "role", "role"],
        "expected": ["refuse", "refuse", "refuse", "refuse", "answer", "answer"],
        "severity": ["high", "low", "low", "high", "low", "low"],
        "outcome": ["fail", "pass", "pass", "fail", "fail", "pass"],
    }
    made = study(rows, slices=["category × attack"], expected="expected", severity="severity")
    counts = {held["group"]: held["counts"] for held in made.rates().to_dict("records")}
    assert counts == {
        "": [3, 6], "x × none": [0, 1], "x × role": [2, 2], "y × none": [1, 1], "y × role": [0, 2],
    }  # fmt: skip
    found = made.refusals().set_index("metric")["counts"].to_dict()
    assert found == {"under_blocking_rate": [2, 4], "over_refusal_rate": [1, 2]}
    modes = made.failure_modes({"high": 5.0, "low": 1.0})
    assert modes["weight"].tolist() == [5.0, 5.0, 1.0]
    with pytest.raises(InputError, match="no weight for 'low'"):
        made.failure_modes({"high": 5.0})
