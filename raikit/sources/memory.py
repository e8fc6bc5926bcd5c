"""From a table in memory, or one that another engine holds, to a lazy frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raikit.errors import InputError
from raikit.sources.engine import connection
from raikit.sources.files import repeated
from raikit.sources.fingerprint import canonical, table_fingerprint
from raikit.sources.reading import Opened, collected, lazy

if TYPE_CHECKING:
    import narwhals as nw
    import pyarrow as pa

_ALLOWED = (
    "a path, a list of paths, demo:NAME, or a pandas or Polars data frame, an Arrow table, "
    "a DuckDB relation, a PySpark or Ibis table"
)


def read(source: Any) -> Opened:
    """Read a table that is in memory or that another engine holds.

    Parameters
    ----------
    source : object
        Whatever Narwhals knows.

    Returns
    -------
    Opened
        In-memory tables by DuckDB; DuckDB relations, PySpark, Ibis and the like by their own engine.

    Raises
    ------
    InputError
        If it isn't a table, or a column holds values of several kinds.

    Examples
    --------
    >>> import pyarrow as pa
    >>> read(pa.table({"x": [1, 2]})).source
    '<Table>'
    """
    import narwhals as nw

    named = f"<{type(source).__name__}>"
    try:
        frame = nw.from_native(source)
    except TypeError:
        raise InputError(f"data: {shown_type(source)} is not a table; give {_ALLOWED}") from None
    if isinstance(source, nw.DataFrame | nw.LazyFrame):
        named = f"<{type(source.to_native()).__name__}>"
    if isinstance(frame, nw.LazyFrame) and frame.implementation is not nw.Implementation.POLARS:
        return _elsewhere(frame, named)
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect("pyarrow")
    table = canonical(_arrow(frame, named))
    relation = connection().from_arrow(table)
    return Opened(named, lazy(relation), lambda: table_fingerprint(table))


def shown_type(value: object) -> str:
    """Return the type of a value with its package.

    Parameters
    ----------
    value : object
        Anything.

    Returns
    -------
    str
        For messages.

    Examples
    --------
    >>> shown_type({}), shown_type(None)
    ('dict', 'None')
    """
    if value is None:
        return "None"
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _elsewhere(frame: nw.LazyFrame[Any], named: str) -> Opened:
    """Leave the rows with the engine that has them."""
    import narwhals as nw

    if frame.implementation is nw.Implementation.DUCKDB:
        frame = lazy(frame.to_native())

    def digest() -> str:
        return table_fingerprint(collected(frame))

    return Opened(named, frame, digest)


def _arrow(frame: nw.DataFrame[Any], named: str) -> pa.Table:
    """Return an eager frame as Arrow, without an index."""
    import pyarrow as pa

    names = list(frame.columns)
    strange = [name for name in names if not isinstance(name, str)]
    if strange:
        raise InputError(f"{named}: column name {strange[0]!r} is not text; every column needs a name")
    problems = repeated(names, named)
    if problems:
        raise InputError.joined(problems)
    if not names:
        raise InputError(f"{named}: no columns; at least one is needed")
    try:
        if frame.implementation.is_pandas():
            return pa.Table.from_pandas(frame.to_native(), preserve_index=False).replace_schema_metadata(None)
        return frame.to_arrow()
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        reason = str(error.args[-1] if error.args else error).splitlines()[0]
        raise InputError(
            f"{named}: a column holds values of several kinds ({reason}); make each column one type"
        ) from None
