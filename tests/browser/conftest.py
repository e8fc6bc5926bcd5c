"""Pages in a browser: the sample, the hostile one, an index."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH

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
AXE = Path(AXE_FILE_PATH).read_text(encoding="utf-8")
REACHABLE = "a[href], summary, [tabindex='0'], button, input, select, textarea"


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


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of the demo release, made once by the command that a user gives, by name."""
    outputs = tmp_path_factory.mktemp("demo")
    release = Path(__file__).parents[2] / "params" / "demo" / "release.yaml"
    command = [str(Path(sys.executable).with_name("raikit")), "run", str(release), "--outputs", str(outputs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return {page.stem: page for page in sorted((outputs / "demo").glob("*.html"))}


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """An empty tab of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


class Check:
    """What must hold for every page, whoever made it."""

    def __init__(self, tab: Page, open_tab: Page) -> None:
        self.tab, self.open_tab = tab, open_tab  # the second may run axe, where a page's policy forbids it

    def _goto(self, tab: Page, page: Path) -> None:
        tab.goto(page.as_uri())
        tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")

    def violations(self, page: Path) -> list[str]:
        """What axe-core finds, every rule on, best practices too."""
        self._goto(self.open_tab, page)
        self.open_tab.evaluate(AXE)
        found = self.open_tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [f"{item['id']}: {item['nodes'][0]['html'][:200]}" for item in found["violations"]]

    def sent(self, page: Path) -> list[str]:
        """Requests beside the page and the pictures within it, and what a dialog said."""
        seen: list[str] = []
        self.tab.on("request", lambda request: seen.append(request.url))
        self.tab.on("dialog", lambda dialog: seen.append(dialog.message))
        self._goto(self.tab, page)
        self.tab.wait_for_load_state("networkidle")
        return [url for url in seen if url != page.as_uri() and not url.startswith("data:image/")]

    def alive(self) -> list[str]:
        """Elements of the page at hand that could act, links that lead into code, and traces of a script."""
        acting = "script, iframe, form, object, embed, base, input, button, svg, math, link:not([rel=icon])"
        found = self.tab.evaluate(f"[...document.querySelectorAll('{acting}')].map(one => one.outerHTML)")
        links = self.tab.evaluate("[...document.querySelectorAll('a[href]')].map(one => one.protocol)")
        handlers = self.tab.evaluate(
            "[...document.querySelectorAll('*')].flatMap(one => one.getAttributeNames())"
            ".filter(name => name.startsWith('on') || name == 'style')"
        )
        ran = ["a script ran"] if self.tab.evaluate("window.ran !== undefined") else []
        return [*found, *(set(links) - {"file:", "https:", "http:", "mailto:"}), *handlers, *ran]

    def width(self, page: Path, width: int) -> int:
        """How wide the page is in a window of that width, everything unfolded."""
        self.tab.set_viewport_size({"width": width, "height": 740})
        self._goto(self.tab, page)
        wide: int = self.tab.evaluate("document.documentElement.scrollWidth")
        return wide

    def reached(self, page: Path) -> tuple[int, int]:
        """How many of the things to reach the Tab key reaches, and how many there are."""
        self.tab.goto(page.as_uri())
        things = f'[...document.querySelectorAll("{REACHABLE}")].filter(one => one.checkVisibility())'
        expected: int = self.tab.evaluate(f"{things}.length")
        for _ in range(expected + 1):
            self.tab.keyboard.press("Tab")
            self.tab.evaluate("document.activeElement.setAttribute('data-seen', '1')")
        return self.tab.evaluate(f"{things}.filter(one => one.dataset.seen).length"), expected


@pytest.fixture
def open_tab(browser: Browser) -> Iterator[Page]:
    """A tab that may run the test's own scripts, where a page's policy forbids all."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
    yield context.new_page()
    context.close()


@pytest.fixture
def check(tab: Page, open_tab: Page) -> Check:
    """What must hold for every page."""
    return Check(tab, open_tab)
