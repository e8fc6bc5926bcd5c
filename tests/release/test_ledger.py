"""The ledger: numbers, changes in words, nothing lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from raikit.release import ledger
from raikit.release.plan import make_plan

Project = Callable[..., Path]


@pytest.fixture
def opened(project: Project) -> Callable[..., dict[str, Any]]:
    def start(**changes: Any) -> dict[str, Any]:
        file = project(**changes)
        outputs = file.parent / "outputs"
        outputs.mkdir(exist_ok=True)
        plan = make_plan(file, outputs)
        return ledger.open_lines(outputs, plan, plan.runs)

    return start


def lines(tmp_path: Path) -> list[str]:
    return (tmp_path / "outputs" / "ledger.jsonl").read_text().splitlines()


def test_numbers_count_runs_of_a_system(opened: Callable[..., dict[str, Any]], tmp_path: Path):
    assert [opened()["small"]["number"] for _ in range(3)] == [1, 2, 3]
    assert opened(release="another")["small"]["number"] == 4
    assert opened(system={"name": "other"})["small"]["number"] == 1
    assert len(lines(tmp_path)) == 5


@pytest.mark.parametrize(
    ("op", "new", "said"),
    [
        ("<=", 0.2, "threshold of a loosened from 0.1 to 0.2"),
        ("<=", 0.05, "threshold of a tightened from 0.1 to 0.05"),
        (">=", 0.2, "threshold of a tightened from 0.1 to 0.2"),
        (">=", 0.05, "threshold of a loosened from 0.1 to 0.05"),
    ],
)
def test_a_moved_threshold(opened: Callable[..., Any], rule: dict[str, Any], op: str, new: float, said: str):
    opened(rules=[{**rule, "id": "a", "op": op, "value": 0.1}])
    told = opened(rules=[{**rule, "id": "a", "op": op, "value": new}])["small"]
    assert told["said"][1] == f"Since run 1: {said}."


def test_other_changes(opened: Callable[..., Any], rule: dict[str, Any]):
    both = {"sensitive_features": ["sex", "employed"]}
    runs = [{"template": "small.ipynb", "params": both, "agreed": {"slices": ["sex", "employed"]}}]
    opened(rules=[rule, {**rule, "id": "b"}], runs=runs)
    runs[0]["agreed"] = {"slices": ["sex"]}
    told = opened(rules=[{**rule, "min_n": 5}], runs=runs)["small"]
    assert told["said"][1] == (
        "Since run 1: rule b dropped; rule small.rate changed (min_n); slice employed dropped."
    )
    told = opened(rules=[{**rule, "min_n": 5}], runs=runs, cells=("pass",))["small"]
    assert told["said"][1] == "Since run 2: another template."


def test_half_a_line_of_a_killed_driver(opened: Callable[..., Any], tmp_path: Path):
    opened()
    with (tmp_path / "outputs" / "ledger.jsonl").open("a") as file:
        file.write('{"event": "star')
    assert opened()["small"]["number"] == 2
    assert [json.loads(line)["number"] for line in lines(tmp_path) if line.endswith("}")] == [1, 2]


def test_two_drivers_at_once_lose_no_line(project: Project):
    file = project()
    (file.parent / "outputs").mkdir()
    plan = make_plan(file, file.parent / "outputs")
    numbers: list[int] = []

    def start() -> None:
        numbers.append(ledger.open_lines(file.parent / "outputs", plan, plan.runs)["small"]["number"])

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 9))


def test_the_data_of_earlier_runs(project: Project):
    file = project()
    outputs = file.parent / "outputs"
    outputs.mkdir()
    (run,) = make_plan(file, outputs).runs
    assert ledger.close_line(outputs, run, 1, "complete", {"data": "sha256:a"}) == []
    same = ledger.close_line(outputs, run, 2, "complete", {"data": "sha256:a"})
    assert same == ["The same data as in 1 earlier run in this ledger."]
    assert ledger.close_line(outputs, run, 3, "complete", {"data": "sha256:b"}) == [
        "The data are not those of run 2."
    ]
