"""What every test may use: a Chromium, and the promise that CI skips nothing that it should run.

A fixture that is dear to make (a finished demo folder, say) is made once for all of pytest-xdist's workers,
in the folder that they share: ``tmp_path_factory.getbasetemp().parent``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from raikit.release.kernels import KernelHost

os.environ.setdefault("MPLBACKEND", "Agg")  # no window opens on a desktop

settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM_FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; the test skips where there is none."""
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        pytest.skip(f"no Chromium on the PATH (looked for {', '.join(CHROMIUMS)})")
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium, driven by Playwright; each test opens a context of its own."""
    from playwright.sync_api import sync_playwright

    # Chromium refuses to run as root, as in most containers, with its sandbox on.
    flags = [*CHROMIUM_FLAGS, "--no-sandbox"] if os.geteuid() == 0 else CHROMIUM_FLAGS
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield running
        running.close()


@pytest.fixture(scope="session")
def kernels() -> Iterator[KernelHost]:
    """Kernels of this interpreter; forked, where they can be, from one that has the heavy libraries."""
    from raikit.release.kernels import KernelHost
    from raikit.release.server import KernelServer

    with KernelHost(KernelServer()) as host:
        yield host


@pytest.fixture(scope="session")
def run_notebook(kernels: KernelHost) -> Callable[[Any, Path], Any]:
    """Run a notebook as Restart-and-Run-All does: every cell in order, in a folder, outside any release."""
    from nbclient import NotebookClient

    def run(notebook: Any, folder: Path) -> Any:
        manager = kernels.manager({"RAIKIT_CONTEXT": ""})
        place = {"metadata": {"path": str(folder)}}
        try:
            return NotebookClient(notebook, km=manager, timeout=300, resources=place).execute()
        finally:
            kernels.release(manager)

    return run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that asks for a Chromium, so that none escapes RAIKIT_REQUIRE."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where RAIKIT_REQUIRE names one of the test's markers."""
    report = yield
    required = {
        name for name in os.environ.get("RAIKIT_REQUIRE", "").split() if item.get_closest_marker(name)
    }
    if report.skipped and required and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"RAIKIT_REQUIRE={' '.join(sorted(required))}, yet skipped: {report.longrepr[2]}"
    return report
