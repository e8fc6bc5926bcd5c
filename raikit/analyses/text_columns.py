"""What columns of free text become: their lengths in every row, and a sample of the texts for all else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pandas as pd

from raikit.analyses.chunks import own_chunk
from raikit.analyses.domain import sampled
from raikit.analyses.level_counts import LEVEL, SEGMENT
from raikit.analyses.windows import PERIOD, own_period
from raikit.errors import InputError

if TYPE_CHECKING:
    from raikit.analyses.drift_choices import DriftChoices
    from raikit.sources.table import Table

LONGEST = 4_000  # characters of a text that are looked at: memory stays bounded whatever the texts
_TELLING = 500  # characters that a language is told from
_FEWEST = 20  # characters: what is shorter is hard to tell, also for a person
_RARE = 0.01  # share of the sample on both sides below which languages are counted together
SHORT, OTHER = "too short to tell", "other"


def lengths_of(text: str) -> tuple[str, str]:
    """Return what the columns of a text's length are called.

    Parameters
    ----------
    text : str
        The column.

    Returns
    -------
    tuple of str
        Characters; words.

    Examples
    --------
    >>> lengths_of("prompt")
    ('prompt: length', 'prompt: words')
    """
    return f"{text}: length", f"{text}: words"


def with_lengths(table: Table, texts: Sequence[str]) -> Table:
    """Return a table with the length of each text beside it, in characters and in words.

    Parameters
    ----------
    table : Table
        The rows, in whatever engine.
    texts : sequence of str
        Columns of text.

    Returns
    -------
    Table
        With two columns of integers instead of each text; missing where the text is. Words are what blanks
        separate.

    Raises
    ------
    InputError
        If a column is absent, is no text, or the name of a length is taken.

    Examples
    --------
    >>> from raikit.sources import open_table
    >>> table = with_lengths(open_table(pd.DataFrame({"said": ["Good  day ", "", None]})), ["said"])
    >>> [table.to_pandas([name])[name].tolist()[:2] for name in lengths_of("said")]
    [[10.0, 0.0], [2.0, 0.0]]
    """
    import narwhals as nw

    from raikit.sources.counting import counted

    made = []
    for text in texts:
        if (kind := table.column(text).type) != "text":
            raise InputError(f"{table.name}: texts: {text} is of type {kind}; allowed: columns of text")
        if taken := {each.name for each in table.columns} & set(lengths_of(text)):
            raise InputError(
                f"{table.name}: texts: a column is called {taken.pop()!r}, like a length; rename it"
            )
        said = nw.col(text).cast(nw.String)
        words = said.str.strip_chars().str.replace_all(r"\S+\s*", "w").str.len_chars()  # a sign a word
        lengths = (said.str.len_chars(), words)
        made += [
            each.cast(nw.Int64).alias(name) for each, name in zip(lengths, lengths_of(text), strict=True)
        ]
    if not made:
        return table
    frame = _once(table.lazy, texts, made)
    _, columns, _ = counted(
        frame.select(*(name for text in texts for name in lengths_of(text))), table.source
    )
    kept = [each for each in table.columns if each.name in frame.collect_schema().names()]
    return replace(table, columns=(*kept, *columns), _frame=frame)


def _once(frame: Any, texts: Sequence[str], lengths: Sequence[Any]) -> Any:
    """Return rows with lengths instead of texts, measured once: each pass of counting would do it anew."""
    from raikit.sources.engine import literal, select
    from raikit.sources.logs.opening import waiting_room
    from raikit.sources.reading import lazy

    bare = frame.with_columns(*lengths).drop(*texts)
    if not frame.implementation.is_duckdb():
        return bare
    path = str(waiting_room() / "lengths.parquet")
    bare.to_native().write_parquet(path)
    return lazy(select(f"FROM read_parquet({literal(path)})"))


def text_sample(table: Table, choices: DriftChoices, seed: int) -> pd.DataFrame:
    """Return a sample of rows with their texts, each cut after some thousand characters.

    Parameters
    ----------
    table : Table
        The rows.
    choices : DriftChoices
        With texts, text_sample, timestamp and window or chunk_rows, and segment.
    seed : int
        Another draws other rows.

    Returns
    -------
    pandas.DataFrame
        The columns of texts, and the period and segment of each row, as
        `raikit.analyses.level_counts.count_levels` names them. All rows where there are no more.
    """
    import narwhals as nw

    frame = table.lazy
    if choices.chunk_rows:
        frame = own_chunk(table, choices.chunk_rows)
    elif choices.timestamp:
        frame = own_period(frame, choices.timestamp, choices.window)
    period = nw.col(PERIOD) if PERIOD in frame.collect_schema().names() else nw.lit(0)
    group = nw.col(choices.segment) if choices.segment else nw.lit(0)
    cut = [nw.col(text).cast(nw.String).str.slice(0, LONGEST).alias(text) for text in choices.texts]
    rows = replace(table, _frame=frame.select(*cut, period.alias(PERIOD), group.alias(SEGMENT)))
    drawn = sampled(rows, [*choices.texts, PERIOD, SEGMENT], "", choices.text_sample, seed)
    drawn[SEGMENT] = drawn[SEGMENT].astype(object).where(drawn[SEGMENT].notna(), None)
    return drawn


def languages_told() -> str:
    """Return by what languages are told.

    Returns
    -------
    str
        Name and version; empty where the package is not installed.
    """
    from importlib.metadata import version

    return f"py3langid {version('py3langid')}" if find_spec("py3langid") else ""


def language_cells(sides: tuple[pd.DataFrame, pd.DataFrame], text: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count the languages of a column in the samples of both sides.

    Parameters
    ----------
    sides : tuple of pandas.DataFrame
        From `text_sample`.
    text : str
        The column.

    Returns
    -------
    tuple of pandas.DataFrame
        In the form of `raikit.analyses.level_counts.count_levels`; languages that are rare on both sides are
        counted together.
    """
    both = pd.concat([side[text] for side in sides], ignore_index=True)
    codes, distinct = pd.factorize(both, use_na_sentinel=True)
    told = pd.Series([*(_language(str(each)) for each in distinct), None], dtype=object)
    found = told.to_numpy()[codes]  # the code of missing ones is -1
    levels = found[: len(sides[0])], found[len(sides[0]) :]
    shares = [pd.Series(each, dtype=object).value_counts(normalize=True) for each in levels]
    kept = {str(name) for each in shares for name, share in each.items() if share >= _RARE} | {SHORT}
    made = []
    for side, languages in zip(sides, levels, strict=True):
        named = [each if each is None or each in kept else OTHER for each in languages]
        cells = side[[PERIOD, SEGMENT]].assign(**{LEVEL: pd.Series(named, dtype=object, index=side.index)})
        counted = cells.groupby([PERIOD, SEGMENT, LEVEL], dropna=False).size().reset_index(name="n")
        for column in (SEGMENT, LEVEL):
            counted[column] = counted[column].astype(object).where(counted[column].notna(), None)
        made.append(counted)
    return made[0], made[1]


def _language(text: str) -> str:
    import py3langid

    stripped = text.strip()
    return SHORT if len(stripped) < _FEWEST else str(py3langid.classify(stripped[:_TELLING])[0])


def repeated_share(samples: tuple[pd.DataFrame, pd.DataFrame], text: str) -> float:
    """Return which share of the sampled texts repeat another one of their side.

    Parameters
    ----------
    samples : tuple of pandas.DataFrame
        From `text_sample`.
    text : str
        The column.

    Returns
    -------
    float
        From 0 to 1; 0 without texts.
    """
    known: list[Any] = [side[text].dropna() for side in samples]
    total = sum(len(each) for each in known)
    return float(sum(each.duplicated().sum() for each in known) / total) if total else 0.0
