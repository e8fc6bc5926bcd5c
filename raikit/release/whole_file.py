"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, data: bytes, *, mode: int = 0o666) -> Path:
    """Write beside and rename: nobody ever reads half a file, and what was there before stays until then.

    Parameters
    ----------
    path : pathlib.Path
        The file; one that is there is replaced.
    data : bytes
        Its content.
    mode : int, default=0o666
        Who may read it, from the first moment on, less what the process masks.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    OSError
        If it can't be written; nothing is left behind.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder) / "a.json", b"{}").read_bytes()
    b'{}'
    """
    half = path.with_name(f".{path.name}.{os.getpid()}.half")
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return path
