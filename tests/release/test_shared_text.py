"""Passages that two bodies of text share, against Python's own search for every window of 30 characters."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from raikit.release.hidden_text import _shares_nothing
from raikit.release.shared_text import SHORTEST, Published
from raikit.sources.logs import plain

PROMPT = "Please write a letter to someone@example.com about the weather in spring"


def passage(shown: str, hidden: list[str | None], own: tuple[str, ...] = ()) -> str | None:
    return Published([shown], list(own)).passage_of(pa.array(hidden, pa.string()))


words = st.text("ab é日", max_size=90)


@settings(max_examples=200, deadline=None)
@given(words, words, st.integers(0, 60), st.integers(25, 45))
@example("a" * 30, "b" * 30 + "a" * 40, 30, 30)
def test_is_what_a_search_of_every_window_finds(shown: str, hidden: str, start: int, length: int) -> None:
    shown, hidden = " ".join(shown.split()), " ".join(hidden.split())
    page = f"{shown}|{hidden[start : start + length]}|"
    windows = (hidden[at : at + SHORTEST] for at in range(len(hidden) - SHORTEST + 1))
    # A passage is counted without the blanks at its ends, which pages add and drop.
    expected = any(each in page for each in windows if each.strip() == each)
    found = passage(page, ["x" * start, None, hidden])
    assert expected <= (found is not None)
    if found is not None:
        assert len(found) >= SHORTEST
        assert found in page
        assert found in hidden


@pytest.mark.parametrize(
    "written",
    [
        f"0    {PROMPT[:47]}...\nName: prompt, dtype: object",  # as pandas cuts it
        PROMPT.replace(" ", "\\n"),
        PROMPT.replace("someone", "&#115;omeone").replace("weather", "\\u0077eather"),
        f"x {PROMPT[20:55]} y",
        PROMPT.replace(" to ", ' \\"to\\"  '),
    ],
)
def test_however_it_is_written(written: str) -> None:
    assert passage(written, ["Certainly.", PROMPT])


def test_a_text_of_another_script_counts_characters_not_bytes() -> None:
    said = "".join(map(chr, range(0x4E00, 0x4E00 + 60)))
    assert passage(said[:29], [said]) is None
    assert passage(said[5:35], [said]) == said[5:35]


def test_what_was_asked_for_may_be_shown() -> None:
    own = "Sensitive Information Disclosure"
    assert passage(f"Not tested: {own}.", [f"What is {own}?"], (own,)) is None
    assert passage(f"Not tested: {own}.", [f"What is {own}?"]) == own


def test_nothing_shares_nothing() -> None:
    assert passage("", [PROMPT]) is None
    assert passage(PROMPT, []) is None
    assert passage(PROMPT, [None, "", "short"]) is None


@pytest.mark.parametrize(
    ("first", "later", "met"),
    [
        ({"q": "short"}, {"q": PROMPT}, True),
        ({"q": None}, {"q": PROMPT}, True),
        ({"q": 1}, {"q": PROMPT}, True),
        ({"q": True}, {"q": PROMPT}, True),
        ({"q": "short"}, {"late": PROMPT}, True),
        ({"q": {"said": "short"}}, {"q": {"said": PROMPT}}, True),
        ({"q": "short"}, {"q": PROMPT[:29]}, False),
        ({"q": "short"}, {"q": f"{PROMPT[:20]} and then {PROMPT[40:60]}"}, False),
    ],
)
@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_no_text_of_plain_rows_slips_by_wherever_it_stands(
    first: dict[str, object], later: dict[str, object], met: bool, form: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(plain, "SAMPLE", 5)
    path, rows = tmp_path / f"log.{form}", [first] * 20 + [later] + [first] * 20
    if form == "jsonl":
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    elif not isinstance(first["q"], dict):
        frame = pd.DataFrame(rows).astype(str)
        frame.to_csv(path, index=False) if form == "csv" else frame.to_parquet(path)
    else:
        pytest.skip("no nested values in these formats")
    published = Published([f"The page says: {PROMPT}."], [])
    assert _shares_nothing(str(path), "table", published) is not met


def test_what_cannot_be_read_in_turn_is_no_proof(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"q": "short"}\n{"q": "cut', encoding="utf-8")
    published = Published([f"The page says: {PROMPT}."], [])
    assert not _shares_nothing(str(path), "table", published)
    assert not _shares_nothing(str(tmp_path / "none.jsonl"), "auto", published)
    assert not _shares_nothing("demo:refusals", "auto", published)
