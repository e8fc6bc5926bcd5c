"""Rows still needed: by trying every size, against statsmodels, and the listed numbers of passes."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint, samplesize_proportions_2indep_onetail

from raikit.stats.intervals import newcombe_interval
from raikit.stats.sample_size import (
    passes_needed,
    rows_needed,
    rows_needed_difference,
    rows_to_see_difference,
)


@pytest.mark.parametrize(("k", "n", "bound"), [(45, 50, 0.8), (30, 50, 0.8), (1, 40, 0.05), (96, 100, 0.95)])
def test_rows_needed_is_the_first_size_that_decides(k, n, bound):
    needed = rows_needed(k, n, bound)
    sizes = np.arange(n, needed + 50)
    low, high = proportion_confint(sizes * (k / n), sizes, method="wilson")
    decided = (low > bound) | (high < bound)
    assert sizes[decided][0] == needed


def test_a_decided_rate_needs_no_more():
    assert rows_needed(0, 400, 0.5) == 400


@pytest.mark.parametrize(("k", "n"), [(40, 50), (0, 0)])
def test_no_number_of_rows_decides_a_rate_on_the_bound(k, n):
    assert rows_needed(k, n, 0.8) is None


@pytest.mark.parametrize("bound", [0.05, 0.1])
@pytest.mark.parametrize("reference", [(270, 300), (240, 300)])
def test_rows_needed_for_a_difference_decide_it(reference, bound):
    needed = rows_needed_difference(85, 100, *reference, bound)
    if needed is None:
        assert abs(0.85 - reference[0] / 300) == pytest.approx(bound)
        return
    for size, decided in ((needed * 20, True), (max(needed // 2, 1), needed < 200)):
        sizes = 20 * round(size / 20), 60 * round(size / 20)
        _, low, high = newcombe_interval(
            round(0.85 * sizes[0]), sizes[0], round(reference[0] / 300 * sizes[1]), sizes[1]
        )
        assert (max(high, -low) < bound or low > bound or high < -bound) == decided


def test_rows_to_see_a_difference_agree_with_statsmodels():
    # Its `alpha` is that of the two-sided test; for .50, .75 at .90 R's power.prop.test says 76.7.
    theirs = samplesize_proportions_2indep_onetail(0.05, 0.75, 0.8, alpha=0.05)
    assert rows_to_see_difference(0.8, 0.75) == np.ceil(theirs)
    assert rows_to_see_difference(0.5, 0.75, power=0.9) == 77
    with pytest.raises(ValueError, match="different"):
        rows_to_see_difference(0.5, 0.5)


def test_listed_numbers_of_passes():
    assert [passes_needed(0.99, failures=k) for k in range(4)] == [299, 473, 628, 773]
    assert [passes_needed(0.99, failures=k, sided="two") for k in range(4)] == [368, 555, 720, 874]
    assert passes_needed(0.95) == 59
    assert passes_needed(0.999) == 2995


@pytest.mark.parametrize(
    "bad", [{"rate": 1.0}, {"rate": 0.9, "failures": -1}, {"rate": 0.9, "sided": "both"}]
)
def test_impossible_requests_are_refused(bad):
    with pytest.raises(ValueError, match="allowed are"):
        passes_needed(**bad)
