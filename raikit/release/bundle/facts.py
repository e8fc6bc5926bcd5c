"""What a bundle says of an incident: read from the run's record, nothing computed anew."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError, RunError
from raikit.evidence.record import load_record
from raikit.evidence.yaml import load_yaml
from raikit.release.pack import read_manifest, runs_of
from raikit.sources.fingerprint import file_sha256

if TYPE_CHECKING:
    from raikit.evidence.record import Finding, Record, Result

EPISODE = "incident_excess"
SEGMENT = "segment_excess"
CHANGE = "change_distance"
_TEMPLATE = "incident"
_PEOPLES = ("onset", "aware", "triaged", "mitigated")  # times that a person entered as parameters
_SEVERITY = ("high", "medium", "low", "info")


@dataclass(frozen=True)
class Facts:
    """An incident's record, and where it lies.

    Parameters
    ----------
    record : Record
        Of the incident run, complete.
    release : str
        The evidence folder's name.
    baseline : str
        The evidence that the release file names as the "before"; "" where it names none.
    page : str
        Name of the page in the bundle.
    page_sha256 : str
        Its digest.
    """

    record: Record
    release: str
    baseline: str
    page: str
    page_sha256: str

    @property
    def system(self) -> str:
        """Return the system's name and version."""
        held = self.record.system
        return " ".join(str(held[key]) for key in ("name", "version") if held.get(key)) or "unnamed system"

    @property
    def findings(self) -> list[Finding]:
        """Return the findings, the most severe first."""
        return sorted(self.record.findings, key=lambda finding: _SEVERITY.index(finding.severity))

    @property
    def entered(self) -> dict[str, str]:
        """Return the times that a person entered, by what happened then."""
        held = self.record.parameters
        return {name: str(held[name]) for name in _PEOPLES if held.get(name)}

    def results(self, metric: str) -> list[Result]:
        """Return the results of a metric, in the record's order."""
        return [item for item in self.record.results if item.metric == metric]


def read_facts(folder: Path, run: str = "") -> Facts:
    """Return the facts of an evidence folder's incident run.

    Parameters
    ----------
    folder : pathlib.Path
        ``outputs/<incident>``, verified.
    run : str, optional
        The run's name where the folder holds several incident runs.

    Returns
    -------
    Facts
        Of a run that is complete.

    Raises
    ------
    InputError
        If there is no such run, or it isn't said which of several.
    RunError
        If it did not complete.
    """
    manifest = read_manifest(folder)
    names = [str(item["name"]) for item in runs_of(manifest)]
    held = [load_record((folder / f"{name}.json").read_text("utf-8"), where=f"{name}.json") for name in names]
    found = [record for record in held if record.run == run or (not run and record.template == _TEMPLATE)]
    if len(found) != 1:
        which = ", ".join(record.run for record in found) or "none"
        raise InputError(
            f"{folder}: incident runs: {which}; name one with --run. Its runs are {', '.join(names)}"
        )
    (record,) = found
    if record.state != "complete":
        raise RunError(f"{folder}: {record.run} is {record.state.replace('_', ' ')}: no evidence to bundle")
    page = f"{record.run}.html"
    return Facts(record, str(manifest["release"]), _baseline(folder), page, file_sha256(folder / page))


def plain(text: Any) -> str:
    r"""Return text for Markdown: no tags, no table cells of its own, one line.

    Parameters
    ----------
    text : object
        Shown as text; it may hold labels from data.

    Returns
    -------
    str
        With the signs that Markdown or HTML would act on written out.

    Examples
    --------
    >>> plain("a|b <img src=x>")
    'a\\|b &lt;img src=x&gt;'
    """
    said = " ".join(str(text).split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for sign in "\\`*_[]|":
        said = said.replace(sign, f"\\{sign}")
    return said


def _baseline(folder: Path) -> str:
    held = load_yaml(folder / "release.yaml")
    return str(held.get("baseline") or "") if isinstance(held, dict) else ""
