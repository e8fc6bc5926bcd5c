"""A kernel that the kernel server starts, as jupyter_client wants it: started, asked after, signalled."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from raikit.release.server import START_SECONDS, KernelServer

_TOO_LATE = "the kernel was ended before it started"


class ServedProvisioner(LocalProvisioner):
    """A kernel that is a child of the kernel server.

    Parameters
    ----------
    ask : callable
        Takes the request and the server that failed to answer it (or None); returns a server and its socket.
    **kwargs
        For ``LocalProvisioner``.
    """

    def __init__(
        self,
        ask: Callable[[dict[str, Any], KernelServer | None], tuple[KernelServer, socket.socket]],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.forked = False
        self._ask = ask
        self._lock = threading.RLock()  # a deadline's thread and the notebook's both look at the socket
        self._channel: socket.socket | None = None
        self._received = b""
        self._ended: dict[str, Any] | None = None
        self._abandoned = False

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel whose end has not been waited for."""
        return self._channel is not None

    @property
    def reason(self) -> str | None:
        """How the kernel ended, in words; None while it runs."""
        self._look()
        return None if self._ended is None else str(self._ended["reason"])

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Have the server start the kernel; a server that fails is replaced once."""
        assert self.parent is not None
        log = str(Path(self.parent.connection_file).with_suffix(".log"))
        cwd = str(kwargs.get("cwd") or Path.cwd())
        request = {"cmd": cmd, "env": kwargs["env"], "cwd": cwd, "log": log}
        failed: KernelServer | None = None
        if self._abandoned:
            raise RuntimeError(_TOO_LATE)
        for _ in range(2):
            server, self._channel = self._ask(request, failed)
            self.pid = self.pgid = await self._started()
            if self.pid:
                self.cwd = cwd
                return self.connection_info
            self._let_go()
            failed = server
        raise RuntimeError("no kernel could be started: the kernel server ended twice")

    async def _started(self) -> int | None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._abandoned:
                self._let_go()
                raise RuntimeError(_TOO_LATE)
            line = self._line()
            if line is not None:
                return self._answer(line)
            await asyncio.sleep(0.01)
        return None

    def _answer(self, line: bytes) -> int | None:
        """Return the process id from the server's first line; None when there was no line."""
        if not line:
            return None
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"no kernel could be started: {answer['error']}")
        self.forked = bool(answer["forked"])
        return int(answer["pid"])

    def _line(self) -> bytes | None:
        """Return the server's next line, b"" at its end, None when nothing has come."""
        assert self._channel is not None
        if b"\n" not in self._received:
            try:
                piece = self._channel.recv(65536)
            except BlockingIOError:
                return None
            except OSError:
                return b""
            if not piece:
                return b""
            self._received += piece
        line, newline, rest = self._received.partition(b"\n")
        if newline:
            self._received = rest
        return line if newline else None

    def _look(self) -> None:
        with self._lock:
            if self._ended is None and self._channel is not None:
                line = self._line()
                if line is not None:
                    gone = {"returncode": -int(signal.SIGKILL), "reason": "its kernel server ended"}
                    self._ended = json.loads(line) if line else gone

    async def poll(self) -> int | None:
        """Return None while the kernel runs, else its exit code."""
        self._look()
        return None if self._ended is None else int(self._ended["returncode"])

    async def wait(self) -> int | None:
        """Wait for the kernel's end."""
        while (code := await self.poll()) is None:
            await asyncio.sleep(0.02)
        self._let_go()
        return code

    def abandon(self) -> None:
        """End the kernel's process group at once, or keep it from starting; from any thread."""
        self._abandoned = True
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        """Have the server signal the group: it knows whether the number is still the kernel's."""
        with self._lock:
            if self._channel is not None and self._ended is None:
                try:
                    self._channel.send(bytes([number]))
                except OSError:
                    self._look()

    async def send_signal(self, signum: int) -> None:
        """Signal the kernel's process group."""
        self._signal(signum)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel's process group at once."""
        self._signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        """Ask the kernel's process group to end."""
        self._signal(signal.SIGTERM)

    async def cleanup(self, restart: bool = False) -> None:
        """Close the socket, which ends a kernel that still runs."""
        self._let_go()
        await super().cleanup(restart=restart)

    def _let_go(self) -> None:
        with self._lock:
            if self._channel is not None:
                self._channel.close()
                self._channel = None
