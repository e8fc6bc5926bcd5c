"""The drift template on the flights, with its defaults."""

from __future__ import annotations

from collections.abc import Callable

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
