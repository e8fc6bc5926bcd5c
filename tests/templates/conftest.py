"""A shipped template, run by papermill as anybody would, and its record read back by scrapbook.

The kernels are forked from one that has the heavy libraries; tests/test_wheel.py runs an ordinary one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from raikit.evidence.record import Record, load_record

TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture(scope="session")
def papermilled(kernels: Any) -> Callable[..., None]:
    """Run a template to a path, with parameters, outside any release."""
    import papermill

    def run(name: str, done: Path, **parameters: object) -> None:
        manager = kernels.manager({"RAIKIT_CONTEXT": ""})
        source = TEMPLATES / f"{name}.ipynb"
        try:
            papermill.execute_notebook(source, done, parameters, progress_bar=False, km=manager)
        finally:
            kernels.release(manager)

    return run


@pytest.fixture
def run_template(tmp_path: Path, papermilled: Callable[..., None]) -> Callable[..., Record]:
    import scrapbook

    def run(name: str, **parameters: object) -> Record:
        done = tmp_path / f"{name}.ipynb"
        papermilled(name, done, **parameters)
        scraps = scrapbook.read_notebook(str(done)).scraps
        return load_record(scraps["raikit.record"].data, where=name)

    return run
