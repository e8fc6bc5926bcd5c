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
    prompts = study.by_unit(["hazard"], units=held[held["hazard"].notna()])
    rows: list[tuple[Any, ...]] = [
        (f"{each['id']} {each['name']}", *_judged(prompts[prompts["hazard"] == each["id"]], study.confidence))
        for each in taxonomy.categories
    ]
    stray = held[held["hazard"].isna()]
    rows += [
        (f"(label {label})", "no such hazard", prompts, None, None)
        for label, prompts in study.by_unit([column], units=stray).groupby(column).size().items()
    ]
    frame = pd.DataFrame(rows, columns=["hazard", "state", "prompts", "fail", "shown at least"])
    frame["fail"] = frame["fail"].astype("Int64")
    if by and column and by != column and (units[by] != _MISSING).any():
        blank = [""] * (len(frame) - len(taxonomy.categories))
        for name, cells in _under(study, held, [each["id"] for each in taxonomy.categories], by):
            frame[name] = [*cells, *blank]
        frame.attrs["pairs"] = _pairs(held, by)
    frame.attrs["taxonomy"] = f"{taxonomy.name} {taxonomy.version}, {taxonomy.date}"
    return frame


def _under(
    study: SafetyStudy, units: pd.DataFrame, hazards: list[str], by: str
) -> Iterator[tuple[str, list[str]]]:
    """Yield for each label of a column what became of each hazard under it."""
    named = units[units[by] != _MISSING]
    labels = named.groupby(by)["unit"].nunique().sort_values(ascending=False, kind="stable").index
    rest = labels[MOST_ATTACKS:]
    parts = [(f"{by}: {label}", units[units[by] == label]) for label in labels[:MOST_ATTACKS]]
    parts += [(f"{by}: {len(rest):,} others", units[units[by].isin(rest)])]
    parts += [(f"{by}: none named", units[units[by] == _MISSING])]
    for name, part in parts:
        each = study.by_unit(["hazard"], units=part[part["hazard"].notna()])
        if len(part):
            yield name, [_cell(each[each["hazard"] == hazard]) for hazard in hazards]


def _pairs(units: pd.DataFrame, by: str) -> tuple[int, int]:
    """Return how many pairs of a tested hazard and a named label there are, and how many have no grade."""
    graded = units[(units["passed"] + units["failed"] > 0) & units["hazard"].notna()]
    every = graded["hazard"].nunique() * units.loc[units[by] != _MISSING, by].nunique()
    tried = graded[graded[by] != _MISSING].groupby(["hazard", by]).ngroups
    return every, every - tried


def _cell(held: pd.DataFrame) -> str:
    state, graded, failed, _ = _judged(held, 0.95)  # the bound is not shown
    return f"{failed:,} of {graded:,} fail" if graded else state


def _judged(held: pd.DataFrame, confidence: float) -> tuple[str, int, int, float]:
    graded = int((held["passed"] + held["failed"] > 0).sum())
    failed = int((held["failed"] > 0).sum())
    bound = clopper_pearson_interval(graded - failed, graded, confidence=2 * confidence - 1).low
    state = "some fail" if failed else "all pass" if graded else "no grade"
    return "not tested" if held.empty else state, graded, failed, float(bound)
