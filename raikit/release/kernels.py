"""Kernels for a release run: always this interpreter, each ended with everything that it started.

papermill hands the manager made here to nbclient unchanged (``papermill.execute_notebook(…, km=manager)``),
so a user's kernelspecs are never looked at. nbclient starts the kernel and leaves its end to us.

This module imports jupyter_client: import it where kernels are started.
"""

from __future__ import annotations

import asyncio
import math
import os
import socket
import sys
import threading
import time
from queue import Empty
from typing import TYPE_CHECKING, Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop, run_sync

from raikit.release.provisioner import ServedProvisioner
from raikit.release.server import INLINE, KernelServer

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "POLARS_MAX_THREADS",
)
_SOON = 0.05  # seconds within which a kernel that has answered says that it is idle
_POLL = 0.01  # seconds between looks at a kernel that is ending
_ARGV = (sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}")


class Client(AsyncKernelClient):
    """The driver's end of a kernel's channels."""

    def start_channels(self, **kwargs: bool) -> None:  # type: ignore[override]
        """Start the channels but the heartbeat's, a thread each: the server tells of a kernel's end."""
        super().start_channels(**{**kwargs, "hb": False})

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel has answered and its word that it is idle has come by the channel of outputs.

        jupyter_client waits a fifth of a second more, for silence on that channel.

        Parameters
        ----------
        timeout : float, optional
            Seconds.

        Raises
        ------
        RuntimeError
            If the kernel ends first, or the time does.
        """
        end = time.monotonic() + (math.inf if timeout is None else timeout)
        while not await self._answers():
            if not await self.is_alive():
                raise RuntimeError("Kernel died before it was ready")  # jupyter_client's words
            if time.monotonic() > end:
                raise RuntimeError(f"Kernel was not ready within {timeout:g} seconds")

    async def _answers(self) -> bool:
        """Ask the kernel; what it says on a channel that is not connected yet is lost, then ask again."""
        asked = self.kernel_info()
        try:
            while _asked_by(await self.get_shell_msg(timeout=1)) != asked:
                pass
            while _asked_by(news := await self.get_iopub_msg(timeout=_SOON)) != asked or not _says_idle(news):
                pass
        except Empty:
            return False
        return True


def _asked_by(message: dict[str, Any]) -> str | None:
    asked: str | None = message["parent_header"].get("msg_id")
    return asked


def _says_idle(message: dict[str, Any]) -> bool:
    return bool(message["content"].get("execution_state") == "idle")


class Manager(AsyncKernelManager):
    """One kernel of this interpreter; papermill takes it as ``km=``.

    Parameters
    ----------
    env : dict of str
        The kernel's whole environment.
    **kwargs
        For ``AsyncKernelManager``.
    """

    def __init__(self, env: dict[str, str], **kwargs: Any) -> None:
        super().__init__(client_class=f"{__name__}.{Client.__name__}", **kwargs)
        self._env = env
        self._clients: list[AsyncKernelClient] = []

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel to run; never one that is installed for the user."""
        return KernelSpec(argv=list(_ARGV), name="python3", display_name="raikit", language="python")

    async def start_kernel(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Start the kernel with this manager's environment, which nbclient knows nothing of."""
        await super().start_kernel(**{**kwargs, "env": dict(self._env)})

    def client(self, **kwargs: Any) -> AsyncKernelClient:  # type: ignore[override]
        """Return a client, remembered because nbclient leaves it open."""
        client = super().client(**kwargs)
        self._clients.append(client)
        return client

    def free(self) -> None:
        """End the kernel if it runs and close sockets; for the thread that ran the notebook."""
        run_sync(_end_tasks)()
        while self._clients:
            self._clients.pop().stop_channels()
        if self.has_kernel:
            run_sync(self._end)()
        run_sync(self.cleanup_resources)()
        if threading.current_thread() is not threading.main_thread():
            ensure_event_loop().close()  # a loop for each of a driver's threads would stay open

    async def _end(self) -> None:
        """Ask the kernel to end, and see to it; `shutdown_kernel` looks only every tenth of a second."""
        await self.request_shutdown()
        await self.finish_shutdown(pollinterval=_POLL)


async def _end_tasks() -> None:
    """Cancel what nbclient leaves waiting on the sockets of a dead kernel."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class KernelHost:
    """The kernels of one release run.

    A server process starts them. When this process ends, however it ends, the server ends every kernel.

    Parameters
    ----------
    server : KernelServer
        What a caller does between its start and the first notebook overlaps with the server's imports. It
        ends with this object.

    Examples
    --------
    >>> with KernelHost(KernelServer(fork=False)) as host:
    ...     manager = host.manager({"RAIKIT_CONTEXT": "context.json"})
    ...     host.release(manager)
    """

    def __init__(self, server: KernelServer) -> None:
        self._server = server
        self._lock = threading.RLock()
        self._managers: list[Manager] = []
        self._made = 0

    def __enter__(self) -> KernelHost:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(
        self, request: dict[str, Any], failed: KernelServer | None
    ) -> tuple[KernelServer, socket.socket]:
        """Ask the server for a kernel; one that failed gives way to one that doesn't fork."""
        with self._lock:
            if self._server is not failed:
                try:
                    return self._server, self._server.ask(request)
                except OSError:
                    pass
            self._server = self._server.without_fork()
            return self._server, self._server.ask(request)

    @property
    def folder(self) -> Path:
        """The release's private folder, which ends with this object, or with this process."""
        return self._server.folder

    def manager(self, env: dict[str, str]) -> Manager:
        """Return a manager for one notebook; the kernel starts when papermill asks for it.

        Parameters
        ----------
        env : dict of str
            Added to this process's environment, over the thread limits.

        Returns
        -------
        Manager
            Hand it to papermill as ``km=``, then to `release`.
        """
        limits = dict.fromkeys(_THREAD_VARIABLES, str(self._server.threads))
        own = {
            "IPYTHONDIR": str(self.folder / "ipython"),  # a user's startup files are no part of a release
            "MPLBACKEND": INLINE,  # a CI's Agg would leave the pages without figures
            "TMPDIR": str(self.folder),  # a kernel that is killed leaves a log's texts there
        }
        with self._lock:
            self._made += 1
            manager = Manager(
                {**os.environ, **limits, **own, **env},
                transport="ipc",  # no port can be taken by another process between choosing and binding it
                connection_file=str(self.folder / f"k{self._made}.json"),
                shutdown_wait_time=2.0,
            )
            self._managers.append(manager)
        manager.provisioner = ServedProvisioner(
            self._ask, kernel_id=str(self._made), kernel_spec=manager.kernel_spec, parent=manager
        )
        return manager

    def kill(self, manager: Manager) -> None:
        """End a kernel's whole process group at once; from any thread, any number of times.

        Parameters
        ----------
        manager : Manager
            One that `manager` returned. papermill's call on it then raises ``DeadKernelError``.
        """
        served = manager.provisioner
        assert isinstance(served, ServedProvisioner)
        served.abandon()
        deadline = time.monotonic() + 2
        while served.pid and served.has_process and served.reason is None and time.monotonic() < deadline:
            time.sleep(0.01)

    def reason(self, manager: Manager) -> str | None:
        """Return how a kernel ended, in words.

        Parameters
        ----------
        manager : Manager
            One that `manager` returned.

        Returns
        -------
        str or None
            For example "used 2,110 MB of memory; the cap is 2,000 MB"; None while the kernel runs or if it
            never did.
        """
        served = manager.provisioner
        return served.reason if isinstance(served, ServedProvisioner) else None

    def release(self, manager: Manager) -> None:
        """End a kernel politely and free its sockets; call it in the thread that ran papermill.

        Parameters
        ----------
        manager : Manager
            One that `manager` returned.
        """
        with self._lock:
            mine = manager in self._managers
            if mine:
                self._managers.remove(manager)
        if mine:
            manager.free()

    def close(self) -> None:
        """End every kernel and the server; nothing is left behind.

        Other threads that run papermill must have ended: `kill` makes them.
        """
        for manager in list(self._managers):
            self.kill(manager)
            self.release(manager)
        self._server.close()
