"""Which hazards of a published taxonomy were tested, and how: not tested is as visible as failed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pandas as pd

from raikit.errors import InputError
from raikit.stats.intervals import clopper_pearson_interval

if TYPE_CHECKING:
    from raikit.analyses.safety_study import SafetyStudy

_MISSING = "missing"  # as `raikit.sources.anchors.labels` calls it
MOST_ATTACKS = 8  # with a column each: those with the most prompts
TAXONOMIES = ("mlcommons", "owasp-llm", "nist-ai-600-1")


@dataclass(frozen=True)
class Taxonomy:
    """A published list of hazards.

    Attributes
    ----------
    name, version, date, source : str
        As published.
    categories : tuple of dict
        Each with id, name and other names (`also`).
    """

    name: str
    version: str
    date: str
    source: str
    categories: tuple[dict[str, Any], ...]

    def find(self, label: str) -> str | None:
        """Return the id of the category that a label names, by id, name or both in any case.

        Parameters
        ----------
        label : str
            From a log.

        Returns
        -------
        str or None
            None when it names none.
        """
        wanted = label.casefold().replace("_", " ").replace("-", " ")
        for each in self.categories:
            names = (each["id"], each["name"], f"{each['id']} {each['name']}", *each["also"])
            if wanted in {name.casefold().replace("_", " ").replace("-", " ") for name in names}:
                return str(each["id"])
        return None


def load_taxonomy(name: str) -> Taxonomy:
    """Return a taxonomy by name.

    Parameters
    ----------
    name : {"mlcommons", "owasp-llm", "nist-ai-600-1"}
        Each a data file with version and date.

    Returns
    -------
    Taxonomy
        As published.

    Raises
    ------
    InputError
        If there is none of that name.

    Examples
    --------
    >>> held = load_taxonomy("owasp-llm")
    >>> held.version, held.find("prompt injection")
    ('2025', 'LLM01:2025')
    """
    if name not in TAXONOMIES:
        raise InputError(f"taxonomy: came {name!r}; allowed: {', '.join(TAXONOMIES)}")
    text = files("raikit.analyses").joinpath("taxonomies", f"{name}.json").read_text(encoding="utf-8")
    held = json.loads(text)
    parts = {part: held[part] for part in ("name", "version", "date", "source")}
    return Taxonomy(**parts, categories=tuple(held["categories"]))


def hazard_rows(
    study: SafetyStudy, taxonomy: Taxonomy, column: str, mapping: Mapping[str, str], *, by: str = ""
) -> pd.DataFrame:
    """Return a row for each hazard of a taxonomy, tested or not.

    Parameters
    ----------
    study : SafetyStudy
        With `column` among its slices.
    taxonomy : Taxonomy
        From `load_taxonomy`.
    column : str
        Whose labels are matched to the hazards; empty: none is tested.
    mapping : mapping of str to str
        Label to hazard, by id or name, where the label is neither.
    by : str
        Another column of the study, such as the attack: its labels get a column each.

    Returns
    -------
    pandas.DataFrame
        Columns hazard, state ("not tested", "no grade", "some fail", "all pass"; "no such hazard" for labels
        of the data that name none), prompts, fail, "shown at least" (one-sided exact bound). With `by` a
        column for each of its labels, at most eight and one for the rest: how many prompts of the hazard fail
        under it, or "not tested".

    Raises
    ------
    InputError
        If the mapping names a hazard that the taxonomy lacks.
    """
    wrong = [given for given in mapping.values() if taxonomy.find(given) is None]
    if wrong:
        allowed = ", ".join(f"{each['id']} {each['name']}" for each in taxonomy.categories)
        raise InputError(
            f"taxonomy_labels: {', '.join(map(repr, wrong))}: no hazard of {taxonomy.name}; allowed, by id "
            f"or name: {allowed}"
        )
    # Without a column that names hazards nothing says that any was tested.
    units = study.units if column else study.units.head(0).assign(**{column: ""})
    known = {label: taxonomy.find(mapping.get(label, label)) for label in map(str, units[column].unique())}
    held = units.assign(hazard=units[column].map(known))
    tested, names = held[held["hazard"].notna()], [each["id"] for each in taxonomy.categories]
    counts = study.graded(["hazard"], units=tested).set_index("hazard")
    rows: list[tuple[Any, ...]] = [
        (f"{each['id']} {each['name']}", *_judged(counts, each["id"], study.confidence))
        for each in taxonomy.categories
    ]
    rows += [
        (f"(label {label})", "no such hazard", prompts, None, None)
        for label, prompts in _prompts(study, column, held[held["hazard"].isna()]).items()
    ]
    frame = pd.DataFrame(rows, columns=["hazard", "state", "prompts", "fail", "shown at least"])
    frame["fail"] = frame["fail"].astype("Int64")
    if by and column and by != column and (units[by] != _MISSING).any():
        prompts = _prompts(study, by, units)
        blank = [""] * (len(frame) - len(names))
        for name, cells in _under(study, tested, names, prompts):
            frame[name] = [*cells, *blank]
        frame.attrs["pairs"] = _pairs(tested, by, len(prompts.drop(_MISSING, errors="ignore")))
    frame.attrs["taxonomy"] = f"{taxonomy.name} {taxonomy.version}, {taxonomy.date}"
    return frame


def _prompts(study: SafetyStudy, column: str, units: pd.DataFrame) -> pd.Series:
    """Return how many prompts each label of a column has."""
    return study.by_unit([column], units=units).groupby(column).size()


def _under(
    study: SafetyStudy, tested: pd.DataFrame, hazards: list[str], prompts: pd.Series
) -> Iterator[tuple[str, list[str]]]:
    """Yield for each label of a column what became of each hazard under it, those of most prompts first."""
    by = prompts.index.name
    labels = prompts.drop(_MISSING, errors="ignore").sort_values(ascending=False, kind="stable").index
    names = {label: f"{by}: {label}" for label in labels[:MOST_ATTACKS]}
    names |= dict.fromkeys(labels[MOST_ATTACKS:], f"{by}: {len(labels) - MOST_ATTACKS:,} others")
    names |= {_MISSING: f"{by}: none named"} if _MISSING in prompts.index else {}
    parts = study.graded(["hazard", "under"], units=tested.assign(under=tested[by].map(names)))
    for name in dict.fromkeys(names.values()):
        counts = parts[parts["under"] == name].set_index("hazard")
        yield name, [_cell(counts, hazard) for hazard in hazards]


def _pairs(tested: pd.DataFrame, by: str, labels: int) -> tuple[int, int]:
    """Return how many pairs of a tested hazard and a named label there are, and how many have no grade."""
    graded = tested[tested["passed"] + tested["failed"] > 0]
    every = graded["hazard"].nunique() * labels
    tried = graded[graded[by] != _MISSING].groupby(["hazard", by]).ngroups
    return every, every - tried


def _cell(counts: pd.DataFrame, hazard: str) -> str:
    state, graded, failed = _state(counts, hazard)
    return f"{failed:,} of {graded:,} fail" if graded else state


def _judged(counts: pd.DataFrame, hazard: str, confidence: float) -> tuple[str, int, int, float]:
    state, graded, failed = _state(counts, hazard)
    bound = clopper_pearson_interval(graded - failed, graded, confidence=2 * confidence - 1).low
    return state, graded, failed, float(bound)


def _state(counts: pd.DataFrame, hazard: str) -> tuple[str, int, int]:
    """Return what became of a hazard, its prompts with a grade, and those that fail."""
    if hazard not in counts.index:
        return "not tested", 0, 0
    graded, passed = (int(counts.loc[[hazard], name].iloc[0]) for name in ("total", "passed"))
    return "some fail" if passed < graded else "all pass" if graded else "no grade", graded, graded - passed
