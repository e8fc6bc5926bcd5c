"""Hazards of published lists; expected values by hand."""

from __future__ import annotations

import pandas as pd
import pytest

import raikit
from raikit.analyses.hazards import TAXONOMIES, load_taxonomy
from raikit.errors import InputError
from raikit.evidence.session import begin
from raikit.sources import open_table


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "a key for these tests only")


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


def test_hazard_by_attack_shows_what_was_not_tried() -> None:
    frame = pd.DataFrame(
        {
            "item": list("abcdefg"),
            "category": ["Privacy", "Privacy", "Privacy", "Hate", "Hate", "billing", "Defamation"],
            "attack": ["base64", "base64", "suffix", "suffix", None, "base64", "suffix"],
            "outcome": ["pass", "fail", "pass", "fail", "pass", "pass", None],
        }
    )
    study = raikit.safety(
        open_table(frame), outcome="outcome", item="item", slices=["category"], anchors="env:KEY"
    )
    held = study.hazards("mlcommons", column="category").set_index("hazard")
    columns = [name for name in held if name.startswith("attack")]
    assert columns == ["attack: base64", "attack: suffix", "attack: none named"]
    assert held.loc["prv Privacy", columns].tolist() == ["1 of 2 fail", "0 of 1 fail", "not tested"]
    assert held.loc["hte Hate", columns].tolist() == ["not tested", "1 of 1 fail", "0 of 1 fail"]
    assert held.loc["dfm Defamation", columns].tolist() == ["not tested", "no grade", "not tested"]
    assert held.loc["vcr Violent Crimes", columns].tolist() == ["not tested"] * 3
    assert held.loc["(label billing)", columns].tolist() == [""] * 3
    evidence = begin("safety", {"In": ["taxonomy: str = 'mlcommons'"], "taxonomy": "mlcommons"})
    evidence.add(study.rates())
    evidence.state(study)
    said = " ".join(each.text for each in evidence.record().findings)
    # privacy and hate have a grade; of their four pairs with an attack hate and base64 is not tried
    assert "Of 4 pairs of a tested hazard and an attack, no graded prompt stands for 1." in said


def test_rare_attacks_share_a_column() -> None:
    count = 12
    frame = pd.DataFrame({"item": range(2 * count), "category": "Hate", "outcome": ["pass", "fail"] * count})
    frame["attack"] = [f"kind {place}" for place in range(count)] * 2
    study = raikit.safety(
        open_table(frame), outcome="outcome", item="item", slices=["category"], anchors="env:KEY"
    )
    held = study.hazards("mlcommons", column="category").set_index("hazard").loc["hte Hate"]
    assert [name for name in held.index if name.startswith("attack")][-1] == "attack: 4 others"
    assert held["attack: 4 others"].endswith(" of 8 fail")


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


def test_a_label_is_given_as_the_table_shows_hazards_or_refused_with_the_list() -> None:
    table = open_table(pd.DataFrame({"item": ["a"], "topic": ["minors"], "outcome": ["pass"]}))
    study = raikit.safety(table, outcome="outcome", item="item", slices=["topic"])
    for given in ("cse Child Sexual Exploitation", "cse", "child sexual exploitation"):
        held = study.hazards("mlcommons", column="topic", labels={"minors": given}).set_index("hazard")
        assert held.loc["cse Child Sexual Exploitation", "prompts"] == 1
    with pytest.raises(
        InputError, match=r"taxonomy_labels: 'Minors': no hazard of MLCommons.* allowed.*vcr Viol"
    ):
        study.hazards("mlcommons", column="topic", labels={"minors": "Minors"})
