"""One driver per release: the second says so and stops."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from raikit.errors import InputError


@contextmanager
def locked(path: Path, *, what: str, wait: bool = False) -> Iterator[None]:
    """Hold a lock file for the length of a ``with`` block.

    The operating system frees it when the process ends in whatever way.

    Parameters
    ----------
    path : pathlib.Path
        The lock file; made, and removed at the end.
    what : str
        What is locked, for the error.
    wait : bool, default=False
        Whether to wait for another holder.

    Yields
    ------
    None
        While the lock is held.

    Raises
    ------
    InputError
        If another process holds it, or the file can't be made.
    """
    try:
        handle = _acquire(path, wait)
    except BlockingIOError:
        raise InputError(f"{what}: another raikit is at work on it; wait for it, or end it") from None
    except OSError as error:
        raise InputError(f"{path}: can't be written: {os.strerror(error.errno or 0)}") from None
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _acquire(path: Path, wait: bool) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            # Its last holder may have removed the file between our open and our lock.
            if path.stat().st_ino == os.fstat(handle).st_ino:
                return handle
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
