"""The words of a result; expected values are turned by hand."""

from __future__ import annotations

import pytest

from raikit.evidence.record import Result
from raikit.report.phrases import result_name, turned


def contrast(metric: str, estimate: float | None, low: float | None, high: float | None) -> Result:
    return Result(
        id="x",
        metric=metric,
        slice={"sex": "F"},
        compared=({"sex": "F"}, {"sex": "M"}),
        n=9,
        estimate=estimate,
        low=low,
        high=high,
        confidence=0.95,
        method="newcombe",
        status="ok",
    )


@pytest.mark.parametrize(
    ("metric", "given", "expected", "name"),
    [
        ("rate_difference", (-0.5, -0.6, -0.3), (0.5, 0.3, 0.6), "M − F"),
        ("rate_difference", (-0.1, -0.2, 0.1), (0.1, -0.1, 0.2), "M − F"),
        ("rate_difference", (0.1, -0.2, 0.3), (0.1, -0.2, 0.3), "F − M"),
        ("rate_ratio", (2.0, 1.25, 4.0), (0.5, 0.25, 0.8), "M ÷ F"),
        ("rate_ratio", (0.5, 0.25, 0.8), (0.5, 0.25, 0.8), "F ÷ M"),
        ("rate_ratio", (None, None, None), (None, None, None), "F ÷ M"),
    ],
)
def test_a_comparison_is_told_without_a_minus_or_a_ratio_above_one(
    metric: str, given: tuple[float, ...], expected: tuple[float, ...], name: str
) -> None:
    told = turned(contrast(metric, *given))
    assert (told.estimate, told.low, told.high) == expected
    assert result_name(told) == name
