"""A database and a query as a source: ``duckdb:///people.db?query=SELECT …``.

The rows of the query are read once and kept, so that the fingerprint is of exactly what is analysed. DuckDB
and SQLite files are opened read-only with what raikit has anyway; other databases by connectorx, which
``raikit[sql]`` installs.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from raikit.errors import InputError
from raikit.sources.engine import duckdb_error, sentence
from raikit.sources.files import repeated
from raikit.sources.references import resolve

if TYPE_CHECKING:
    import pyarrow as pa

_OTHERS = ("postgresql", "postgres", "mysql", "mssql", "oracle", "redshift", "trino", "clickhouse")
_ADDRESS = re.compile(rf"({'|'.join(('duckdb', 'sqlite', *_OTHERS))})://(.*)", re.DOTALL | re.IGNORECASE)
_QUERY = re.compile(r"[?&]query=")
_PASSWORD = re.compile(r"^([^/@]*?:)(.*)@(?=[^@]*$)", re.DOTALL)  # in "user:password@host/name"
_FORM = "duckdb:///PATH?query=SELECT …, sqlite:///PATH?query=… or postgresql://USER:env:NAME@HOST/DB?query=…"
_SAMPLE = 20_000  # rows from which a glance takes the types


@dataclass(frozen=True)
class Database:
    """An address taken apart.

    Parameters
    ----------
    given : str
        As it came: what messages and records show.
    kind : str
        "duckdb", "sqlite" or another engine.
    place : str
        What stands between "//" and the query; for a file its path.
    query : str
        One SELECT.
    """

    given: str
    kind: str
    place: str
    query: str


def is_database(source: object) -> bool:
    """Tell the address of a database from other sources.

    Parameters
    ----------
    source : object
        What a person gave as data.

    Returns
    -------
    bool
        By how it starts.

    Examples
    --------
    >>> is_database("sqlite:///a.db?query=SELECT 1"), is_database("a.db")
    (True, False)
    """
    return isinstance(source, str) and _ADDRESS.match(source) is not None


def located_database(source: str, folder: Path) -> str:
    """Return an address with the path of a DuckDB or SQLite file made absolute.

    Parameters
    ----------
    source : str
        For which `is_database` holds.
    folder : pathlib.Path
        Where relative paths start.

    Returns
    -------
    str
        Other addresses as they were.

    Examples
    --------
    >>> located_database("sqlite:///a.db?query=SELECT 1", Path("/data"))
    'sqlite:////data/a.db?query=SELECT 1'
    """
    found = _ADDRESS.match(source)
    if found is None or found[1].lower() not in ("duckdb", "sqlite") or not found[2].startswith("/"):
        return source
    path, *rest = re.split(r"(?=[?])", found[2][1:], maxsplit=1)
    return f"{found[1]}:///{folder / Path(path).expanduser()}{''.join(rest)}"


def parsed(source: str) -> Database:
    """Return the parts of an address.

    Parameters
    ----------
    source : str
        For which `is_database` holds. The query is everything after ``query=``, as it stands. A path after
        three slashes is relative, after four absolute.

    Returns
    -------
    Database
        Nothing is opened.

    Raises
    ------
    InputError
        Without a query or path, or with a password written out.

    Examples
    --------
    >>> parsed("sqlite:///a.db?query=SELECT * FROM people").query
    'SELECT * FROM people'
    """
    found = _ADDRESS.match(source)
    parts = _QUERY.split(found[2], maxsplit=1) if found else []
    if found is None or len(parts) < 2 or not parts[1].strip():
        raise InputError(f"{_shown(source)}: no query; give {_FORM}")
    kind, place, query = found[1].lower(), parts[0], parts[1].strip().rstrip(";").strip()
    if kind in ("duckdb", "sqlite"):
        if not place.startswith("/") or not place[1:]:
            raise InputError(f"{source}: no path; give {_FORM}")
        place = place[1:]
    elif (written := _PASSWORD.match(place)) and not written[2].startswith("env:"):
        raise InputError(f"{_shown(source)}: a password is written out; name a variable with it: {_FORM}")
    return Database(source, kind, place, query)


def _shown(source: str) -> str:
    """Return an address as it may be shown: without a password and without the query."""
    kind, _, rest = source.partition("://")
    place = _PASSWORD.sub(r"\1…@", _QUERY.split(rest, maxsplit=1)[0])
    return f"{kind}://{place}" if rest else source


def rows_of(database: Database, *, glance: bool = False) -> pa.Table:
    """Run the query.

    Parameters
    ----------
    database : Database
        What to ask.
    glance : bool, default=False
        Whether the first 20,000 rows suffice; databases reached by connectorx give all of them.

    Returns
    -------
    pyarrow.Table
        The rows, in memory.

    Raises
    ------
    InputError
        If it can't be opened or read, or two columns have one name. No password is ever in the message.
    """
    readers: dict[str, Callable[[Database, bool], pa.Table]] = {"duckdb": _by_duckdb, "sqlite": _by_sqlite}
    table = readers.get(database.kind, _by_connectorx)(database, glance)
    _refuse_repeated(table.column_names, database)
    return table


def _refuse_repeated(names: list[str], database: Database) -> None:
    if problems := repeated(names, database.given):
        raise InputError.joined(problems)


def _file(database: Database) -> Path:
    path = Path(database.place).expanduser()
    if not path.is_file():
        raise InputError(f"{database.given}: no such file: {path}")
    return path


def _by_duckdb(database: Database, glance: bool) -> pa.Table:
    import duckdb

    path = _file(database)
    offline: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    try:
        with duckdb.connect(str(path), read_only=True, config=offline) as opened:
            kinds = [str(each.type) for each in opened.extract_statements(database.query)]
            if len(kinds) != 1 or not kinds[0].endswith("SELECT"):
                raise InputError(f"{database.given}: the query is not one SELECT")
            relation = opened.sql(database.query)
            _refuse_repeated(relation.columns, database)  # DuckDB renames them once it builds on the query
            return (relation.limit(_SAMPLE) if glance else relation).to_arrow_table()
    except duckdb_error() as error:
        raise InputError(f"{database.given}: can't be read ({sentence(error)})") from None


def _by_sqlite(database: Database, glance: bool) -> pa.Table:
    import pyarrow as pa

    path = _file(database).absolute()
    try:
        opened = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
        try:
            cursor = opened.execute(database.query)
            names = [column[0] for column in cursor.description or ()]
            rows = cursor.fetchmany(_SAMPLE) if glance else cursor.fetchall()
        finally:
            opened.close()
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise InputError(f"{database.given}: can't be read ({sentence(error)})") from None
    if not names:
        raise InputError(f"{database.given}: the query is not one SELECT")
    _refuse_repeated(names, database)
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    try:
        return pa.table({name: _numbers(values) for name, values in zip(names, columns, strict=True)})
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"{database.given}: a column holds values of several kinds ({reason}); CAST it in the query"
        ) from None


def _numbers(values: tuple[object, ...]) -> pa.Array:
    """Return a column; SQLite gives whole numbers within columns of others."""
    import pyarrow as pa

    kinds = {type(value) for value in values}
    return pa.array(values, pa.float64() if kinds - {type(None)} == {int, float} else None)


def _by_connectorx(database: Database, glance: bool) -> pa.Table:
    del glance  # LIMIT isn't every database's word
    try:
        import connectorx
    except ImportError:
        raise InputError(
            f"{database.given}: needs connectorx, which isn't installed: pip install 'raikit[sql]'"
        ) from None
    secret = ""
    place = database.place
    if written := _PASSWORD.match(place):
        secret = resolve(written[2])
        place = f"{written[1]}{quote(secret, safe='')}@{place[written.end() :]}"
    read = partial(connectorx.read_sql, f"{database.kind}://{place}", database.query, return_type="arrow")
    try:
        return read()
    except Exception as error:  # each driver raises classes of its own
        said = sentence(error)
        for hidden in filter(None, (secret, quote(secret, safe=""))):
            said = said.replace(hidden, "…")
        raise InputError(f"{database.given}: can't be read ({said})") from None
