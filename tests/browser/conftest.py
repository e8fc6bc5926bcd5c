"""Pages in a browser: the sample, the hostile one, an index."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_SPEC = importlib.util.spec_from_file_location(
    "report_samples", Path(__file__).parents[1] / "report" / "conftest.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
samples: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(samples)

svg = samples.svg


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory, svg: str) -> dict[str, Path]:
    """Files by name: ``sample``, ``hostile``, ``failed``, ``index``."""
    from raikit.report.index import render_index
    from raikit.report.page import render_page

    folder = tmp_path_factory.mktemp("pages")
    record = samples.make_record()
    hostile, evil = samples.make_hostile(svg)
    failed = samples.make_record(state="failed", error="cell 4 raised ValueError: no rows", decisions=[])
    texts = {
        "sample": render_page(samples.make_notebook(record, svg)),
        "hostile": render_page(hostile),
        "failed": render_page(samples.make_notebook(record, svg), failed),
        "index": render_index(samples.make_summary(record), {"fairness": record.results}),
        "hostile-index": render_index(samples.make_summary(evil, samples.EVIL), {"fairness": evil.results}),
    }
    paths = {name: folder / f"{name}.html" for name in texts}
    for name, text in texts.items():
        paths[name].write_text(text, encoding="utf-8")
    return paths


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """An empty tab of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture
def open_tab(browser: Browser) -> Iterator[Page]:
    """A tab that may run the test's own scripts, where a page's policy forbids all."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
    yield context.new_page()
    context.close()
