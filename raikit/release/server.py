"""The driver's end of the kernel server: a light module, so that the server can start before all else."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

INLINE = "module://matplotlib_inline.backend_inline"
FAREWELL = b"e"  # without it the driver didn't end by its own will, and can't clear up
START_SECONDS = 120.0  # a server whose imports take longer is given up for one without them


class KernelServer:
    """A running kernel server; started at once, its imports go on in the background.

    Parameters
    ----------
    fork : bool or None, default=None
        Kernels are forks of the server, which then has the heavy imports already; None means on Linux.
        Where the server can't be forked (an import ended it, or started a thread) kernels are ordinary ones,
        with the same results.
    threads : int, default=1
        Threads of the numerical libraries in a kernel.
    memory_bytes : int or None, default=None
        Resident memory, of a kernel and what it started, at which it is ended; None means no cap.
    folder : pathlib.Path or None, default=None
        The release's private folder, for connection files, contexts and whatever the kernels leave in
        their ``TMPDIR``; removed with the server, or by it when this process is gone. None makes one.
    """

    def __init__(
        self,
        *,
        fork: bool | None = None,
        threads: int = 1,
        memory_bytes: int | None = None,
        folder: Path | None = None,
    ) -> None:
        self.folder = folder or _private_folder()
        self.threads = threads
        self.memory_bytes = memory_bytes
        self._asked = False
        self._control, theirs = socket.socketpair()
        fork = sys.platform == "linux" if fork is None else fork
        options = {
            "control": theirs.fileno(),
            "folder": str(self.folder),
            "fork": fork,
            "threads": threads,
            "memory_bytes": memory_bytes,
        }
        with theirs, (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "raikit.release.kernel_server", json.dumps(options)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd=self.folder,  # -m looks there first, and nothing in it shadows a module
                env=_server_environment(fork),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # a Ctrl-C in the terminal is for the driver
            )

    def ask(self, request: dict[str, Any]) -> socket.socket:
        """Ask for a kernel.

        Parameters
        ----------
        request : dict
            ``cmd``, ``env``, ``cwd`` and ``log``.

        Returns
        -------
        socket.socket
            Brings news of the kernel; closing it ends the kernel.

        Raises
        ------
        OSError
            If the server is gone.
        """
        self._asked = True
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [b"k"], [theirs.fileno()])
            ours.settimeout(START_SECONDS)
            ours.sendall(json.dumps(request).encode() + b"\n")
            ours.setblocking(False)
        except OSError:
            ours.close()
            raise
        return ours

    def without_fork(self) -> KernelServer:
        """Return a server in place of this one, which is ended: its kernels are ordinary ones.

        Returns
        -------
        KernelServer
            With the same folder and limits.
        """
        self._end()
        return KernelServer(
            fork=False, threads=self.threads, memory_bytes=self.memory_bytes, folder=self.folder
        )

    def close(self) -> None:
        """End the server with everything that it started; nothing is left behind."""
        self._end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self) -> None:
        with suppress(OSError):  # it has ended
            self._control.send(FAREWELL)
        self._control.close()
        if not self._asked:  # it has nothing to end, and may be in the middle of its imports
            self.process.kill()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _private_folder() -> Path:
    """Make a folder of our own; a socket's path may have 100 characters or so, a name in it has 25."""
    usual = tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix="raikit-", dir=usual if len(usual) < 70 else "/tmp"))  # noqa: S108


def _server_environment(fork: bool) -> dict[str, str]:
    """Return the environment in which a server can import without starting threads."""
    if not fork:
        return dict(os.environ)
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    quiet = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
    return {**os.environ, **one_thread, **quiet, "MPLBACKEND": INLINE}
