"""A file is there whole or as it was before."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from raikit.release.whole_file import write_whole


def test_a_file_is_replaced_whole_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"before")
    assert write_whole(path, b"after", mode=0o600) == path
    assert path.read_bytes() == b"after"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_can_not_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    (path / "inside").mkdir(parents=True)  # a folder that a file can't replace
    with pytest.raises(OSError, match="directory"):
        write_whole(path, b"after")
    assert [each.name for each in tmp_path.iterdir()] == ["a"]
    assert (path / "inside").is_dir()
