"""The restricted folder ``outputs/.restricted/``: what a pack must not hold, for its owner's eyes only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from raikit.errors import InputError
from raikit.release.whole_file import write_whole

NAME = ".restricted"


def write_restricted(outputs: Path, name: str, files: Mapping[str, bytes]) -> Path:
    """Write files that only their owner can read.

    Parameters
    ----------
    outputs : pathlib.Path
        The folder that holds the evidence folders.
    name : str
        The restricted folder's own name: the release's, or "release/run".
    files : mapping of str to bytes
        Content by file name; a file of that name is replaced.

    Returns
    -------
    pathlib.Path
        ``outputs/.restricted/<name>``, mode 0700; its files have mode 0600.

    Raises
    ------
    InputError
        If it can't be written, or a link stands where the folder should be.
    """
    folder = outputs / NAME / name
    try:
        path = outputs
        for part in (NAME, *Path(name).parts):
            path /= part
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if path.is_symlink():
                raise InputError(f"{path}: is a link; restricted texts go to a real folder only")
            path.chmod(0o700)
        for file, data in files.items():
            write_whole(folder / file, data, mode=0o600)
    except OSError as error:
        raise InputError(f"{folder}: can't be written: {error.strerror or error}") from None
    return folder
