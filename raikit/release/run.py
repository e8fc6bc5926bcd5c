"""A release: plan, kernels, decisions, pages, folder."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from raikit.errors import InputError, RunError
from raikit.evidence.provenance import now
from raikit.release import ledger
from raikit.release.batch import Batch
from raikit.release.hidden_text import has_texts
from raikit.release.lock import locked
from raikit.release.plan import Plan, make_plan, outputs_problems
from raikit.release.publish import publish
from raikit.release.reuse import choose, set_aside
from raikit.release.schema import suggestion
from raikit.release.session import Options, Session
from raikit.release.stop import Stop
from raikit.release.verdict import runner_of
from raikit.release.warm import Warm, import_ahead

if TYPE_CHECKING:
    from raikit.release.progress import Display
    from raikit.report.summary import ReleaseSummary


def run_release(
    file: Path, outputs: Path, display: Display, options: Options, kernels: Warm
) -> tuple[ReleaseSummary, Path]:
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
    kernels : Warm
        Where kernels come from, when one is needed.

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
    kernels.start_for(file, outputs)  # its imports take longer than the plan
    return run_plan(make_plan(file, outputs), outputs, display, options, kernels)


def run_plan(
    plan: Plan, outputs: Path, display: Display, options: Options, kernels: Warm
) -> tuple[ReleaseSummary, Path]:
    """Run a plan and publish its evidence.

    Parameters
    ----------
    plan : Plan
        Checked.
    outputs : pathlib.Path
        As for `run_release`, absolute.
    display : Display
        Told of progress.
    options : Options
        How.
    kernels : Warm
        Where kernels come from, when one is needed.

    Returns
    -------
    summary : ReleaseSummary
        Verdict, decisions and runs.
    folder : pathlib.Path
        The evidence folder.
    """
    _check_names(plan, options.only)
    _make(outputs)
    name = plan.release.release
    with locked(outputs / f".{name}.lock", what=f"release {name!r}"):
        problems = outputs_problems(outputs, name)
        if problems:
            raise InputError.joined(problems)
        session = _session(plan, options, outputs)
        try:
            set_aside(session.build, session.unfinished)  # of a driver that was killed; the lock is ours
            return _run(session, kernels, display), session.target
        except OSError as error:
            said = f"the evidence could not be written: {error.strerror or error}"
            raise RunError(f"{outputs}: {said}") from error
        finally:
            set_aside(session.build, session.unfinished)


def _run(session: Session, kernels: Warm, display: Display) -> ReleaseSummary:
    outputs = session.target.parent
    if session.options.fresh:
        shutil.rmtree(session.unfinished, ignore_errors=True)
    session.build.mkdir()
    stop = Stop()
    with stop.on_signals():
        earlier = choose(session)
        only = session.options.only
        chosen = [
            run
            for run in session.plan.runs
            if isinstance(earlier[run.name], str) and not run.blocked and (not only or run.name in only)
        ]
        told = ledger.open_lines(outputs, session.plan, chosen) if chosen else {}
        try:
            if chosen:
                kernels.start()
                import_ahead(logs=any(has_texts(run) for run in chosen))
            done = Batch(session, told, earlier, kernels.host, display, stop).run()
            if stop.requested:
                raise KeyboardInterrupt
            summary = publish(session, done)
        except InputError as error:  # nothing was wrong with the input: kernels had started
            raise RunError(str(error)) from error
        shutil.rmtree(session.unfinished, ignore_errors=True)
        return summary


def _session(plan: Plan, options: Options, outputs: Path) -> Session:
    name = plan.release.release
    return Session(
        plan=plan,
        options=options,
        build=outputs / f".{name}.building",
        target=outputs / name,
        unfinished=outputs / f".{name}.unfinished",
        runner=runner_of(plan.folder),
        started=now(),
        today=dt.datetime.now(dt.UTC).date(),
    )


def _check_names(plan: Plan, only: Sequence[str]) -> None:
    names = [run.name for run in plan.runs]
    unknown = [name for name in only if name not in names]
    if unknown:
        raise InputError.joined(
            [
                f"--only {name}: no such run{suggestion(name, names)}; runs: {', '.join(names)}"
                for name in unknown
            ]
        )


def _make(outputs: Path) -> None:
    try:
        outputs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"outputs: {outputs} can't be made: {error.strerror}") from None
