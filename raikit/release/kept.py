"""What a notebook kept beside its page: items into the evidence folder, texts into the restricted one."""

from __future__ import annotations

import shutil
from pathlib import Path

from raikit.evidence.kept import ITEMS, SUITE
from raikit.release.restricted import NAME, write_restricted


def kept_folder(private: Path, run: str) -> Path:
    """Return where a run's notebook may leave files.

    Parameters
    ----------
    private : pathlib.Path
        A folder only for this driver.
    run : str
        Its name.

    Returns
    -------
    pathlib.Path
        Not made.
    """
    return private / f"{run}.kept"


def baseline_items(folder: Path, baseline: str | None, run: str) -> str:
    """Return where a baseline has the items of a run.

    Parameters
    ----------
    folder : pathlib.Path
        Where relative paths start.
    baseline : str or None
        As the release file names it.
    run : str
        The run's name.

    Returns
    -------
    str
        A path, whether or not a file is there; empty without a baseline.
    """
    return str((folder / baseline / f"{run}.{ITEMS}").absolute()) if baseline else ""


def take_kept(private: Path, run: str, build: Path, outputs: Path, release: str) -> None:
    """Put what a complete run kept where it belongs.

    Parameters
    ----------
    private : pathlib.Path
        As for `kept_folder`.
    run : str
        Its name.
    build : pathlib.Path
        The evidence folder that is being built: gets the items, anchors only.
    outputs : pathlib.Path
        Gets the suite under ``.restricted/<release>/<run>/``, readable by its owner only. It is no part of
        the evidence: neither summed, nor bundled, nor sent.
    release : str
        The release's name.
    """
    folder = kept_folder(private, run)
    if (folder / ITEMS).is_file():
        shutil.copyfile(folder / ITEMS, build / f"{run}.{ITEMS}")
    if all((folder / name).is_file() for name in SUITE):
        held = {name: (folder / name).read_bytes() for name in SUITE}
        write_restricted(outputs, f"{release}/{run}", held)
    shutil.rmtree(folder, ignore_errors=True)


def suite_gone(outputs: Path, release: str, run: str) -> bool:
    """Tell whether the suite that a run left is there no more, in whole or in part.

    Parameters
    ----------
    outputs : pathlib.Path
        The folder that holds the evidence folders.
    release : str
        The release's name.
    run : str
        A run that kept items, and so a suite beside them.

    Returns
    -------
    bool
        Whether one of its files is missing.
    """
    place = outputs / NAME / release / run
    return not all((place / name).is_file() for name in SUITE)
