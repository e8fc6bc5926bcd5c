"""Divergences against the listed values and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency

from raikit.stats.distances import effect_test, population_stability_index
from raikit.stats.divergences import hellinger_distance, jensen_shannon_distance, l_infinity_distance

BEFORE, AFTER = [16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]  # the example of the field notes


def test_listed_values() -> None:
    assert hellinger_distance(BEFORE, AFTER) == pytest.approx(0.06812, abs=1e-5)  # listed cut, not rounded
    assert population_stability_index(BEFORE, AFTER) == pytest.approx(0.03722, abs=5e-6)
    assert effect_test(BEFORE, AFTER).p_different == pytest.approx(0.8985, abs=5e-5)


@pytest.mark.parametrize("seed", range(5))
def test_distances_are_those_of_scipy(seed: int) -> None:
    before, after = np.random.default_rng(seed).integers(0, 300, (2, 12))
    shares = before / before.sum(), after / after.sum()
    expected = jensenshannon(*shares, base=2)
    assert jensen_shannon_distance(before, after) == pytest.approx(expected, abs=1e-9)
    # Hellinger is the Euclidean distance of the square roots over root two
    expected = np.linalg.norm(np.sqrt(shares[0]) - np.sqrt(shares[1])) / np.sqrt(2)
    assert hellinger_distance(before, after) == pytest.approx(expected, abs=1e-9)
    assert l_infinity_distance(before, after) == pytest.approx(np.abs(shares[0] - shares[1]).max(), abs=1e-12)
    common = before + after >= 60
    expected = chi2_contingency([before[common], after[common]], correction=False).pvalue
    assert effect_test(before[common], after[common]).p_different == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("distance", [jensen_shannon_distance, hellinger_distance, l_infinity_distance])
def test_nothing_on_one_side_is_undefined(distance: object) -> None:
    assert np.isnan(distance([1, 2], [0, 0]))  # type: ignore[operator]
    with pytest.raises(ValueError, match="one length"):
        distance([1, 2], [1])  # type: ignore[operator]
