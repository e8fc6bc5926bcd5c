"""The kernels' server, started ahead of its need where one is likely, and not at all where none is.

What is imported here delays the server's start, which everything else waits for.
"""

from __future__ import annotations

import threading
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from raikit.evidence.lean_imports import import_jsonschema
from raikit.release.server import KernelServer

if TYPE_CHECKING:
    from raikit.release.kernels import KernelHost
    from raikit.release.session import Options

_SHARE_OF_MEMORY = 0.75  # beyond it the system might end the driver instead


class Warm:
    """Holds the server and the host of a release's kernels to the end of a ``with`` block.

    Parameters
    ----------
    options : Options
        Whether kernels are forked, and their memory.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._server: KernelServer | None = None
        self._host: KernelHost | None = None

    def __enter__(self) -> Warm:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._host is not None:
            self._host.close()
        elif self._server is not None:
            self._server.close()

    def start_for(self, file: Path, outputs: Path) -> None:
        """Start the server, unless this release file was published before: then perhaps no kernel is needed.

        Parameters
        ----------
        file : pathlib.Path
            The release file, not yet checked.
        outputs : pathlib.Path
            Where evidence folders are.
        """
        if self._options.fresh or self._options.only or not _published(file, outputs):
            self.start()

    def start(self) -> KernelServer:
        """Start the server if it hasn't been; from any thread.

        Returns
        -------
        KernelServer
            Open until the end of the ``with`` block.
        """
        with self._lock:
            if self._server is None:
                self._server = KernelServer(fork=self._options.fork, memory_bytes=self._memory())
            return self._server

    def host(self) -> KernelHost:
        """Return the kernels' host, made by the first call; from any thread.

        Returns
        -------
        KernelHost
            Open until the end of the ``with`` block.
        """
        from raikit.release.kernels import KernelHost

        server = self.start()
        with self._lock:
            if self._host is None:
                self._host = KernelHost(server)
            return self._host

    def _memory(self) -> int:
        import psutil

        if self._options.memory_mb is not None:
            return self._options.memory_mb * 1_000_000
        return int(psutil.virtual_memory().total * _SHARE_OF_MEMORY)


def _published(file: Path, outputs: Path) -> bool:
    try:
        copies = [path.read_bytes() for path in outputs.glob("*/release.yaml")]
        return file.read_bytes() in copies
    except OSError:
        return False


_AHEAD = (
    "papermill", "raikit.release.kernels", "raikit.report.page", "bs4", "mistune", "nh3",
    "pygments.formatters.html", "pygments.lexers.python",
)  # fmt: skip


def import_ahead(*, logs: bool) -> None:
    """Import what running notebooks and making their pages takes, while the kernels' server still imports.

    Later it would take time from the notebooks.

    Parameters
    ----------
    logs : bool
        Also what looking for hidden texts takes.
    """
    import_jsonschema()
    for name in (*_AHEAD, "pyarrow.dataset") if logs else _AHEAD:
        import_module(name)
    from raikit.report.markup import prepare

    prepare("page.html.j2")
