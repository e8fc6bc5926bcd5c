"""A database and a query: the rows that the database itself gives, and no password anywhere."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from types import ModuleType

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from raikit.errors import InputError
from raikit.release.key import run_key
from raikit.release.parameters import located
from raikit.sources import open_table, peek
from raikit.sources.database import is_database, parsed

ROWS = [("F", 30, 0.5), ("M", 41, None), (None, 52, 0.25)]
QUERY = "SELECT sex, age, rate FROM people WHERE age > 35"
FILES = pytest.mark.parametrize("kind", ["duckdb", "sqlite"])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    sqlite = sqlite3.connect("sqlite.db")
    with duckdb.connect("duckdb.db") as duck:
        for made in (duck, sqlite):
            made.execute("CREATE TABLE people (sex TEXT, age INTEGER, rate DOUBLE)")
            made.executemany("INSERT INTO people VALUES (?, ?, ?)", ROWS)
    sqlite.commit()
    sqlite.close()
    return tmp_path


@FILES
def test_rows_types_and_fingerprint_are_those_of_the_query(here: Path, kind: str) -> None:
    source = f"{kind}:///{kind}.db?query={QUERY};"
    table = open_table(source)
    assert table.rows == 2
    assert table.source == source
    assert [(x.name, x.type, x.missing) for x in table.columns] == [
        ("sex", "text", 1), ("age", "integer", 0), ("rate", "number", 1),
    ]  # fmt: skip
    assert [(x.name, x.type) for x in peek(source)] == [(x.name, x.type) for x in table.columns]
    assert table.to_pandas()["age"].tolist() == [41, 52]
    ages = f"{kind}:///{here}/{kind}.db?query=SELECT CAST(age AS BIGINT) AS age FROM people ORDER BY age"
    assert open_table(ages).fingerprint == open_table(pd.DataFrame({"age": [30, 41, 52]})).fingerprint


@FILES
def test_nothing_is_written(here: Path, kind: str) -> None:
    for query in ("DELETE FROM people", "CREATE TABLE b (x INT)", "SELECT 1 AS x; DELETE FROM people"):
        with pytest.raises(InputError, match=f"{kind}:///"):
            open_table(f"{kind}:///{kind}.db?query={query}")
    assert open_table(f"{kind}:///{kind}.db?query=SELECT * FROM people").rows == 3


@FILES
@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("/none.db?query=SELECT 1", "no such file"),
        ("/{kind}.db", "no query"),
        ("?query=SELECT 1", "no path"),
        ("/{kind}.db?query=SELECT nothing FROM people", "can't be read"),
        ("/{kind}.db?query=SELECT age, age AS Age FROM people", "but for case"),
        ("/{kind}.db?query=SELECT * FROM people WHERE age > 99", "no rows"),
        ("/{kind}.db?query=ATTACH ':memory:' AS other", "not one SELECT"),
    ],
)
def test_each_mistake_is_one_sentence(here: Path, kind: str, rest: str, said: str) -> None:
    for reader in (open_table, peek):
        with pytest.raises(InputError, match=said) as caught:
            reader(f"{kind}://{rest.format(kind=kind)}")
        assert str(caught.value).count("\n") == 0


def test_numbers_mix_in_sqlite_but_words_and_numbers_do_not(here: Path) -> None:
    values = "SELECT 1 AS x UNION ALL SELECT {} ORDER BY 1"
    assert open_table(f"sqlite:///sqlite.db?query={values.format(2.5)}").column("x").type == "number"
    with pytest.raises(InputError, match="CAST it"):
        open_table(f"sqlite:///sqlite.db?query={values.format(chr(39) + 'a' + chr(39))}")


def test_a_release_file_may_name_it_relative_to_itself_and_never_reuses_it(here: Path) -> None:
    source = f"sqlite:///sqlite.db?query={QUERY}"
    assert located(source, here) == f"sqlite:///{here}/sqlite.db?query={QUERY}"
    assert located("postgresql://a@b/c?query=SELECT 1", here) == "postgresql://a@b/c?query=SELECT 1"
    assert not is_database("https://example.com/a.csv")
    for text in (source, source.replace(" WHERE", "\nWHERE")):
        keys = {run_key({}, {"data": text}, here) for _ in range(2)}
        assert len(keys) == 2  # never the same question twice: the rows may be others


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that a stand-in for connectorx was asked: no server is needed to see what it is told."""
    told: list[str] = []

    def read_sql(address: str, query: str, *, return_type: str) -> pa.Table:
        told.append(address)
        if query == "fail":
            raise RuntimeError(f"no route to {address}")
        return pa.table({"x": [1, 2]})

    fake = ModuleType("connectorx")
    fake.read_sql = read_sql
    monkeypatch.setitem(sys.modules, "connectorx", fake)
    monkeypatch.setenv("DB_PASSWORD", "s3cr@t/!")
    return told


def test_a_password_goes_to_the_driver_and_nowhere_else(asked: list[str]) -> None:
    source = "postgresql://ann:env:DB_PASSWORD@db.example.com:5432/hr?sslmode=require&query=SELECT x FROM t"
    table = open_table(source)
    assert asked == ["postgresql://ann:s3cr%40t%2F%21@db.example.com:5432/hr?sslmode=require"]
    assert table.source == source
    with pytest.raises(InputError) as caught:
        open_table("postgresql://ann:env:DB_PASSWORD@db/hr?query=fail")
    assert "s3cr" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_password_written_out_is_refused_and_not_repeated(asked: list[str]) -> None:
    for source in ("mysql://ann:hunter2@db/hr?query=SELECT 1", "mysql://ann:hunter2@db/hr"):
        with pytest.raises(InputError) as caught:
            open_table(source)
        assert "hunter2" not in str(caught.value)
    assert asked == []
    with pytest.raises(InputError, match="no such environment variable"):
        open_table("mysql://ann:env:NO_SUCH_NAME@db/hr?query=SELECT 1")


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "connectorx", None)
    with pytest.raises(InputError, match=r"raikit\[sql\]"):
        open_table("postgresql://db/hr?query=SELECT 1")


def test_a_query_may_hold_anything_after_its_name() -> None:
    assert (
        parsed("sqlite:///a.db?query=SELECT 'x?query=%20&y' AS x;\n").query == "SELECT 'x?query=%20&y' AS x"
    )
