"""Interrupts: the first one ends every kernel; what follows cleans up, and a second changes nothing."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """Whether the release was told to stop, and how to end what runs."""

    def __init__(self) -> None:
        self.requested = False
        self._ends: list[Callable[[], None]] = []

    def request(self) -> None:
        """End every kernel that runs; no other is started."""
        self.requested = True
        for end in list(self._ends):
            end()

    @contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """Call `end` if a stop is requested within the ``with`` block.

        Parameters
        ----------
        end : callable
            Must be safe from a signal handler, any number of times.

        Yields
        ------
        None
            While `end` is known.
        """
        self._ends.append(end)
        try:
            yield
        finally:
            self._ends.remove(end)

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Turn SIGINT and SIGTERM into a request within the ``with`` block.

        Nothing is raised in the middle of a write: the driver looks at `requested` instead.

        Yields
        ------
        None
            Outside the main thread signals can't be handled, and are left as they are.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def handle(number: int, frame: FrameType | None) -> None:
            self.request()

        before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, earlier in before.items():
                signal.signal(number, earlier)
