"""Earlier evidence that is taken over: only when it is proven and answers the same question."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from raikit.errors import RaikitError
from raikit.evidence.record import Record, load_record
from raikit.release.pack import SUMS, check_record, file_sha256, read_manifest, runs_of

if TYPE_CHECKING:
    from raikit.release.plan import PlannedRun


class Earlier(NamedTuple):
    """A run of the folder that is being replaced."""

    notebook: Any
    record: Record
    made: str
    seconds: float | None


def earlier_run(folder: Path, run: PlannedRun) -> Earlier | str:
    """Return the proven evidence of an earlier run with the same key.

    Parameters
    ----------
    folder : pathlib.Path
        ``outputs/<release>`` as it is.
    run : PlannedRun
        What is asked now.

    Returns
    -------
    Earlier or str
        The evidence, or why there is none that can be reused.
    """
    import json

    import nbformat

    try:
        facts = next((item for item in runs_of(read_manifest(folder)) if item.get("name") == run.name), None)
        if facts is None or facts.get("state") != "complete":
            return "no complete run to reuse"
        if facts.get("key") != run.key:
            return "what is asked has changed since the earlier run"
        changed = _changed(folder, run.name)
        if changed:
            return f"the earlier {changed} is not as it was published"
        text = (folder / f"{run.name}.json").read_text(encoding="utf-8")
        check_record(json.loads(text), where=run.name)
        record = load_record(text, where=run.name)
        notebook = nbformat.read(folder / f"{run.name}.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    except (RaikitError, OSError, ValueError) as error:
        return f"no earlier evidence that can be read: {error}"
    return Earlier(
        notebook, record, facts.get("reused_from") or record.provenance.finished, facts.get("seconds")
    )


def _changed(folder: Path, run: str) -> str | None:
    """Return the first of a run's files that differs from its sum."""
    rows = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, _, name in (row.partition("  ") for row in rows)}
    for name in (f"{run}.json", f"{run}.ipynb"):
        if not hmac.compare_digest(sums.get(name, ""), file_sha256(folder / name)):
            return name
    return None
