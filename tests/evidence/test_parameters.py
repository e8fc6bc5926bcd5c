"""Parameters: what a cell declares and what may be given."""

from __future__ import annotations

from typing import Any

import pytest

from raikit.evidence.parameters import declared_in, type_problem, unknown_names, used_parameters

CELL = """# Parameters
data: str = "demo:acs-employment?year=2018"  # table
slices: list[str] = ["sex"]  # columns
pool: dict = {}
"""


def test_a_parameters_cell_is_declarations_only() -> None:
    assert declared_in(CELL) == {"data": "str", "slices": "list[str]", "pool": "dict"}
    assert declared_in("x = 1") == {}
    assert declared_in("import raikit\nx: int = 1") == {}
    assert declared_in("%matplotlib inline\nx: int = 1") == {}


def test_values_are_read_as_they_stand_when_the_evidence_begins() -> None:
    injected = '# Parameters\ndata = "mine.parquet"\n'
    space = {"In": ["", CELL, injected, "import raikit"], "data": "mine.parquet", "slices": ["a"], "pool": {}}
    values, problems = used_parameters(space)
    assert values == {"data": "mine.parquet", "slices": ["a"], "pool": {}}
    assert problems == []


def test_a_plain_script_is_read_by_its_annotations() -> None:
    space = {"__annotations__": {"min_n": int, "data": "str"}, "min_n": "30", "data": "x"}
    values, problems = used_parameters(space)
    assert values == {"min_n": "30", "data": "x"}
    assert problems == ["min_n: came '30' (str); allowed: int"]


@pytest.mark.parametrize(
    ("value", "declared", "fits"),
    [
        ("x", "str", True),
        (1, "str", False),
        (1, "float", True),
        (True, "int", False),
        (1, "bool", False),
        (1.0, "int", False),
        (["a"], "list[str]", True),
        ("a", "list[str]", False),
        ([1], "list[str]", False),
        (("a",), "list[str]", False),
        ([["a", "b"]], "list[list[str]]", True),
        ({"race": {"x": ["y"]}}, "dict", True),
        ({"a": [1]}, "dict[str, list[str]]", False),
        (None, "str", False),
        (None, "str | None", True),
        (float("nan"), "float", False),
        (object(), "dict", False),
        (b"x", "str", False),
        (1, "__import__('os')", False),
        (1, "mystery", False),
    ],
)
def test_types_are_strict(value: Any, declared: str, fits: bool) -> None:
    problem = type_problem("p", value, declared)
    assert (problem is None) is fits
    if problem:
        assert problem.startswith("p: ")
        assert "allowed" in problem


def test_a_misspelt_name_gets_a_suggestion() -> None:
    said = unknown_names(["sensitve_features"], ["data", "label", "sensitive_features"])
    assert said == (
        "unknown parameter(s) ['sensitve_features']; did you mean 'sensitive_features'? "
        "Declared: data, label, sensitive_features"
    )
    assert unknown_names(["data"], ["data"]) is None
