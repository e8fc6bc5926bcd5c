"""Estimated and realised accuracy on simulated windows whose truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import raikit
from raikit.sources import open_table


def rows(start: str, days: int, seed: int, *, concept: bool = False) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    n = days * 200
    score = draw.beta(2, 3, n)
    group = draw.choice(["a", "b"], n, p=[0.7, 0.3])
    truth = 1 - score if concept else score
    return pd.DataFrame(
        {
            "at": pd.date_range(start, periods=days).repeat(200),
            "p": score,
            "guess": (score >= 0.5).astype(int),
            "y": (draw.random(n) < truth).astype(int),
            "side": group,
        }
    )


def accuracy(after: pd.DataFrame) -> pd.DataFrame:
    options = {"label": "y", "prediction": "guess", "score": "p", "groups": ["side"], "domain_sample": 0}
    before = open_table(rows("2025-01-01", 180, 1))
    study = raikit.drift(before, open_table(after), timestamp="at", features=["p"], **options)
    assert len(study.performance()) == len(study.accuracy) + len(study.gaps)
    made = study.accuracy
    return made.assign(rate=[held["rate"] for held in made["slice"]])


def test_estimate_meets_the_truth_while_scores_keep_their_meaning() -> None:
    made = accuracy(rows("2025-07-01", 92, 2))
    whole = made[made["group"].str.count("×") == 1]
    realised = whole[whole["rate"] == "realised"]["estimate"].to_numpy()
    estimated = whole[whole["rate"] == "estimated"]
    expected = np.mean(np.maximum(s := np.random.default_rng(5).beta(2, 3, 10**6), 1 - s))  # simulated
    assert len(realised) == 3
    assert estimated["estimate"].to_numpy() == pytest.approx(expected, abs=0.01)
    assert (estimated["low"].to_numpy() <= realised).all()
    assert (estimated["high"].to_numpy() >= realised).all()
    assert {held.get("side") for held in made["slice"]} == {None, "a", "b"}


def test_a_changed_relation_is_realised_and_not_estimated() -> None:
    made = accuracy(rows("2025-07-01", 92, 2, concept=True))
    whole = made[made["group"].str.count("×") == 1]
    means = whole.groupby("rate")["estimate"].mean()
    assert means["estimated"] - means["realised"] > 0.2


def test_without_labels_the_estimate_stands_alone() -> None:
    after = rows("2025-07-01", 92, 2).assign(y=lambda table: table["y"].where(table["at"] < "2025-08-01"))
    made = accuracy(after)
    whole = made[made["group"].str.count("×") == 1]
    assert whole["rate"].value_counts().to_dict() == {"estimated": 3, "realised": 1}


def test_groups_too_small_are_hidden_with_the_others_of_their_window() -> None:
    after = rows("2025-07-01", 92, 2)
    keep = (after["side"] == "a") | (after.index % 1_500 == 0)
    made = accuracy(after[keep])
    grouped = made[made["slice"].map(lambda held: "side" in held)]
    assert set(grouped["status"]) == {"suppressed"}
    assert grouped["estimate"].isna().all()


def test_gaps_of_a_segment_are_followed_window_by_window_and_a_planted_one_is_seen() -> None:
    before, after = rows("2025-01-01", 20, 1), rows("2025-07-01", 92, 2)
    lost = (after["side"] == "b") & (after["at"] >= "2025-09-01") & (after.index % 2 == 0)
    after.loc[lost, "guess"] = 0
    study = raikit.drift(
        open_table(before), open_table(after), timestamp="at", features=["p"], label="y", prediction="guess",
        segment="side", domain_sample=0,
    )  # fmt: skip
    made = study.gaps_by("side")
    found = after[after["y"] == 1].assign(month=after["at"].dt.strftime("%Y-%m"))
    hit = found.pivot_table(index="month", columns="side", values="guess", aggfunc="mean")
    assert [held["window"] for held in made["slice"]] == ["2025-07", "2025-08", "2025-09"]
    np.testing.assert_allclose(made["estimate"], hit["b"] - hit["a"])  # a is the largest
    assert (made["high"] < 0).tolist() == [False, False, True]
    axes = raikit.time_chart(made, x="window", metric="true_positive_rate_difference", reference=0)
    assert axes.get_title(loc="left") == "True positive rate difference"
    assert study.gaps_by("p").empty
    assert study.gap_title("side") == "True positive rate by side: b less a"
    lines = [f"{day} data: moved {at}" for at, day in enumerate(("2025-03-01", "2025-08-17", "2026-01-01"))]
    events = study.events(lines)  # only what falls into the current windows
    assert events == {"moved 1": pd.Timestamp("2025-08-17")}
    assert study.events([]) == {}
    overall = study.accuracy[study.accuracy["group"].str.count("×") == 1]
    drawn = raikit.time_chart(overall, x="window", metric="accuracy", events=events)
    assert "moved 1" in [text.get_text() for text in drawn.texts]
