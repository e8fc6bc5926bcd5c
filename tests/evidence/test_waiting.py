"""The line that shows a waiting person how far a cell is, and leaves nothing behind."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core import getipython
from IPython.core.events import EventManager, available_events

from raikit.evidence import waiting
from raikit.evidence.waiting import Waiting, show_waiting


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def left(text: str) -> str:
    """What a terminal shows in the end of one line."""
    shown = ""
    for part in text.split("\r"):
        shown = part + shown[len(part) :]
    return shown.strip()


def test_it_says_how_long_and_clears_itself() -> None:
    file = io.StringIO()
    line = Waiting(after=0, every=0.002, file=file)
    until(lambda: "at work, 00:00 so far" in file.getvalue())
    line.end()
    assert left(file.getvalue()) == ""


def test_a_short_cell_shows_nothing() -> None:
    file = io.StringIO()
    Waiting(after=60, file=file).end()
    assert file.getvalue() == ""


def told(message: Any) -> str:
    return str(message["content"].get("text") or message["content"].get("evalue") or "")


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A shell whose frontend takes questions."""
    made = SimpleNamespace(kernel=SimpleNamespace(_allow_stdin=True))
    made.events = EventManager(made, available_events)
    monkeypatch.setattr(getipython, "get_ipython", lambda: made)
    monkeypatch.delenv("RAIKIT_CONTEXT", raising=False)
    started: list[str] = []
    made.started = started
    line = SimpleNamespace(end=lambda: started.append("ended"))
    monkeypatch.setattr(waiting, "Waiting", lambda: started.append("began") or line)
    return made


def test_a_line_for_each_cell_that_a_person_runs(shell: Any) -> None:
    show_waiting()
    show_waiting()
    for _ in range(2):
        shell.events.trigger("pre_run_cell", None)
        shell.events.trigger("post_run_cell", None)
    assert shell.started == ["began", "ended"] * 2


def test_none_where_a_program_runs_the_cells(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.kernel._allow_stdin = False
    show_waiting()
    shell.events.trigger("pre_run_cell", None)
    shell.events.trigger("post_run_cell", None)
    assert shell.started == []


def test_none_in_a_release(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAIKIT_CONTEXT", "context.json")
    show_waiting()
    shell.events.trigger("pre_run_cell", None)
    assert shell.started == []


def test_in_a_kernel_the_line_stands_with_its_cell_and_only_for_a_person(
    kernels: Any, tmp_path: Path
) -> None:
    from jupyter_core.utils import run_sync

    from raikit.release.kernels import KernelHost
    from raikit.release.server import KernelServer

    said: list[tuple[bool, str]] = []
    begun = "import time, raikit.evidence.waiting as w\n"
    begun += "w.Waiting.__init__.__kwdefaults__.update(after=0.0, every=0.01)\nw.show_waiting()"
    with KernelHost(KernelServer(fork=False)) as host:
        manager = host.manager({"RAIKIT_CONTEXT": ""})
        run_sync(manager.start_kernel)(cwd=str(tmp_path))
        client = manager.client()
        client.start_channels()
        run_sync(client.wait_for_ready)(timeout=60)  # what a kernel says before it is heard is lost
        for person, cell in ((True, begun), (True, "time.sleep(.5)"), (False, "time.sleep(.5)")):
            run_sync(client.execute_interactive)(
                cell,
                allow_stdin=person,
                stdin_hook=lambda message: None,
                output_hook=lambda message, person=person: said.append((person, told(message))),
                timeout=120,
            )
        host.release(manager)
    assert {person for person, text in said if text} == {True}
    assert "at work" in "".join(text for _, text in said)
    assert left("".join(text for _, text in said)) == ""
