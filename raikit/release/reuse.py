"""Earlier evidence that is taken over: only where proven, with the same question and the same data."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit.errors import RaikitError
from raikit.evidence.kept import ITEMS
from raikit.evidence.record import Record, dump_record, load_record
from raikit.release.kept import suite_gone
from raikit.release.pack import SUMS, read_manifest, runs_of
from raikit.release.parameters import located
from raikit.release.verdict import judged
from raikit.sources.fingerprint import file_sha256

if TYPE_CHECKING:
    from raikit.release.plan import PlannedRun
    from raikit.release.session import Session

_FILES = ("json", "ipynb", "html")
_MAYBE = (ITEMS,)  # of runs that keep items for the next comparison


@dataclass(frozen=True)
class Earlier:
    """A run that is proven already.

    Parameters
    ----------
    folder : pathlib.Path
        Where its files are.
    record : Record
        With decisions made anew.
    same : bool
        Whether these are the decisions that its page shows.
    made : str
        When the evidence was made.
    seconds : float or None
        How long the notebook took then.
    resumed : bool
        Whether it comes from a release that was interrupted, not from a published one.
    """

    folder: Path
    record: Record
    same: bool
    made: str
    seconds: float | None
    resumed: bool


def choose(session: Session) -> dict[str, Earlier | str]:
    """Find for each run the earlier evidence that stands for it.

    Parameters
    ----------
    session : Session
        The release.

    Returns
    -------
    dict of str to Earlier or str
        The evidence, or why there is none, by run name.
    """
    runs = {run.name: run for run in session.plan.runs}
    found: dict[str, Earlier | str] = {}
    for name in TopologicalSorter({run.name: run.needs for run in runs.values()}).static_order():
        if session.options.fresh:
            found[name] = "--fresh reuses nothing"
        elif name in session.options.only:
            found[name] = "named with --only"
        else:
            found[name] = _for(session, runs[name], found)
    return found


def _for(session: Session, run: PlannedRun, found: Mapping[str, Earlier | str]) -> Earlier | str:
    needs = {}
    for name in run.needs:
        held = found[name]
        if isinstance(held, str):
            return f"it needs {name!r}, which is made anew"
        needs[name] = digest_of(dump_record(held.record))
    said = "no complete run to reuse"
    for folder in (session.unfinished, session.target):
        earlier = _earlier(session, folder, run, needs)
        if isinstance(earlier, Earlier):
            return earlier
        said = earlier or said
    return said


def digest_of(text: str) -> str:
    """Return the digest of a record's text.

    Parameters
    ----------
    text : str
        As `dump_record` gives it.

    Returns
    -------
    str
        ``sha256:…``.
    """
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _earlier(
    session: Session, folder: Path, run: PlannedRun, needs: Mapping[str, str]
) -> Earlier | str | None:
    """Return a folder's proven evidence of a run with the same key; None where the folder has none."""
    try:
        facts, sums = _facts(folder, run.name)
        if facts.get("state") != "complete":
            return None
        if facts.get("key") != run.key or facts.get("needs", {}) != needs:
            return "what is asked, or the data, changed since the earlier run"
        names = [f"{run.name}.{ending}" for ending in _FILES]
        names += [name for name in (f"{run.name}.{ending}" for ending in _MAYBE) if name in sums]
        for name in names:
            if not hmac.compare_digest(sums.get(name, ""), file_sha256(folder / name)):
                return f"the earlier {name} is not as it was published"
        text = (folder / names[0]).read_text(encoding="utf-8")
        record = load_record(text, where=run.name)
    except (RaikitError, OSError, ValueError) as error:
        return f"no earlier evidence that can be read: {error}" if folder.exists() else None
    moved = _moved(record, run, session.plan.folder)
    if moved:
        return moved
    release = session.plan.release.release
    if f"{run.name}.{ITEMS}" in sums and suite_gone(session.target.parent, release, run.name):
        return "the suite that its page names is gone from the restricted folder"
    anew = judged(session.plan.policy, record, today=session.today, runner=session.runner, model=run.model)
    made = facts.get("reused_from") or record.provenance.finished
    resumed = folder == session.unfinished
    return Earlier(folder, anew, dump_record(anew) == text, made, facts.get("seconds"), resumed)


def _moved(record: Record, run: PlannedRun, folder: Path) -> str | None:
    """Return what else the notebook read, besides the files that parameters name, and is another now."""
    from raikit.sources.files import find
    from raikit.sources.fingerprint import file_fingerprint

    for name, digest in record.provenance.helpers.items():
        path = folder / name
        if not path.is_file() or f"sha256:{file_sha256(path)}" != digest:
            return f"{name}, which the earlier run imported, changed"
    named = [value if isinstance(value, str) else _joined(value) for value in run.values.values()]
    for item in record.inputs:
        if item.source in named or item.source.startswith("demo:"):
            continue  # part of the key
        if item.source.startswith("<"):
            return f"its input {item.name!r} was made in memory: nothing says that it would be the same"
        if file_fingerprint(find(located(item.source, folder)).paths) != item.fingerprint:
            return f"its input {item.name!r} changed"
    return None


def _joined(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else ""


def _facts(folder: Path, run: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """Return what a folder says of a run, with the sums of its files."""
    marker = folder / _marker(run)
    if marker.is_file():
        held = json.loads(marker.read_text(encoding="utf-8"))
        return held["facts"], held["sums"]
    facts = next((item for item in runs_of(read_manifest(folder)) if item.get("name") == run), {})
    rows = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    return facts, {name: digest for digest, _, name in (row.partition("  ") for row in rows)}


def mark_done(folder: Path, run: str, facts: Mapping[str, Any]) -> None:
    """Say that a run's files are whole, so that an interrupted release can go on from here.

    Parameters
    ----------
    folder : pathlib.Path
        The folder that is being built.
    run : str
        The run; its files are there.
    facts : mapping
        As the manifest will have them.
    """
    names = [f"{run}.{ending}" for ending in (*_FILES, *_MAYBE) if (folder / f"{run}.{ending}").exists()]
    sums = {name: file_sha256(folder / name) for name in names}
    half = folder / f".{run}.half"
    half.write_text(json.dumps({"facts": dict(facts), "sums": sums}), encoding="utf-8")
    half.rename(folder / _marker(run))


def set_aside(build: Path, unfinished: Path) -> None:
    """Keep the finished runs of a release that was interrupted, and nothing else of it.

    Parameters
    ----------
    build : pathlib.Path
        The folder that was being built; gone afterwards.
    unfinished : pathlib.Path
        Where finished runs wait for the release to go on.
    """
    done = [path.name[1 : -len(".done")] for path in sorted(build.glob(".*.done"))]
    if done:
        unfinished.mkdir(exist_ok=True)
    for run in done:  # the marker last: it vouches for the others
        for name in (*(f"{run}.{ending}" for ending in (*_FILES, *_MAYBE)), _marker(run)):
            if (build / name).exists():
                (build / name).replace(unfinished / name)
    shutil.rmtree(build, ignore_errors=True)


def clear_marks(build: Path) -> None:
    """Remove what only an interrupted release needs, before the folder gets its final name.

    Parameters
    ----------
    build : pathlib.Path
        Complete otherwise.
    """
    for path in build.glob(".*.done"):
        path.unlink()


def _marker(run: str) -> str:
    return f".{run}.done"


def take_over(earlier: Earlier, run: str, build: Path) -> None:
    """Copy a run's files as they are.

    Parameters
    ----------
    earlier : Earlier
        Whose page shows the decisions that were made anew.
    run : str
        Its name.
    build : pathlib.Path
        The folder that is being built.
    """
    for ending in (*_FILES, *_MAYBE):
        if ending in _MAYBE and not (earlier.folder / f"{run}.{ending}").exists():
            continue
        shutil.copyfile(earlier.folder / f"{run}.{ending}", build / f"{run}.{ending}")
