"""Labels that people gave to some of a judge's answers, set beside the judge's verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError
from raikit.sources.anchors import anchor_key, labels
from raikit.sources.engine import connection, identifier, in_turn

if TYPE_CHECKING:  # a plan reads column_problems, and pandas would double the time that it takes
    import pandas as pd
    import pyarrow as pa
    from duckdb import DuckDBPyRelation

    from raikit.sources.table import Table

_WAYS = (("item",), ("prompt", "response"), ("prompt",))  # what tells an answer, the first that both have
_OWN = ("item", "prompt", "response", "repeat", "human", "probability")


@dataclass(frozen=True)
class Labels:
    """The audited answers, and what the judge says of all.

    Attributes
    ----------
    rows : pandas.DataFrame
        Audited answers: judge and human (True: passes), probability (NaN: not known), category.
    verdicts : pandas.DataFrame
        All answers with a verdict: category, passes and n.
    category : str
        The column that categories come from.
    sampled : bool
        Whether inclusion probabilities are known: only then can a rate be corrected.
    unmatched : int
        Labels that fit no answer with a verdict.
    """

    rows: pd.DataFrame
    verdicts: pd.DataFrame
    category: str
    sampled: bool
    unmatched: int = 0

    def judged(self, name: str = "") -> tuple[int, int]:
        """Return how many answers the judge passes, of how many.

        Parameters
        ----------
        name : str
            A category; empty for all.

        Returns
        -------
        tuple of int
            Passes and total.
        """
        part = self.verdicts[self.verdicts["category"] == name] if name else self.verdicts
        return int(part["passes"].sum()), int(part["n"].sum())


def audit_labels(
    log: Table,
    audit: Table | None,
    *,
    outcome: str,
    passed: Any,
    columns: Mapping[str, str],
    category: str,
    anchors: str,
) -> Labels:
    """Set people's labels beside the judge's verdicts.

    Parameters
    ----------
    log, audit, outcome, passed, columns, category, anchors
        As in `raikit.analyses.judge.judge_audit`.

    Returns
    -------
    Labels
        Without rows when there is no audit.

    Raises
    ------
    InputError
        If columns are absent, no label fits, a label fits several answers, or a probability is out of range.
    """
    import pandas as pd

    from raikit.stats.tally import count

    if audit is None:
        blank = pd.DataFrame(columns=["judge", "human", "probability", "category"])
        return Labels(blank, pd.DataFrame(columns=["category", "passes", "n"]), category, sampled=False)
    keys = {"outcome": outcome} | ({"category": category} if category else {})
    cells = count(log.lazy, keys).cells
    cells = cells[cells["outcome"].notna()]
    names = labels(cells["category"], key=anchor_key(anchors, source=log.source)) if category else {}
    shown = [names[each] for each in cells["category"]] if category else None
    verdicts = pd.DataFrame(
        {"category": shown, "passes": cells["n"].where(cells["outcome"] == passed, 0), "n": cells["n"]}
    )
    people = _people(audit, columns)
    rows = _joined(log, people, outcome, category)
    matched = _once_each(rows)
    made = pd.DataFrame(
        {
            "judge": (rows["outcome"] == passed).astype(bool),
            "human": (rows["human"] == passed).astype(bool),
            "probability": rows["probability"].astype(float),
            "category": [names[each] for each in rows["category"]] if category else None,
        }
    )
    return Labels(made, verdicts, category, "probability" in people.attrs["given"], len(people) - matched)


def _once_each(rows: pd.DataFrame) -> int:
    """Return the number of labels that fit an answer, where each fits one."""
    matched = int(rows["place"].nunique())
    if not matched:
        raise InputError(
            "audit: no label fits an answer of the log that has a verdict; are they of this log?"
        )
    if len(rows) > matched:
        raise InputError(
            "audit: a label fits several answers; give `repeat` too, or the prompt and the response"
        )
    return matched


def column_problems(found: Sequence[str], columns: Mapping[str, str]) -> list[str]:
    """Return what is wrong with the columns of an audit.

    Parameters
    ----------
    found : sequence of str
        The columns that it has.
    columns : mapping of str to str
        Names that it has for `item`, `human` and so on.

    Returns
    -------
    list of str
        A sentence each.

    Examples
    --------
    >>> column_problems(["item", "label"], {})
    ["audit: no column 'human'; there is item, label"]
    """
    problems = [
        f"audit_columns: {own!r} is not known; allowed: {', '.join(_OWN)}"
        for own in sorted(set(columns) - set(_OWN))
    ]
    wanted = {"human": "human", **columns}
    problems += [
        f"audit: no column {name!r}; there is {', '.join(found)}"
        for name in wanted.values()
        if name not in found
    ]
    if not {columns.get("item", "item"), columns.get("prompt", "prompt")} & set(found):
        problems.append("audit: no column item or prompt: nothing tells which answers were graded")
    return problems


def _people(audit: Table, columns: Mapping[str, str]) -> pd.DataFrame:
    """Return the labels under their own names, checked."""
    import pandas as pd

    problems = column_problems([each.name for each in audit.columns], columns)
    if problems:
        raise InputError.joined(problems)
    there = {each.name for each in audit.columns}
    named = {own: audit.column(columns.get(own, own)).name for own in _OWN
             if own in columns or own in there or own == "human"}  # fmt: skip
    held = audit.to_pandas(list(dict.fromkeys(named.values())))
    people = pd.DataFrame({own: held[name] for own, name in named.items()})
    people = people[people["human"].notna()].reset_index(drop=True)
    if people.empty:
        raise InputError(f"audit: column {named['human']!r} holds no verdict of a person")
    if people["human"].nunique() > 2:
        raise InputError(f"audit: column {named['human']!r} has more than two values; allowed: pass and fail")
    if "probability" in people:
        chance = pd.to_numeric(people["probability"], errors="coerce")
        if not ((chance > 0) & (chance <= 1)).all():
            raise InputError("audit: every label needs a probability above 0 and at most 1")
        people["probability"] = chance
    people.attrs["given"] = tuple(named)
    return people


def _joined(log: Table, people: pd.DataFrame, outcome: str, category: str) -> pd.DataFrame:
    """Return the labels with the verdict (and category) of the answers that they are about."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    there = {each.name for each in log.columns}
    given = set(people.attrs["given"])
    way = next((way for way in _WAYS if set(way) <= given & there), None)
    if way is None:
        raise InputError("audit: it and the log share no column item or prompt to match answers by")
    keys = [*way, *(["repeat"] if "repeat" in given & there else [])]
    frame = people.assign(place=np.arange(len(people)))
    if "probability" not in people:
        frame["probability"] = np.nan
    said = connection().from_arrow(pa.Table.from_pandas(frame, preserve_index=False)).set_alias("said")
    wanted = [
        f"{identifier(outcome)} AS outcome",
        f"{identifier(category) if category else 'NULL'} AS category",
    ]
    wanted += [f"{identifier(name)}::VARCHAR AS {identifier('key ' + name)}" for name in keys]
    answers = log.lazy.to_native().filter(f"{identifier(outcome)} IS NOT NULL").select(", ".join(wanted))
    about = said.select(f"{identifier(keys[0])}::VARCHAR AS about").to_arrow_table()["about"]
    matched = connection().from_arrow(_among(answers, f"key {keys[0]}", about)).set_alias("answers")
    same = " AND ".join(
        f"answers.{identifier('key ' + name)} = said.{identifier(name)}::VARCHAR" for name in keys
    )
    found = said.join(matched, same)
    return pd.DataFrame(
        found.select(
            "place, human, probability, answers.outcome AS outcome, answers.category AS category"
        ).df()
    )


def _among(answers: DuckDBPyRelation, key: str, values: pa.ChunkedArray) -> pa.Table:
    """Return the answers whose key is among some: few of many, which may be on a connection of their own."""
    import pyarrow as pa
    import pyarrow.compute as pc

    reader = in_turn(answers)
    kept = [batch.filter(pc.is_in(batch[key], value_set=values)) for batch in reader]
    return pa.Table.from_batches(kept, reader.schema)
