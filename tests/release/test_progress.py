"""What is shown while a release runs."""

from __future__ import annotations

import io

from rich.console import Console

from raikit.release.progress import Display


def test_plain_lines_without_a_terminal():
    shown = io.StringIO()
    with Display(Console(file=shown, width=40)) as display:
        display.started("a")
        display.cell("a", 1, 9)
        display.ended("a", "did not complete: code cell 1 of 9 raised KeyError: [red]'x'[/red] (1.0 s)")
        display.ended("b", "reused")
    assert shown.getvalue().splitlines() == [
        "a: started",
        "a: did not complete: code cell 1 of 9 raised KeyError: [red]'x'[/red] (1.0 s)",
        "b: reused",
    ]


def test_run_cell_and_state_on_a_terminal():
    shown = io.StringIO()
    with Display(Console(file=shown, force_terminal=True, width=100)) as display:
        display.started("fairness")
        display.cell("fairness", 3, 9)
        display._live.refresh()
        display.ended("fairness", "complete [x]")
        display.ended("drift", "not run")
    assert "cell 3 of 9" in shown.getvalue()
    assert "complete [x]" in shown.getvalue()
    assert "drift" in shown.getvalue()
