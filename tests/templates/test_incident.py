"""The incident template on the flights' change of carrier codes, with its defaults."""

from __future__ import annotations

from collections.abc import Callable

from raikit.evidence.record import Record


def test_defaults_date_the_code_change_and_count_its_rows(run_template: Callable[..., Record]) -> None:
    record = run_template("incident")
    results = {result.id: result for result in record.results}
    # the last US row is of 2015-06-30, says the Department of Transportation and the files
    assert results["signal_rate|period=before"].counts == [3_419, 49_686]
    assert results["signal_rate|period=after"].counts == [0, 50_314]
    first = record.findings[0].text
    assert first.startswith("From 2015-07-01 airline=US vanishes: none of 50,314 later rows has it")
    assert "about 3,462 fewer" in record.findings[1].text  # by hand: 3,419 / 49,686 x 50,314
    assert "The change of AA matches that of US with opposite sign" in record.findings[2].text
    assert "Coincidence in time is not a cause" in record.findings[3].text
    assert not [found.text for found in record.findings if "because" in found.text or "caused" in found.text]
