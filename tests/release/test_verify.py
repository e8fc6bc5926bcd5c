"""Reproduction: results that come out again, and those that don't."""

from __future__ import annotations

import io
import json
import math
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from raikit.release.progress import Display
from raikit.release.session import Options
from raikit.release.verify import Reproduced, _compared, _record, reproduce, share
from raikit.report.summary import ReleaseSummary

QUIET = Display(Console(file=io.StringIO()))


def again(folder: Path, beside: Path) -> list[Reproduced]:
    return reproduce(folder, beside, QUIET, Options(fork=False))


def test_the_same_machine_gives_identical_results(released: tuple[Path, ReleaseSummary]):
    folder = released[0]
    before = sorted(path.name for path in folder.parent.iterdir())
    found = again(folder, folder.parents[1])
    assert found == [Reproduced("small", "identical", "", 1, 1)]
    assert share(found) == 1
    assert sorted(path.name for path in folder.parent.iterdir()) == before


def test_what_cannot_be_rerun_says_why(released: tuple[Path, ReleaseSummary], tmp_path: Path):
    copy = shutil.copytree(released[0].parents[1], tmp_path / "copy")
    (copy / "small.ipynb").unlink()
    found = again(copy / "outputs" / "r1", copy)
    assert found[0].status == "cannot rerun"
    assert "no such notebook" in found[0].reason
    assert share(found) == 0
    assert math.isnan(share([]))


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, "identical"),
        ({"estimate": 0.75 * (1 + 1e-12)}, "within tolerance"),
        ({"estimate": 0.7501}, "differs"),
        ({"low": None}, "differs"),
        ({"n": 99}, "differs"),
        ({"id": "other"}, "differs"),
    ],
)
def test_how_results_compare(released: tuple[Path, ReleaseSummary], change: dict, status: str):
    before = _record(released[0], "small")
    result = before.results[0].model_copy(update=change)
    assert _compared(before, before.model_copy(update={"results": [result]})).status == status


def test_other_data_is_no_reproduction(released: tuple[Path, ReleaseSummary]):
    before = _record(released[0], "small")
    moved = before.inputs[0].model_copy(update={"fingerprint": "sha256:0"})
    found = _compared(before, before.model_copy(update={"inputs": [moved]}))
    assert (found.status, found.reason) == ("cannot rerun", "its input 'data' is other data now")
    assert json.loads((released[0] / "small.json").read_text())["state"] == "complete"
