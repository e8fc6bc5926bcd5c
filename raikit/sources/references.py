"""References to secrets: ``env:NAME`` and ``file:PATH`` stand for values that nobody writes down."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from raikit.errors import InputError

_KINDS = ("env:", "file:")


def is_reference(value: Any) -> bool:
    """Tell a reference from a value.

    Parameters
    ----------
    value : object
        A parameter's value.

    Returns
    -------
    bool
        True for ``env:NAME`` and ``file:PATH``.

    Examples
    --------
    >>> is_reference("env:TOKEN"), is_reference("data.csv")
    (True, False)
    """
    return isinstance(value, str) and value.startswith(_KINDS) and value not in _KINDS


def resolve(reference: str, *, folder: Path | None = None) -> str:
    """Return what a reference stands for.

    Parameters
    ----------
    reference : str
        ``env:NAME`` or ``file:PATH``.
    folder : pathlib.Path, optional
        Where a relative path starts; by default the working directory.

    Returns
    -------
    str
        The variable's value, or the file's text without blanks at its ends.

    Raises
    ------
    InputError
        If it is no reference, names nothing, or stands for nothing; the value itself is never in a message.

    Examples
    --------
    >>> resolve("env:NO_SUCH_VARIABLE")
    Traceback (most recent call last):
    raikit.errors.InputError: env:NO_SUCH_VARIABLE: no such environment variable
    """
    if not is_reference(reference):
        raise InputError("not a reference to a secret; allowed: 'env:NAME' or 'file:PATH'")
    kind, _, name = reference.partition(":")
    if kind == "env":
        if name not in os.environ:
            raise InputError(f"{reference}: no such environment variable")
        value = os.environ[name]
    else:
        path = (folder or Path.cwd()) / Path(name).expanduser()
        try:
            value = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise InputError(f"{reference}: no such file, or not a text that can be read") from None
    if not value:
        raise InputError(f"{reference}: stands for nothing; give it a value")
    return value
