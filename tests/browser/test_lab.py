"""The analyst's path in the real JupyterLab: card, one parameter, Run All, verdict, page."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import TimeoutError

if TYPE_CHECKING:
    from playwright.sync_api import Page

RAIKIT = str(Path(sys.executable).with_name("raikit"))
TOKEN = "only-this-test"
SLOW = 240_000  # milliseconds: the whole notebook on a machine that does other things too
POLICY = {
    "version": 1,
    "rules": [
        {"id": "fair.disability.tpr", "run": "fairness", "metric": "true_positive_rate_difference"}
        | {"slice": "disability", "op": "<=", "value": 0.05, "source": "this test"}
    ],
}


@pytest.fixture
def lab(tmp_path: Path, chromium: str) -> Iterator[tuple[str, Path]]:
    """Address of a JupyterLab that `raikit lab` started, and the folder it shows."""
    folder = tmp_path / "desk"
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"JUPYTER_CONFIG_DIR": tmp_path / "config", "JUPYTER_DATA_DIR": tmp_path / "data"}
    settings |= {
        "JUPYTERLAB_SETTINGS_DIR": tmp_path / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": tmp_path / "w",
    }
    options = ["--no-browser", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--allow-root"]
    options += [f"--IdentityProvider.token={TOKEN}", "--ServerApp.port_retries=0", "--LabApp.news_url=None"]
    environment = os.environ | {name: str(value) for name, value in settings.items()}
    with (tmp_path / "log").open("w") as log:
        running = subprocess.Popen(
            [RAIKIT, "lab", str(folder), *options], env=environment, stdout=log, stderr=log
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/api/status?token={TOKEN}", tmp_path / "log")
            yield address, folder
        finally:
            running.terminate()
            try:
                running.wait(60)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


def wait_for(address: str, log: Path) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


def wait_for_kernel(address: str) -> None:
    end = time.monotonic() + SLOW / 1000
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{address}/api/kernels?token={TOKEN}", timeout=30) as answer:
                kernels = json.load(answer)
        except urllib.error.HTTPError:  # Jupyter Server answers 500 while a kernel is being added
            kernels = []
        if kernels and kernels[0]["execution_state"] == "idle" and kernels[0]["connections"]:
            return
        time.sleep(0.2)
    pytest.fail(f"no kernel after {SLOW / 1000:.0f} s")


def run_all(tab: Page) -> None:
    """Run all cells; again where JupyterLab, not yet connected to its kernel, sent nothing."""
    for _ in range(5):
        tab.get_by_role("menuitem", name="Run", exact=True).click()
        tab.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        prompts = tab.locator(".jp-Notebook .jp-InputPrompt", has_text=re.compile(r"\[(\*|\d+)\]"))
        try:
            prompts.first.wait_for(state="attached", timeout=10_000)
        except TimeoutError:
            continue
        return
    pytest.fail("Run All Cells, pressed five times, ran none")


def wait_for_record(tab: Page, notebook: Path) -> None:
    """Save until the last cell's output, the record, is in the file."""
    end = time.monotonic() + SLOW / 1000
    while time.monotonic() < end:
        tab.keyboard.press("Control+s")
        text = notebook.read_text(encoding="utf-8")
        if "raikit.record" in text:
            return
        if '"output_type": "error"' in text:
            break
        tab.wait_for_timeout(500)
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    shown = [cell.get("outputs") for cell in cells if cell["cell_type"] == "code"]
    pytest.fail(f"no record after {SLOW / 1000:.0f} s or an error; the cells' outputs: {shown}")


def test_from_card_to_page(lab: tuple[str, Path], tab: Page) -> None:
    address, folder = lab
    (folder / "policy.yaml").write_text(json.dumps(POLICY), encoding="utf-8")
    asked = urllib.request.Request(
        f"{address}/raikit/new?token={TOKEN}",
        data=b'{"template": "fairness"}',
        headers={"Authorization": f"token {TOKEN}"},
    )
    made = [json.load(urllib.request.urlopen(asked, timeout=30))["path"] for _ in range(2)]
    assert made == ["fairness.ipynb", "fairness-1.ipynb"]  # never the original, never over another copy
    for name in made:
        (folder / name).unlink()

    tab.goto(f"{address}/lab?token={TOKEN}")
    card = tab.locator('.jp-LauncherCard[title="Does the model treat groups of people alike?"]')
    card.click(timeout=SLOW)

    wait_for_kernel(address)
    cell = tab.locator(".jp-Notebook .jp-CodeCell").first
    line = cell.locator(".cm-line", has_text="policy: str")
    line.click(click_count=3)
    tab.keyboard.insert_text('policy: str = "policy.yaml"')
    cell.locator(".cm-line", has_text='policy: str = "policy.yaml"').wait_for(timeout=SLOW)
    run_all(tab)

    notebook = folder / "fairness.ipynb"
    wait_for_record(tab, notebook)
    # JupyterLab takes cells that are out of sight out of the page: look at the foot.
    tab.locator(".jp-Notebook .jp-WindowedPanel-outer").evaluate(
        "outer => outer.scrollTo(0, outer.scrollHeight)"
    )
    verdict = tab.locator(".jp-Notebook .jp-OutputArea-output td", has_text="fair.disability.tpr")
    verdict.wait_for(state="attached", timeout=SLOW)
    assert "fail" in (verdict.locator("xpath=..").text_content() or "")

    subprocess.run([RAIKIT, "render", str(notebook)], check=True, capture_output=True)
    tab.goto(notebook.with_suffix(".html").as_uri())
    assert "839" in tab.locator("#headline, .lead").first.inner_text()
    assert "modified" not in tab.locator(".banner").inner_text()
