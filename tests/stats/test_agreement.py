"""Coefficients against the published examples, the two packages, and a simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import binom
from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_fleiss

from raikit.stats import agreement, items
from raikit.stats.agreement import COVERAGE, alpha_from_sums, alpha_profiles, krippendorff_alpha, moments
from raikit.stats.items import Profiles, in_blocks, item_interval, kinds_of, profiles_of
from raikit.stats.kappas import (
    cohen_from_cells,
    cohen_kappa,
    fleiss_from_sums,
    fleiss_kappa,
    fleiss_sums,
    percent_agreement_sums,
    ratio_of_sums,
)

# Krippendorff (2011), four observers and twelve units; 0 stands for a missing rating.
FOUR = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ]
)
VOTES = np.stack([(value == FOUR).sum(axis=0) for value in range(1, 6)], axis=1)
VALUES = np.arange(1.0, 6.0)
# Fleiss' own example: ten subjects, fourteen raters, five categories.
FLEISS = np.array(
    [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]
)  # fmt: skip
votes = hnp.arrays(np.int64, st.tuples(st.integers(2, 12), st.integers(2, 5)), elements=st.integers(0, 3))


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_the_published_example(level: str, alpha: float) -> None:
    assert krippendorff_alpha(VOTES, VALUES, level) == pytest.approx(alpha, abs=0.0005)


def test_kappas_of_the_published_examples() -> None:
    assert cohen_kappa([[20, 5], [10, 15]]) == pytest.approx(0.4)
    assert fleiss_kappa(FLEISS) == pytest.approx(0.210, abs=0.0005)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
@given(counts=votes)
def test_sums_over_items_give_what_the_package_gives(level: str, counts: np.ndarray) -> None:
    values = np.arange(counts.shape[1], dtype=float)
    profiles = alpha_profiles(counts, values, level)
    own = float(alpha_from_sums(profiles.copies @ profiles.sums, level)) if len(profiles.copies) else np.nan
    assert own == pytest.approx(krippendorff_alpha(counts, values, level), nan_ok=True, abs=1e-9)


@given(
    counts=hnp.arrays(np.int64, st.tuples(st.integers(1, 9), st.integers(2, 4)), elements=st.integers(0, 4))
)
def test_fleiss_sums_give_what_statsmodels_gives(counts: np.ndarray) -> None:
    filled = np.concatenate([counts, 16 - counts.sum(axis=1, keepdims=True)], axis=1)  # 16 ratings each
    if (filled.sum(axis=0) > 0).sum() > 1:
        assert fleiss_from_sums(fleiss_sums(filled.astype(float)).sum(axis=0)) == pytest.approx(
            statsmodels_fleiss(filled)
        )


def test_cohen_cells_give_what_statsmodels_gives() -> None:
    table = np.array([[20, 5, 1], [10, 15, 0], [2, 2, 7]])
    assert cohen_from_cells(table.ravel().astype(float)) == pytest.approx(cohen_kappa(table))


def test_large_tables_take_the_sums_and_agree_with_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    with_package = [krippendorff_alpha(VOTES, VALUES, level) for level in agreement.MEASUREMENT]
    fleiss = fleiss_kappa(FLEISS)
    monkeypatch.setattr(items, "MOST_CELLS", 0)
    own = [krippendorff_alpha(VOTES, VALUES, level) for level in agreement.MEASUREMENT]
    assert own == pytest.approx(with_package)
    assert fleiss_kappa(FLEISS) == pytest.approx(fleiss)


def test_nothing_to_compare_is_undefined() -> None:
    assert np.isnan(krippendorff_alpha([[1, 0], [0, 1]], [0, 1], "nominal"))  # one rating each
    assert np.isnan(krippendorff_alpha([[3, 0], [2, 0]], [0, 1], "nominal"))  # one category only
    assert np.isnan(fleiss_kappa([[3, 0], [3, 0]]))
    assert np.isnan(cohen_kappa([[9, 0], [0, 0]]))
    assert np.isnan(cohen_kappa([[0, 0], [0, 0]]))


def test_one_item_has_no_interval() -> None:
    found = item_interval(
        profiles_of(np.array([[2, 1]]), percent_agreement_sums), ratio_of_sums, items=1,
        disputed=np.array([0.0, 1.0]), seed=7,
    )  # fmt: skip
    assert found.status == "undefined"


def test_perfect_agreement_is_no_certainty() -> None:
    """Wilson's lower limit for 30 of 30 is 30 / (30 + 1.96²) = .8865."""
    held = np.array([[3, 0]] * 15 + [[0, 3]] * 15)
    profiles = profiles_of(held, percent_agreement_sums)
    found = item_interval(profiles, ratio_of_sums, items=30, disputed=np.array([0.0, 1.0]), seed=7)
    assert found[:3] == pytest.approx((1.0, 0.8865, 1.0), abs=1e-4)


def test_moments_of_interval_ratings_by_hand() -> None:
    """Ratings 1, 2, 4: squared differences over ordered pairs are 2 (1 + 9 + 4) = 28, over m − 1 = 2: 14."""
    assert moments(np.array([3.0]), np.array([7.0]), np.array([21.0])).tolist() == [[14.0, 3.0, 7.0, 21.0]]


def test_kinds_of_many_categories_are_those_of_few() -> None:
    random = np.random.default_rng(3)
    wide = random.integers(0, 2, (200, 40))[:, random.integers(0, 3, 40)]  # too wide for one number a row
    rows, copies = kinds_of(wide)
    expected, counts = np.unique(wide, axis=0, return_counts=True)
    order = np.lexsort(rows.T[::-1])
    assert rows[order].tolist() == expected.tolist()
    assert copies[order].tolist() == counts.tolist()


def test_blocks_keep_the_total_and_vary_as_items_do() -> None:
    random = np.random.default_rng(5)
    each = np.stack([random.random(40_000), np.ones(40_000)], axis=1)
    blocks = in_blocks(40_000, lambda rows: each[rows], seed=1)
    assert blocks.sums.sum(axis=0) == pytest.approx(each.sum(axis=0))
    found = item_interval(blocks, ratio_of_sums, items=40_000, disputed=np.array([0.0, 1.0]), seed=2)
    assert found.high - found.low == pytest.approx(2 * 1.96 * each[:, 0].std() / 200, rel=0.1)


def test_intervals_hold_alpha_as_often_as_they_say() -> None:
    """300 samples a prevalence (in full: tests/benchmarks/bench_labels.py); 3 standard errors are .04."""
    kinds = np.array([[3, 0], [2, 1], [1, 2], [0, 3]])
    sums = np.concatenate([alpha_profiles(kind[None], np.arange(2.0), "nominal").sums for kind in kinds])
    random = np.random.default_rng(11)
    for prevalence in (0.1, 0.5):
        positives = np.arange(4)
        shares = prevalence * binom.pmf(positives, 3, 0.9) + (1 - prevalence) * binom.pmf(positives, 3, 0.05)
        true = float(alpha_from_sums(shares * 1e12 @ sums, "nominal"))
        held = 0
        for sample in range(300):
            profiles = Profiles(sums, random.multinomial(200, shares))
            found = item_interval(
                profiles, lambda x: alpha_from_sums(x, "nominal"), items=200, disputed=sums[1], seed=sample
            )
            held += bool(found.low <= true <= found.high)
        assert 0.91 <= held / 300 <= 0.99
    assert all(0.92 <= share <= 0.97 for prevalence, share in COVERAGE.items() if prevalence >= 0.1)
