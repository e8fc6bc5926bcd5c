"""Files by path, list and glob, and one clear sentence for each way in which they can be wrong."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raikit.errors import InputError
from raikit.sources import open_table, peek

BOTH = pytest.mark.parametrize("reader", [open_table, peek])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _types(source: object) -> dict[str, str]:
    columns = open_table(source).columns
    assert [(x.name, x.type) for x in peek(source)] == [(x.name, x.type) for x in columns]
    return {x.name: x.type for x in columns}


def test_parquet_csv_and_json_lines_of_the_same_rows_agree(here: Path) -> None:
    rows = pa.table({"sex": ["F", "M", None], "age": [30, 41, 52], "rate": [0.5, None, 0.25]})
    pq.write_table(rows, "a.parquet")
    Path("a.csv").write_text("sex,age,rate\nF,30,0.5\nM,41,\n,52,0.25\n")
    Path("a.jsonl").write_text(
        '{"sex":"F","age":30,"rate":0.5}\n{"sex":"M","age":41,"rate":null}\n{"age":52,"rate":0.25}\n'
    )
    expected = {"sex": "text", "age": "integer", "rate": "number"}
    for name in ("a.parquet", "a.csv", "a.jsonl"):
        table = open_table(name)
        assert _types(name) == expected
        assert table.rows == 3
        assert [x.missing for x in table.columns] == [1, 0, 1]
        assert [x.levels for x in table.columns][:2] == [2, 3]
        assert table.to_pandas(["age"])["age"].tolist() == [30, 41, 52]
        assert table.source == name


def test_fingerprint_of_a_file_is_its_sha256(here: Path) -> None:
    Path("a.csv").write_bytes(b"x\n1\n")
    expected = hashlib.sha256(b"x\n1\n").hexdigest()
    assert open_table("a.csv").fingerprint == f"sha256:{expected}"


def test_glob_and_list_read_as_one_table_with_one_fingerprint(here: Path) -> None:
    Path("b.csv").write_text("x,y\n1,a\n")
    Path("a.csv").write_text("y,x\nb,2.5\n")
    glob, listed = open_table("*.csv"), open_table(["b.csv", "a.csv"])
    assert glob.rows == 2
    assert sorted(glob.to_pandas()["x"]) == [1.0, 2.5]
    assert glob.source == "*.csv"
    assert listed.source == "b.csv, a.csv"
    lines = sorted(f"{hashlib.sha256(Path(n).read_bytes()).hexdigest()}  {n}\n" for n in ("a.csv", "b.csv"))
    expected = "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()
    assert glob.fingerprint == listed.fingerprint == expected


def test_a_name_with_brackets_and_quotes_is_that_file(here: Path) -> None:
    name = 'it\'s [1] "x".csv'
    Path(name).write_text("x\n1\n")
    assert open_table(name).rows == 1
    assert open_table(Path(name)).rows == 1


def test_a_later_row_decides_the_type_too(here: Path) -> None:
    Path("a.csv").write_text("x\n" + "1\n" * 30_000 + "no\n")
    assert open_table("a.csv").column("x").type == "text"


@pytest.mark.parametrize(
    ("values", "type_", "kept"),
    [
        (["yes", "no"], "text", ["yes", "no"]),
        (["t", "f"], "text", ["t", "f"]),
        (["True", "false"], "boolean", [True, False]),
        (["2015-01-02", "2015-02-03"], "date", None),
        (["2015-01-02T03:04:05Z", "2015-01-02T03:04:05Z"], "timestamp", None),
        (["NA", "x"], "text", ["NA", "x"]),
        (["#1", "#2"], "text", ["#1", "#2"]),
        (["007x", "1"], "text", ["007x", "1"]),
    ],
)
def test_words_in_csv_stay_words(
    here: Path, values: list[str], type_: str, kept: list[object] | None
) -> None:
    Path("a.csv").write_text("x,n\n" + "".join(f"{value},1\n" for value in values))
    assert _types("a.csv")["x"] == type_
    if kept is not None:
        assert open_table("a.csv").to_pandas()["x"].tolist() == kept


def test_json_lines_types_and_names(here: Path) -> None:
    Path("a.jsonl").write_text(
        '{"x": 1, "x_1": "a", "on": "2015-01-02", "none": null, "parts": {"x": 1}}\n'
        '{"x": 2.5, "json": true}\n'
    )
    expected = {
        "x": "number",
        "x_1": "text",
        "on": "date",
        "none": "text",
        "parts": "other",
        "json": "boolean",
    }
    assert _types("a.jsonl") == expected
    assert open_table("a.jsonl").column("none").missing == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_byte_order_mark_and_line_ends(here: Path, delimiter: str) -> None:
    text = f'"a b"{delimiter}c\r\n"x\r\ny"{delimiter}1\r\n'
    Path("a.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    table = open_table("a.csv")
    assert [x.name for x in table.columns] == ["a b", "c"]
    assert table.to_pandas()["a b"].tolist() == ["x\r\ny"]


def _write(name: str, data: bytes | str) -> None:
    Path(name).write_bytes(data if isinstance(data, bytes) else data.encode())


@BOTH
@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.parquet", b"PAR1 no table", "a.parquet: can't be read ("),
        ("a.parquet", b"", "a.parquet: an empty file (0 bytes)"),
        ("a.csv", "", "a.csv: an empty file (0 bytes)"),
        ("a.csv", "x,y\n", "a.csv: no rows; at least one is needed"),
        ("a.csv", "\n1,2\n", "a.csv: the first line is empty"),
        ("a.csv", "x,,z\n1,2,3\n", "a.csv: column 2 of 3 has no name"),
        ("a.csv", "x,x\n1,2\n", "a.csv: column 'x' is there twice; rename one"),
        ("a.csv", "sex,Sex\n1,2\n", "a.csv: columns 'sex' and 'Sex' have the same name but for case"),
        ("a.csv", "x,y\n1,2\n1,2,3\n", "a.csv: can't be read (line 3 has 3 value(s) for 2 column names)"),
        ("a.csv", "x,y\n1,2\n3\n", "a.csv: can't be read (line 3 has 1 value(s) for 2 column names)"),
        ("a.csv", 'x,y\n1,"a\n', "a.csv: can't be read (line 2 or later: unexpected end of data)"),
        ("a.csv", "é\n1\n".encode("latin-1"), "a.csv: not UTF-8 text"),
        ("a.csv", b"x\0\n1\n", "a.csv: not a text file"),
        ("a.csv.gz", gzip.compress(b"", mtime=0), "a.csv.gz: the first line is empty"),
        ("a.csv.gz", gzip.compress(b"x\n" * 9000, mtime=0)[:-9], "a.csv.gz: can't be read ("),
        ("a.csv.gz", b"x\n1\n", "a.csv.gz: can't be read (Not a gzipped file"),
        ("a.jsonl", '{"x": 1}\n{"x":\n', "a.jsonl: can't be read (Malformed JSON"),
        ("a.jsonl", "[1, 2]\n", "a.jsonl: its lines are not objects with named values; allowed: one JSON"),
        ("a.jsonl", "{}\n", "a.jsonl: its lines are not objects with named values"),
        ("a.jsonl", '{"a": 1, "A": 2}\n', "a.jsonl: columns 'A' and 'a' have the same name but for case"),
        ("a.jsonl", "  \n\n", "a.jsonl: no rows; at least one is needed"),
        ("a.xlsx", b"PK", "a.xlsx: not a format that raikit reads; give a Parquet, CSV or JSON Lines file"),
    ],
)
def test_a_broken_file_is_one_sentence(here: Path, reader, name: str, data: bytes | str, said: str) -> None:
    _write(name, data)
    with pytest.raises(InputError) as caught:
        reader(name)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
    assert str(here) not in str(caught.value)


@BOTH
@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nowhere.parquet", "nowhere.parquet: no such file; give a Parquet"),
        ("no*.parquet", "no*.parquet: no file matches this pattern"),
        (".", ".: a folder; name a file in it or give a glob such as ./*.parquet"),
        ("https://example.com/a.csv", "https://example.com/a.csv: an address on a network"),
        ("s3://bucket/a.parquet", "s3://bucket/a.parquet: an address on a network"),
        ([], "[]: an empty list of files"),
    ],
)
def test_no_file_is_one_sentence(here: Path, reader, source: object, said: str) -> None:
    with pytest.raises(InputError) as caught:
        reader(source)
    assert str(caught.value).startswith(said)


@BOTH
def test_every_missing_file_of_a_list_is_named(here: Path, reader) -> None:
    with pytest.raises(InputError) as caught:
        reader(["one.csv", "two.csv"])
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["one.csv", "two.csv"]


@BOTH
def test_files_of_one_table_must_have_the_same_columns_and_format(here: Path, reader) -> None:
    pq.write_table(pa.table({"x": [1], "y": [1]}), "a.parquet")
    pq.write_table(pa.table({"x": [1], "z": [1]}), "b.parquet")
    Path("c.csv").write_text("x\n1\n")
    with pytest.raises(
        InputError, match=r"^b\.parquet: lacks \['y'\] and adds \['z'\] compared with a\.parquet"
    ):
        reader("*.parquet")
    with pytest.raises(InputError, match=r"files of several formats \(csv, parquet\)"):
        reader(["a.parquet", "c.csv"])


@BOTH
def test_parquet_names_that_differ_by_case_only(here: Path, reader) -> None:
    nested = pa.array([{"sex": 1}])  # a field inside a column is no column
    pq.write_table(pa.table({"Sex": [1], "sex": [2], "n": nested}), "a.parquet")
    with pytest.raises(InputError, match="columns 'Sex' and 'sex' have the same name but for case"):
        reader("a.parquet")
    pq.write_table(pa.table({"Sex": [1], "n": nested, "z": [1]}), "b.parquet")
    assert [x.name for x in peek("b.parquet")] == ["Sex", "n", "z"]


def test_a_parquet_file_with_a_broken_page_is_noticed_when_opened(here: Path) -> None:
    pq.write_table(
        pa.table({"x": list(range(10_000))}), "a.parquet", compression="zstd", use_dictionary=False
    )
    data = bytearray(Path("a.parquet").read_bytes())
    data[4:40] = b"\xff" * 36  # the first page's header
    Path("a.parquet").write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"^a\.parquet: can't be read \("):
        open_table("a.parquet")


def test_the_network_is_out_of_reach_even_for_sql() -> None:
    import duckdb

    from raikit.sources.engine import select

    with pytest.raises(duckdb.Error, match="httpfs"):
        select("FROM read_csv('https://example.com/a.csv')")
    loaded = (
        "FROM duckdb_settings() WHERE name IN ('autoinstall_known_extensions', 'autoload_known_extensions')"
    )
    assert {value for _, value, *_ in select(loaded).fetchall()} == {"false"}
