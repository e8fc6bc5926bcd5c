"""A drill: a fault is put into real data, its truth sealed, the incident page made and scored."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from raikit.errors import InputError, RunError
from raikit.evidence.record import load_record
from raikit.release.drill.injector import FAILS, KINDS, Injected, inject
from raikit.release.drill.score import EPISODE, Score, score
from raikit.release.drill.seal import open_truth, record, seal_truth
from raikit.release.drill.shapes import SHAPES
from raikit.release.drill.subjects import SOURCES, Subject, subject

_ROOM = ".drills"
_RUN = "incident"
_WINDOW = "day"  # of every subject


@dataclass(frozen=True)
class Arranged:
    """A drill before its run.

    Parameters
    ----------
    subject : Subject
        What it is held on.
    injected : Injected
        The damaged log and the truth.
    """

    subject: Subject
    injected: Injected


@dataclass(frozen=True)
class Drilled:
    """A drill after its run.

    Parameters
    ----------
    folder : pathlib.Path
        The evidence that was scored.
    truth : dict
        What was put in.
    said : dict of str to str
        The slice of the earliest episode that the page claims; empty where it claims none.
    score : Score
        The one against the other.
    """

    folder: Path
    truth: dict[str, Any]
    said: dict[str, str]
    score: Score


def arrange(*, source: str = "", kind: str = "", shape: str = "", seed: int | None = None) -> Arranged:
    """Draw a drill: what is not given is drawn from the seed, and so is the seed.

    Parameters
    ----------
    source, kind, shape : str, optional
        Of `SOURCES`, `KINDS` and `SHAPES`.
    seed : int, optional
        Of every draw; by default one that nobody knows.

    Returns
    -------
    Arranged
        The damaged log.

    Raises
    ------
    InputError
        If something given isn't known, or the source has no such fault.
    """
    asked = (("source", source, SOURCES), ("kind", kind, KINDS), ("shape", shape, SHAPES))
    problems = [
        f"drill: {name} is {value!r}; allowed: {', '.join(allowed)}"
        for name, value, allowed in asked
        if value and value not in allowed
    ]
    if problems:
        raise InputError.joined(problems)
    number = secrets.randbits(32) if seed is None else seed
    random = np.random.default_rng([number, 1])
    held = subject(source or SOURCES[int(random.integers(len(SOURCES)))], number)
    targets = [target for target in held.targets if kind in ("", target.kind)]
    if not targets:
        have = ", ".join(target.kind for target in held.targets)
        raise InputError(f"drill: {held.source} can't have a fault of kind {kind!r}; it can have {have}")
    target = targets[int(random.integers(len(targets)))]
    form = shape or SHAPES[int(random.integers(len(SHAPES)))]
    return Arranged(held, inject(held.frame, target, shape=form, seed=number))


def prepare(arranged: Arranged, outputs: Path) -> tuple[str, str]:
    """Seal the truth and lay out the run; nothing of the truth is beside the log.

    Parameters
    ----------
    arranged : Arranged
        As `arrange` drew it.
    outputs : pathlib.Path
        Made if need be.

    Returns
    -------
    name : str
        Of the drill, of its folder and of its release.
    digest : str
        Of the sealed truth.
    """
    outputs.mkdir(parents=True, exist_ok=True)
    name, digest = seal_truth(outputs, {**arranged.injected.truth(), "source": arranged.subject.source})
    room = outputs / _ROOM / name
    room.mkdir(parents=True)
    arranged.injected.frame.to_parquet(room / "log.parquet", index=False)
    (room / "policy.yaml").write_text("version: 1\n", encoding="utf-8")
    (room / "release.yaml").write_text(json.dumps(_release(arranged, name), indent=1), encoding="utf-8")
    return name, digest


def hold(name: str, outputs: Path) -> Drilled:
    """Run a drill that was prepared, and score its evidence against the sealed truth.

    Parameters
    ----------
    name : str
        As `prepare` gave it.
    outputs : pathlib.Path
        The folder that holds the evidence folders.

    Returns
    -------
    Drilled
        Also a line in ``drills.jsonl``.

    Raises
    ------
    RunError
        If the run did not complete, or the truth is not the one that was sealed.
    """
    from raikit.release.progress import on_stderr
    from raikit.release.run import run_release
    from raikit.release.session import Options
    from raikit.release.warm import Warm

    options, file = Options(), outputs / _ROOM / name / "release.yaml"
    with on_stderr() as display, Warm(options) as kernels:
        _, folder = run_release(file, outputs, display, options, kernels)
    held = load_record((folder / f"{_RUN}.json").read_text(encoding="utf-8"), where=f"{_RUN}.json")
    if held.state != "complete":
        raise RunError(f"{name}: the incident run is {held.state.replace('_', ' ')}: {held.error}")
    truth = open_truth(outputs, name)
    results = [item.model_dump() for item in held.results]
    found = score(truth, results)
    record(outputs, {"event": "scored", "drill": name, "score": asdict(found)})
    claims = [item["slice"] for item in results if item["metric"] == EPISODE]
    return Drilled(folder, truth, min(claims, key=lambda each: str(each["from"]), default={}), found)


def lines(drilled: Drilled) -> list[tuple[str, str, str, str]]:
    """Return what was sealed and what the page said, a row a question.

    Parameters
    ----------
    drilled : Drilled
        After its run.

    Returns
    -------
    list of tuple of str
        Question, truth, page, right or wrong.
    """
    truth, said, found = drilled.truth, drilled.said, drilled.score
    fault = truth["faults"][0]
    segments = " and ".join(_pairs(each["segment"]) for each in truth["faults"])
    off = "" if found.onset_off is None else f" ({_off(found.onset_off)})"
    width = "" if found.width is None else f" ({found.width:.0f} windows)"
    interval = f"{said['onset from']} to {said['onset to']}{width}" if said else "none"
    return [
        ("what", f"{truth['shape']} {truth['kind']} in {truth['column']}", "", ""),
        ("is there an incident", "yes", "yes" if found.claimed else "no", _right(found.claimed)),
        ("onset", fault["course"]["onset"], said.get("from", "none") + off, _right(found.onset)),
        ("interval of the onset", fault["course"]["onset"], interval, _right(found.covers)),
        ("segment named first", segments, found.named or "none", _right(found.segment)),
        ("evidence", "", str(drilled.folder / f"{_RUN}.html"), ""),
    ]


def _release(arranged: Arranged, name: str) -> dict[str, Any]:
    from raikit.release.templates import find

    declared = {parameter.name for parameter in find(_RUN).parameters}
    empty = {"log": "", "onset": "", "aware": "", "triaged": "", "mitigated": "", "quiet": "", "reports": ""}
    values = {
        **empty, "changes": [], "features": [], "data": "log.parquet", "timestamp": "at", "signal": FAILS,
        "window": _WINDOW, "segments": list(arranged.subject.segments),
    }  # fmt: skip
    return {
        "release": name,
        "system": {
            "name": f"drill on {arranged.subject.source}", "version": "1", "owner": "raikit drill",
            "tier": "drill", "purpose": arranged.subject.about,
        },
        "policy": "policy.yaml",
        "runs": [
            {
                "template": _RUN, "name": _RUN,
                "params": {key: value for key, value in values.items() if key in declared},
            }
        ],
    }  # fmt: skip


def _pairs(segment: dict[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in segment.items())


def _off(windows: float) -> str:
    if not windows:
        return "the same window"
    number = f"{abs(windows):.0f} window{'s' if abs(windows) != 1 else ''}"
    return f"{number} {'late' if windows > 0 else 'early'}"


def _right(right: bool) -> str:
    return "right" if right else "wrong"
