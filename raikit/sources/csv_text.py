"""CSV as text: its header as it really is, and where a file goes wrong.

DuckDB guesses a dialect and renames columns; evidence needs the names that the file has, and one sentence
that says which line is wrong.
"""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from typing import IO, cast

from raikit.errors import InputError
from raikit.sources.engine import literal, sentence

_DELIMITERS = ",;\t|"
_LONGEST_HEADER = 100_000  # characters: a file without line ends must not be read whole for its header


def csv_options(delimiter: str, sample: int) -> str:
    """Return the options with which DuckDB reads a CSV file.

    Every guess that could drop or reinterpret lines is off: a ragged file is an error, never a table that
    starts further down. Booleans are off as well, because DuckDB would turn "yes" and "no", words that
    results are labelled with, into true and false.

    Parameters
    ----------
    delimiter : str
        One character.
    sample : int
        Rows from which types are inferred; -1 for all.

    Returns
    -------
    str
        SQL.
    """
    return (
        f"delim = {literal(delimiter)}, sample_size = {sample}, header = true, skip = 0, comment = '', "
        "quote = '\"', escape = '\"', strict_mode = true, null_padding = false, ignore_errors = false, "
        "encoding = 'utf-8', "
        "auto_type_candidates = ['NULL', 'BIGINT', 'DOUBLE', 'DATE', 'TIMESTAMP', 'TIMESTAMPTZ', 'VARCHAR']"
    )


def _text(path: Path) -> io.TextIOWrapper:
    """Open a file, gzipped or not, as text that may start with a byte order mark."""
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    raw = opener(path, "rb")
    return io.TextIOWrapper(cast(IO[bytes], raw), encoding="utf-8-sig", newline="")


def csv_header(path: Path, given: str) -> tuple[str, list[str]]:
    r"""Return the delimiter of a CSV file and the names in its first line.

    Parameters
    ----------
    path : Path
        The file; gzipped when its name ends in `.gz`.
    given : str
        What messages call it.

    Returns
    -------
    tuple of str and list of str
        Of comma, semicolon, tab and bar the one that splits the header into most names.

    Raises
    ------
    InputError
        If the file is empty, isn't UTF-8 text, or a name is missing or there twice.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.csv")
    ...     _ = path.write_text("sex;age\nF;30\n")
    ...     csv_header(path, "a.csv")
    (';', ['sex', 'age'])
    """
    try:
        with _text(path) as text:
            start = text.read(_LONGEST_HEADER)
    except UnicodeDecodeError:
        raise InputError(f"{given}: not UTF-8 text; save the CSV file with UTF-8 encoding") from None
    except (OSError, EOFError) as error:
        raise InputError(f"{given}: can't be read ({sentence(error)}); save it as CSV again") from None
    if not start.partition("\n")[0].strip():
        raise InputError(f"{given}: the first line is empty; a CSV file starts with a line of column names")
    if "\0" in start:
        raise InputError(f"{given}: not a text file; a CSV file starts with a line of column names")
    try:
        split = {
            each: next(csv.reader(io.StringIO(start, newline=""), delimiter=each)) for each in _DELIMITERS
        }
    except csv.Error as error:
        raise InputError(
            f"{given}: the line of column names can't be read ({error}); write it again"
        ) from None
    delimiter = max(_DELIMITERS, key=lambda each: len(split[each]))
    names = split[delimiter]
    if "" in names:
        place = names.index("") + 1
        raise InputError(f"{given}: column {place} of {len(names)} has no name; every column needs one")
    return delimiter, names


def ragged(path: Path, given: str) -> str | None:
    """Return the first line of a CSV file that has more or fewer values than the header, in words.

    Parameters
    ----------
    path : Path
        A file that DuckDB refused; it is gone through in Python, which is slow but says where.
    given : str
        What messages call it.

    Returns
    -------
    str or None
        None when every line has as many values as the header.
    """
    delimiter, names = csv_header(path, given)
    line = 0
    try:
        with _text(path) as text:
            reader = csv.reader(text, delimiter=delimiter, strict=True)
            for values in reader:
                line = reader.line_num
                if values and len(values) != len(names):
                    return f"line {line} has {len(values)} value(s) for {len(names)} column names"
    except csv.Error as error:
        return f"line {line + 1} or later: {error}"
    except (OSError, EOFError, UnicodeDecodeError) as error:
        return sentence(error)
    return None
