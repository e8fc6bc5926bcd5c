"""Calibration within groups: which bins are shown of whom, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from raikit import fairness, open_table


def test_bins_are_taken_together_until_each_is_fit_to_show() -> None:
    # By hand: b has 3 people in the fourth tenth and 4 in the ninth, so those join their neighbours; c has 30
    # people in ten bins and would leave two bins to everybody: it is left out, and b, the next smallest, with
    # it, since else everybody less the others would be c.
    draw = np.random.default_rng(1)
    sizes = {"a": [40] * 10, "b": [20, 20, 20, 3, 20, 20, 20, 20, 4, 20], "c": [3] * 10}
    rows = [
        (group, place / 10 + 0.05, int(draw.random() < 0.5))
        for group, counts in sizes.items()
        for place, n in enumerate(counts)
        for _ in range(n)
    ]
    frame = pd.DataFrame(rows, columns=["group", "score", "label"])
    frame["prediction"] = (frame["score"] > 0.5).astype(int)

    def shown(rows: pd.DataFrame, group: str) -> dict[str, int]:
        study = fairness(open_table(rows), label="label", prediction="prediction", score="score",
                         sensitive_features=["group"])  # fmt: skip
        found = study.calibration()
        return {
            row.slice["score"]: row.n
            for row in found[found["metric"] == "observed_rate"].itertuples()
            if row.slice["group"] == group
        }

    two = frame[frame["group"] != "c"]
    assert shown(two, "b") == {
        "0.0–0.1": 20, "0.1–0.2": 20, "0.2–0.3": 20, "0.3–0.5": 23, "0.5–0.6": 20, "0.6–0.7": 20,
        "0.7–0.8": 20, "0.8–1.0": 24,
    }  # fmt: skip
    assert shown(two, "a")["0.3–0.5"] == 80
    assert (shown(frame, "b"), shown(frame, "c")) == ({}, {})
    assert shown(frame, "a") == {f"{at / 10:.1f}–{(at + 1) / 10:.1f}": 40 for at in range(10)}
