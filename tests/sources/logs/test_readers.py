"""Logs of real tools: counts equal what each tool itself reported (`references/logs/counts.json`)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from raikit.errors import InputError
from raikit.sources.anchors import anchor, anchor_key
from raikit.sources.logs.opening import open_log
from raikit.sources.table import Table

LOGS = Path(__file__).parents[2] / "references" / "logs"
COUNTS = json.loads((LOGS / "counts.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_THE_TEST", "0123456789abcdef")


def opened(name: str | Path, **given: object) -> Table:
    return open_log(str(LOGS / name), anchors="env:KEY_OF_THE_TEST", **given)  # type: ignore[arg-type]


def outcomes(table: Table) -> dict[str, int]:
    rows = table.to_pandas(["outcome", "why"])
    return rows["outcome"].fillna(rows["why"]).value_counts().to_dict()


@pytest.mark.parametrize("name", ["inspect.eval", "inspect-deflate.eval", "inspect.json"])
def test_inspect_counts_are_its_own(name: str) -> None:
    own = COUNTS["inspect"]
    table = opened(name)
    assert table.rows == own["total"]
    assert outcomes(table) == {
        "pass": own["pass"],
        "fail": own["fail"],
        "error": own["error"],
        "ungraded": own["completed"] - own["pass"] - own["fail"],
    }
    assert any("2 of 12 answers ended early" in text for text in table.limits)
    rows = table.to_pandas()
    assert rows["category"].value_counts().to_dict() == {"privacy": 6, "tools": 6}
    assert rows.groupby("item")["repeat"].agg(list).map(sorted).tolist() == [[1, 2]] * 6


def test_inspect_run_that_was_killed_says_what_is_missing() -> None:
    table = opened("inspect-unfinished.eval")
    assert table.rows == 6
    assert "6 of 12 planned samples are not in the Inspect log." in table.limits
    assert any("status is unknown" in text for text in table.limits)


def test_garak_counts_are_its_own() -> None:
    rows = opened("garak.report.jsonl").to_pandas()
    for probe, own in COUNTS["garak"].items():
        held = rows[rows["attack"] == probe]
        assert len(held) == own["total"]
        assert (held["outcome"] == "pass").sum() == own["passed"]
    assert rows.groupby("item")["repeat"].max().eq(3).all()


def test_hit_log_is_refused_under_any_name(tmp_path: Path) -> None:
    renamed = tmp_path / "report.txt"
    shutil.copy(LOGS / "garak.hitlog.jsonl", renamed)
    with pytest.raises(InputError, match=r"hit log of garak; it holds the hits only.*report\.jsonl"):
        opened(renamed)


def test_promptfoo_counts_are_its_own_and_results_without_assertion_have_no_grade() -> None:
    own = COUNTS["promptfoo"]
    table = opened("promptfoo.json")
    found = outcomes(table)
    assert found["error"] == own["errors"]
    assert found["fail"] == own["failures"]
    assert found["pass"] + found["ungraded"] == own["successes"]
    assert any("2 results have no assertion" in text for text in table.limits)
    rows = table.to_pandas()
    assert rows["item"].nunique() == 4  # each repeat has another testIdx; the item is prompt and variables
    assert (
        rows[rows["grader"].notna()].groupby("item")["repeat"].agg(list).map(sorted).tolist() == [[1, 2]] * 3
    )


def test_lm_eval_means_are_its_own() -> None:
    for task, name in (("fixture_words", "words"), ("fixture_choice", "choice")):
        own = COUNTS["lm_eval"][task]
        for metric in set(own) - {"n"}:
            table = opened(f"lm-eval-{name}.jsonl", columns={"grader": metric.replace(",", ", ")})
            rows = table.to_pandas()
            assert len(rows) == own["n"]
            assert (rows["outcome"] == "pass").mean() == own[metric]


def test_pyrit_counts_are_its_own() -> None:
    own = COUNTS["pyrit"]["pyrit-attacks"]
    expected = {"fail": own["success"], "pass": own["failure"], "undetermined": own["undetermined"]}
    assert outcomes(opened("pyrit-attacks.db")) == expected
    rows = opened("pyrit-scores.db").to_pandas()
    assert rows["outcome"].notna().sum() == COUNTS["pyrit"]["pyrit-scores"]["scores"]
    # by hand, from the writer: refusals true, true, true, true, false, false; a substring scorer false
    assert rows["outcome"].tolist()[:7] == ["pass"] * 4 + ["fail"] * 2 + ["pass"]
    assert rows["why"].iloc[7] == "blocked"


def test_deepeval_counts_are_its_own() -> None:
    assert outcomes(opened("deepeval.json")) == COUNTS["deepeval"]


def test_openai_evals_counts_are_its_own() -> None:
    own = COUNTS["openai_evals"]["openai-evals-matched"]
    rows = opened("openai-evals-matched.jsonl").to_pandas()
    assert len(rows) == own["n"]
    assert (rows["outcome"] == "pass").mean() == own["accuracy"]
    own = COUNTS["openai_evals"]["openai-evals-graded"]
    expected = {
        "pass": own["counts/Y"],
        "fail": own["counts/N"],
        "neither pass nor fail": own["counts/__invalid__"],
    }
    graded = opened("openai-evals-graded.jsonl").to_pandas()
    assert graded["outcome"].fillna(graded["why"]).value_counts().to_dict() == expected
    # A judge's prompt quotes the answer: the item is what the system was asked, the same in both runs.
    assert set(graded["item"]) == set(rows["item"])
    assert set(graded["response"]) == {"yes"}


@pytest.mark.parametrize("name", ["pyrit.csv", "pyrit.json"])
def test_conversations_that_pyrit_exports(name: str) -> None:
    own = COUNTS[name]
    rows = opened(name).to_pandas()
    assert rows["outcome"].notna().sum() == own["scores"]
    assert len(rows) == own["replies"]
    # by hand, from the writer: refusals true, true, false; .75 on the scale of harm; one without a score
    assert rows["outcome"].fillna(rows["why"]).tolist() == ["pass", "pass", "fail", "fail", "ungraded"]
    assert rows["prompt"][0] == 'Request 0 of the test set, "quoted"'


def test_scores_that_cannot_be_read_are_lost_not_ungraded(tmp_path: Path) -> None:
    text = (LOGS / "pyrit.csv").read_text(encoding="utf-8")
    path = tmp_path / "cut.csv"
    path.write_text(text.replace("'score_value': 'False'", "'score_value': 'Fal"), encoding="utf-8")
    assert outcomes(opened(path)) == {"pass": 2, "unreadable": 1, "fail": 1, "ungraded": 1}


def test_same_prompt_pairs_up_across_tools_and_with_python() -> None:
    one = opened("lm-eval-choice.jsonl").to_pandas().set_index("prompt")["item"]
    two = opened("deepeval.json").to_pandas().set_index("prompt")["item"]
    assert one["Question 3?"] == two["Question 3?"]
    assert one["Question 3?"] == anchor({"prompt": "Question 3?"}, anchor_key("env:KEY_OF_THE_TEST"))


def test_engine_and_python_make_the_same_anchors(tmp_path: Path) -> None:
    prompts = ["cafe\u0301", 'say "no"', "back\\slash \\u001f", "tab\tnew\nline", "bell\x07 \x1f\x00 end",
               "日本 \U0001f600", "a'b", "</script>", "\x7f\u2028", "{}"]  # fmt: skip
    made = open_log(pd.DataFrame({"q": prompts}), columns={"prompt": "q"}, anchors="env:KEY_OF_THE_TEST")
    key = anchor_key("env:KEY_OF_THE_TEST")
    rows = made.to_pandas()
    assert rows["item"].tolist() == [anchor({"prompt": text}, key) for text in rows["prompt"]]
    assert rows["prompt"].tolist() == prompts


def test_plain_rows_under_names_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    pd.DataFrame({"q": ["a", "b"], "ok": ["pass", None], "team": ["x", "y"]}).to_csv(path, index=False)
    table = open_log(str(path), columns={"prompt": "q", "outcome": "ok"}, anchors="env:KEY_OF_THE_TEST")
    assert {each.name for each in table.columns} == {"prompt", "outcome", "team", "item"}
    with pytest.raises(InputError, match="columns: outcome: no column 'okay'; did you mean 'ok'"):
        open_log(str(path), columns={"outcome": "okay"})
    with pytest.raises(InputError, match="columns: 'verdict' is no column of a log"):
        open_log(str(path), columns={"verdict": "ok"})


def test_wrong_choices_are_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="log_format: came 'garrak'; allowed: auto, inspect"):
        opened("inspect.eval", log_format="garrak")
    with pytest.raises(InputError, match="files of several formats"):
        open_log([str(LOGS / "inspect.eval"), str(LOGS / "deepeval.json")])
    with pytest.raises(InputError, match="no such file"):
        open_log(str(tmp_path / "nothing.eval"))
    with pytest.raises(InputError, match="'prompt' can't be chosen in a log of inspect"):
        opened("inspect.eval", columns={"prompt": "q"})


def test_no_log_stays_in_the_temporary_folder(tmp_path: Path) -> None:
    import subprocess
    import sys

    log = str(LOGS / "inspect.eval")
    code = f"from raikit import open_log; open_log({log!r}, anchors='env:K')"
    environment = {"TMPDIR": str(tmp_path), "K": "0123456789abcdef", "PATH": "", "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert not list(tmp_path.glob("raikit-log-*"))
