"""A release: plan, kernels, decisions, pages, folder."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from raikit.errors import InputError, RunError
from raikit.evidence.provenance import now
from raikit.release import ledger
from raikit.release.batch import Batch
from raikit.release.lock import locked
from raikit.release.plan import Plan, PlannedRun, make_plan, outputs_problems
from raikit.release.publish import publish
from raikit.release.schema import suggestion
from raikit.release.session import Options, Session
from raikit.release.stop import Stop
from raikit.release.verdict import runner_of

if TYPE_CHECKING:
    from raikit.release.progress import Display
    from raikit.report.summary import ReleaseSummary


def run_release(file: Path, outputs: Path, display: Display, options: Options) -> tuple[ReleaseSummary, Path]:
    """Run a release file and publish its evidence.

    Parameters
    ----------
    file : pathlib.Path
        The release file.
    outputs : pathlib.Path
        Made if need be; the evidence goes to ``outputs/<release>``.
    display : Display
        Told of progress.
    options : Options
        How.

    Returns
    -------
    summary : ReleaseSummary
        Verdict, decisions and runs.
    folder : pathlib.Path
        The evidence folder.

    Raises
    ------
    InputError
        If anything given is wrong; nothing was started.
    RunError
        If the folder could not be written; earlier evidence is as it was.
    KeyboardInterrupt
        If interrupted; earlier evidence is as it was.
    """
    outputs = outputs.absolute()
    plan = make_plan(file, outputs)
    chosen = _chosen(plan, options.only)
    _make(outputs)
    name = plan.release.release
    with locked(outputs / f".{name}.lock", what=f"release {name!r}"):
        problems = outputs_problems(outputs, name)
        if problems:
            raise InputError.joined(problems)
        build = outputs / f".{name}.building"
        shutil.rmtree(build, ignore_errors=True)  # of a driver that was killed; the lock is ours
        try:
            with tempfile.TemporaryDirectory(prefix="raikit-") as private:
                session = _session(plan, options, outputs, Path(private))
                return _run(session, chosen, display), outputs / name
        except OSError as error:
            raise RunError(
                f"{outputs}: the evidence could not be written: {error.strerror or error}"
            ) from error
        finally:
            shutil.rmtree(build, ignore_errors=True)


def _run(session: Session, chosen: Sequence[PlannedRun], display: Display) -> ReleaseSummary:
    outputs = session.target.parent
    session.build.mkdir()
    stop = Stop()
    with stop.on_signals():
        told = ledger.open_lines(outputs, session.plan, chosen)
        done = Batch(session, told, display, stop).run()
        if stop.requested:
            raise KeyboardInterrupt
        return publish(session, done)


def _session(plan: Plan, options: Options, outputs: Path, private: Path) -> Session:
    name = plan.release.release
    return Session(
        plan=plan,
        options=options,
        build=outputs / f".{name}.building",
        target=outputs / name,
        private=private,
        runner=runner_of(plan.folder),
        started=now(),
        today=dt.datetime.now(dt.UTC).date(),
    )


def _chosen(plan: Plan, only: Sequence[str]) -> list[PlannedRun]:
    """Return the runs to execute."""
    names = [run.name for run in plan.runs]
    unknown = [name for name in only if name not in names]
    if unknown:
        raise InputError.joined(
            [
                f"--only {name}: no such run{suggestion(name, names)}; runs: {', '.join(names)}"
                for name in unknown
            ]
        )
    return [run for run in plan.runs if not only or run.name in only]


def _make(outputs: Path) -> None:
    try:
        outputs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"outputs: {outputs} can't be made: {error.strerror}") from None
