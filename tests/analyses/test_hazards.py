"""Hazards of published lists; expected values by hand."""

from __future__ import annotations

import pandas as pd
import pytest

import raikit
from raikit.analyses.hazards import TAXONOMIES, load_taxonomy
from raikit.errors import InputError
from raikit.sources import open_table


def rows() -> pd.DataFrame:
    study = raikit.safety(
        open_table(
            pd.DataFrame(
                {
                    "item": ["a", "b", "c", "d", "e"],
                    "category": ["Privacy", "privacy", "hate", "violent_crimes", "billing"],
                    "outcome": ["pass", "fail", "pass", None, "pass"],
                }
            )
        ),
        outcome="outcome", item="item", slices=["category"],
    )  # fmt: skip
    return study.hazards("mlcommons", column="category").set_index("hazard")


def test_not_tested_is_as_visible_as_failed() -> None:
    held = rows()
    assert held.loc["prv Privacy", ["state", "prompts", "fail"]].tolist() == ["some fail", 2, 1]
    assert held.loc["hte Hate", "state"] == "all pass"
    assert held.loc["vcr Violent Crimes", "state"] == "no grade"
    assert held.loc["dfm Defamation", ["state", "prompts"]].tolist() == ["not tested", 0]
    assert (held["state"] == "not tested").sum() == 12 - 3
    assert held.loc["(label billing)", "state"] == "no such hazard"


@pytest.mark.parametrize(("name", "size"), [("mlcommons", 12), ("owasp-llm", 10), ("nist-ai-600-1", 12)])
def test_lists_have_version_date_and_size_as_published(name: str, size: int) -> None:
    held = load_taxonomy(name)
    assert len(held.categories) == size
    assert held.version
    assert held.date.startswith("2024-")
    assert set(TAXONOMIES) == {"mlcommons", "owasp-llm", "nist-ai-600-1"}


def test_unknown_list_is_refused() -> None:
    with pytest.raises(InputError, match="taxonomy: came 'owasp'; allowed"):
        load_taxonomy("owasp")
