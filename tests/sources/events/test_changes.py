"""Change logs: forms, zones, ids, who entered a row, git tags."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from raikit.errors import InputError
from raikit.sources.events.changes import read_changes

ROWS = [
    {
        "id": "D-2",
        "at": "2026-11-02T10:00+01:00",
        "kind": "deployment",
        "title": "model 1.5",
        "entered_by": "machine",
    },
    {
        "id": "P-7",
        "at": "2026-11-02T08:30Z",
        "kind": "prompt",
        "what": "new system prompt",
        "entered_by": "person",
    },
]


@pytest.fixture(params=["csv", "json", "wrapped.json", "jsonl"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    path = tmp_path / f"changes.{request.param}"
    if request.param == "csv":
        pd.DataFrame(ROWS).to_csv(path, index=False)
    elif request.param == "jsonl":
        path.write_text("\n".join(map(json.dumps, ROWS)) + "\n\n")
    else:
        path.write_text(json.dumps({"changes": ROWS, "of": "x"} if "wrapped" in request.param else ROWS))
    return str(path)


def test_every_form_gives_the_same_changes(log: str):
    made = read_changes([log])
    assert made["id"].tolist() == ["P-7", "D-2"]  # 08:30 and 09:00 in UTC
    assert made["at"].tolist() == [pd.Timestamp("2026-11-02T08:30Z"), pd.Timestamp("2026-11-02T09:00Z")]
    assert made["kind"].tolist() == ["configuration", "deploy"]
    assert made["what"].tolist() == ["new system prompt", "model 1.5"]
    assert made["entered_by"].tolist() == ["person", "machine"]
    assert made["source"].unique().tolist() == [Path(log).name]
    assert made.attrs["zoned"]


def written(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_a_row_that_does_not_say_who_entered_it_is_a_persons(tmp_path: Path):
    made = read_changes([written(tmp_path / "c.csv", "at,what\n2026-11-02,a\n2026-11-03 04:05,b\n")])
    assert made["entered_by"].tolist() == ["person", "person"]
    assert made["id"].tolist() == ["c.csv 1", "c.csv 2"]
    assert made["kind"].tolist() == ["other", "other"]
    assert not made.attrs["zoned"]


def test_a_change_in_words_is_a_persons():
    (row,) = read_changes(["2015-07-01 data: codes were joined: US, AA"]).to_dict("records")
    assert (row["id"], row["kind"], row["entered_by"]) == ("line 1", "data", "person")
    assert (row["at"], row["what"]) == (pd.Timestamp("2015-07-01T00:00Z"), "codes were joined: US, AA")


def test_no_files_give_no_changes():
    made = read_changes([])
    assert made.empty
    assert list(made.columns) == ["id", "at", "kind", "what", "source", "entered_by"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "id,at\nA,2026-11-02T10:00Z\nB,2026-11-02T10:00\n",
            r"row 2: .* names no zone but .* row 1",
        ),
        ("id,at\nA,2026-11-02\nA,2026-11-03\n", r"row 2: id 'A' is there already \(.*row 1\)"),
        ("id,at\nA,yesterday\n", "'yesterday' is no time; allowed: ISO 8601"),
        ("id,at\nA,2026-13-45\n", "'2026-13-45' is no time"),
        ("id,at\nA,\n", "no time; allowed names: at, time"),
        ("at,kind\n2026-11-02,deplyo\n", "kind 'deplyo' is not known; did you mean 'deploy'"),
        ("at,entered_by\n2026-11-02,cat\n", "entered_by is 'cat'; allowed: person, machine"),
        ("at,what\n", "no rows"),
        ("at,what\n2026-11-02,a,b\n", "row 1 has more cells"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str, tmp_path: Path):
    with pytest.raises(InputError, match=said):
        read_changes([written(tmp_path / "c.csv", text)])


def test_zones_and_ids_are_compared_across_files(tmp_path: Path):
    one = written(tmp_path / "a.csv", "id,at\nA,2026-11-02T10:00Z\n")
    with pytest.raises(InputError, match="names no zone"):
        read_changes([one, written(tmp_path / "b.csv", "id,at\nB,2026-11-02\n")])
    with pytest.raises(InputError, match=r"b\.csv row 1: id 'A' is there already \(.*a\.csv row 1\)"):
        read_changes([one, written(tmp_path / "b.csv", "id,at\nA,2026-11-02T11:00Z\n")])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", "3", "an array of objects"),
        ("a.json", "{", "no JSON"),
        ("a.jsonl", "{}\n[1]\n", "line 2 is no object"),
        ("a.xlsx", "", "not a form that is read here"),
    ],
)
def test_files_of_another_form(name: str, content: str, said: str, tmp_path: Path):
    with pytest.raises(InputError, match=said):
        read_changes([written(tmp_path / name, content)])


def test_a_missing_file_is_said():
    with pytest.raises(InputError, match=r"none\.csv: can't be read: No such file"):
        read_changes(["none.csv"])


def test_git_tags(tmp_path: Path):
    dates = {
        "GIT_AUTHOR_DATE": "2026-10-01T12:00:00+02:00",
        "GIT_COMMITTER_DATE": "2026-10-01T12:00:00+02:00",
    }
    who = {f"GIT_{role}_{what}": "a@b.c" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    apart = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    folder = tmp_path / "model"
    for words in (
        ["init", "-q", str(folder)],
        ["-C", str(folder), "commit", "-q", "--allow-empty", "-m", "prompt: shorter"],
        ["-C", str(folder), "tag", "v1.5"],
    ):
        subprocess.run(["git", *words], check=True, env={**os.environ, **dates, **who, **apart})
    (row,) = read_changes([f"git:{folder}"]).to_dict("records")
    assert row == {
        "id": "v1.5",
        "at": pd.Timestamp("2026-10-01T10:00Z"),
        "kind": "deploy",
        "what": "tag v1.5: prompt: shorter",
        "source": "git tags of model",
        "entered_by": "machine",
    }


def test_a_folder_that_git_does_not_know(tmp_path: Path):
    with pytest.raises(InputError, match="no folder that git knows"):
        read_changes([f"git:{tmp_path / 'none'}"])
