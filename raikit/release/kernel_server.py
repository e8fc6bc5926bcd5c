"""The process that starts a release's kernels, watches them, and ends them with all that they started.

Run as ``python -m raikit.release.kernel_server OPTIONS`` by `raikit.release.provisioner`. It has one thread
and, when asked, the heavy imports: a kernel is then a fork of it that has them, else a new interpreter.
Its life is its control socket: when the driver ends, however it ends, the socket closes and all here ends.

For each kernel the driver passes one end of a socket pair through the control socket. On it comes one line of
JSON (command, environment, folder); back go a line with the process id and, at the kernel's end, a line with
the reason. Each byte that the driver writes after its request is a signal for the kernel's process group;
closing the socket ends the kernel.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raikit.release.kernel_child import be_kernel, lead_group, prctl
from raikit.release.server import FAREWELL

_TICK = 0.05  # seconds between looks at the kernels' memory: a cap is overrun by what is touched in this time
_FAMILY_TICKS = 10  # between looks at what the kernels started, for which all processes are listed


@dataclass
class _Kernel:
    """A running kernel; its process id is its process group's too."""

    pid: int
    channel: socket.socket
    log: Path
    reason: str = ""


class Server:
    """Kernels as children of this process.

    Parameters
    ----------
    control : socket.socket
        Brings a socket for each kernel; its end of file is the order to end.
    folder : Path
        The driver's folder for this release; removed at the end when the driver is gone without a word.
    fork : bool
        Kernels are forks of this process.
    threads : int
        Threads of the numerical libraries in a kernel.
    memory_bytes : int or None
        Resident memory at which a kernel is ended.
    """

    def __init__(
        self, control: socket.socket, *, folder: Path, fork: bool, threads: int, memory_bytes: int | None
    ) -> None:
        self.control = control
        self.folder = folder
        self.fork = fork
        self.threads = threads
        self.memory_bytes = memory_bytes
        self.kernels: dict[int, _Kernel] = {}
        self.ticks = 0
        self.alone = False

    def serve(self) -> None:
        """Start and watch kernels until the driver is gone."""
        open_, children = True, _told_of_children()
        while open_:
            sockets = [self.control, children, *(kernel.channel for kernel in self.kernels.values())]
            ready, _, _ = select.select(sockets, [], [], _TICK if self.kernels else None)
            if children in ready:
                children.recv(4096)
            for kernel in list(self.kernels.values()):
                if kernel.channel in ready:
                    self._obey(kernel)
            if self.control in ready:
                open_ = self._accept()
            self._reap()
            if self.memory_bytes is not None:
                self._check_memory(self.memory_bytes)
        self.close()

    def close(self) -> None:
        """End every kernel, every process that left its group; and what a driver that is gone has left."""
        for kernel in self.kernels.values():
            _signal_group(kernel.pid, signal.SIGKILL)
        _end_children()
        if self.alone:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _accept(self) -> bool:
        """Start the kernel that the driver asks for; False when the driver is gone."""
        message, handles, _, _ = socket.recv_fds(self.control, 1, 1)
        if not handles:
            self.alone = message != FAREWELL
            return False
        channel = socket.socket(fileno=handles[0])
        with channel.makefile("rb", buffering=0) as lines:  # signals may follow the line
            text = lines.readline()
        if not text.endswith(b"\n"):  # the driver ended in the middle of its request
            channel.close()
            return True
        request = json.loads(text)
        try:
            pid = self._start(request)
        except OSError as error:  # no memory or no process ids left: the other kernels go on
            _tell(channel, {"error": str(error)})
            channel.close()
            return True
        kernel = _Kernel(pid, channel, Path(request["log"]))
        self.kernels[kernel.pid] = kernel
        _tell(channel, {"pid": kernel.pid, "forked": self.fork})
        return True

    def _start(self, request: dict[str, Any]) -> int:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            be_kernel(request, parent=parent, fork=self.fork, threads=self.threads)
        lead_group(pid)
        return pid

    def _obey(self, kernel: _Kernel) -> None:
        """Pass on the driver's signals; the closing of its socket is SIGKILL."""
        try:
            orders = kernel.channel.recv(64)
        except OSError:
            orders = b""
        for number in orders or bytes([signal.SIGKILL]):
            _signal_group(kernel.pid, number)
        if not orders:
            self._finish(kernel, os.waitpid(kernel.pid, 0)[1])

    def _reap(self) -> None:
        """Notice ended kernels, and end what the last of them left outside its process group."""
        ended = False
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                break
            if pid in self.kernels:
                self._finish(self.kernels[pid], status)
                ended = True
        if ended and not self.kernels:
            _end_children()

    def _finish(self, kernel: _Kernel, status: int) -> None:
        # The id can't have been given to another process while members of the group are alive.
        _signal_group(kernel.pid, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(status)
        _tell(kernel.channel, {"returncode": code, "reason": kernel.reason or _reason(code, kernel.log)})
        kernel.channel.close()
        kernel.log.unlink(missing_ok=True)
        del self.kernels[kernel.pid]

    def _check_memory(self, cap: int) -> None:
        """End a kernel whose resident memory is over the cap.

        Resident memory and not an address-space limit (RLIMIT_AS, RLIMIT_DATA): Arrow, DuckDB and the linear
        algebra libraries reserve gigabytes that they never touch, and a refused reservation aborts in places
        that name no reason.
        """
        self.ticks += 1
        for kernel in self.kernels.values():
            used = _resident(kernel.pid, family=self.ticks % _FAMILY_TICKS == 0)
            if used > cap and not kernel.reason:
                kernel.reason = f"used {used / 1e6:,.0f} MB of memory; the cap is {cap / 1e6:,.0f} MB"
                _signal_group(kernel.pid, signal.SIGKILL)


def _told_of_children() -> socket.socket:
    """Return a socket that can be read when a child has ended."""
    told, waking = socket.socketpair()
    waking.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # by default no byte is written
    signal.set_wakeup_fd(waking.detach(), warn_on_full_buffer=False)
    return told


def _signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS refuses for a group of zombies
        return


def _tell(channel: socket.socket, message: dict[str, Any]) -> None:
    try:
        channel.sendall(json.dumps(message).encode() + b"\n")
    except OSError:  # the driver has let go of this kernel
        return


def _reason(code: int, log: Path) -> str:
    """Say how a kernel ended, with the last line that it wrote to its standard error."""
    ended = f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit status {code}"
    try:
        lines = log.read_text(errors="replace").split("\n")
    except OSError:
        return ended
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f"{ended}: {last[:300]}" if last and code else ended


def _resident(pid: int, *, family: bool) -> int:
    """Resident bytes of a process, or of it and its descendants; pages that they share count in each."""
    import psutil

    try:
        kernel = psutil.Process(pid)
        processes = [kernel, *(kernel.children(recursive=True) if family else ())]
    except psutil.Error:
        return 0
    total = 0
    for process in processes:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total


def _end_children() -> None:
    """End this process's children, among them orphans that it has adopted, until there are none."""
    import psutil

    while children := psutil.Process().children(recursive=True):
        for child in children:
            try:
                child.kill()
            except psutil.Error:
                continue
        try:
            while os.waitpid(-1, 0):
                pass
        except ChildProcessError:
            continue


def main(options: dict[str, Any]) -> None:
    """Serve until the driver ends.

    Parameters
    ----------
    options : dict
        ``control`` (the number of an open socket), ``folder``, ``fork``, ``threads``, ``memory_bytes``.
    """
    from raikit.release.preload import preload

    control = socket.socket(fileno=options["control"])
    control.set_inheritable(False)
    if sys.platform == "linux":
        prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: processes that leave a kernel's group stay ours to end
    server = Server(
        control,
        folder=Path(options["folder"]),
        fork=options["fork"],
        threads=options["threads"],
        memory_bytes=options["memory_bytes"],
    )
    server.fork = server.fork and preload(going_on=lambda: not _closed(control))
    server.serve()


def _closed(control: socket.socket) -> bool:
    """Whether the driver is gone, also when a request of its is still there to be read."""
    poll = select.poll()
    poll.register(control, 0)  # a hang-up is reported unasked
    return any(event & select.POLLHUP for _, event in poll.poll(0))


if __name__ == "__main__":
    del sys.path[0]  # the folder that -m put there; kernels have their own
    main(json.loads(sys.argv[1]))
