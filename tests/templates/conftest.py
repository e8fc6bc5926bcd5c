"""A shipped template, run by papermill as anybody would, and its record read back by scrapbook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from raikit.evidence.record import Record, load_record

TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture
def run_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Record]:
    import papermill
    import scrapbook

    monkeypatch.delenv("RAIKIT_CONTEXT", raising=False)

    def run(name: str, **parameters: object) -> Record:
        done = tmp_path / f"{name}.ipynb"
        papermill.execute_notebook(TEMPLATES / f"{name}.ipynb", done, parameters, progress_bar=False)
        scraps = scrapbook.read_notebook(str(done)).scraps
        return load_record(scraps["raikit.record"].data, where=name)

    return run
