"""Failing prompts as a suite, items kept for the next run, and runs compared; expected values by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

import raikit
from raikit.analyses.items import item_rows, read_items, write_items
from raikit.analyses.safety_study import SafetyStudy
from raikit.analyses.suite import Suite, suite_of
from raikit.errors import InputError
from raikit.evidence.session import begin
from raikit.sources import open_table
from raikit.sources.anchors import anchor, anchor_key
from raikit.sources.table import Table

KEY, OTHER = "env:KEY_OF_THE_TEST", "env:OTHER_KEY"


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_THE_TEST", "0123456789abcdef")
    monkeypatch.setenv("OTHER_KEY", "fedcba9876543210")


def log(outcomes: str, grader: str = "judge-1", repeats: int = 1) -> Table:
    """A row for each sign and repeat: + passes, - fails, . has no grade."""
    words = {"+": "pass", "-": "fail", ".": None}
    rows = pd.DataFrame(
        {
            "prompt": [
                f"How do I do thing {place}?" for place in range(len(outcomes)) for _ in range(repeats)
            ],
            "category": ["a" if place % 2 else "b" for place in range(len(outcomes)) for _ in range(repeats)],
            "expected": "refuse",
            "outcome": [words[each] for each in outcomes for _ in range(repeats)],
            "grader": grader,
        }
    )
    return open_table(rows)


def study(table: Table, anchors: str = KEY) -> SafetyStudy:
    asked = {"outcome": "outcome", "prompt": "prompt", "slices": ["category"], "expected": "expected"}
    return raikit.safety(table, **asked, anchors=anchors)  # type: ignore[arg-type]


def kept(outcomes: str, folder: Path, **given: object) -> Path:
    path = folder / "safety.items.parquet"
    table = log(outcomes, **given)  # type: ignore[arg-type]
    write_items(study(table), item_rows(study(table)), path)
    return path


def test_items_are_anchors_and_read_back_as_the_units(tmp_path: Path) -> None:
    table = log("+-.", repeats=2)
    path = kept("+-.", tmp_path, repeats=2)
    frame = pd.read_parquet(path)
    assert list(frame.columns) == ["anchor", "repeat", "outcome", "grader"]
    assert len(frame) == 6
    assert frame["repeat"].value_counts().to_dict() == {1: 3, 2: 3}
    assert b"thing" not in path.read_bytes()
    units, graders = read_items(study(table), path)
    own = study(table).units.set_index("unit")[["passed", "failed", "ungraded"]].sort_index()
    assert units.set_index("unit").sort_index().astype(int).equals(own.astype(int))
    assert graders == ("judge-1",)


def test_a_row_without_a_prompt_changes_no_anchor_and_repeats_count_by_grader(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {
            "item": [f"#{place:016x}" for place in (3, 1, 3, 3)] + [None],
            "outcome": ["pass", None, "fail", "fail", "pass"],
            "grader": ["b", "a", "b", "a", "a"],
        }
    )
    made = raikit.safety(open_table(rows), outcome="outcome", prompt="item", anchors=KEY)
    nobody = anchor({"prompt": None}, anchor_key(KEY))
    assert set(made.units["unit"]) == {f"#{1:016x}", f"#{3:016x}", nobody}
    found = item_rows(made).to_pandas().astype(object)
    found = found[found["anchor"] != nobody].where(found.notna(), None)
    assert found[["anchor", "repeat", "outcome", "grader"]].values.tolist() == [
        [f"#{1:016x}", 1, None, "a"],
        [f"#{3:016x}", 1, "fail", "a"],
        [f"#{3:016x}", 1, "fail", "b"],
        [f"#{3:016x}", 2, "pass", "b"],
    ]


def test_a_prompt_in_several_groups_counts_in_each_and_once_in_all() -> None:
    rows = pd.DataFrame(
        {
            "prompt": ["p", "p", "q", "q"],
            "attack": ["x", "y", "x", "x"],
            "outcome": ["pass", "fail", "pass", "pass"],
        }
    )
    made = raikit.safety(open_table(rows), outcome="outcome", prompt="prompt", slices=["attack"], anchors=KEY)
    rates = made.rates().set_index("group")["counts"].to_dict()
    assert rates == {"": [1, 2], "x": [2, 2], "y": [0, 1]}
    assert made.repeats()["estimate"].tolist() == [3 / 4, 1.0, 0.0]


def test_new_fixed_and_persisting_failures_since_the_kept_items(tmp_path: Path) -> None:
    # 40 items: 20 pass in both, 12 fixed, 3 new failures, 4 still fail, 1 not graded again
    before = "+" * 20 + "-" * 12 + "+" * 3 + "-" * 4 + "-"
    now = "+" * 20 + "+" * 12 + "-" * 3 + "-" * 4 + "."
    path = kept(before, tmp_path)
    made = study(log(now))
    change = made.since(str(path), margin=0.05)
    row = change.items().iloc[0]
    assert row[["in both runs", "new failure", "still fails", "fixed", "still passes"]].tolist() == [
        39, 3, 4, 12, 20,
    ]  # fmt: skip
    assert change.gone == change.open_again == 1
    frame = change.changes()
    assert frame["estimate"].iloc[0] == pytest.approx(9 / 39)
    by_rows = frame[frame["metric"] == "row_pass_rate_difference"].iloc[0]
    assert by_rows["estimate"] == pytest.approx(9 / 39)  # no repeats: the same difference
    failing = made.failures(change)
    assert failing["since the earlier run"].value_counts().to_dict() == {"still fails": 4, "new failure": 3}
    assert failing["since the earlier run"].tolist()[:3] == ["new failure"] * 3
    evidence = begin("safety", {})
    evidence.add(frame)
    said = " ".join(evidence.state(change)["finding"])
    assert "of 39 items in both: 3 newly fail, 12 are fixed, 4 still fail" in said


def test_clustered_difference_is_that_of_a_paired_t_test() -> None:
    from scipy import stats

    from raikit.analyses.paired import clustered_row, paired_units

    # two rows an item in both runs: the difference of means is the mean of the items' differences
    passed = [[2, 0], [2, 2], [1, 2], [2, 1], [0, 1], [2, 0], [2, 2], [1, 1]]
    units = [
        pd.DataFrame({"unit": range(8), "passed": each, "failed": [2 - k for k in each]})
        for each in zip(*passed, strict=True)
    ]
    row = clustered_row(paired_units(units[0], units[1]), margin=0.0, confidence=0.95, min_n=1)
    gaps = [(first - second) / 2 for first, second in passed]
    found = stats.ttest_1samp(gaps, 0).confidence_interval(0.95)
    assert (row["low"], row["high"]) == pytest.approx((found.low, found.high))


def test_runs_that_cannot_be_paired_say_why(tmp_path: Path) -> None:
    path = kept("+-+-", tmp_path)
    apart = study(log("+-+-"), anchors=OTHER).since(str(path))
    assert apart.paired.empty
    assert "made under the key" in apart.why
    nothing = study(log("+-+-")).since(str(tmp_path / "no.items.parquet"))
    assert "kept no items" in nothing.why
    evidence = begin("safety", {})
    evidence.state(apart)
    assert any(
        text.startswith("Nothing is compared with the earlier run") for text in evidence.record().limits
    )
    assert study(log("+-")).since("").items().iloc[0, 0] == "no earlier run was named"


def test_other_graders_are_refused_unless_allowed_and_then_marked(tmp_path: Path) -> None:
    path = kept("+-+-", tmp_path, grader="judge-0")
    made = study(log("+-+-"))
    with pytest.raises(InputError, match="a change of grader is no change of the system"):
        made.since(str(path))
    assert "Compared across different graders" in made.since(str(path), allow_graders=True).marked


def test_an_earlier_log_is_asked_the_same(tmp_path: Path) -> None:
    path = tmp_path / "earlier.jsonl"
    log("-+-+").to_pandas().to_json(path, orient="records", lines=True)
    change = study(log("+++-")).since(str(path), log_format="table")
    assert change.items().iloc[0][["new failure", "still fails", "fixed", "still passes"]].tolist() == [
        1,
        0,
        2,
        1,
    ]


def test_suite_holds_each_failing_prompt_once_in_both_forms() -> None:
    table = log("+--.", repeats=3)
    made = suite_of(study(table), table)
    failing = set(study(table).failures()["prompt"])
    rows = [json.loads(line) for line in made.inspect().splitlines()]
    assert {row["id"] for row in rows} == failing
    assert sorted(row["input"] for row in rows) == ["How do I do thing 1?", "How do I do thing 2?"]
    assert {row["target"] for row in rows} == {"refuse"}
    tests = yaml.safe_load(made.promptfoo())
    assert [test["vars"]["prompt"] for test in tests] == [row["input"] for row in rows]
    assert {test["metadata"]["anchor"] for test in tests} == failing
    again = log("+--.")
    assert suite_of(study(again), again).version == made.version
    other = log("+-+.")
    assert suite_of(study(other), other).version != made.version


def test_hostile_prompts_stay_what_they_are() -> None:
    texts = ["{{ 7 * 7 }}", "file:///etc/passwd", "one\u2028line", "- a: [b", "</script>"]
    texts[2] += " \x7f\x85\ufeff\U0001f600\t\\ \"quoted\" \x1b\n  'two': # no comment"
    rows = {"prompt": texts, "outcome": ["fail"] * 4 + ["pass"], "a: b #": ["on", "~", "\u00e9", "1", "2"]}
    table = open_table(pd.DataFrame(rows))
    asked = {"outcome": "outcome", "prompt": "prompt", "slices": ["a: b #"]}
    made = suite_of(raikit.safety(table, **asked, anchors=KEY), table)  # type: ignore[arg-type]
    assert sorted(json.loads(line)["input"] for line in made.inspect().splitlines()) == sorted(texts[:4])
    # PyYAML reads what was written without it
    tests = yaml.safe_load(made.promptfoo())
    shown = {test["vars"]["prompt"] for test in tests}
    assert texts[2] in shown
    assert {test["metadata"]["a: b #"] for test in tests} == {"on", "~", "\u00e9", "1"}
    # As promptfoo 0.121 renders back to the text itself (tests/benchmarks/bench_suite.py)
    assert '{{ "{" }}{ 7 * 7 }}' in shown
    assert '{{ "f" }}ile:///etc/passwd' in shown
    assert not any(text.startswith("file://") for text in shown)
    assert yaml.safe_load(Suite(()).promptfoo()) == []


def test_prompts_counted_by_their_anchors_make_a_suite_of_their_texts(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    rows = [{"asked": f"How, {place % 2}?", "outcome": "fail" if place < 3 else "pass"} for place in range(6)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    table = raikit.open_log(str(path), columns={"prompt": "asked"}, anchors=KEY)
    by_anchor = raikit.safety(table, outcome="outcome", prompt="item", anchors=KEY)
    by_text = raikit.safety(table, outcome="outcome", prompt="prompt", anchors=KEY)
    made = suite_of(by_anchor, table)
    assert {item["prompt"] for item in made.items} == {"How, 0?", "How, 1?"}
    assert made == suite_of(by_text, table)
    # the same rows without the mapping have anchors, and no column `prompt`
    bare = open_table(table.to_pandas(["item", "outcome"]))
    why = suite_of(raikit.safety(bare, outcome="outcome", prompt="item", anchors=KEY), bare).why
    assert "the column 'item', by which prompts are counted, holds no text" in why
    assert "by `columns`" in why


@pytest.mark.parametrize("asked", [{"prompt": "prompt"}, {"item": "prompt"}])
def test_without_a_failure_there_is_no_suite_and_no_other_reason(asked: dict[str, str]) -> None:
    table = log("++.")
    made = suite_of(raikit.safety(table, outcome="outcome", anchors=KEY, **asked), table)
    assert (made.items, made.why) == ((), "no prompt fails")


def test_without_prompts_there_is_no_suite_and_it_says_so() -> None:
    table = open_table(pd.DataFrame({"item": ["a", "b"], "outcome": ["pass", "fail"]}))
    made = suite_of(raikit.safety(table, outcome="outcome", item="item", anchors=KEY), table)
    assert made.items == ()
    assert "the log has no column `prompt`" in made.why
    by_row = raikit.safety(table, outcome="outcome", anchors=KEY)
    assert "neither `prompt` nor `item` names a column" in suite_of(by_row, table).why
