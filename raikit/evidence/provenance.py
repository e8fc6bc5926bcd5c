"""Where a record came from: interpreter, packages, git."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

# What the numbers and the page rest on; the lock file has the rest.
PACKAGES = (
    "duckdb", "fairlearn", "matplotlib", "narwhals", "nbclient", "nbconvert", "numpy", "pandas", "papermill",
    "pyarrow", "scikit-learn", "scipy", "scrapbook", "seaborn", "shap", "statsmodels",
)  # fmt: skip


def now() -> str:
    """Return the present time in UTC, to the second, as ISO 8601.

    Returns
    -------
    str
        For example ``2026-11-22T16:00:00Z``.
    """
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def package_versions() -> dict[str, str]:
    """Return the versions of the installed packages on which the numbers rest.

    Returns
    -------
    dict of str to str
        Version by package name; a package that is not installed is left out.
    """
    return dict(_installed())


@cache
def _installed() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def helper_files(folder: Path) -> dict[str, str]:
    """Return the modules of one's own that were imported from a folder.

    Parameters
    ----------
    folder : pathlib.Path
        The notebook's working directory.

    Returns
    -------
    dict of str to str
        ``sha256:…`` by path within the folder; nothing of installed packages or of raikit.
    """
    package = Path(__file__).parents[1]
    found = {}
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    within = f"{folder}{os.sep}"  # most of thousands of modules are elsewhere
    for path in [Path(file) for file in files if isinstance(file, str) and file.startswith(within)]:
        if path.is_relative_to(package) or "site-packages" in path.parts:
            continue
        if path.suffix == ".py" and path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[path.relative_to(folder).as_posix()] = f"sha256:{digest}"
    return dict(sorted(found.items()))


def git_state(folder: Path) -> dict[str, Any]:
    """Return commit and cleanness of the checkout that holds a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Any folder.

    Returns
    -------
    dict
        ``commit`` and ``modified`` (uncommitted changes to tracked files); empty outside a checkout
        or without git.
    """
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return {}
    return {"commit": commit, "modified": bool(changed)}


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=10, check=True
    )
    return done.stdout.strip()


def python_version() -> str:
    """Return the interpreter's version and implementation.

    Returns
    -------
    str
        For example ``3.11.7 (CPython, Linux x86_64)``.
    """
    machine = f"{platform.system()} {platform.machine()}"
    return f"{platform.python_version()} ({platform.python_implementation()}, {machine})"
