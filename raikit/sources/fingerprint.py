"""Digests that tell whether the same data was read."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

# What tells that a file is as it was: path, bytes, time of its last change, the same as the system saw it (no
# program can set that back), number in the file system.
Mark = tuple[str, int, int, int, int]
_known: dict[Mark, str] = {}
_RECENT = 2 * 10**9  # nanoseconds: what changed so shortly ago may change again under the same time


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file; one that is as it was is read once.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    at = path.stat()
    mark = (str(path.absolute()), at.st_size, at.st_mtime_ns, at.st_ctime_ns, at.st_ino)
    if mark in _known:
        return _known[mark]
    digest = file_sha256(path)
    if time.time_ns() - max(at.st_mtime_ns, at.st_ctime_ns) > _RECENT:
        _known[mark] = digest
    return digest


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, read now.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def known_digests() -> list[tuple[Mark, str]]:
    """Return the digests that were taken, for another process of the same release.

    Returns
    -------
    list of (Mark, str)
        JSON can hold it.
    """
    return list(_known.items())


def remember_digests(known: Iterable[tuple[Mark, str]]) -> None:
    """Take over what another process's `known_digests` returned.

    Parameters
    ----------
    known : iterable of (Mark, str)
        Also as JSON gives it back, with lists for tuples.
    """
    _known.update({(path, a, b, c, d): digest for (path, a, b, c, d), digest in known})


def file_fingerprint(paths: Sequence[Path]) -> str:
    """Return the digest of files.

    Parameters
    ----------
    paths : sequence of Path
        At least one.

    Returns
    -------
    str
        "sha256:" and the hex digest: of the bytes of one file; for several, of the sorted lines
        "hash, two blanks, name" that `sha256sum` prints in their folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.csv")
    ...     _ = path.write_bytes(b"abc")
    ...     file_fingerprint([path])[:23]
    'sha256:ba7816bf8f01cfea'
    """
    digests = [(file_digest(path), path.name) for path in paths]
    if len(digests) == 1:
        return f"sha256:{digests[0][0]}"
    lines = "".join(sorted(f"{digest}  {name}\n" for digest, name in digests))
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def table_fingerprint(table: pa.Table) -> str:
    """Return the digest of a table that is in memory.

    Parameters
    ----------
    table : pyarrow.Table
        Row order, column order, names, types and values count; how the values are laid out in memory
        doesn't, so that pandas, Polars and Arrow tables of the same content agree.

    Returns
    -------
    str
        "sha256:" and the hex digest of the canonical Arrow IPC stream (see `canonical`).

    Examples
    --------
    >>> import pyarrow as pa
    >>> whole = pa.table({"x": [1, None, 3]})
    >>> parts = pa.concat_tables([whole.slice(0, 1), whole.slice(1)])
    >>> table_fingerprint(whole) == table_fingerprint(parts)
    True
    """
    import pyarrow as pa

    sink = _Digest()
    whole = canonical(table)
    with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), whole.schema) as writer:
        writer.write_table(whole)
    return f"sha256:{sink.digest.hexdigest()}"


class _Digest:
    """A file that keeps only the digest of what is written to it."""

    closed = False

    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def write(self, chunk: Any) -> int:
        """Add bytes."""
        view = memoryview(chunk)
        self.digest.update(view)
        return view.nbytes

    def flush(self) -> None:
        """Do nothing: there is no buffer."""

    def close(self) -> None:
        """Do nothing: there is no file."""


def canonical(table: pa.Table) -> pa.Table:
    """Return the table in the one layout that fingerprints are taken of.

    Parameters
    ----------
    table : pyarrow.Table
        Any layout.

    Returns
    -------
    pyarrow.Table
        One chunk a column, no metadata, text as large strings, dictionaries decoded, and zeros under the
        missing values (Arrow leaves those bytes undefined).
    """
    import pyarrow as pa

    arrays = [_canonical_array(column) for column in table.columns]
    fields = [pa.field(name, array.type) for name, array in zip(table.column_names, arrays, strict=True)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _canonical_array(column: pa.ChunkedArray) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if pa.types.is_string(kind) or pa.types.is_string_view(kind) or pa.types.is_null(kind):
        column, kind = column.cast(pa.large_string()), pa.large_string()
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], kind)
    if array.offset or not array.null_count:
        array = pa.concat_arrays([array])
    if not array.null_count or pa.types.is_nested(kind):
        return array
    filled = pc.fill_null(array, _zero(kind))
    valid = pc.is_valid(array).buffers()[1]
    return pa.Array.from_buffers(kind, len(filled), [valid, *filled.buffers()[1:]])


def _zero(kind: pa.DataType) -> Any:
    import pyarrow as pa

    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return b""
    if pa.types.is_large_string(kind):
        return ""
    if pa.types.is_fixed_size_binary(kind):
        return bytes(kind.byte_width)
    narrow = pa.types.is_date32(kind) or pa.types.is_time32(kind)
    return pa.scalar(0, pa.int32() if narrow else pa.int64()).cast(kind, safe=False)
