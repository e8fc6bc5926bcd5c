"""What is shown while a release runs: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from rich.progress import TaskID


def on_stderr() -> Display:
    """Return a display on standard error.

    Returns
    -------
    Display
        A live table where that is a terminal.

    Examples
    --------
    >>> with on_stderr() as display:
    ...     pass
    """
    # rich takes FORCE_COLOR, which Jupyter sets for its kernels, for a terminal that can be redrawn
    return Display(Console(stderr=True, force_terminal=sys.stderr.isatty()))


class Display:
    """Shows each run, its cell k of n and the time it took; called from several threads.

    Parameters
    ----------
    console : rich.console.Console
        Where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._tasks: dict[str, TaskID] = {}
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TextColumn("{task.fields[state]}", markup=False),
        )
        self._live = Progress(*columns, TimeElapsedColumn(), console=console) if console.is_terminal else None

    def __enter__(self) -> Display:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def started(self, run: str) -> None:
        """Show that a run starts.

        Parameters
        ----------
        run : str
            Its name.
        """
        with self._lock:
            if self._live:
                self._tasks[run] = self._live.add_task(run, total=None, state="starting")
            else:
                self._line(f"{run}: started")

    def cell(self, run: str, number: int, total: int) -> None:
        """Show which code cell a run is in; left out without a terminal.

        Parameters
        ----------
        run : str
            Its name.
        number, total : int
            Cell k of n.
        """
        if self._live and run in self._tasks:
            self._live.update(
                self._tasks[run], total=total, completed=number - 1, state=f"cell {number} of {total}"
            )

    def ended(self, run: str, said: str) -> None:
        """Show how a run ended.

        Parameters
        ----------
        run : str
            Its name.
        said : str
            Its state, in words.
        """
        with self._lock:
            if not self._live:
                self._line(f"{run}: {said}")
            elif run in self._tasks:
                self._live.update(self._tasks[run], total=1, completed=1, state=said)
            else:
                self._live.add_task(run, total=1, completed=1, state=said)

    def _line(self, text: str) -> None:
        # Text from a kernel may hold brackets, which rich would read as markup.
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
