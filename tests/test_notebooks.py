"""The guided notebooks run from top to bottom on real data, and say what they promise."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
SAYS: dict[str, list[str]] = {
    "02-your-own-data": [
        "guessed: its name says approved",
        "confirmed: is False",
        "exit status 2",
        "as the template",
    ],
    "03-a-release": ["fair.race.*insufficient", "exit status 1", "exit status 3"],
    "04-read-an-evidence-page": [" fail", " pass", " insufficient"],
    "05-add-a-template": ["missing.each.*pass", "exit status 0", "missing.html"],
    "how-to-release": [
        "did you mean 'approved'",
        "min_n: came '30'",
        "did you mean 'target'",
        "exit status 2",
    ],
    "how-to-review": ["fair.race.*fail", "index.html: OK", "exit status 3"],
}


@pytest.fixture
def done(request: pytest.FixtureRequest, tmp_path: Path, run_notebook: Callable[[Any, Path], Any]) -> Any:
    return run_notebook(nbformat.read(request.param, as_version=4), tmp_path)


def said(cell: Any) -> str:
    texts = [output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "\n".join(texts)


@pytest.mark.parametrize("done", NOTEBOOKS, ids=lambda path: path.stem, indirect=True)
def test_a_guide_runs_and_says_what_it_promises(done: Any, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.id
    cells = [cell for cell in done.cells if cell.cell_type == "code"]
    everything = "\n".join(map(said, cells))
    for promised in SAYS.get(name, []):
        assert re.search(promised, everything), everything
    if name.startswith("exercise"):
        asked = [said(cell) for cell in cells if "check" in cell.metadata.get("tags", [])]
        assert asked == ["'not answered yet'"]
        last = [said(cell) for cell in cells if "solution" in cell.metadata.get("tags", [])][-1]
        assert last in ("'right'", "'5 of 5 right: A, B, C, D, E'")


def test_the_guides_are_there_in_their_order() -> None:
    names = [path.stem for path in NOTEBOOKS]
    assert [name[:2] for name in names[:5]] == ["01", "02", "03", "04", "05"]
    assert len([name for name in names if name.startswith("exercise")]) == 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_between_guides_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([\w-]+\.ipynb)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).is_file()
