"""Kernels for a release run: always this interpreter, each ended with everything that it started.

papermill hands the manager made here to nbclient unchanged (``papermill.execute_notebook(…, km=manager)``),
so a user's kernelspecs are never looked at. nbclient starts the kernel and leaves its end to us.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

if TYPE_CHECKING:
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


class Manager(AsyncKernelManager):
    """One kernel of this interpreter; papermill takes it as ``km=``."""

    def __init__(self, env: dict[str, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._env = env
        self._clients: list[AsyncKernelClient] = []

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel to run; never one that is installed for the user."""
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, name="python3", display_name="raikit", language="python")

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
        while self._clients:
            self._clients.pop().stop_channels()
        if self.has_kernel:
            run_sync(self.shutdown_kernel)()
        run_sync(self.cleanup_resources)()


class KernelHost:
    """The kernels of one release run.

    Parameters
    ----------
    fork : bool or None, default=None
        Fork kernels from a process that has the heavy imports already; None means where it is possible.
    threads : int, default=1
        Threads of the numerical libraries in each kernel.
    memory_bytes : int or None, default=None
        Resident memory at which a kernel is ended; None means no cap.
    """

    def __init__(
        self, *, fork: bool | None = None, threads: int = 1, memory_bytes: int | None = None
    ) -> None:
        self._threads = threads
        self._folder = Path(tempfile.mkdtemp(prefix="raikit-"))
        self._managers: list[Manager] = []
        self._made = 0

    def __enter__(self) -> KernelHost:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

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
        limits = dict.fromkeys(_THREAD_VARIABLES, str(self._threads))
        self._made += 1
        manager = Manager(
            {**os.environ, **limits, **env},
            transport="ipc",
            connection_file=str(self._folder / f"k{self._made}.json"),
            shutdown_wait_time=2.0,
        )
        self._managers.append(manager)
        return manager

    def kill(self, manager: Manager) -> None:
        """End a kernel's whole process group at once; from any thread, any number of times.

        Parameters
        ----------
        manager : Manager
            One that `manager` returned. papermill's call on it then raises ``DeadKernelError``.
        """
        group = getattr(manager.provisioner, "pgid", None)
        if group and manager.has_kernel:
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                return

    def release(self, manager: Manager) -> None:
        """End a kernel politely and free its sockets; call it in the thread that ran papermill.

        Parameters
        ----------
        manager : Manager
            One that `manager` returned.
        """
        if manager in self._managers:
            self._managers.remove(manager)
            manager.free()

    def close(self) -> None:
        """End every kernel and remove every file; nothing is left behind."""
        for manager in list(self._managers):
            self.kill(manager)
            self.release(manager)
        shutil.rmtree(self._folder, ignore_errors=True)
