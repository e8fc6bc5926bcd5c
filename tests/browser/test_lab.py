"""The analyst's path in the real JupyterLab: card, one parameter, Run All, verdict, page."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

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
            running.wait(30)


def wait_for(address: str, log: Path) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


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

    cell = tab.locator(".jp-Notebook .jp-CodeCell").first
    line = cell.locator(".cm-line", has_text="policy: str")
    line.click(click_count=3)
    tab.keyboard.insert_text('policy: str = "policy.yaml"')
    tab.get_by_role("menuitem", name="Run", exact=True).click()
    tab.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    verdict = tab.locator(".jp-Notebook .jp-OutputArea-output td", has_text="fair.disability.tpr")
    verdict.wait_for(state="attached", timeout=SLOW)
    assert "fail" in (verdict.locator("xpath=..").text_content() or "")

    notebook = folder / "fairness.ipynb"
    for _ in range(100):  # the record's cell is the last one; the file is saved when it is there
        tab.keyboard.press("Control+s")
        if "raikit.record" in notebook.read_text(encoding="utf-8"):
            break
        tab.wait_for_timeout(300)
    subprocess.run([RAIKIT, "render", str(notebook)], check=True, capture_output=True)
    tab.goto(notebook.with_suffix(".html").as_uri())
    assert "839" in tab.locator("#headline, .lead").first.inner_text()
    assert "modified" not in tab.locator(".banner").inner_text()
