"""Verification: is the folder what was published, sealed and approved; does it come out again."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError, RaikitError
from raikit.evidence.record import load_record
from raikit.release.gate import gate
from raikit.release.pack import read_manifest, runs_of
from raikit.release.seal import missing_signatures, signature_problems

if TYPE_CHECKING:
    from raikit.evidence.record import Record, Result
    from raikit.release.progress import Display
    from raikit.release.session import Options

_TOLERANCE = 1e-9  # relative: what another order of additions makes of the same numbers
_NUMBERS = ("estimate", "low", "high")


@dataclass(frozen=True)
class Verified:
    """What was found.

    Parameters
    ----------
    problems : tuple of str
        Changed, missing and extra files, bad and missing signatures; empty when there are none.
    seals, approvals : tuple of str
        Ids of the keys whose signatures are sound.
    approvers : tuple of str
        The name that each approval states.
    """

    problems: tuple[str, ...]
    seals: tuple[str, ...]
    approvals: tuple[str, ...]
    approvers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reproduced:
    """How one run came out again.

    Parameters
    ----------
    run : str
        Its name.
    status : {"identical", "within tolerance", "differs", "cannot rerun"}
        Of all its results together.
    reason : str
        Which result differs, or why it can't be run.
    same, results : int
        Results that are identical or within tolerance, and all of them.
    """

    run: str
    status: str
    reason: str
    same: int
    results: int


def verify(folder: Path, keys: Sequence[Path] = ()) -> Verified:
    """Check a folder's files, decisions and signatures; nothing is run, nothing is fetched.

    Parameters
    ----------
    folder : pathlib.Path
        ``outputs/<release>``.
    keys : sequence of pathlib.Path
        Public keys that must have signed: one of them the seal, each other an approval; both must be there.

    Returns
    -------
    Verified
        Every problem.

    Raises
    ------
    InputError
        If a key can't be read, or the folder can't be.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    try:
        problems = list(gate(folder).problems)
    except InputError as error:
        problems = str(error).splitlines()
    bad, seals, approvals = signature_problems(folder)
    problems += bad + missing_signatures(seals, approvals, keys)
    return Verified(
        tuple(problems),
        tuple(item.keyid for item in seals),
        tuple(item.keyid for item in approvals),
        tuple(str(item.statement["predicate"].get("approver", "")) for item in approvals),
    )


def reproduce(folder: Path, beside: Path, display: Display, options: Options) -> list[Reproduced]:
    """Run a release again from its own files and compare the results.

    Parameters
    ----------
    folder : pathlib.Path
        ``outputs/<release>``, verified.
    beside : pathlib.Path
        Where the release file's relative paths start.
    display : Display
        Told of progress.
    options : Options
        How.

    Returns
    -------
    list of Reproduced
        A line a run. Nothing is written outside a temporary folder.
    """
    from raikit.release.plan import make_plan
    from raikit.release.run import run_plan
    from raikit.release.warm import Warm

    folder = folder.absolute()
    names = [str(item["name"]) for item in runs_of(read_manifest(folder))]
    earlier = {name: _record(folder, name) for name in names}
    with tempfile.TemporaryDirectory(prefix="raikit-") as held, Warm(options) as kernels:
        outputs = Path(held)
        try:
            plan = make_plan(folder / "release.yaml", outputs, folder=beside, policy=folder / "policy.yaml")
        except RaikitError as error:
            said = "; ".join(str(error).splitlines())
            return [Reproduced(name, "cannot rerun", said, 0, len(earlier[name].results)) for name in names]
        _, made = run_plan(plan, outputs, display, options, kernels)
        return [_compared(earlier[name], _record(made, name)) for name in names]


def share(found: Sequence[Reproduced]) -> float:
    """Return the share of results that came out again; NaN where there are none.

    Parameters
    ----------
    found : sequence of Reproduced
        All runs.

    Returns
    -------
    float
        Between 0 and 1.
    """
    total = sum(item.results for item in found)
    return sum(item.same for item in found) / total if total else math.nan


def _record(folder: Path, name: str) -> Record:
    return load_record((folder / f"{name}.json").read_text(encoding="utf-8"), where=f"{name}.json")


def _compared(before: Record, after: Record) -> Reproduced:
    total = len(before.results)
    why = _incomparable(before, after)
    if why:
        return Reproduced(before.run, "cannot rerun", why, 0, total)
    again = {item.id: item for item in after.results}
    held = [(item, _same(item, again.pop(item.id, None))) for item in before.results]
    differ = [item.id for item, status in held if status == "differs"] + [f"{name} (new)" for name in again]
    same = sum(status != "differs" for _, status in held)
    if differ:
        return Reproduced(before.run, "differs", f"{len(differ)} results, first {differ[0]}", same, total)
    close = any(status == "within tolerance" for _, status in held)
    return Reproduced(before.run, "within tolerance" if close else "identical", "", same, total)


def _incomparable(before: Record, after: Record) -> str | None:
    if before.state != "complete":
        return f"was {before.state.replace('_', ' ')} in the first place"
    if before.provenance.template_sha256 != after.provenance.template_sha256:
        return "its template is another file now"
    if after.state != "complete":
        return after.error or "it did not complete"
    then = {item.name: item.fingerprint for item in before.inputs}
    moved = [item.name for item in after.inputs if then.get(item.name) != item.fingerprint]
    return f"its input {moved[0]!r} is other data now" if moved else None


def _same(before: Result, after: Result | None) -> str:
    if after is None:
        return "differs"
    one, two = (item.model_dump(exclude=set(_NUMBERS)) for item in (before, after))
    if one != two:
        return "differs"
    pairs: list[tuple[Any, Any]] = [(getattr(before, name), getattr(after, name)) for name in _NUMBERS]
    if all(old == new for old, new in pairs):
        return "identical"
    if any((old is None) != (new is None) for old, new in pairs):
        return "differs"
    close = all(
        old is None or math.isclose(old, new, rel_tol=_TOLERANCE, abs_tol=1e-12) for old, new in pairs
    )
    return "within tolerance" if close else "differs"
