"""From a forked kernel server to a kernel: what the child process does, and never returns from."""

from __future__ import annotations

import os
import random
import signal
import sys
from typing import Any, NoReturn


def be_kernel(request: dict[str, Any], *, parent: int, fork: bool, threads: int) -> NoReturn:
    """Become the kernel that was asked for; called in the child, right after the fork.

    Parameters
    ----------
    request : dict
        ``cmd``, ``env``, ``cwd`` and ``log``.
    parent : int
        The server's process id.
    fork : bool
        Go on as a fork, with the server's imports; otherwise run the command.
    threads : int
        Threads of the numerical libraries.
    """
    try:  # whatever happens, the child never returns into the server's loop
        _settle(request, parent)
        if fork:
            _go_on_as_kernel(request["cmd"], request["env"], threads)
        own = {} if sys.platform == "linux" else {"JPY_PARENT_PID": str(parent)}
        os.execve(request["cmd"][0], request["cmd"], {**request["env"], **own})  # noqa: S606
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(70)


def _settle(request: dict[str, Any], parent: int) -> None:
    """Make a forked child a process of its own: group, signals, streams, folder."""
    lead_group(0)
    _die_with_parent(parent)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    null = os.open(os.devnull, os.O_RDWR)
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for handle, target in ((null, 0), (null, 1), (log, 2)):
        os.dup2(handle, target)
    os.closerange(3, 256)  # the server's sockets: held here, they would hide the driver's end
    os.chdir(request["cwd"])


def _go_on_as_kernel(cmd: list[str], env: dict[str, str], threads: int) -> NoReturn:
    """Be what ``python -m ipykernel_launcher …`` would be, with the server's imports."""
    import atexit
    import tempfile
    import threading
    import time

    from ipykernel.kernelapp import IPKernelApp

    os.environ.clear()
    os.environ.update(env)
    tempfile.tempdir = None  # looked up anew
    time.tzset()
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "pandas" in sys.modules:  # the server looked like a terminal to it, where tables are cut to the width
        sys.modules["pandas"].set_option("display.max_columns", 20)
    if threads > 1:  # the libraries were loaded with one
        from threadpoolctl import threadpool_limits

        threadpool_limits(limits=threads)
    sys.argv = ["ipykernel_launcher.py", *cmd[3:]]
    IPKernelApp.launch_instance(argv=cmd[3:])
    # What the interpreter does at its end, without unwinding the server's frames below ours.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def lead_group(pid: int) -> None:
    """Give a child its own process group; parent and child both do, since either may need it first.

    Parameters
    ----------
    pid : int
        The child; 0 in the child itself.
    """
    try:
        os.setpgid(pid, pid)
    except (PermissionError, ProcessLookupError):  # it has done so and gone on, or ended
        return


def _die_with_parent(parent: int) -> None:
    """Have Linux end this process when the server ends; elsewhere ipykernel polls JPY_PARENT_PID."""
    if sys.platform == "linux":
        prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(70)


def prctl(option: int, value: int) -> None:
    """Set an attribute of this process, on Linux.

    Parameters
    ----------
    option, value : int
        As in prctl(2).
    """
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
