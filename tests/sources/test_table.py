"""Tables in memory and in other engines give the same description as files."""

from __future__ import annotations

import gc
from datetime import date

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raikit.errors import InputError
from raikit.sources import Role, check, open_table, peek
from raikit.sources.counting import counted

HOSTILE = [
    '"',
    "'",
    '""; DROP TABLE x; --',
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "two words",
    " leading",
    "naïve 性別 🙂",
    "a\nb\tc",
    "\x1b[31mred",
    "%s {} $1 ?",
    "select",
    "count(*)",
    "x" * 200,
    "rows",
    "missing 0",
    "0 present",
]


def _frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "text": ["a", None, "b"],
            "number": [1.5, np.nan, 2.0],
            "integer": [1, 2, 3],
            "boolean": [True, False, True],
            "category": pd.Categorical(["p", "q", "p"]),
            "at": pd.to_datetime(["2020-01-01", "2020-01-02", None], utc=True).tz_convert("Europe/Paris"),
            "nothing": [None, None, None],
        }
    )


EXPECTED = {
    "text": ("text", 1, 2),
    "number": ("number", 1, 2),
    "integer": ("integer", 0, 3),
    "boolean": ("boolean", 0, 2),
    "category": ("text", 0, 2),
    "at": ("timestamp", 1, 2),
    "nothing": ("text", 3, 0),
}


def _forms(frame: pd.DataFrame) -> dict[str, object]:
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    polars = pl.from_arrow(arrow)
    assert isinstance(polars, pl.DataFrame)
    return {
        "pandas": frame,
        "pandas with an index": frame.set_index(pd.Index([7, 8, 9], name="key")),
        "arrow": arrow,
        "arrow in chunks": pa.concat_tables([arrow.slice(0, 1), arrow.slice(1)]),
        "polars": polars,
        "polars lazy": polars.lazy(),
        "narwhals": nw.from_native(frame),
    }


def test_every_form_in_memory_reads_the_same() -> None:
    tables = {name: open_table(form) for name, form in _forms(_frame()).items()}
    for table in tables.values():
        assert {x.name: (x.type, x.missing, x.levels) for x in table.columns} == EXPECTED
        assert table.rows == 3
        assert table.to_pandas()["number"].tolist()[::2] == [1.5, 2.0]
    assert len({table.fingerprint for table in tables.values()}) == 1


def test_an_engine_other_than_duckdb_counts_the_same() -> None:
    """As for PySpark and Ibis, whose rows stay where they are: Polars' lazy frames stand in for them."""
    frame = nw.from_native(pl.LazyFrame({"x": [1.0, float("nan"), None], "y": ["a", None, "b"]}))
    rows, columns, cleaned = counted(frame, "<LazyFrame>")
    assert rows == 3
    assert [(x.name, x.type, x.missing, x.levels) for x in columns] == [
        ("x", "number", 2, None),
        ("y", "text", 1, None),
    ]
    assert cleaned.select(nw.col("x").count()).collect("pyarrow").item() == 1
    with pytest.raises(InputError, match="<LazyFrame>: no rows"):
        counted(frame.filter(nw.col("y") == "c"), "<LazyFrame>")


def test_peek_agrees_with_open_and_counts_nothing() -> None:
    columns = peek(_frame())
    assert {x.name: x.type for x in columns} == {name: type_ for name, (type_, _, _) in EXPECTED.items()}
    assert {x.missing for x in columns} == {None}


def test_a_duckdb_relation_stays_on_its_connection() -> None:
    own = duckdb.connect()
    own.execute("CREATE TABLE t AS SELECT 1 AS x, 'nan'::DOUBLE AS y, 'b'::ENUM ('a', 'b') AS z")
    table = open_table(own.table("t"))
    assert [(x.type, x.missing) for x in table.columns] == [("integer", 0), ("number", 1), ("text", 0)]
    own.execute("INSERT INTO t VALUES (2, 1.0, 'a')")
    assert table.lazy.select(nw.len()).collect("pyarrow").item() == 2


def test_rows_outlive_the_caller_s_frame() -> None:
    table = open_table(pd.DataFrame({"x": np.arange(100_000)}))
    gc.collect()
    assert int(table.to_pandas()["x"].sum()) == 99_999 * 100_000 // 2


def test_not_a_number_counts_as_missing_everywhere() -> None:
    table = open_table(pl.DataFrame({"x": [1.0, float("nan"), None]}))
    assert table.column("x").missing == 2
    assert table.lazy.select(nw.col("x").count()).collect("pyarrow").item() == 1


def test_levels_are_exact_up_to_a_hundred() -> None:
    values = [f"value {i % 97}" for i in range(20_000)]
    assert open_table(pd.DataFrame({"x": values})).column("x").levels == 97


def test_record_form_and_description() -> None:
    table = open_table(pd.DataFrame({"x": [1, 2], "y": ["a", None]}), name="current")
    assert table.as_input() == {
        "name": "current",
        "source": "<DataFrame>",
        "rows": 2,
        "columns": [
            {"name": "x", "type": "integer", "missing": 0},
            {"name": "y", "type": "text", "missing": 1},
        ],
        "fingerprint": table.fingerprint,
    }
    assert table.describe().to_dict("list") == {
        "name": ["x", "y"],
        "type": ["integer", "text"],
        "missing": [0, 1],
        "levels": [2, 1],
    }


@pytest.mark.parametrize("reader", [open_table, peek])
@pytest.mark.parametrize(
    ("source", "said"),
    [
        (pd.DataFrame({"x": []}), "<DataFrame>: no rows; at least one is needed"),
        (pd.DataFrame(index=[1, 2]), "<DataFrame>: no columns; at least one is needed"),
        (pd.DataFrame({"x": [1, "a"]}), "<DataFrame>: a column holds values of several kinds ("),
        (pd.DataFrame({0: [1]}), "<DataFrame>: column name 0 is not text"),
        (
            pd.DataFrame({"a": [1], "A": [2]}),
            "<DataFrame>: columns 'a' and 'A' have the same name but for case",
        ),
        ({"x": [1]}, "data: dict is not a table; give a path"),
        (None, "data: None is not a table; give a path"),
        (np.zeros(3), "data: numpy.ndarray is not a table; give a path"),
    ],
)
def test_what_is_no_table_is_one_sentence(reader, source: object, said: str) -> None:
    with pytest.raises(InputError) as caught:
        reader(source)
    assert str(caught.value).startswith(said)


def test_a_missing_column_brings_the_closest_name() -> None:
    table = open_table(pd.DataFrame({"employed": [1], "sex": ["F"]}))
    with pytest.raises(InputError, match=r"data: no column 'emplyed'; did you mean 'employed\'\?"):
        table.column("emplyed")
    with pytest.raises(InputError, match=r"no column 'SEX'; did you mean 'sex'"):
        table.to_pandas(["SEX"])


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_column_names_work_from_file_to_check(name: str, tmp_path) -> None:
    frame = pd.DataFrame({name: [0, 1, 1], f"{name}?": [0.1, 0.2, None], "other": ["a", "b", "a"]})
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet", index=False)
    for source in (frame, tmp_path / "a.parquet", tmp_path / "a.csv"):
        table = open_table(source)
        assert [x.name for x in table.columns] == list(frame.columns)
        assert [x.missing for x in table.columns] == [0, 1, 0]
        assert table.to_pandas([name])[name].tolist() == [0, 1, 1]
        roles = [Role("label", name, "label"), Role("score", f"{name}?", "score"), Role("g", name, "group")]
        check(table, roles)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20),
        min_size=1,
        max_size=4,
        unique_by=lambda name: name.casefold(),
    )
)
def test_any_name_survives(names: list[str]) -> None:
    if "*" in names:
        with pytest.raises(InputError, match="a column is named"):
            open_table(pa.table({name: [1, None, 3] for name in names}))
        return
    table = open_table(pa.table({name: [1, None, 3] for name in names}))
    assert [x.name for x in table.columns] == names
    assert {x.missing for x in table.columns} == {1}
    check(table, [Role("x", name, "number") for name in names])


def test_a_column_named_as_all_columns_is_refused() -> None:
    with pytest.raises(InputError, match=r"a column is named '\*', which stands for all columns; rename it"):
        open_table(pa.table({"*": [1, 2]}))


def test_description_has_gaps_where_nothing_was_counted() -> None:
    described = open_table(pl.DataFrame({"x": [1, 2], "parts": [[1], [2, 3]]})).describe()
    assert described["levels"].dtype == "Int64"
    assert described["levels"].isna().tolist() == [False, True]


def test_dates_come_back_as_dates() -> None:
    table = open_table(pa.table({"on": [date(2015, 1, 2), None]}))
    assert table.column("on").type == "date"
    assert table.to_pandas()["on"].iloc[0] == date(2015, 1, 2)
