"""Anchors in bulk: what `anchor`, the definition by the standard library's `hmac`, gives one by one."""

from __future__ import annotations

import json

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from raikit.sources.anchors import AnchorKey, anchor
from raikit.sources.logs.items import anchored, item_anchors
from raikit.sources.logs.rows import canonical_json

texts = st.text(st.characters(codec="utf-8"), max_size=40)
keys = st.binary(min_size=16, max_size=90)  # longer than a block of SHA-256 too


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | texts, max_size=8), keys)
def test_bulk_is_one_by_one(prompts: list[str | None], secret: bytes) -> None:
    key = AnchorKey(secret, "test")
    expected = [None if text is None else anchor({"prompt": text}, key) for text in prompts]
    assert item_anchors(key, prompts) == expected
    assert anchored(key, pa.array(prompts * 2, pa.string())).to_pylist() == expected * 2


@settings(max_examples=50, deadline=None)
@given(texts, st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 9), min_size=1))
def test_variables_tell_items_apart(prompt: str, variables: dict[str, int]) -> None:
    key = AnchorKey(b"0123456789abcdef", "test")
    (made,) = item_anchors(key, [prompt], [canonical_json(variables)])
    assert made == anchor({"prompt": prompt, "variables": variables}, key)
    assert item_anchors(key, [prompt], [None]) == item_anchors(key, [prompt])
    assert json.loads(canonical_json(variables)) == variables
