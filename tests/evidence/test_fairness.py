"""What is said of a fairness study: people first, sure only where the data are."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest

from raikit import fairness, open_table
from raikit.evidence.fairness import headline
from raikit.evidence.session import Evidence

OUTCOMES = ((1, 1), (1, 0), (0, 1), (0, 0))


def stated(
    groups: dict[str, tuple[int, int, int, int]], context: dict[str, Any] | None = None, **given: Any
) -> Evidence:
    """The evidence of groups given by true positives, false negatives, false positives, true negatives."""
    rows = [
        (group, *outcome)
        for group, counts in groups.items()
        for n, outcome in zip(counts, OUTCOMES, strict=True)
        for _ in range(n)
    ]
    frame = pd.DataFrame(rows, columns=["disability", "employed", "prediction"])
    arguments = {
        "label": "employed",
        "prediction": "prediction",
        "sensitive_features": ["disability"],
    } | given
    study = fairness(open_table(frame), **arguments)
    evidence = Evidence("fairness", {"confidence": 0.95}, context or {})
    evidence.add(study.rates())
    evidence.add(study.gaps())
    evidence.state(study)
    return evidence


def texts(evidence: Evidence) -> list[str]:
    return [finding.text for finding in evidence.record().findings]


def policy(value: float) -> dict[str, Any]:
    rule = {"id": "tpr", "run": "fairness", "metric": "true_positive_rate_difference", "slice": "disability"}
    return {"policy": {"version": 1, "rules": [rule | {"op": "<=", "value": value, "source": "4.2"}]}}


# the counts of FIELD_NOTES: 839 of 1,407 missed, 1,220 of 30,622; negatives at a tenth of their size
ACS = {"With a disability": (568, 839, 28, 253), "Without a disability": (29402, 1220, 649, 237)}


def test_the_finding_in_people() -> None:
    assert texts(stated(ACS))[0] == (
        "Of 1,407 employed people with a disability the model misses 839 (59.6%); of 30,622 without, "
        "1,220 (4.0%). True positive rate gap .556, 95% interval .531–.582."
    )


def test_beyond_within_and_undecided_are_told_apart() -> None:
    assert "beyond the margin of .05" in texts(stated(ACS, policy(0.05)))[0]
    alike = {"With a disability": (9000, 1000, 500, 500), "Without a disability": (9020, 980, 500, 500)}
    first = stated(alike, policy(0.05)).record().findings[0]
    assert "shown to lie within the margin of .05" in first.text
    assert first.severity == "info"
    few = {"With a disability": (41, 9, 20, 20), "Without a disability": (85, 15, 20, 20)}
    first = stated(few, policy(0.05)).record().findings[0]
    assert (
        "no difference in true positive rate is shown, which is not to say that there is none" in first.text
    )
    assert re.search(
        r"Undecided; about [\d,]+ more employed people \(With a disability\) would decide", first.text
    )
    assert first.severity == "low"
    either = {"With a disability": (420, 80, 99, 99), "Without a disability": (460, 40, 99, 99)}
    first = texts(stated(either, policy(0.05)))[0]
    assert "Whether it is more than the margin of .05 is undecided; about" in first


def test_every_finding_rests_on_results_and_only_sure_gaps_are_named() -> None:
    evidence = stated(ACS)
    record = evidence.record()
    ids = {result.id for result in record.results}
    assert all(finding.results and set(finding.results) <= ids for finding in record.findings)
    alike = dict.fromkeys("ABC", (400, 100, 100, 400))
    assert all("no difference" in text for text in texts(stated(alike)))


def test_nobody_claims_to_have_removed_a_bias() -> None:
    for evidence in (
        stated(ACS),
        stated(ACS, policy(0.6)),
        stated({"A": (40, 10, 9, 9), "B": (40, 10, 9, 9)}),
    ):
        said = " ".join([*texts(evidence), *evidence.record().limits]).lower()
        assert not re.search(r"unbiased|debias|fair\b", said)


def test_words_follow_the_label_and_can_be_given() -> None:
    rows = {"With a disability": (400, 600, 100, 400), "Without a disability": (900, 100, 100, 400)}
    frame_words = texts(stated(rows))[0]
    assert frame_words.startswith("Of 1,000 employed people with a disability the model misses 600 (60.0%)")


def test_limits_name_what_is_missing_small_hidden_and_how_many_were_compared() -> None:
    groups = {
        "A": (400, 100, 100, 400),
        "B": (300, 200, 100, 400),
        "few": (2, 1, 1, 1),
        "small": (8, 5, 6, 6),
    }
    limits = " ".join(stated(groups, pool={"disability": {"B and small": ["B", "small"]}}).record().limits)
    assert "No primary metric was agreed before this run" in limits
    assert re.search(r"\d comparisons? were looked at \(5 rates by disability\)", limits)
    assert "figures of 2 groups are hidden" in limits
    assert "By disability, B and small pools B and small, as declared beforehand." in limits
    assert "Base rates differ by disability" in " ".join(stated(ACS).record().limits)


def test_the_agreed_primary_comes_first_and_fills_the_headline() -> None:
    agreed = {
        "slices": ["disability"],
        "primary": {"metric": "selection_rate_difference", "slice": "disability"},
    }
    evidence = stated(ACS, {"agreed": agreed} | policy(0.05))
    assert texts(evidence)[0].startswith("Of 1,688 people with a disability the model predicts 596 (35.3%)")
    rows = pd.DataFrame({"disability": ["x", "y"] * 200, "l": [0, 1, 1, 0] * 100, "p": [0, 1] * 200})
    study = fairness(
        open_table(rows),
        label="l", prediction="p", sensitive_features=["disability"], pool={"disability": {"x or so": ["x"]}},
    )  # fmt: skip
    shown = headline(study, evidence, study.gaps())
    assert (shown.metric, shown.margin) == ("selection_rate_difference", None)
    assert shown.frame["slice"].tolist() == [{"disability": "y"}] or "(pooled)" in str(
        shown.frame["slice"].iloc[0]
    )


@pytest.mark.parametrize("label", ["late", "employed"])
def test_a_label_that_is_no_participle_is_quoted(label: str) -> None:
    rows = pd.DataFrame(
        {"sex": ["F"] * 400 + ["M"] * 400, label: [1, 0] * 400, "p": [1, 0] * 200 + [0, 0] * 200}
    )
    study = fairness(open_table(rows), label=label, prediction="p", sensitive_features=["sex"])
    evidence = Evidence("fairness", {}, {})
    evidence.state(study)
    expected = "Of 200 people whose sex is M of whom 'late' is 1 the model misses 200 (100.0%)"
    assert texts(evidence)[0].startswith(
        expected if label == "late" else "Of 200 employed people whose sex is M the model misses"
    )
