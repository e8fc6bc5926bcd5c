"""The files of an evidence folder: written, checked, summed, and swapped in by rename."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from raikit.errors import InputError, RunError
from raikit.evidence.record import Record, dump_record, schema_path
from raikit.evidence.scrap import read_record, write_record
from raikit.sources.fingerprint import file_sha256

SUMS = "SHA256SUMS"
MANIFEST = "manifest.json"


def write_run(folder: Path, notebook: Any, record: Record) -> None:
    """Write a run's notebook, record and page.

    Parameters
    ----------
    folder : pathlib.Path
        The folder that is being built.
    notebook : nbformat.NotebookNode
        Executed; the record in it is replaced.
    record : Record
        With decisions.

    Raises
    ------
    RunError
        If the record does not fit the published schema, or the page can't be made.
    """
    import nbformat

    text = dump_record(record)
    check_record(json.loads(text), where=record.run)
    if _carries_record(notebook):
        write_record(notebook, record)
    (folder / f"{record.run}.json").write_text(text, encoding="utf-8")
    (folder / f"{record.run}.ipynb").write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")  # type: ignore[no-untyped-call]
    try:
        from raikit.report.page import render_page

        page = render_page(notebook, record)
    except Exception as error:
        raise RunError(f"the page could not be made: {type(error).__name__}: {error}") from error
    (folder / f"{record.run}.html").write_text(page, encoding="utf-8")


def check_record(data: Any, *, where: str) -> None:
    """Check a record against the JSON Schema that is published with the package.

    Parameters
    ----------
    data : object
        As read from JSON.
    where : str
        Named in the error.

    Raises
    ------
    RunError
        With the first place that does not fit.
    """
    from fastjsonschema import JsonSchemaValueException

    try:
        _validator()(data)
    except JsonSchemaValueException as error:
        raise RunError(f"{where}: the record does not fit its schema: {error.message}") from None


def write_manifest(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write the manifest and, over everything else, the sums.

    Parameters
    ----------
    folder : pathlib.Path
        The folder that is being built; nothing is added to it afterwards.
    facts : mapping
        What the manifest says besides its list of files.
    """
    files = [
        {"path": path.name, "size": path.stat().st_size, "sha256": file_sha256(path)}
        for path in sorted(folder.iterdir())
    ]
    text = json.dumps({**facts, "files": files}, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    sums = {item["path"]: item["sha256"] for item in files} | {MANIFEST: file_sha256(folder / MANIFEST)}
    lines = [f"{digest}  {name}\n" for name, digest in sorted(sums.items())]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def sum_problems(folder: Path) -> list[str]:
    """Return which files of an evidence folder are changed, missing or extra.

    Parameters
    ----------
    folder : pathlib.Path
        With ``SHA256SUMS``.

    Returns
    -------
    list of str
        A sentence each; signatures (``*.dsse.json``) are no part of the sums.
    """
    try:
        rows = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return [f"{folder}: no {SUMS} that can be read"]
    sums: dict[str, str] = {}
    problems = []
    for row in rows:
        digest, gap, name = row.partition("  ")
        if len(digest) != 64 or not gap or Path(name).name != name or name in sums:
            problems.append(f"{SUMS}: not a line of sums: {row[:80]!r}")
        sums[name] = digest
    there = {path.name for path in folder.iterdir() if not path.name.endswith(".dsse.json")} - {SUMS}
    for name, digest in sums.items():
        if name not in there:
            problems.append(f"{name}: missing")
        elif not (folder / name).is_file() or file_sha256(folder / name) != digest:
            problems.append(f"{name}: changed")
    return problems + [f"{name}: extra, not in {SUMS}" for name in sorted(there - sums.keys())]


def swap_in(build: Path, target: Path) -> None:
    """Put a finished folder under its final name; the one it replaces stays as ``.previous``.

    Parameters
    ----------
    build : pathlib.Path
        Complete, on the same file system.
    target : pathlib.Path
        ``outputs/<release>``.

    Raises
    ------
    InputError
        If the folder to be replaced has been signed in the meantime.
    """
    if any(target.glob("*.dsse.json")):
        raise InputError(f"{target}: is signed, and signed evidence is never replaced")
    _sync(build)
    previous = target.with_name(f"{target.name}.previous")
    if target.exists():
        # The older one goes only when a newer stands ready to take its place.
        shutil.rmtree(previous, ignore_errors=True)
        target.rename(previous)
    try:
        build.rename(target)
    except OSError:
        if previous.exists() and not target.exists():
            previous.rename(target)
        raise


def _sync(folder: Path) -> None:
    """Wait until the files are on the disk: after a power cut a renamed folder must not hold empty ones."""
    for path in sorted(folder.iterdir()):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@cache
def _validator() -> Callable[[Any], Any]:
    import fastjsonschema  # a sixteenth of jsonschema's time

    schema = json.loads(schema_path("record").read_text(encoding="utf-8"))
    compiled: Callable[[Any], Any] = fastjsonschema.compile(schema)
    return compiled


def _carries_record(notebook: Any) -> bool:
    try:
        read_record(notebook)
    except RunError:
        return False
    return True


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of an evidence folder.

    Parameters
    ----------
    folder : pathlib.Path
        ``outputs/<release>``.

    Returns
    -------
    dict
        As `write_manifest` wrote it.

    Raises
    ------
    InputError
        If there is none.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(f"{folder}: no evidence folder: no {MANIFEST} that can be read") from None
    if not isinstance(manifest, dict) or manifest.get("schema") != "raikit.manifest/1":
        raise InputError(f"{folder}: its {MANIFEST} is none of raikit.manifest/1")
    return manifest


def runs_of(manifest: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the facts of the runs in a manifest.

    Parameters
    ----------
    manifest : mapping
        As `read_manifest` gave it.

    Returns
    -------
    sequence of mapping
        In the release file's order.
    """
    runs = manifest.get("runs", [])
    return [item for item in runs if isinstance(item, dict)]
