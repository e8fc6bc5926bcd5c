"""The incident template on the flights' change of carrier codes, with its defaults."""

from __future__ import annotations

from collections.abc import Callable

from raikit.evidence.record import Record


def test_defaults_date_the_code_change_and_count_its_rows(run_template: Callable[..., Record]) -> None:
    record = run_template("incident")
    results = {result.id: result for result in record.results}
    # the last US row is of 2015-06-30, says the Department of Transportation and the files
    assert results["signal_rate|period=quiet"].counts == [2_809, 41_137]
    assert results["signal_rate|period=episode"].counts == [0, 50_314]
    (episode,) = [result for result in record.results if result.metric == "incident_excess"]
    assert (episode.slice["from"], episode.slice["onset from"], episode.slice["onset to"]) == (
        "2015-07-01",
    ) * 3
    assert episode.estimate == -2_809 / 41_137 * 50_314
    texts = [found.text for found in record.findings]
    assert texts[0].startswith("From 2015-07-01 airline=US vanishes: none of 50,314 rows has it")
    assert "about 3,436 fewer" in texts[1]  # by hand: 2,809 / 41,137 x 50,314
    assert any("airline=US vanished (last seen 2015-06-30): 3,419 rows" in text for text in texts)
    assert any("AA may have taken its place" in text for text in texts)
    assert any("Coincidence in time is not a cause" in text for text in texts)
    assert not [text for text in texts if "because" in text or "caused" in text]
