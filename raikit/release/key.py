"""The key of a run: a hash of everything that its results follow from, as far as it is known beforehand."""

from __future__ import annotations

import glob
import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from raikit import __version__
from raikit.errors import InputError
from raikit.evidence.provenance import package_versions, python_version
from raikit.sources.database import is_database
from raikit.sources.fingerprint import file_digest
from raikit.sources.references import is_reference, resolve

# Folders are looked into only where a parameter holds data: a label may be called like a folder.
_DATA = ("data", "reference", "current", "log", "audit", "baseline_log")


def run_key(asked: Mapping[str, Any], values: Mapping[str, Any], folder: Path) -> str:
    """Return the key of a run: the same key, the same question about the same data.

    Parameters
    ----------
    asked : mapping
        What the release asks of it, in JSON's types.
    values : mapping
        Every parameter with the value it will have; files that they name are part of the key.
    folder : pathlib.Path
        Where relative paths start.

    Returns
    -------
    str
        ``sha256:…``.
    """
    held = {
        **asked,
        "files": {name: _files_digest(name, value, folder) for name, value in sorted(values.items())},
        "raikit": [__version__, _own_digest()],
        "python": python_version(),
        "packages": package_versions(),
    }
    text = json.dumps(held, sort_keys=True, ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def anchor_key_id(values: Mapping[str, Any], folder: Path) -> str:
    """Return the id of the key for anchors that a run will use, making none.

    Parameters
    ----------
    values : mapping
        The run's parameters.
    folder : pathlib.Path
        Where relative paths start.

    Returns
    -------
    str
        "" where the run makes no anchors or there is no key yet.
    """
    from platformdirs import user_config_path

    from raikit.sources.anchors import anchor_key

    if "anchor_key" not in values:
        return ""
    given, source = str(values["anchor_key"]), str(values.get("log") or values.get("data") or "")
    if not given and not source.startswith("demo:"):
        if not (user_config_path("raikit") / "anchor.key").is_file():
            return ""
    elif given.startswith("file:"):
        given = f"file:{folder / given.removeprefix('file:')}"
    try:
        return anchor_key(given, source=source).id
    except InputError:
        return ""


@cache
def _own_digest() -> str:
    """Return the digest of raikit's own files: in a checkout they change without the version."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(item for item in package.rglob("*") if item.suffix in {".py", ".j2", ".css", ".json"}):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _files_digest(name: str, value: Any, folder: Path) -> list[str]:
    """Return a line for each file that a parameter names."""
    lines = []
    for text in _texts(value) if name != "anchor_key" else ():
        if is_database(text) or text.startswith(
            "git:"
        ):  # what they hold can't be told from here: never reused
            lines.append(f"{secrets.token_hex(16)}  {text.partition(':')[0]}")
            continue
        if text.startswith("demo:"):
            continue  # pinned by digest in raikit's own files, which are in the key
        found = _paths(_meant(text, folder), folder, deep=name in _DATA)
        if is_reference(text) and not found:  # a secret's digest would give it away: never reused
            lines.append(f"{secrets.token_hex(16)}  {text}")
        lines += [f"{file_digest(path)}  {path.name}" for path in found]
    return lines


def _meant(text: str, folder: Path) -> str:
    try:
        return resolve(text, folder=folder) if is_reference(text) else text
    except InputError:
        return ""


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        plain = 0 < len(value) < 1000 and "\n" not in value and "\0" not in value
        yield from [value] if plain or is_database(value) else []
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))


def _paths(text: str, folder: Path, *, deep: bool) -> list[Path]:
    path = folder / (Path(text).expanduser() if text.startswith("~") else text)
    try:
        if not text or path.is_file():
            return [path] if text else []
        if not deep:
            return []
        if path.is_dir():
            return sorted(item for item in path.rglob("*") if item.is_file())
    except OSError:
        return []
    found = sorted(glob.glob(str(path), recursive=True)) if glob.has_magic(text) else []  # noqa: PTH207 - absolute
    return [Path(item) for item in found if Path(item).is_file()]
