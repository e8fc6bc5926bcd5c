"""Logs that are cut off, damaged or made to hurt: a clear error or a counted loss, never a smaller sum."""

from __future__ import annotations

import json
import random
import zipfile
from pathlib import Path

import pytest

from raikit.errors import InputError
from raikit.sources import json_lines
from raikit.sources.logs import inspect_ai, text
from raikit.sources.logs.opening import open_log
from raikit.sources.table import Table

LOGS = Path(__file__).parents[2] / "references" / "logs"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_THE_TEST", "0123456789abcdef")


def opened(path: Path) -> Table:
    return open_log(str(path), anchors="env:KEY_OF_THE_TEST")


def losses(table: Table) -> int:
    return int((table.to_pandas(["why"])["why"] == "unreadable").sum())


@pytest.mark.parametrize("name", ["inspect.json", "promptfoo.json", "deepeval.json"])
def test_json_cut_off_is_counted(name: str, tmp_path: Path) -> None:
    whole = (LOGS / name).read_bytes()
    path = tmp_path / "log"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    table = opened(path)
    assert losses(table) == 1
    assert any("ends early" in said for said in table.limits)
    assert table.rows > 1


@pytest.mark.parametrize("name", ["garak.report.jsonl", "lm-eval-words.jsonl", "openai-evals-matched.jsonl"])
def test_lines_cut_off_are_counted(name: str, tmp_path: Path) -> None:
    whole = (LOGS / name).read_bytes()
    path = tmp_path / "log"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    table = opened(path)
    assert losses(table) == 1
    assert any("can't be read" in said for said in table.limits)


@pytest.mark.parametrize("name", ["inspect.json", "promptfoo.json", "deepeval.json", "pyrit.json"])
def test_a_second_document_is_a_loss_that_is_said(name: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes((LOGS / name).read_bytes() * 2)
    table = opened(path)
    assert losses(table) == 1
    assert any("more follows the end" in said for said in table.limits)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_pyrit_csv_cut_off_is_counted(share: float, tmp_path: Path) -> None:
    whole = (LOGS / "pyrit.csv").read_bytes()
    path = tmp_path / "log"
    path.write_bytes(whole[: int(len(whole) * share)])
    table = opened(path)
    assert losses(table) == 1
    assert any("can't be read" in said for said in table.limits)


@pytest.mark.parametrize("name", ["openai-evals-matched.jsonl", "openai-evals-graded.jsonl"])
def test_lines_that_are_gone_show_in_the_runs_own_report(name: str, tmp_path: Path) -> None:
    lines = (LOGS / name).read_bytes().splitlines(keepends=True)
    assert not any("own" in said for said in opened(LOGS / name).limits)
    path = tmp_path / "log"
    path.write_bytes(b"".join(lines[: len(lines) // 2]))  # at the end of a line: nothing in it is damaged
    assert any("the run's own" in said for said in opened(path).limits)


def test_garak_report_that_was_cut_says_so_and_counts_begun_attempts(tmp_path: Path) -> None:
    lines = (LOGS / "garak.report.jsonl").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if json.loads(line).get("status") != 2][:8]
    path = tmp_path / "log"
    path.write_text("\n".join([*kept, lines[-1][:20]]), encoding="utf-8")
    table = opened(path)
    assert set(table.to_pandas(["why"])["why"]) == {"cancelled", "unreadable"}
    assert any("did not finish" in said for said in table.limits)


def test_zip_cut_off_is_refused(tmp_path: Path) -> None:
    whole = (LOGS / "inspect.eval").read_bytes()
    path = tmp_path / "log.eval"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="can't be opened; it may be cut off"):
        opened(path)


def test_damaged_member_is_a_counted_loss(tmp_path: Path) -> None:
    whole = bytearray((LOGS / "inspect.eval").read_bytes())
    with zipfile.ZipFile(LOGS / "inspect.eval") as archive:
        member = archive.getinfo("samples/q2_epoch_1.json")
    at = member.header_offset + 30 + len(member.filename) + member.compress_size // 2
    whole[at : at + 8] = b"\0" * 8
    path = tmp_path / "log.eval"
    path.write_bytes(whole)
    table = opened(path)
    assert table.rows == 12
    assert losses(table) == 1


def test_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspect_ai, "LONGEST", 2**20)
    path = tmp_path / "bomb.eval"
    with (
        zipfile.ZipFile(LOGS / "inspect-deflate.eval") as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        bomb.writestr("header.json", source.read("header.json"))
        bomb.writestr("samples/a_epoch_1.json", source.read("samples/q0_epoch_1.json"))
        bomb.writestr("samples/b_epoch_1.json", b" " * 2**26)
    table = opened(path)
    assert losses(table) == 1
    assert table.rows == 2


def test_overlong_line_deep_nesting_and_broken_text_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "LONGEST", 2**16)
    good = (LOGS / "lm-eval-choice.jsonl").read_bytes().splitlines()
    path = tmp_path / "log.jsonl"
    path.write_bytes(
        b"\n".join([
            good[0], b'{"doc_id": "' + b"x" * 2**20 + b'"}', b"[" * 50_000, b"[1]",
            good[1].replace(b"Question", b"\xff\xfe</script>"), good[2],
        ])
    )  # fmt: skip
    table = opened(path)
    assert table.rows == 6
    assert losses(table) == 3
    assert any("\ufffd" in str(said) for said in table.to_pandas(["prompt"])["prompt"])


def test_deep_json_document_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text('{"results": {"results": ' + "[" * 100_000, encoding="utf-8")
    with pytest.raises(InputError, match=r"nested|no evaluation tool|no graded answer"):
        opened(path)


GOOD = b'{"q": "Question?", "outcome": "pass"}\n' * 30


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (GOOD + b'{"q": "Quest', "unexpected end of data"),
        (GOOD + b'{"q": "\xff\xfe</script>"}', "invalid UTF-8"),
        (GOOD + b'{"q": ' + b"[" * 50_000, "Malformed JSON"),
        (GOOD + b'{"q": "' + b"x" * 100 * 2**20 + b'"}', "maximum_object_size"),
        (GOOD + b"[1]", "no column 'q'; Columns: 'json'"),
        (GOOD + b'{"Q": "Question?"}', "columns 'Q' and 'q' have the same name but for case"),
    ],
)
def test_damaged_plain_rows_are_refused_wherever_the_damage_is(
    data: bytes, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lines, "SAMPLE", 5)
    path = tmp_path / "log.jsonl"
    path.write_bytes(data)
    with pytest.raises(InputError, match=said):
        open_log(str(path), columns={"prompt": "q"}, anchors="env:KEY_OF_THE_TEST")


def test_plain_rows_with_a_renamed_key_stay_and_are_counted_as_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lines, "SAMPLE", 5)
    path = tmp_path / "log.jsonl"
    path.write_bytes(GOOD + b'{"quest": "Question?", "outcome": "pass"}\n{"q": "Other?"}')
    table = open_log(str(path), columns={"prompt": "q"}, anchors="env:KEY_OF_THE_TEST")
    assert table.rows == 32
    missing = {each.name: each.missing for each in table.columns}
    assert missing == {"prompt": 1, "outcome": 1, "quest": 31, "item": 1}


@pytest.mark.parametrize("data", [b"", b"  \n", b"\x00\x01\x02" * 50, b'{"a": 1}', b"PK\x03\x04junk"])
def test_what_is_no_log_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"log: "):
        opened(path)


@pytest.mark.parametrize("name", sorted(path.name for path in LOGS.iterdir() if path.suffix != ".md"))
def test_flipped_bytes_never_crash(name: str, tmp_path: Path) -> None:
    draw = random.Random(7)
    whole = (LOGS / name).read_bytes()
    for _ in range(4):
        broken = bytearray(whole)
        for _ in range(20):
            broken[draw.randrange(len(broken))] = draw.randrange(256)
        path = tmp_path / "log"
        path.write_bytes(broken)
        try:
            assert opened(path).rows
        except InputError as error:
            assert str(path) in str(error)  # noqa: PT017 - an error is one of two good ends
