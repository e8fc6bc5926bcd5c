"""What README promises is there: names with examples, commands, files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import raikit
from raikit.cli import app
from raikit.evidence.session import Evidence

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
NAMES = [line.split("|")[1] for line in README.splitlines() if line.startswith("| `")]


def test_eight_names_carry_an_analyst_through_a_template() -> None:
    assert len(NAMES) == 8


@pytest.mark.parametrize("cell", NAMES)
def test_each_of_them_shows_an_example_that_runs(cell: str) -> None:
    for owner, name in re.findall(r"`(?:(raikit|evidence)\.)?(\w+)\(", cell):
        if owner != "evidence":
            assert name in raikit.__all__
        found = getattr(Evidence if owner == "evidence" else raikit, name)
        assert "    Examples\n" in (found.__doc__ or ""), f"{name}: its examples are run with the other tests"
        assert ">>> " in found.__doc__


def test_commands_are_those_of_the_command_line() -> None:
    known = {each.name or each.callback.__name__ for each in app.registered_commands if each.callback}
    blocks = re.findall(r"^```\w*\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    used = {found for block in blocks for found in re.findall(r"^raikit (\w+)", block, re.MULTILINE)}
    assert len(used) > 5
    assert used <= known


def test_files_are_there() -> None:
    linked = re.findall(r"\]\(([^):]+)\)", README)
    folders = re.findall(r"`((?:templates|params|notebooks|raikit)/[\w/]*)`", README)
    assert linked
    assert not [path for path in (*linked, *folders) if not (ROOT / path).exists()]
