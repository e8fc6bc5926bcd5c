"""JSON Lines under types from the first rows: what DuckDB infers from all, wherever later ones differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from raikit.sources import json_lines, open_table
from raikit.sources.engine import select

FEW = 3  # rows that are looked at first here


@pytest.fixture(autouse=True)
def sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "SAMPLE", FEW)


def rows(path: Path, first: Any, later: list[dict[str, Any]]) -> list[dict[str, Any]]:
    lines = [first] * 10 + later
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    held: list[dict[str, Any]] = open_table(str(path)).lazy.collect("pyarrow").to_native().to_pylist()
    return held


@pytest.mark.parametrize(
    ("first", "later", "expected"),
    [
        (1, 1.5, [1.0, 1.5]),  # DuckDB would round 1.5 to 2
        (1, True, ["1", "true"]),
        (True, 1, ["true", "1"]),
        (0.5, True, ["0.5", "true"]),
        (0.5, "NaN", ["0.5", "NaN"]),
        (1, "x", ["1", "x"]),
        (1, "2", [1, 2]),  # a number in quotes counts as one
        ("x", 5, ["x", "5"]),
        ("x", {"b": "y"}, ["x", '{"b":"y"}']),
        (None, "x", [None, "x"]),
        ("2020-01-01", "soon", ["2020-01-01", "soon"]),
        (2**40, 2**70, [2.0**40, 2.0**70]),
    ],
)
def test_a_later_value_of_another_kind_changes_no_other(
    first: Any, later: Any, expected: list[Any], tmp_path: Path
) -> None:
    held = rows(tmp_path / "a.jsonl", {"a": first, "id": "r"}, [{"a": later, "id": "r"}])
    assert [held[0]["a"], held[-1]["a"]] == expected
    assert len(held) == 11


def test_a_key_that_comes_late_is_a_column(tmp_path: Path) -> None:
    held = rows(tmp_path / "a.jsonl", {"a": "x"}, [{"a": "y", "late": 3}])
    assert held[-1] == {"a": "y", "late": 3}
    assert held[0] == {"a": "x", "late": None}


values = st.none() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False, width=32)
values |= st.booleans() | st.text('ab1.5-é"\\ ', max_size=8) | st.sampled_from(["2020-01-01", "1", "true"])


def _is_number(text: str) -> bool:
    try:
        return float(text) is not None
    except ValueError:
        return text in ("true", "false")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.sampled_from("abc"), values, max_size=3), min_size=1, max_size=8))
def test_is_what_all_rows_say(tmp_path: Path, lines: list[dict[str, Any]]) -> None:
    """Against DuckDB's own inference from all rows; where that finds several kinds, against Python's text."""
    path = tmp_path / "a.jsonl"
    lines = [{"id": "r", **each} for each in lines]
    assume(not any(isinstance(held, str) and _is_number(held) for each in lines for held in each.values()))
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    made = open_table(str(path)).lazy.collect("pyarrow").to_native().to_pylist()
    whole = select(f"FROM read_json('{path}', format = 'newline_delimited', sample_size = -1)")
    expected = whole.to_arrow_table().to_pylist()
    assert list(made[0]) == whole.columns
    kinds = dict(zip(whole.columns, map(str, whole.types), strict=True))
    for line, row, other in zip(lines, made, expected, strict=True):
        for name, kind in kinds.items():
            if kind not in ("JSON", '"NULL"'):
                said = row[name] if not isinstance(line.get(name), str) else str(row[name])
                assert said == (str(other[name]) if isinstance(line.get(name), str) else other[name])
            elif isinstance(line.get(name), str):
                assert row[name] == line[name]
            else:
                assert (row[name] is None) == (line.get(name) is None)
