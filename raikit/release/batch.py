"""The notebooks of a release: in order of need, several at a time, each to its files."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from raikit import __version__
from raikit.errors import InputError, RunError
from raikit.evidence.provenance import now, python_version
from raikit.evidence.record import SCHEMA, Provenance, Record, dump_record
from raikit.release import ledger
from raikit.release.execute import Outcome, execute
from raikit.release.hidden_text import shown_hidden_text
from raikit.release.kept import baseline_items, kept_folder, take_kept
from raikit.release.origin import with_origin
from raikit.release.pack import write_run
from raikit.release.proof import plain
from raikit.release.reuse import Earlier, digest_of, mark_done, take_over
from raikit.release.secret_scan import leaked, secrets_of
from raikit.release.verdict import judged
from raikit.sources.fingerprint import known_digests

if TYPE_CHECKING:
    from raikit.release.kernels import KernelHost
    from raikit.release.plan import PlannedRun
    from raikit.release.progress import Display
    from raikit.release.session import Session
    from raikit.release.stop import Stop


@dataclass(frozen=True)
class Done:
    """A run whose files are in the folder that is being built.

    Parameters
    ----------
    record : Record
        With state and decisions.
    seconds : float or None
        How long the notebook took.
    reused_from : str or None
        When the reused evidence was made.
    needs : dict of str to str
        Digests of the records that it read.
    """

    record: Record
    seconds: float | None = None
    reused_from: str | None = None
    needs: dict[str, str] = field(default_factory=dict)


class Batch:
    """Executes the runs of a release.

    Parameters
    ----------
    session : Session
        The release.
    told : mapping
        What the ledger says of the runs to execute; the others are reused or not run.
    earlier : mapping
        The evidence that stands for a run, or why there is none.
    host : callable
        Gives the kernels' host; not called when nothing is executed.
    display : Display
        Told of progress.
    stop : Stop
        Asked before each notebook.
    """

    def __init__(
        self,
        session: Session,
        told: Mapping[str, dict[str, Any]],
        earlier: Mapping[str, Earlier | str],
        host: Callable[[], KernelHost],
        display: Display,
        stop: Stop,
    ) -> None:
        self._session = session
        self._told = told
        self._earlier = earlier
        self._host = host
        self._display = display
        self._stop = stop
        self._runs = {run.name: run for run in session.plan.runs}
        self._done: dict[str, Done] = {}

    def run(self) -> dict[str, Done]:
        """Execute every run that can be.

        Returns
        -------
        dict of str to Done
            By name, in the release file's order; incomplete when a stop was requested.
        """
        order = TopologicalSorter({run.name: run.needs for run in self._runs.values()})
        order.prepare()
        jobs = max(1, self._session.options.jobs)
        with ThreadPoolExecutor(jobs, thread_name_prefix="run") as pool:
            pending: dict[Future[Done], str] = {}
            while order.is_active() and not self._stop.requested:
                for name in order.get_ready():
                    pending[pool.submit(self._one, self._runs[name])] = name
                # Short waits: a signal handler runs in this thread, between them.
                for future in wait(pending, timeout=0.2, return_when=FIRST_COMPLETED).done:
                    name = pending.pop(future)
                    self._done[name] = future.result()
                    order.done(name)
        return {name: self._done[name] for name in self._runs if name in self._done}

    def _one(self, run: PlannedRun) -> Done:
        """Make a run's files: reused, executed, or the reason why neither."""
        if self._stop.requested:
            return self._not_run(run, "interrupted")
        if run.blocked:
            return self._not_run(run, run.blocked)
        if run.name not in self._told:
            return self._reused(run)
        missing = [name for name in run.needs if self._done[name].record.state != "complete"]
        if missing:
            return self._not_run(run, f"it needs {', '.join(map(repr, missing))}, which did not complete")
        self._display.started(run.name)
        outcome = self._without_secrets(run, self._execute(run))
        done = self._publish(run, outcome)
        said = "complete" if done.record.state == "complete" else f"did not complete: {done.record.error}"
        self._display.ended(run.name, f"{said} ({outcome.seconds:.1f} s)")
        return done

    def _execute(self, run: PlannedRun) -> Outcome:
        plan = self._session.plan
        host = self._host()
        context = {
            "nonce": secrets.token_hex(16),
            "run": run.name,
            "system": run.system,
            "policy": plan.policy.model_dump(mode="json", exclude={"dispositions"}),
            "agreed": run.agreed,
            "refused": list(run.refused),
            "needs": {name: str(self._session.build / f"{name}.json") for name in run.needs},
            "release": plan.release.release,
            "baseline": baseline_items(plan.folder, plan.release.baseline, run.name),
            "kept": str(kept_folder(host.folder, run.name)),
            "digests": known_digests(),
        }
        return execute(
            run,
            host,
            context=context,
            folder=plan.folder,
            on_cell=lambda number, total: self._display.cell(run.name, number, total),
            stop=self._stop,
        )

    def _without_secrets(self, run: PlannedRun, outcome: Outcome) -> Outcome:
        """Return the outcome, or only the reason where an output holds a secret's value."""
        record = "" if outcome.record is None else dump_record(outcome.record)
        held = secrets_of(run, self._session.plan.folder)
        found = leaked(outcome.notebook, [record, outcome.error or ""], held)
        if found is None:
            return self._without_hidden_text(run, outcome, record)
        for cell in outcome.notebook.cells:
            cell.pop("outputs", None)
            if cell.cell_type == "code":
                cell.update(outputs=[], execution_count=None)
        said = f"an output holds the value of {found}; nothing that this notebook wrote is published"
        bare = outcome.notebook if leaked(outcome.notebook, (), held) is None else _blank()
        return Outcome(bare, error=said, seconds=outcome.seconds)

    def _without_hidden_text(self, run: PlannedRun, outcome: Outcome, record: str) -> Outcome:
        """Return the outcome, or only the reason where an output shows a text of the run's log."""
        texts = [record, outcome.error or ""]
        try:
            column = shown_hidden_text(run, self._session.plan.folder, outcome.notebook, texts)
        except InputError as error:  # unread, the log may hold what an output shows
            said = f"{error}; without the log nobody can tell what the outputs show: nothing is published"
            return Outcome(_blank(), error=said, seconds=outcome.seconds)
        if column is None:
            return outcome
        said = f"an output shows a text from the column {column!r} of the log; nothing of it is published"
        return Outcome(_blank(), error=said, seconds=outcome.seconds)

    def _publish(self, run: PlannedRun, outcome: Outcome) -> Done:
        told = self._told[run.name]
        record = outcome.record or self._bare(run, "failed", outcome.error or "no reason known")
        inputs = {item.name: item.fingerprint for item in record.inputs}
        said = ledger.close_line(self._session.target.parent, run, told["number"], record.state, inputs)
        provenance = with_origin(
            record.provenance.model_copy(
                update={"run_number": told["number"], "ledger": [*told["said"], *said]}
                | {"template_version": run.template.version, "template_sha256": run.template.sha256}
            ),
            outcome.notebook,
        )
        record = self._decided(
            run, record.model_copy(update={"template": run.template.name, "provenance": provenance})
        )
        written = self._write(run, outcome.notebook, record)
        needs = {name: digest_of(dump_record(self._done[name].record)) for name in run.needs}
        done = Done(written, seconds=outcome.seconds, needs=needs)
        if written.state == "complete":
            held = self._session
            release = held.plan.release.release
            take_kept(self._host().folder, run.name, held.build, held.target.parent, release)
            mark_done(self._session.build, run.name, facts_of(run, done))
        return done

    def _write(self, run: PlannedRun, notebook: Any, record: Record) -> Record:
        """Write a run's files; without its page a run is not complete."""
        try:
            write_run(self._session.build, notebook, record)
        except RunError as error:
            if record.state == "complete":
                failed = record.model_copy(update={"state": "failed", "error": plain(str(error))})
                return self._write(run, notebook, self._decided(run, failed))
        return record

    def _reused(self, run: PlannedRun) -> Done:
        earlier = self._earlier[run.name]
        if isinstance(earlier, str):
            return self._not_run(run, f"not named with --only, and {earlier}")
        if earlier.same:
            take_over(earlier, run.name, self._session.build)
            record = earlier.record
        else:  # other decisions: another page
            import nbformat  # here: its import takes longer than all the rest of an unchanged release

            held = nbformat.read(earlier.folder / f"{run.name}.ipynb", as_version=4)  # type: ignore[no-untyped-call]
            record = self._write(run, held, earlier.record)
        said = "finished before the interruption, made" if earlier.resumed else "reused, made"
        self._display.ended(run.name, f"{said} {earlier.made}")
        needs = {name: digest_of(dump_record(self._done[name].record)) for name in run.needs}
        return Done(record, earlier.seconds, None if earlier.resumed else earlier.made, needs)

    def _not_run(self, run: PlannedRun, reason: str) -> Done:
        record = self._decided(run, self._bare(run, "not_run", reason))
        (self._session.build / f"{run.name}.json").write_text(dump_record(record), encoding="utf-8")
        self._display.ended(run.name, f"not run: {reason}")
        return Done(record)

    def _decided(self, run: PlannedRun, record: Record) -> Record:
        """Return the record with the decisions of this release's policy."""
        held = self._session
        return judged(held.plan.policy, record, today=held.today, runner=held.runner, model=run.model)

    def _bare(self, run: PlannedRun, state: str, error: str) -> Record:
        """Return the record of a run that left none."""
        at = now()
        provenance = Provenance(
            template_version=run.template.version,
            template_sha256=run.template.sha256,
            modified_cells=0 if run.template.shipped else None,
            unapproved=list(run.refused),
            raikit=__version__,
            python=python_version(),
            started=at,
            finished=at,
        )
        asked = {"system": run.system, "agreed": run.agreed, "parameters": run.values}
        return Record.model_validate(
            {"schema": SCHEMA, "template": run.template.name, "run": run.name, **asked}
            | {"state": state, "error": error, "provenance": provenance}
        )


def _blank() -> Any:
    import nbformat

    return nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]


def facts_of(run: PlannedRun, done: Done) -> dict[str, Any]:
    """Return what a manifest says of a run.

    Parameters
    ----------
    run : PlannedRun
        What was asked.
    done : Done
        What came of it.

    Returns
    -------
    dict
        In JSON's types.
    """
    record = done.record
    return {
        "name": record.run,
        "template": record.template,
        "state": record.state,
        "error": record.error,
        "number": record.provenance.run_number,
        "seconds": None if done.seconds is None else round(done.seconds, 3),
        "reused_from": done.reused_from,
        "model": run.model,
        "key": run.key,
        "needs": done.needs,
        "inputs": {item.name: item.fingerprint for item in record.inputs},
    }
