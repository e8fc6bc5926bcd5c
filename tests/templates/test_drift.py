"""The drift template on the flights, with its defaults."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from raikit.evidence.record import Record


def test_defaults_find_the_code_change_and_the_autumn(run_template: Callable[..., Record]) -> None:
    record = run_template("drift")
    results = {result.id: result for result in record.results}
    index = results["population_stability_index|feature=airline"]
    # both values are those of the field notes, which other tools gave; the floor for an empty level differs
    assert index.estimate == pytest.approx(0.487, abs=0.001)
    recoded = results["population_stability_index|feature=airline|recoded=US as AA"]
    assert recoded.estimate == pytest.approx(0.004, abs=0.0005)
    first, autumn = record.findings[0], record.findings[1]
    assert results["false_alarm_rate"].estimate == 0  # the reference's months judge each other
    assert "US ends on 2015-06-30" in first.text
    assert first.results[:2] == [index.id, recoded.id]
    assert first.results[2:] == [f"contract_breaks|window=2015-{month:02}" for month in range(7, 13)]
    assert sum("category US" in held.text for held in record.findings) == 1
    assert autumn.text.startswith("From 2015-09 to 2015-11 the model over-predicts")
    assert "the inputs that moved don't explain the gap" in autumn.text
    assert {item.name: item.rows for item in record.inputs} == {"reference": 49_992, "current": 50_008}
    assert record.system["name"] == "us-flight-delay"
    assert record.nonce is None
    assert record.decisions == []
    assert any("35." in text and "times as much" in text for text in record.limits)


LOGS = Path(__file__).parents[1] / "references" / "logs"
BARE = {"timestamp": "", "features": ["outcome"], "label": "", "prediction": "", "score": ""}


def test_evaluation_logs_and_their_texts(run_template: Callable[..., Record], tmp_path: Path) -> None:
    logs = {name: str(LOGS / "inspect.eval") for name in ("reference", "current")}
    record = run_template("drift", **logs, **BARE, log_format="auto", texts=["prompt", "response"])
    ids = {result.id for result in record.results}
    for text in ("prompt", "response"):
        assert {f"cohens_w|feature={text}: {name}" for name in ("length", "words", "vocabulary")} <= ids
    same = [result for result in record.results if result.metric == "cohens_w" and result.low is not None]
    assert {result.low for result in same} == {0.0}  # a log beside itself
    assert any(
        "ords of prompt and response were looked at in 12 of 12 reference rows" in text
        for text in record.limits
    )


def test_words_that_moved_are_a_table_of_anchors(run_template: Callable[..., Record], tmp_path: Path) -> None:
    sets = {"reference": "demo:harm-ratings?set=hate", "current": "demo:harm-ratings?set=violence"}
    asked = BARE | {"features": ["response: length"], "texts": ["response"], "domain_sample": 0}
    record = run_template("drift", **sets, **asked)
    (said,) = [found.text for found in record.findings if "moved by more than Cohen's w" in found.text
               and "words that were compared" in found.text]  # fmt: skip
    assert "the word #" in said
    (cell,) = [
        cell
        for cell in nbformat.read(tmp_path / "drift.ipynb", as_version=4).cells
        if "study.words()" in cell.source
    ]
    tables = [output.data["text/html"] for output in cell.outputs if "text/html" in output.data]
    assert "share of reference texts" in tables[0]
    assert tables[0].count("<td>#") > 5
