"""Where a record came from: interpreter, packages, git."""

from __future__ import annotations

import datetime as dt
import platform
import subprocess
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
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


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
