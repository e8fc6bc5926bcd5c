"""Numbers read the same everywhere; expected texts are written by hand."""

from __future__ import annotations

import math

import pytest

from raikit.report import words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5561, ".556"),
        (-0.0556, "−.056"),
        (0, ".000"),
        (1, "1.000"),
        (0.9996, "1.000"),
        (0.00041, ".0004"),
        (-0.00041, "−.0004"),
        (3.14159, "3.142"),
        (12.3456, "12.35"),
        (-1234.5, "−1,234"),
        (123456, "123,456"),
        (math.nan, "—"),
        (math.inf, "—"),
        (None, "—"),
    ],
)
def test_number(value: float | None, text: str) -> None:
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(0.531, 0.582, ".531–.582"), (-0.011, 0.001, "−.011 to .001"), (math.nan, 1, "—"), (None, None, "—")],
)
def test_span(low: float | None, high: float | None, text: str) -> None:
    assert words.span(low, high) == text


def test_counts_have_separators_and_a_missing_one_is_no_zero() -> None:
    assert words.count(1407) == "1,407"
    assert words.count(None) == words.count(math.nan) == "—"


def test_a_long_value_is_cut_visibly() -> None:
    assert words.plain("x" * 100) == "x" * 63 + "…"
