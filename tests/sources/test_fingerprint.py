"""Fingerprints follow the content, and nothing but the content."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raikit.sources import fingerprint
from raikit.sources.fingerprint import (
    canonical,
    file_digest,
    file_fingerprint,
    known_digests,
    remember_digests,
    table_fingerprint,
)

_ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(-(2**40), 2**40)),
        st.one_of(st.none(), st.text(max_size=5)),
        st.one_of(st.none(), st.booleans()),
    ),
    min_size=1,
    max_size=30,
)


def _table(rows: list[tuple[object, ...]]) -> pa.Table:
    kinds = [("i", pa.int64()), ("s", pa.string()), ("b", pa.bool_())]
    return pa.table({name: pa.array([row[i] for row in rows], kind) for i, (name, kind) in enumerate(kinds)})


@settings(max_examples=60, deadline=None)
@given(rows=_ROWS, cut=st.integers(0, 30))
def test_chunks_slices_and_dictionaries_do_not_matter(rows: list[tuple[object, ...]], cut: int) -> None:
    whole = _table(rows)
    expected = table_fingerprint(whole)
    chunked = pa.concat_tables([whole.slice(0, cut), whole.slice(cut)])
    padded = pa.concat_tables([whole, whole]).combine_chunks().slice(len(rows))
    coded = whole.set_column(1, "s", whole["s"].combine_chunks().dictionary_encode())
    assert {table_fingerprint(each) for each in (chunked, padded, coded)} == {expected}
    assert canonical(whole).to_pylist() == whole.to_pylist()


def test_bytes_under_missing_values_do_not_matter() -> None:
    def hidden(value: int) -> pa.Table:
        values = pa.array(np.array([1, value, 3], dtype="int64"))
        valid = pa.array([True, False, True]).buffers()[1]
        return pa.table({"x": pa.Array.from_buffers(pa.int64(), 3, [valid, values.buffers()[1]])})

    assert hidden(7).to_pylist() == hidden(8).to_pylist()
    assert table_fingerprint(hidden(7)) == table_fingerprint(hidden(8))


def test_every_change_of_content_changes_it() -> None:
    base = pa.table({"x": [1, 2, None], "y": ["a", "b", "c"]})
    others = [
        pa.table({"x": [2, 1, None], "y": ["a", "b", "c"]}),
        pa.table({"x": [1, 2, 0], "y": ["a", "b", "c"]}),
        pa.table({"x": [1.0, 2.0, None], "y": ["a", "b", "c"]}),
        pa.table({"z": [1, 2, None], "y": ["a", "b", "c"]}),
        base.select(["y", "x"]),
        base.slice(0, 2),
        pa.table({"x": [1, 2, None], "y": ["ab", "", "c"]}),
    ]
    assert len({table_fingerprint(each) for each in (base, *others)}) == len(others) + 1


def test_pandas_metadata_does_not_matter() -> None:
    frame = pd.DataFrame({"x": [1, 2]}, index=[5, 6])
    assert table_fingerprint(pa.Table.from_pandas(frame, preserve_index=False)) == table_fingerprint(
        pa.table({"x": [1, 2]})
    )


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered, and what was written just now is ten seconds old."""
    monkeypatch.setattr(fingerprint, "_known", {})
    monkeypatch.setattr(fingerprint.time, "time_ns", lambda: int((time.time() + 10) * 1e9))


def test_a_file_is_read_once_until_it_changes(tmp_path: Path, later: None) -> None:
    """Against hashlib on the bytes themselves."""
    path = tmp_path / "rows.csv"
    for content in (b"abc", b"xyz", b"xyz"):
        path.write_bytes(content)
        os.utime(path, ns=(10**18, 10**18))  # set back: the system's own time tells all the same
        assert file_digest(path) == file_digest(path) == hashlib.sha256(content).hexdigest()
    assert len(known_digests()) == 3


def test_a_file_that_changed_just_now_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the time that a file system can tell, the same marks may stand for other bytes."""
    monkeypatch.setattr(fingerprint, "_known", {})
    path = tmp_path / "rows.csv"
    for content in (b"abc", b"xyz"):
        path.write_bytes(content)
        assert file_digest(path) == hashlib.sha256(content).hexdigest()
    assert known_digests() == []


def test_another_process_takes_a_digest_over(
    tmp_path: Path, later: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"abc")
    taken = (file_digest(path), json.dumps(known_digests()))
    monkeypatch.setattr(fingerprint, "_known", {})
    monkeypatch.setattr(hashlib, "file_digest", None)  # nothing is read any more
    remember_digests(json.loads(taken[1]))
    assert file_digest(path) == taken[0]
    assert file_fingerprint([path]) == f"sha256:{taken[0]}"
