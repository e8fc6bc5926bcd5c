"""The sealed truth of a drill: its digest is recorded before the run, the truth itself is its owner's."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from raikit.errors import InputError, RunError
from raikit.evidence.provenance import now
from raikit.release.lock import locked
from raikit.release.restricted import NAME, write_restricted

LOG = "drills.jsonl"
_TRUTH = "truth.json"


def seal_truth(outputs: Path, truth: Mapping[str, Any]) -> tuple[str, str]:
    """Write a truth where only its owner reads it, and record its digest.

    Parameters
    ----------
    outputs : pathlib.Path
        The folder that holds the evidence folders.
    truth : mapping
        In JSON's types.

    Returns
    -------
    name : str
        Of the drill.
    digest : str
        SHA-256 of the truth file; a random salt in it keeps a truth from being guessed.

    Raises
    ------
    InputError
        If it can't be written.
    """
    salted = {**truth, "salt": secrets.token_hex(16)}
    data = (json.dumps(salted, indent=1, sort_keys=True) + "\n").encode()
    digest = hashlib.sha256(data).hexdigest()
    name = f"drill-{digest[:8]}"
    write_restricted(outputs, name, {_TRUTH: data})
    record(outputs, {"event": "sealed", "drill": name, "sha256": digest})
    return name, digest


def open_truth(outputs: Path, name: str) -> dict[str, Any]:
    """Return a truth after comparing it with the digest that was recorded first.

    Parameters
    ----------
    outputs : pathlib.Path
        The folder that holds the evidence folders.
    name : str
        Of the drill.

    Returns
    -------
    dict
        As it was sealed.

    Raises
    ------
    InputError
        If there is no such truth.
    RunError
        If it is not the one that was sealed.
    """
    path = outputs / NAME / name / _TRUTH
    try:
        data = path.read_bytes()
        rows = (outputs / LOG).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"{name}: no sealed truth: {error.strerror}") from None
    lines = [line for line in map(_line, rows) if line.get("drill") == name and line.get("event") == "sealed"]
    if not lines or lines[0].get("sha256") != hashlib.sha256(data).hexdigest():
        raise RunError(f"{path}: is not the truth whose digest {LOG} recorded before the run")
    held: dict[str, Any] = json.loads(data)
    return held


def record(outputs: Path, line: Mapping[str, Any]) -> None:
    """Add a line to ``drills.jsonl``, which only grows.

    Parameters
    ----------
    outputs : pathlib.Path
        The folder that holds it.
    line : mapping
        In JSON's types; the time is added.

    Raises
    ------
    InputError
        If it can't be written.
    """
    text = json.dumps({**line, "at": now()}, sort_keys=True) + "\n"
    with locked(outputs / f".{LOG}.lock", what=LOG, wait=True):
        try:
            handle = os.open(outputs / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                os.write(handle, text.encode())
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise InputError(f"{outputs / LOG}: can't be written: {error.strerror}") from None


def _line(row: str) -> dict[str, Any]:
    try:
        held = json.loads(row)
    except ValueError:
        return {}
    return held if isinstance(held, dict) else {}
