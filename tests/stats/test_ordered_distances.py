"""Distances of numbers against scipy on the raw rows; binned ones hold them between their bounds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from raikit.stats.ordered_distances import (
    kolmogorov_smirnov_distance,
    kolmogorov_smirnov_p_value,
    wasserstein_distance,
)


def rows(seed: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    if kind == "whole":
        return draw.poisson(6, 700).astype(float), draw.poisson(7, 400).astype(float)
    return draw.lognormal(size=700), draw.lognormal(0.2, 1.1, size=400)


@pytest.mark.parametrize("kind", ["whole", "skewed"])
@pytest.mark.parametrize("seed", range(3))
def test_counts_of_values_give_what_scipy_gives(kind: str, seed: int) -> None:
    before, after = rows(seed, kind)
    values = np.unique(np.concatenate([before, after]))
    counts = [np.bincount(np.searchsorted(values, side), minlength=len(values)) for side in (before, after)]
    expected = stats.ks_2samp(before, after, method="asymp")
    found = kolmogorov_smirnov_distance(*counts)
    assert found.estimate == pytest.approx(expected.statistic, abs=1e-9)
    p_value = kolmogorov_smirnov_p_value(found.estimate, 700, 400)
    assert p_value == pytest.approx(expected.pvalue, abs=1e-9)
    distance = wasserstein_distance(*counts, values=values).estimate
    assert distance == pytest.approx(stats.wasserstein_distance(before, after), abs=1e-9)


@pytest.mark.parametrize("kind", ["whole", "skewed"])
@pytest.mark.parametrize("seed", range(5))
def test_bins_bound_the_exact_distances(kind: str, seed: int) -> None:
    before, after = rows(seed, kind)
    both = np.concatenate([before, after])
    edges = np.unique([both.min(), *np.quantile(before, np.linspace(0.02, 0.98, 40)), both.max()])
    counts = [np.histogram(side, edges)[0] for side in (before, after)]
    smirnov = kolmogorov_smirnov_distance(*counts, binned=True)
    exact = stats.ks_2samp(before, after, method="asymp").statistic
    assert smirnov.least - 1e-12 <= exact <= smirnov.greatest + 1e-12
    moved, exact = wasserstein_distance(*counts, edges=edges), stats.wasserstein_distance(before, after)
    assert moved.least <= exact <= moved.greatest
    assert moved.least <= moved.estimate <= moved.greatest


def test_empty_sides_and_wrong_calls() -> None:
    assert np.isnan(kolmogorov_smirnov_distance([1], [0]).estimate)
    assert np.isnan(wasserstein_distance([0], [1], values=[1.0]).greatest)
    with pytest.raises(ValueError, match="either values or edges"):
        wasserstein_distance([1], [1])
