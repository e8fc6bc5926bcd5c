"""A table opened from wherever its rows live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError
from raikit.sources.column import Column as Column
from raikit.sources.column import no_such_column

if TYPE_CHECKING:
    import narwhals as nw
    import pandas as pd

    from raikit.sources.reading import Opened


@dataclass(frozen=True)
class Table:
    """Rows, and what is known about them before any analysis.

    Parameters
    ----------
    name : str
        What the caller calls it, "data" for instance; messages start with it.
    source : str
        Where it came from, as given; "<DataFrame>" for a data frame in memory.
    rows : int
        At least 1.
    columns : tuple of Column
        Names, types, missing and distinct values.
    fingerprint : str
        "sha256:…" of the file's bytes, or of the Arrow stream of a table in memory.
    about : tuple of str
        Origin, licence and filters of demo data, as sentences; empty for your own.
    system : dict or None
        The system that demo data is about: name, version, owner, purpose.
    limits : tuple of str
        What the data cannot tell, as sentences; empty for your own.

    Examples
    --------
    >>> import pandas as pd
    >>> table = open_table(pd.DataFrame({"sex": ["F", "M"], "hired": [1, 0]}), name="applicants")
    >>> table.describe()
        name     type  missing  levels
    0    sex     text        0       2
    1  hired  integer        0       2
    """

    name: str
    source: str
    rows: int
    columns: tuple[Column, ...]
    fingerprint: str
    about: tuple[str, ...] = ()
    system: dict[str, str] | None = None
    limits: tuple[str, ...] = ()
    _frame: nw.LazyFrame[Any] = field(repr=False, compare=False, kw_only=True)

    @property
    def lazy(self) -> nw.LazyFrame[Any]:
        """The rows as a Narwhals lazy frame: by DuckDB, or by the engine that already holds them."""
        return self._frame

    def column(self, name: str) -> Column:
        """Return a column by name.

        Parameters
        ----------
        name : str
            Exact name.

        Returns
        -------
        Column
            The column.

        Raises
        ------
        InputError
            If there is none, with the closest name.
        """
        for each in self.columns:
            if each.name == name:
                return each
        names = [each.name for each in self.columns]
        raise InputError(f"{self.name}: {no_such_column(name, names)}")

    def to_pandas(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the rows in memory.

        Parameters
        ----------
        columns : sequence of str, optional
            Only these, in this order; by default all.

        Returns
        -------
        pandas.DataFrame
            A new index from 0; whole numbers with missing values become floats.

        Raises
        ------
        InputError
            If a column isn't there.
        """
        from raikit.sources.reading import collected

        names = [self.column(name).name for name in (columns if columns is not None else self._names())]
        frame: pd.DataFrame = collected(self._frame.select(*names)).to_pandas()
        return frame

    def _names(self) -> list[str]:
        return [each.name for each in self.columns]

    def describe(self) -> pd.DataFrame:
        """Return a row for each column: its name, type, missing and (about) distinct values.

        Returns
        -------
        pandas.DataFrame
            Columns name, type, missing, levels.
        """
        import pandas as pd

        rows = [(each.name, each.type, each.missing, each.levels) for each in self.columns]
        described = pd.DataFrame(rows, columns=["name", "type", "missing", "levels"])
        return described.astype({"missing": "Int64", "levels": "Int64"})  # counts stay whole beside a gap

    def as_input(self) -> dict[str, Any]:
        """Return the table as the record's `inputs` holds it.

        Returns
        -------
        dict
            Plain JSON values: name, source, rows, columns, fingerprint.
        """
        columns = [{"name": each.name, "type": each.type, "missing": each.missing} for each in self.columns]
        return {
            "name": self.name,
            "source": self.source,
            "rows": self.rows,
            "columns": columns,
            "fingerprint": self.fingerprint,
        }


def open_table(source: Any, *, name: str = "data") -> Table:
    """Open a table and count its rows and missing values.

    Parameters
    ----------
    source : str, path, list of them, or a table in memory
        A Parquet, CSV or JSON Lines file, a glob or a list of files; `demo:NAME?key=value`; a database and a
        query, ``duckdb:///PATH?query=SELECT …`` (see `raikit.sources.database`); or a pandas or Polars
        data frame, an Arrow table, a DuckDB relation, a PySpark or Ibis table, a Narwhals frame.
    name : str, default="data"
        What messages call the table.

    Returns
    -------
    Table
        With at least one row. Its rows stay where they are until asked for.

    Raises
    ------
    InputError
        If it can't be read or has no rows or columns; the message says where, what came, what is allowed.

    Examples
    --------
    >>> import pandas as pd
    >>> table = open_table(pd.DataFrame({"sex": ["F", "M", None], "hired": [1, 0, 1]}))
    >>> table.rows, table.column("sex")
    (3, Column(name='sex', type='text', missing=1, levels=2))
    """
    from raikit.sources import memory, reading

    opened = reading.read(source) if reading.is_named(source) else memory.read(source)
    return table_of(opened, name)


def part_of(table: Table, frame: nw.LazyFrame[Any], name: str) -> Table:
    """Return some of a table's rows as a table of their own, to be analysed but not recorded.

    Parameters
    ----------
    table : Table
        Opened; its fingerprint stands in the record.
    frame : narwhals.LazyFrame
        Rows of it.
    name : str
        What messages call the part.

    Returns
    -------
    Table
        Its rows counted; without a fingerprint, for which all of them would have to be in memory.

    Raises
    ------
    InputError
        If there are no rows.
    """
    from raikit.sources.reading import Opened

    return table_of(Opened(table.source, frame, lambda: ""), name)


def table_of(opened: Opened, name: str) -> Table:
    """Return the table of a source that has been opened, its rows counted.

    Parameters
    ----------
    opened : Opened
        By `raikit.sources.reading` or `raikit.sources.memory`.
    name : str
        What messages call the table.

    Returns
    -------
    Table
        With at least one row.

    Raises
    ------
    InputError
        If it has no rows or no columns, or one named "*".
    """
    from raikit.sources.counting import counted

    if "*" in opened.frame.collect_schema().names():
        # Narwhals hands the name to DuckDB, for which it means every column.
        raise InputError(f"{opened.source}: a column is named '*', which stands for all columns; rename it")
    rows, columns, frame = counted(opened.frame, opened.source)
    table = Table(name, opened.source, rows, columns, opened.fingerprint(), _frame=frame)
    return replace(table, about=opened.about, system=opened.system, limits=opened.limits)
