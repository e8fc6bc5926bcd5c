"""Whether a reference is the one that the baseline used: its identity, old against new."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from raikit.errors import RaikitError
from raikit.evidence.record import Input, load_record

if TYPE_CHECKING:
    from raikit.evidence.session import Evidence

REFERENCE = "reference"  # the input that others are judged against
_SHOWN = 19  # of a fingerprint: "sha256:" and twelve digits


def identity(held: Input) -> str:
    """Return an input's rows, period and fingerprint in words.

    Parameters
    ----------
    held : Input
        Of a record.

    Returns
    -------
    str
        Without a full stop.

    Examples
    --------
    >>> identity(Input(name="reference", source="a.csv", rows=1200, columns=[], fingerprint="sha256:0a1b2c",
    ...     period="2025-01-01 to 2025-01-31"))
    '1,200 rows of 2025-01-01 to 2025-01-31 (sha256:0a1b2c)'
    """
    period = f" of {held.period}" if held.period else ""
    return f"{held.rows:,} rows{period} ({held.fingerprint[:_SHOWN]})"


def state_reference(evidence: Evidence) -> None:
    """Add a finding when the release's baseline judged this run against another reference.

    Parameters
    ----------
    evidence : Evidence
        With the reference among its inputs; without a baseline nothing is said.
    """
    now = next((each for each in evidence.record().inputs if each.name == REFERENCE), None)
    if now is None or not evidence.baseline:
        return
    path = Path(evidence.baseline).with_name(f"{evidence.run}.json")  # beside the items that it kept
    if not path.is_file():
        return
    try:
        before = load_record(path.read_text(encoding="utf-8"), where=path.name)
    except RaikitError:
        evidence.limit("The baseline's record of this run can't be read: its reference isn't known.")
        return
    then = next((each for each in before.inputs if each.name == REFERENCE), None)
    if then is not None and then.fingerprint != now.fingerprint:
        evidence.finding(
            f"The reference changed since the baseline: {identity(then)}, now {identity(now)}. Shifts of the "
            "two releases are measured from different starts.",
            severity="medium",
            recommendation="Confirm that the new reference was meant, and who agreed to it.",
        )
