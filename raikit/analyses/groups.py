"""Groups of people and what became of them: label × prediction counts by group, from one tally."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from raikit.sources.anchors import LONGEST, MOST_LEVELS, personal_data
from raikit.stats.metrics import confusion

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raikit.stats.tally import Tally

MISSING = "(missing)"
MOST_CELLS = 100  # groups of one declared intersection: more help no reader


@dataclass(frozen=True)
class Groups:
    """The groups of one slicing.

    Attributes
    ----------
    columns : tuple of str
        The slicing columns; none for everybody.
    names : tuple of tuple of str
        A value for each column, by group; sorted, "(missing)" last where the data has none.
    counts : array of int, shape (groups, 3, 3)
        Rows by label and prediction, each positive, negative, missing.
    weights, squares : array of float, shape (groups, 3, 3), or None
        Sums of weights and of squared weights; None when rows have no weight.

    Examples
    --------
    >>> import pandas as pd
    >>> from raikit.stats.tally import count
    >>> frame = pd.DataFrame({"sex": ["F", "M", None], "label": [1, 0, 1], "prediction": [1, 1, 1]})
    >>> tally = count(frame, {key_of("sex"): "sex", "label": "label", "prediction": "prediction"})
    >>> groups = gather(tally, ["sex"])
    >>> groups.names, groups.sizes.tolist(), groups.slice_of(0)
    ((('F',), ('M',), ('(missing)',)), [1, 1, 1], {'sex': 'F'})
    """

    columns: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    counts: NDArray[np.int64]
    weights: NDArray[np.float64] | None = None
    squares: NDArray[np.float64] | None = None

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Rows in each group."""
        return np.asarray(self.counts.sum(axis=(1, 2)), dtype=np.int64)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whether each group has a value in every column."""
        return np.array([MISSING not in name for name in self.names], dtype=bool)

    def slice_of(self, group: int) -> dict[str, str]:
        """Return a group as the record's `slice`.

        Parameters
        ----------
        group : int
            Position.

        Returns
        -------
        dict of str to str
            Empty for everybody.
        """
        return dict(zip(self.columns, self.names[group], strict=True))


def key_of(column: str) -> str:
    """Return the tally's key for a column, which can't clash with the names of sums, label or prediction.

    Parameters
    ----------
    column : str
        A slicing column or the cluster.

    Returns
    -------
    str
        For `raikit.stats.tally.count`.
    """
    return f"by {column}"


def gather(tally: Tally, columns: Sequence[str]) -> Groups:
    """Return the groups of a slicing.

    Parameters
    ----------
    tally : Tally
        With `key_of` each column, ``label`` and ``prediction`` (1, 0 or missing) among its keys.
    columns : sequence of str
        The slicing; empty for everybody.

    Returns
    -------
    Groups
        A marginal: no row is looked at again.
    """
    keys = [key_of(column) for column in columns]
    found = {name: confusion(tally, keys, sums=name) for name in ("n", "w", "w2") if name in tally.sums}
    names = tuple(tuple(text_of(value) for value in name) for name in found["n"].groups)
    order = sorted(range(len(names)), key=lambda at: (MISSING in names[at], names[at]))
    cells = {name: each.cells[order] for name, each in found.items()}
    ordered = tuple(names[at] for at in order)
    return Groups(tuple(columns), ordered, cells["n"], cells.get("w"), cells.get("w2"))


def text_of(value: Any) -> str:
    """Return a value from data as the name of a group.

    Parameters
    ----------
    value : object
        Plain; None where missing.

    Returns
    -------
    str
        Whole numbers without a decimal point.

    Examples
    --------
    >>> text_of(1.0), text_of("White"), text_of(None)
    ('1', 'White', '(missing)')
    """
    if value is None:
        return MISSING
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def names_of(values: Iterable[Any], pool: Mapping[str, Sequence[str]]) -> dict[Any, str]:
    """Return the names of groups for a slicing column's values, pooled as declared.

    Parameters
    ----------
    values : iterable of object
        Without the missing one, which stays missing.
    pool : mapping of str to sequence of str
        Name of a pooled group -> names of the groups that it replaces.

    Returns
    -------
    dict of object to str
        For `raikit.stats.tally.Tally.pooled`.

    Examples
    --------
    >>> names_of(["Aleut", "White", 3.0], {"Native": ["Aleut"]})
    {'Aleut': 'Native', 'White': 'White', 3.0: '3'}
    """
    pooled = {member: name for name, members in pool.items() for member in members}
    return {value: pooled.get(text_of(value), text_of(value)) for value in values}


def pool_problems(column: str, found: Sequence[str], pool: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what is wrong with the pools declared for a column.

    Parameters
    ----------
    column : str
        The slicing column.
    found : sequence of str
        Names of its groups before pooling.
    pool : mapping of str to sequence of str
        As declared.

    Returns
    -------
    list of str
        A sentence each.

    Examples
    --------
    >>> pool_problems("race", ["White", "Black"], {"Other": ["Blak"]})
    ["pool: 'race' has no group 'Blak'; did you mean 'Black'? Groups: Black, White"]
    """
    members = [member for group in pool.values() for member in group]
    problems = [
        no_group("pool", column, member, found) for member in dict.fromkeys(members) if member not in found
    ]
    problems += [
        f"pool: {column!r}: {member!r} stands in two pools; a group belongs to one"
        for member in dict.fromkeys(members)
        if members.count(member) > 1
    ]
    problems += [
        f"pool: {column!r}: {name!r} is the name of a group that isn't pooled; name the pool otherwise"
        for name in pool
        if name in found and name not in members
    ]
    return problems


def no_group(parameter: str, column: str, name: str, found: Sequence[str]) -> str:
    """Return a sentence on a group that isn't there, with the likeliest meant.

    Parameters
    ----------
    parameter : str
        Where it was named.
    column : str
        The slicing column.
    name : str
        What came.
    found : sequence of str
        Names of its groups.

    Returns
    -------
    str
        Lists the groups.
    """
    close = difflib.get_close_matches(name, found, 1)
    meant = f"; did you mean {close[0]!r}?" if close else "."
    return f"{parameter}: {column!r} has no group {name!r}{meant} Groups: {', '.join(sorted(found))}"


def name_problems(groups: Groups) -> list[str]:
    """Return why the groups of a slicing can't be shown.

    Parameters
    ----------
    groups : Groups
        After pooling.

    Returns
    -------
    list of str
        A sentence each: too many groups, names that are no labels.
    """
    what = " × ".join(groups.columns)
    single = len(groups.columns) == 1
    most = MOST_LEVELS if single else MOST_CELLS
    problems = []
    if len(groups.names) > most:
        problems.append(
            f"{what!r} makes {len(groups.names):,} groups; at most {most} are compared: pool them"
        )
    elif single:
        longest = max(len(name[0]) for name in groups.names)
        if longest > LONGEST:
            problems.append(
                f"{what!r} has a value of {longest:,} characters; names of groups have at most {LONGEST}: "
                "shorten it, or name it by `pool`"
            )
        hits = {hit for name in groups.names if (hit := personal_data(name[0]))}
        problems += [
            f"{what!r} has a value that looks like personal data ({hit}): name it by `pool`" for hit in hits
        ]
    return problems
