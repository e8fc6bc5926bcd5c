"""How a release is run, and what everything it writes has to know."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raikit.release.plan import Plan


@dataclass(frozen=True)
class Options:
    """How a release is run.

    Parameters
    ----------
    jobs : int, default=1
        Notebooks at a time.
    only : tuple of str
        Runs to execute; the others are reused when proven. Empty for all.
    fresh : bool, default=False
        Reuse nothing.
    fork : bool or None, default=None
        Fork kernels; None where it is possible.
    memory_mb : int or None, default=None
        Memory of one kernel at which it is ended; None for three quarters of this machine's.
    """

    jobs: int = 1
    only: tuple[str, ...] = ()
    fresh: bool = False
    fork: bool | None = None
    memory_mb: int | None = None


@dataclass(frozen=True)
class Session:
    """What is known when a release starts, for everything it writes.

    Parameters
    ----------
    plan : Plan
        The release.
    options : Options
        How it is run.
    build : pathlib.Path
        The folder that is being built.
    target : pathlib.Path
        Its final name.
    unfinished : pathlib.Path
        Finished runs of this release from before it was interrupted.
    runner : str
        Who runs it.
    started : str
        ISO 8601, UTC.
    today : datetime.date
        The day on which expiry is judged.
    """

    plan: Plan
    options: Options
    build: Path
    target: Path
    unfinished: Path
    runner: str
    started: str
    today: dt.date
