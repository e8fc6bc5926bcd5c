"""What a person sees who waits for a cell: that it works, and for how long.

Only where somebody can answer a question of the kernel (JupyterLab, Notebook, VS Code), never in papermill,
nbclient or a release. The line clears itself: no page and no record holds it. How far the engine is with a
query it tells in a notebook to `ipywidgets` alone, which raikit doesn't ask for.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, TextIO

_AFTER = 3.0  # seconds: shorter cells show nothing
_EVERY = 0.5  # seconds


class Waiting:
    """A line that is drawn while a cell runs, and cleared when it ends.

    Parameters
    ----------
    after, every : float
        Seconds before the first line, and between two.
    file : text file, optional
        By default the error output, as it is when the line is drawn.
    """

    def __init__(self, *, after: float = _AFTER, every: float = _EVERY, file: TextIO | None = None) -> None:
        self._after, self._every, self._file = after, every, file
        self._done = threading.Event()
        # One for each cell: a kernel shows what a thread prints with the cell that started it.
        self._thread = threading.Thread(target=self._draw, daemon=True)
        self._thread.start()

    def _draw(self) -> None:
        if self._done.wait(self._after):
            return
        from tqdm import tqdm

        said, file = "raikit: this cell is at work, {elapsed} so far", self._file or sys.stderr
        line = tqdm(bar_format=said, leave=False, file=file)
        line.start_t -= self._after
        while not self._done.wait(self._every):
            line.refresh()
        line.close()

    def end(self) -> None:
        """Clear the line."""
        self._done.set()
        self._thread.join()


def show_waiting() -> None:
    """Show the line for the notebook's further cells, where a person looks on; asked twice, it does it once.

    Examples
    --------
    >>> show_waiting()  # nothing outside a notebook
    """
    if "IPython" not in sys.modules:  # a notebook's kernel has it
        return
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if os.environ.get("RAIKIT_CONTEXT") or shell is None or hasattr(shell, "_raikit_waiting"):
        return
    shell._raikit_waiting = []

    def begin(*_: object) -> None:
        # A frontend that takes questions says so with each cell; programs that run notebooks take none.
        if getattr(getattr(shell, "kernel", None), "_allow_stdin", False):
            shell._raikit_waiting.append(Waiting())

    def end(*_: object) -> None:
        while shell._raikit_waiting:
            shell._raikit_waiting.pop().end()

    shell.events.register("pre_run_cell", begin)
    shell.events.register("post_run_cell", end)
