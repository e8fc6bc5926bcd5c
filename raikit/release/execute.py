"""One notebook through papermill: in this process, against a kernel of ours, under a deadline."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit.errors import RunError
from raikit.evidence.session import CONTEXT
from raikit.release.proof import cell_error, code_cells, plain, proven_record, without_data
from raikit.release.stop import Stop

if TYPE_CHECKING:
    from raikit.evidence.record import Record
    from raikit.release.kernels import KernelHost, Manager
    from raikit.release.plan import PlannedRun

OnCell = Callable[[int, int], None]  # number of the code cell that starts, of how many


@dataclass
class Outcome:
    """What came of executing a notebook.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        As far as it came.
    record : Record or None
        The proven record.
    error : str or None
        Why there is none, in words.
    seconds : float
        From the kernel's start to its end.
    """

    notebook: Any
    record: Record | None = None
    error: str | None = None
    seconds: float = 0.0


@dataclass
class _Watch:
    """What papermill's hooks tell, and whether the deadline passed."""

    on_cell: OnCell
    stop: Stop
    notebook: Any
    cell: int = 0
    total: int = 0
    late: bool = False
    died: bool = False
    begun: float = field(default_factory=time.monotonic)

    def started(self, notebook: Any) -> None:
        """Keep the notebook that is filled in: papermill drops it when a kernel dies."""
        self.notebook = notebook
        self.total = len(code_cells(notebook))

    def cell_started(self, cell: Any, cell_index: int) -> None:
        """Count the code cells as they start; a kernel that came up after its end was due gets none."""
        if self.late or self.stop.requested:
            raise RunError("ended")
        if cell.cell_type == "code" and cell.source.strip():
            self.cell += 1
            self.on_cell(self.cell, self.total)

    def where(self) -> str:
        """Return the place that was reached."""
        return f"in code cell {self.cell} of {self.total}" if self.cell else "before its first cell"


def execute(
    run: PlannedRun,
    host: KernelHost,
    *,
    context: dict[str, Any],
    folder: Path,
    on_cell: OnCell,
    stop: Stop,
) -> Outcome:
    """Run one notebook and prove that it ran.

    Parameters
    ----------
    run : PlannedRun
        What to run.
    host : KernelHost
        Where its kernel comes from.
    context : dict
        What the kernel is told: nonce, run, system, policy, agreed, needs.
    folder : pathlib.Path
        The kernel's working directory.
    on_cell : callable
        Told of each code cell as it starts; called from this thread.
    stop : Stop
        Ends the kernel when the release is interrupted.

    Returns
    -------
    Outcome
        Never raises for what a notebook does.
    """
    import nbformat

    place = host.folder / f"{run.name}.context.json"
    place.write_text(json.dumps(context, ensure_ascii=False), encoding="utf-8")
    watch = _Watch(on_cell, stop, nbformat.read(run.template.path, as_version=4))  # type: ignore[no-untyped-call]
    manager = host.manager({CONTEXT: str(place)})
    timer = threading.Timer(run.deadline, _end, args=(watch, host, manager))
    timer.daemon = True
    timer.start()
    try:
        with stop.ending(lambda: host.kill(manager)):
            error = _papermill(run, watch.notebook, manager, watch, folder)
        reason = host.reason(manager) if watch.died else None
    finally:
        timer.cancel()
        host.release(manager)
        place.unlink(missing_ok=True)
    if error and reason:
        error = f"{error}: {plain(reason)}"
    outcome = Outcome(_tidy(watch.notebook, run), error=error, seconds=time.monotonic() - watch.begun)
    return _proven(outcome, run, context["nonce"]) if error is None else outcome


def _proven(outcome: Outcome, run: PlannedRun, nonce: str) -> Outcome:
    try:
        outcome.record = proven_record(outcome.notebook, run=run.name, nonce=nonce)
    except RunError as unproven:
        outcome.error = str(unproven)
    return outcome


def _end(watch: _Watch, host: KernelHost, manager: Manager) -> None:
    watch.late = True
    host.kill(manager)


def _papermill(run: PlannedRun, notebook: Any, manager: Manager, watch: _Watch, folder: Path) -> str | None:
    """Let papermill run the notebook; return what went wrong in words."""
    import papermill

    log = logging.getLogger("papermill")
    if not log.handlers:
        log.addHandler(logging.NullHandler())  # what goes wrong is told once, by us
    try:
        papermill.execute_notebook(
            notebook,  # the object, not its path: papermill formats braces in paths
            None,
            parameters=run.parameters,
            kernel_name="python3",
            progress_bar=False,
            log_output=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            km=manager,
            resources={"metadata": {"path": str(folder)}},  # `cwd` would change it for all threads
            on_notebook_start=watch.started,
            on_cell_start=watch.cell_started,
            iopub_timeout=60,
        )
    except Exception as error:  # whatever papermill, nbclient or zmq make of a kernel's end
        without_data(notebook)
        return _in_words(error, run, watch)
    return None


def _in_words(error: Exception, run: PlannedRun, watch: _Watch) -> str:
    from nbclient.exceptions import DeadKernelError

    if watch.stop.requested:
        return "interrupted"
    if watch.late:
        return f"stopped at its deadline of {run.deadline / 60:g} minutes, {watch.where()}"
    told = cell_error(watch.notebook)
    if told:
        return told
    if isinstance(error, DeadKernelError):
        watch.died = True
        return f"the kernel died {watch.where()}"
    return f"{type(error).__name__} {watch.where()}: {plain(str(error))}"


def _tidy(notebook: Any, run: PlannedRun) -> Any:
    """Remove what papermill adds for its own pages, and paths of this machine."""
    marker = "papermill-error-cell-tag"
    notebook.cells = [cell for cell in notebook.cells if marker not in cell.metadata.get("tags", [])]
    about = notebook.metadata.get("papermill", {})
    about.update(input_path=run.template.path.name, output_path=f"{run.name}.ipynb")
    return notebook
