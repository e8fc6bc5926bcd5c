"""Anchors in bulk: what `anchor`, the definition by the standard library's `hmac`, gives one by one."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raikit.analyses.judge import judge_audit
from raikit.sources.anchors import AnchorKey, anchor, anchor_key
from raikit.sources.engine import connection, select
from raikit.sources.logs import items, plain
from raikit.sources.logs.items import item_anchors, with_items
from raikit.sources.logs.opening import open_log
from raikit.sources.logs.rows import canonical_json
from raikit.sources.table import open_table


@pytest.fixture(autouse=True)
def known_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_THE_TEST", "0123456789abcdef")


texts = st.text(st.characters(codec="utf-8"), max_size=40)
keys = st.binary(min_size=16, max_size=90)  # longer than a block of SHA-256 too


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | texts, max_size=8), keys)
def test_bulk_is_one_by_one(prompts: list[str | None], secret: bytes) -> None:
    key = AnchorKey(secret, "test")
    expected = [None if text is None else anchor({"prompt": text}, key) for text in prompts]
    assert item_anchors(key, prompts) == expected


@settings(max_examples=50, deadline=None)
@given(texts, st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 9), min_size=1))
def test_variables_tell_items_apart(prompt: str, variables: dict[str, int]) -> None:
    key = AnchorKey(b"0123456789abcdef", "test")
    (made,) = item_anchors(key, [prompt], [canonical_json(variables)])
    assert made == anchor({"prompt": prompt, "variables": variables}, key)
    assert item_anchors(key, [prompt], [None]) == item_anchors(key, [prompt])
    assert json.loads(canonical_json(variables)) == variables


@pytest.mark.parametrize("together", [1, 3, 1000])
def test_each_row_has_the_anchor_of_its_prompt(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "_MOST", together)
    key = AnchorKey(b"0123456789abcdef", "test")
    prompts = [None, "How?", "caf\u00e9", "cafe\u0301", "How?", "", 'a "b"\n\\c\x7f\x01/']
    expected = [None if text is None else anchor({"prompt": text}, key) for text in prompts]
    connection().from_arrow(pa.table({"n": range(7), "q q": pa.array(prompts, pa.string())})).create(
        "log of all"
    )
    try:
        made = with_items("log of all", "q q", key).to_arrow_table()
    finally:
        connection().execute('DROP TABLE IF EXISTS "log of all"')
    assert made["item"].to_pylist() == expected
    assert made["n"].to_pylist() == list(range(7))


def test_a_large_log_keeps_the_order_of_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    rows = "SELECT i AS n, 'prompt ' || i % 5000 AS q FROM range(300000) t(i) ORDER BY n"
    connection().execute(f"COPY ({rows}) TO '{path}' (FORMAT json)")
    log = open_log(str(path), columns={"prompt": "q"}, anchors="env:KEY_OF_THE_TEST")
    found = log.to_pandas(["n", "prompt", "item"])
    assert found["n"].tolist() == list(range(300_000))
    key = anchor_key("env:KEY_OF_THE_TEST")
    assert found["item"][299_999] == anchor({"prompt": "prompt 4999"}, key)
    assert (found.groupby("prompt")["item"].nunique() == 1).all()
    assert log.column("item").missing == 0


def test_a_large_log_takes_little_memory_and_none_from_what_is_read_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, limit = tmp_path / "log.jsonl", "any_value(current_setting('memory_limit'))"
    before = select("FROM range(1)").aggregate(limit).fetchall()
    rows = "SELECT 'prompt ' || i AS q, if(i % 2 = 0, 'pass', 'fail') AS outcome FROM range(100) t(i)"
    connection().execute(f"COPY ({rows}) TO '{path}' (FORMAT json)")
    monkeypatch.setattr(plain, "_LARGE", 0)
    log = open_log(str(path), columns={"prompt": "q"}, anchors="env:KEY_OF_THE_TEST")
    assert log.lazy.to_native().aggregate(limit).fetchall() == [("190.7 MiB",)]  # 200 million bytes
    assert select("FROM range(1)").aggregate(limit).fetchall() == before
    people = open_table(pa.table({"prompt": ["prompt 3", "prompt 4"], "human": ["fail", "fail"]}))
    audited = judge_audit(log, people, outcome="outcome", anchors="env:KEY_OF_THE_TEST")
    assert audited.labels.rows["judge"].tolist() == [False, True]
