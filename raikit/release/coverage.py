"""How much of what was required and agreed has been tested, in figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from raikit.release.parameters import columns_in

if TYPE_CHECKING:
    from raikit.evidence.policy import Policy
    from raikit.evidence.record import Record
    from raikit.release.schema import ReleaseFile


class Coverage(NamedTuple):
    """What was asked for, and what of it is there."""

    required: tuple[str, ...]
    missing: tuple[str, ...]  # required templates without a complete run
    agreed: tuple[str, ...]
    untested: tuple[str, ...]  # agreed slices without an estimate


def covered(policy: Policy, release: ReleaseFile, records: Sequence[Record]) -> Coverage:
    """Compare what the tier requires and the release file agreed on with the records.

    Parameters
    ----------
    policy : Policy
        Its tiers.
    release : ReleaseFile
        Its runs' agreed slices.
    records : sequence of Record
        Of all runs.

    Returns
    -------
    Coverage
        A slice is tested when its run is complete and reports a number for it; it is named
        ``run: slice``.
    """
    tier = policy.tiers.get(release.system.tier)
    required = tuple(tier.required) if tier else ()
    complete = {record.run: record for record in records if record.state == "complete"}
    templates = {record.template for record in complete.values()}
    agreed = [(run.name, name) for run in release.runs for name in run.agreed.slices]
    untested = [(run, name) for run, name in agreed if not _tested(complete, run, name)]
    return Coverage(
        required,
        tuple(name for name in required if name not in templates),
        tuple(f"{run}: {name}" for run, name in agreed),
        tuple(f"{run}: {name}" for run, name in untested),
    )


def figures(found: Coverage) -> list[tuple[str, str]]:
    """Return the coverage as the index shows it.

    Parameters
    ----------
    found : Coverage
        What `covered` gave.

    Returns
    -------
    list of pairs of str
        A label and a sentence for each; empty where nothing was asked for.

    Examples
    --------
    >>> figures(Coverage(("fairness", "drift"), ("drift",), ("fairness: sex",), ()))
    [('Required templates', '1 of 2 covered (50%); not: drift'), ('Agreed slices', '1 of 1 tested (100%)')]
    """
    rows = [
        ("Required templates", "covered", found.required, found.missing),
        ("Agreed slices", "tested", found.agreed, found.untested),
    ]
    return [(label, _share(word, asked, open_)) for label, word, asked, open_ in rows if asked]


def _share(word: str, asked: Sequence[str], missing: Sequence[str]) -> str:
    done = len(asked) - len(missing)
    rest = f"; not: {', '.join(missing)}" if missing else ""
    return f"{done} of {len(asked)} {word} ({done / len(asked):.0%}){rest}"


def _tested(complete: Mapping[str, Record], run: str, name: str) -> bool:
    held = complete.get(run)
    columns = set(columns_in(name))
    return held is not None and any(
        set(result.slice) == columns and result.estimate is not None for result in held.results
    )
