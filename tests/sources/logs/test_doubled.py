"""Rows that stand in a log more than once, counted by hand: what was doubled is known."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import raikit
from raikit.sources.logs import doubled

LOGS = Path(__file__).parents[2] / "references" / "logs"
KEY = "env:KEY_OF_THE_TEST"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_THE_TEST", "0123456789abcdef")


def said(log: object, **columns: str) -> list[str]:
    table = raikit.open_log(log, columns=columns, anchors=KEY)
    assert "answer" not in {each.name for each in table.columns}
    return [text for text in table.limits if "equal to an earlier row" in text]


def written(path: Path, rows: list[dict[str, object]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def rows(count: int, repeats: int = 2, **more: object) -> list[dict[str, object]]:
    """Repeats that answer in other words, but for the last prompt."""
    return [
        {"q": f"Prompt {n}", "a": f"{n}.{again}" if n else "No.", "outcome": "pass", **more}
        for n in range(count)
        for again in range(repeats)
    ]


@pytest.mark.parametrize("name", ["garak.report.jsonl", "openai-evals-matched.jsonl"])
def test_a_log_joined_with_itself_is_known_by_the_tools_own_names(name: str, tmp_path: Path) -> None:
    once = (LOGS / name).read_bytes()
    assert said(str(LOGS / name)) == []
    (tmp_path / name).write_bytes(once + once)
    (text,) = said(str(tmp_path / name))
    rows = raikit.open_log(str(LOGS / name), anchors=KEY).rows
    assert text.startswith(f"{rows:,} of {2 * rows:,} rows are equal")
    assert "the same answers: they stand in the log more than once" in text


@pytest.mark.parametrize(
    "name",
    ["inspect.eval", "inspect.json", "promptfoo.json", "pyrit-attacks.db", "pyrit-scores.db", "pyrit.csv"],
)
def test_a_copy_under_another_name_is_the_same_run(name: str, tmp_path: Path) -> None:
    for copy in ("a", "b"):
        shutil.copy(LOGS / name, tmp_path / f"{copy}{Path(name).suffix}")
    (text,) = said(str(tmp_path / "*"))
    rows = raikit.open_log(str(LOGS / name), anchors=KEY).rows
    assert text.startswith(f"{rows:,} of {2 * rows:,} rows are equal")
    assert "by the names that the tool gave them" in text


def test_another_run_with_the_same_answers_is_no_copy(tmp_path: Path) -> None:
    held = json.loads((LOGS / "inspect.json").read_text())
    shutil.copy(LOGS / "inspect.json", tmp_path / "a.json")
    for sample in held["samples"]:
        sample["uuid"] += "-again"
    (tmp_path / "b.json").write_text(json.dumps(held))
    assert said(str(tmp_path / "*.json")) == []


def test_samples_without_names_of_their_own_may_be_repeats(tmp_path: Path) -> None:
    once = (LOGS / "lm-eval-words.jsonl").read_bytes()
    (tmp_path / "log.jsonl").write_bytes(once + once)
    (text,) = said(str(tmp_path / "log.jsonl"))
    assert text.startswith("16 of 32 rows are equal")
    assert "or repeats had the same answer" in text


def test_plain_rows_are_equal_in_every_column_or_not_at_all(tmp_path: Path) -> None:
    names = {"prompt": "q", "response": "a"}
    # by hand: of 5 prompts asked twice one answers alike, and nothing numbers its repeats
    (text,) = said(written(tmp_path / "a.jsonl", rows(5)), **names)
    assert text.startswith("1 of 10 rows are equal")
    assert "a column `repeat` that numbers them would tell" in text
    numbered = [{**row, "epoch": place} for place, row in enumerate(rows(5))]
    assert said(written(tmp_path / "b.jsonl", numbered), **names) == []
    (text,) = said(written(tmp_path / "c.jsonl", numbered + numbered[:3]), **names, repeat="epoch")
    assert text.startswith("3 of 13 rows are equal")
    assert "number as a repeat (`repeat`) too: they stand in the log more than once" in text
    csv = tmp_path / "d.csv"
    csv.write_text("q,a,outcome\n" + "Is it?,No.,pass\n" * 3 + "Was it?,,pass\n")
    assert said(str(csv), **names)[0].startswith("2 of 4 rows are equal")
    assert said(str(csv))[0].startswith("2 of 4 rows are equal")


@pytest.mark.parametrize("names", [{}, {"prompt": "q", "response": "a"}])
def test_a_large_log_is_looked_at_in_part_first(
    names: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doubled, "_MANY", 100)
    once = rows(300, repeats=1)
    assert said(written(tmp_path / "a.jsonl", once), **names) == []
    (text,) = said(written(tmp_path / "b.jsonl", once + once), **names)
    assert text.startswith("300 of 600 rows are equal")


def test_the_page_says_it_and_the_rates_of_prompts_stay(tmp_path: Path) -> None:
    from raikit.evidence.session import begin

    once = [{**row, "outcome": "fail" if place < 6 else "pass"} for place, row in enumerate(rows(20))]
    asked = {"outcome": "outcome", "prompt": "prompt", "anchors": KEY}
    found = []
    for name, held in (("a.jsonl", once), ("b.jsonl", once + once)):
        log = raikit.open_log(written(tmp_path / name, held), columns={"prompt": "q"}, anchors=KEY)
        evidence = begin("safety", {})
        evidence.open("log", log)
        study = raikit.safety(log, **asked)  # type: ignore[arg-type]
        found.append(study.rates()["counts"].tolist())
    assert found == [[[17, 20]], [[17, 20]]]
    # by hand: 40 rows again, and one of the first 40 equals the one before it
    assert any(text.startswith("41 of 80 rows are equal") for text in evidence.record().limits)
