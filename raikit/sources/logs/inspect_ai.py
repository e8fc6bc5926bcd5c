"""Inspect AI logs: `.eval` (a zip with deflate or zstd members) and `.json`."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from raikit.errors import InputError
from raikit.sources.logs.rows import Row, Told, labelled, text_of, word
from raikit.sources.logs.text import LONGEST, Unreadable, parsed, top_level

_ZSTD = 93  # the number of the method in a zip; the standard library knows it from Python 3.14 on
_WINDOW = 2**27  # bytes that a member may ask zstd to keep
_MOST = 200  # times its own size that a whole log may unpack to, and a gigabyte on top
_PASSES = {"c": "pass", "i": "fail", "n": "fail"}
_WORDS = {
    "yes": "pass",
    "true": "pass",
    "correct": "pass",
    "no": "fail",
    "false": "fail",
    "incorrect": "fail",
}


def read(path: Path, told: Told) -> Iterator[Row]:
    """Yield a row for each sample, epoch and scorer.

    Parameters
    ----------
    path : Path
        `.eval` or `.json`, by content.
    told : Told
        Filled.

    Yields
    ------
    Row
        Values C and 1 pass, I, N and 0 fail (as Inspect counts them); others have a score and no grade.

    Raises
    ------
    InputError
        If the file is no such log or unpacks to far too much.
    """
    with path.open("rb") as file:
        zipped = file.read(2) == b"PK"
    header: dict[str, Any] = {}
    samples = 0
    for name, held in _zipped(path) if zipped else top_level(path, "samples"):
        if name in ("sample", "samples"):
            samples += 1
            yield from _rows(held, header)
        elif isinstance(held, Unreadable):
            told.limits.append(f"{path.name}: {held.reason}; what came before was read.")
            yield Row(why="unreadable")
        elif name:
            header[name] = held
    _tell(path, header, samples, told)


def _tell(path: Path, header: dict[str, Any], samples: int, told: Told) -> None:
    run = header.get("eval")
    if not isinstance(run, dict):
        raise InputError(f"{path}: an Inspect log without its header; the file is damaged")
    version = (run.get("packages") or {}).get("inspect_ai", "of unknown version")
    told.about.append(
        f"Inspect AI {version}: task {word(run.get('task'))} (version {word(run.get('task_version'))}), "
        f"model {word(run.get('model'))}."
    )
    status = header.get("status")
    if status != "success":
        told.limits.append(f"The Inspect run has not ended well: its status is {status or 'unknown'}.")
    planned = (run.get("dataset") or {}).get("samples")
    repeats = (run.get("config") or {}).get("epochs") or 1
    if isinstance(planned, int) and isinstance(repeats, int) and planned * repeats > samples:
        missing = planned * repeats - samples
        told.limits.append(
            f"{missing:,} of {planned * repeats:,} planned samples are not in the Inspect log."
        )


def _rows(sample: Any, header: dict[str, Any]) -> Iterator[Row]:
    if not isinstance(sample, dict):
        yield Row(why="unreadable")
        return
    output = sample.get("output") or {}
    choice = (output.get("choices") or [{}])[0]
    stopped = choice.get("stop_reason")
    limit = sample.get("limit") or {}
    version = f"{(header.get('eval') or {}).get('task_version')}"
    calls = sum(len(each.get("tool_calls") or []) for each in sample.get("messages") or [])
    run = word((header.get("eval") or {}).get("run_id"))
    held: dict[str, Any] = {
        "answer": word(sample.get("uuid")) or (run and f"{run} {sample.get('id')} {sample.get('epoch')}"),
        "prompt": text_of(sample.get("input")),
        "response": text_of(choice.get("message")) or output.get("completion"),
        "repeat": sample.get("epoch"),
        "tool_calls": calls,
        "cut": stopped if stopped in ("max_tokens", "model_length", "content_filter") else limit.get("type"),
        "grader_version": version,
    }
    scores = _scores(sample.get("scores") or {})
    if sample.get("error"):
        cancelled = "cancel" in str(sample["error"].get("message", "")).lower()
        yield labelled(sample.get("metadata"), Row(**held, why="cancelled" if cancelled else "error"))
    elif not scores:
        yield labelled(sample.get("metadata"), Row(**held, why="ungraded"))
    else:
        for name, value in scores:
            outcome, score = _judged(value)
            why = None if outcome else "ungraded" if score is None else "neither pass nor fail"
            row = Row(**held, grader=name, outcome=outcome, score=score, why=why)
            yield labelled(sample.get("metadata"), row)


def _scores(scores: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the values under the scorers' names; a scorer may give several."""
    found = []
    for name, held in scores.items():
        value = held.get("value") if isinstance(held, dict) else None
        if isinstance(value, dict):
            found += [(f"{name}/{part}", each) for part, each in value.items()]
        else:
            found.append((name, value))
    return found


def _judged(value: Any) -> tuple[str | None, float | None]:
    if isinstance(value, bool | int | float):
        number = float(value)
        return {1.0: "pass", 0.0: "fail"}.get(number), number if number == number else None
    said = str(value).strip().lower() if isinstance(value, str) else ""
    outcome = _PASSES.get(said) or _WORDS.get(said)
    score = {"pass": 1.0, "fail": 0.0}.get(outcome or "")
    return outcome, 0.5 if said == "p" else score


def _zipped(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, EOFError, struct.error, RuntimeError) as error:
        raise InputError(f"{path}: a zip file that can't be opened ({error}); it may be cut off") from None
    with archive, path.open("rb") as whole:
        members = archive.infolist()
        names = {each.filename for each in members}
        budget = _MOST * path.stat().st_size + 2**30
        first = "header.json" if "header.json" in names else "_journal/start.json"
        heads = [each for each in members if each.filename == first]
        samples = [each for each in members if each.filename.startswith("samples/")]
        for member in [*heads, *samples]:
            data = _unpacked(archive, whole, member, min(LONGEST, budget))
            budget -= len(data) if isinstance(data, bytes) else LONGEST
            if budget <= 0:
                raise InputError(f"{path}: unpacks to over {_MOST} times its size; not read any further")
            held = parsed(data) if isinstance(data, bytes) else data
            if member.filename == first:
                yield from held.items() if isinstance(held, dict) else [("", held)]
            else:
                yield "sample", held


def _unpacked(
    archive: zipfile.ZipFile, whole: BinaryIO, member: zipfile.ZipInfo, most: int
) -> bytes | Unreadable:
    """Return a member, or why not; never more than `most` bytes, whatever its header says."""
    import zlib

    import zstandard

    try:
        if member.compress_type != _ZSTD:
            with archive.open(member) as file:
                data = file.read(most + 1)
        else:
            whole.seek(member.header_offset)
            name, extra = struct.unpack("<HH", whole.read(30)[26:30])
            whole.seek(name + extra, 1)
            packed = whole.read(min(member.compress_size, most))
            unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
            with unpacker.stream_reader(packed, read_across_frames=True) as stream:
                data = stream.read(most + 1)
                if zlib.crc32(data) != member.CRC and len(data) <= most:
                    return Unreadable("damaged")
    except (zipfile.BadZipFile, zstandard.ZstdError, zlib.error, struct.error, OSError, EOFError, ValueError):
        return Unreadable("damaged")
    except RuntimeError:  # also the library's word for a method it lacks
        return Unreadable("packed in a way that is not known")
    return data if len(data) <= most else Unreadable(f"over {most // 2**20} MB unpacked")
