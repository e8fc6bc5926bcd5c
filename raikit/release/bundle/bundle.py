"""One zip of an incident's evidence: checked before, the same bytes for the same evidence."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

from raikit.errors import InputError, RunError
from raikit.release.bundle.avid import avid_text
from raikit.release.bundle.commands import reproduce_text
from raikit.release.bundle.facts import Facts, read_facts
from raikit.release.bundle.failing import failing_rows
from raikit.release.bundle.postmortem import postmortem
from raikit.release.bundle.ticket import ticket_csv, ticket_markdown
from raikit.release.bundle.timeline import timeline_text
from raikit.release.pack import MANIFEST, SUMS
from raikit.release.restricted import NAME as RESTRICTED
from raikit.release.restricted import write_restricted
from raikit.release.verify import verify
from raikit.release.whole_file import write_whole

_LARGEST = 5_000_000  # bytes, so that it can be sent by e-mail
_ROWS = "failing.jsonl"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time that a zip can say: the same evidence gives the same bytes


def bundle(folder: Path, *, run: str = "", to: Path | None = None, beside: Path | None = None) -> Path:
    """Write one zip of an incident: page, record, timeline, drafts and sums.

    Parameters
    ----------
    folder : pathlib.Path
        ``outputs/<incident>``.
    run : str, optional
        The incident run's name where the folder holds several.
    to : pathlib.Path, optional
        The zip; by default ``<incident>.zip`` beside the folder.
    beside : pathlib.Path, optional
        Where the release file's relative paths start. When given, the data are opened again: anchors of the
        failing rows go into the zip, the rows themselves into the restricted folder.

    Returns
    -------
    pathlib.Path
        The zip; the same bytes for the same evidence.

    Raises
    ------
    InputError
        If the folder holds no incident run, or the zip can't be written.
    RunError
        If the folder is not as it was published, the run did not complete, or the zip would be too large.
    """
    folder = folder.resolve()
    if RESTRICTED in folder.parts:
        raise InputError(f"{folder}: restricted texts are in no bundle; name an evidence folder")
    problems = verify(folder).problems
    if problems:
        raise RunError("\n".join([f"{folder.name}: not bundled: the evidence is not sound", *problems]))
    facts = read_facts(folder, run)
    files = contents(folder, facts)
    if beside is not None:
        files |= _failing(facts, beside, folder)
    data = _zipped(folder.name, files)
    if len(data) > _LARGEST:
        raise RunError(f"{folder.name}: the bundle would be {len(data):,} bytes; at most {_LARGEST:,}")
    return _write(to or folder.with_name(f"{folder.name}.zip"), data)


def contents(folder: Path, facts: Facts) -> dict[str, bytes]:
    """Return the files of a bundle by name, without their sums.

    Parameters
    ----------
    folder : pathlib.Path
        ``outputs/<incident>``, verified.
    facts : Facts
        Of its incident run.

    Returns
    -------
    dict of str to bytes
        Named one by one: nothing else that lies in the folder or near it is taken along.
    """
    run = facts.record.run
    made = {
        "timeline.json": timeline_text(facts),
        "postmortem-draft.md": postmortem(facts),
        "avid-report.json": avid_text(facts),
        "ticket.md": ticket_markdown(facts),
        "ticket.csv": ticket_csv(facts),
        "reproduce.md": reproduce_text(facts),
    }
    copied = {name: name for name in (f"{run}.html", f"{run}.json", "policy.yaml", "release.yaml", MANIFEST)}
    copied["evidence.SHA256SUMS"] = SUMS
    copied |= {path.name: path.name for path in sorted(folder.glob("*.dsse.json"))}
    held = {name: (folder / source).read_bytes() for name, source in copied.items()}
    return held | {name: text.encode() for name, text in made.items()}


def _failing(facts: Facts, beside: Path, folder: Path) -> dict[str, bytes]:
    """Return the anchors of the failing rows; the rows go where only their owner can read them."""
    found = failing_rows(facts, beside)
    place = write_restricted(folder.parent, f"{folder.name}/{facts.record.run}", {_ROWS: found.full})
    said = (
        f"{found.rows:,} failing rows of the episode named first; anchors by key {found.key}. In full, for "
        f"their owner only: {place.relative_to(folder.parent)}/{_ROWS}, sha256 "
        f"{hashlib.sha256(found.full).hexdigest()}\n"
    )
    return {"failing-anchors.csv": found.anchors.encode(), "failing-rows.txt": said.encode()}


def _zipped(name: str, files: dict[str, bytes]) -> bytes:
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {file}\n" for file, data in sorted(files.items()))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as held:
        for file, data in sorted({**files, SUMS: sums.encode()}.items()):
            entry = zipfile.ZipInfo(f"{name}/{file}", _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            held.writestr(entry, data)
    return written.getvalue()


def _write(path: Path, data: bytes) -> Path:
    try:
        return write_whole(path, data)
    except OSError as error:
        raise InputError(f"{path}: can't be written: {error.strerror}") from None
