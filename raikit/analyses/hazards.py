"""Which hazards of a published taxonomy were tested, and how: not tested is as visible as failed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pandas as pd

from raikit.errors import InputError
from raikit.stats.intervals import clopper_pearson_interval

if TYPE_CHECKING:
    from raikit.analyses.safety_study import SafetyStudy

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
        """Return the id of the category that a label names, by id or name in any case.

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
            names = (each["id"], each["name"], *each["also"])
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
    study: SafetyStudy, taxonomy: Taxonomy, column: str, mapping: Mapping[str, str]
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

    Returns
    -------
    pandas.DataFrame
        Columns hazard, state ("not tested", "no grade", "some fail", "all pass"; "no such hazard" for labels
        of the data that name none), prompts, fail, "shown at least" (one-sided exact bound).

    Raises
    ------
    InputError
        If the mapping names a hazard that the taxonomy lacks.
    """
    wrong = [f"taxonomy: {given!r} is no hazard of {taxonomy.name}" for given in mapping.values()
             if taxonomy.find(given) is None]  # fmt: skip
    if wrong:
        raise InputError.joined(wrong)
    # Without a column that names hazards nothing says that any was tested.
    units = study.units if column else study.units.head(0).assign(**{column: ""})
    known = {label: taxonomy.find(mapping.get(label, label)) for label in map(str, units[column].unique())}
    sums = units.assign(hazard=units[column].map(known)).groupby(["hazard", "unit"])
    prompts = sums[["passed", "failed"]].sum().reset_index()
    rows: list[tuple[Any, ...]] = [
        (f"{each['id']} {each['name']}", *_judged(prompts[prompts["hazard"] == each["id"]], study.confidence))
        for each in taxonomy.categories
    ]
    stray = units[units[column].map(known).isna()]
    rows += [
        (f"(label {label})", "no such hazard", part["unit"].nunique(), None, None)
        for label, part in stray.groupby(column)
    ]
    frame = pd.DataFrame(rows, columns=["hazard", "state", "prompts", "fail", "shown at least"])
    frame["fail"] = frame["fail"].astype("Int64")
    frame.attrs["taxonomy"] = f"{taxonomy.name} {taxonomy.version}, {taxonomy.date}"
    return frame


def _judged(held: pd.DataFrame, confidence: float) -> tuple[str, int, int, float]:
    graded = int((held["passed"] + held["failed"] > 0).sum())
    failed = int((held["failed"] > 0).sum())
    bound = clopper_pearson_interval(graded - failed, graded, confidence=2 * confidence - 1).low
    state = "some fail" if failed else "all pass" if graded else "no grade"
    return "not tested" if held.empty else state, graded, failed, float(bound)
