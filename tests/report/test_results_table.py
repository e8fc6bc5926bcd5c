"""Results as text: every number with its interval and n, and words where there is no number."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from raikit import results_table
from raikit.errors import InputError


def frame() -> pd.DataFrame:
    nan = math.nan
    return pd.DataFrame(
        [
            ("accuracy", {}, 100, 0.8, 0.711, 0.867, "ok"),
            ("accuracy", {"sex": "F"}, 60, 0.85, 0.739, 0.919, "ok"),
            ("accuracy", {"sex": "M"}, None, nan, nan, nan, "suppressed"),
            ("accuracy", {"race": "A"}, 20, 0.5, 0.299, 0.701, "small"),
            ("recall", {"sex": "F"}, 30, 0.9, 0.744, 0.965, "ok"),
            ("recall", {"sex": "M"}, 0, nan, nan, nan, "undefined"),
        ],
        columns=["metric", "slice", "n", "estimate", "low", "high", "status"],
    )


def test_each_metric_has_its_own_n_where_they_differ() -> None:
    table = results_table(frame())
    assert list(table.columns) == ["Accuracy", "Recall"]
    assert table.loc[("sex", "F"), "Accuracy"] == ".850 [.739–.919], n 60"
    assert table.loc[("sex", "F"), "Recall"] == ".900 [.744–.965], n 30"
    assert table.loc[("everybody", "All"), "Recall"] == "—"


def test_hidden_undefined_and_small_are_said_in_words() -> None:
    table = results_table(frame())
    assert table.loc[("sex", "M"), "Accuracy"].startswith("hidden")
    assert table.loc[("sex", "M"), "Recall"].startswith("undefined")
    assert table.loc[("race", "A"), "Accuracy"].endswith("(small)")


def test_a_common_n_is_a_column() -> None:
    table = results_table(frame(), metrics=["accuracy"], by="sex")
    assert list(table.columns) == ["Accuracy", "n"]
    assert table["n"].tolist() == ["100", "60", "—"]
    assert table.index.tolist() == ["All", "F", "M"]


def test_an_unknown_metric_is_an_error() -> None:
    with pytest.raises(InputError, match="luck"):
        results_table(frame(), metrics=["luck"])
