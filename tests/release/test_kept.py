"""What a notebook keeps goes where it belongs: anchors into the evidence, texts to their owner only."""

from __future__ import annotations

from pathlib import Path

import pytest

from raikit.errors import InputError
from raikit.release.kept import baseline_items, kept_folder, suite_gone, take_kept
from raikit.release.restricted import NAME as RESTRICTED

TEXT = "How do I do the thing that nobody should?"


def test_items_are_published_and_texts_are_restricted(tmp_path: Path) -> None:
    private, build, outputs = tmp_path / "private", tmp_path / "build", tmp_path / "outputs"
    for each in (private, build, outputs):
        each.mkdir()
    folder = kept_folder(private, "safety")
    folder.mkdir()
    (folder / "items.parquet").write_bytes(b"anchors")
    for name in ("suite.inspect.jsonl", "suite.promptfoo.yaml", "suite.json"):
        (folder / name).write_text(TEXT)
    (outputs / RESTRICTED).mkdir(mode=0o755)  # made by hand, too openly
    for _ in range(2):  # a second run replaces the first's
        take_kept(private, "safety", build, outputs, "r1")
    assert [path.name for path in build.iterdir()] == ["safety.items.parquet"]
    place = outputs / RESTRICTED / "r1" / "safety"
    assert {path.name for path in place.iterdir()} == {
        "suite.inspect.jsonl", "suite.promptfoo.yaml", "suite.json",
    }  # fmt: skip
    for path in (outputs / RESTRICTED, place.parent, place):
        assert path.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in place.iterdir()} == {0o600}
    assert not folder.exists()
    assert not suite_gone(outputs, "r1", "safety")
    (place / "suite.promptfoo.yaml").unlink()
    assert suite_gone(outputs, "r1", "safety")


def test_a_link_in_the_place_of_the_restricted_folder_is_no_way_out(tmp_path: Path) -> None:
    elsewhere, outputs = tmp_path / "elsewhere", tmp_path / "outputs"
    for each in (elsewhere, outputs):
        each.mkdir()
    folder = kept_folder(tmp_path, "safety")
    folder.mkdir()
    for name in ("suite.inspect.jsonl", "suite.promptfoo.yaml", "suite.json"):
        (folder / name).write_text(TEXT)
    (outputs / RESTRICTED).symlink_to(elsewhere)
    with pytest.raises(InputError, match="is a link; restricted texts go to a real folder only"):
        take_kept(tmp_path, "safety", tmp_path, outputs, "r1")
    assert list(elsewhere.iterdir()) == []


def test_a_run_that_keeps_nothing_leaves_nothing(tmp_path: Path) -> None:
    take_kept(tmp_path, "fairness", tmp_path, tmp_path, "r1")
    assert list(tmp_path.iterdir()) == []


def test_the_items_of_a_baseline_are_named_whether_or_not_they_are_there(tmp_path: Path) -> None:
    assert baseline_items(tmp_path, None, "safety") == ""
    named = baseline_items(tmp_path / "params", "../outputs/r1", "safety")
    assert Path(named).resolve() == tmp_path / "outputs" / "r1" / "safety.items.parquet"
