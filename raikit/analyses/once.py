"""Frames that a study makes once: a cell shows them, then the findings read them again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def once(method: Callable[[Any], pd.DataFrame]) -> Callable[[Any], pd.DataFrame]:
    """Let a study's method make its frame when it is first asked for, and give copies of it.

    Parameters
    ----------
    method : callable
        Of a frozen study, without arguments: what it returns never changes.

    Returns
    -------
    callable
        The same; a frame that a caller changes is the caller's own.

    Examples
    --------
    >>> class Study:
    ...     @once
    ...     def rates(self):
    ...         import pandas as pd
    ...
    ...         print("counted")
    ...         return pd.DataFrame({"n": [1]})
    >>> study = Study()
    >>> len(study.rates()) + len(study.rates())
    counted
    2
    """
    name = f"{method.__name__} once"

    @wraps(method)
    def kept(study: Any) -> pd.DataFrame:
        held: dict[str, pd.DataFrame] = vars(study)  # as functools.cached_property does: frozen or not
        if name not in held:
            held[name] = method(study)
        return held[name].copy()

    return kept
