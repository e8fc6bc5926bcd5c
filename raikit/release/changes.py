"""What changed between two policies or two lists of slices, in words; whether it was loosened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from raikit.errors import RaikitError
from raikit.evidence.policy import Policy, Rule, Tier, load_policy
from raikit.evidence.yaml import load_yaml
from raikit.release.schema import ReleaseFile, parse_release

NO_LONGER = " no longer asked"
_JUDGED_BY = {"metric", "slice", "op", "value", "judge", "sided", "min_n"}


def rule_facts(rule: Rule) -> dict[str, Any]:
    """Return the part of a rule that decides.

    Parameters
    ----------
    rule : Rule
        Of a policy.

    Returns
    -------
    dict
        In JSON's types.
    """
    return rule.model_dump(mode="json", include=_JUDGED_BY)


def moved(what: str, old: Iterable[str], new: Iterable[str]) -> list[str]:
    """Return names that are gone and names that are new.

    Parameters
    ----------
    what : str
        What they name.
    old, new : iterable of str
        Before and now.

    Returns
    -------
    list of str
        The ones that are gone first.

    Examples
    --------
    >>> moved("slice", ["sex", "race"], ["sex", "age"])
    ['slice race dropped', 'slice age added']
    """
    before, after = list(old), list(new)
    gone = [f"{what} {name} dropped" for name in before if name not in after]
    return gone + [f"{what} {name} added" for name in after if name not in before]


def changed_rules(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return how rules changed.

    Parameters
    ----------
    old, new : mapping of str to dict
        The facts of each rule by id.

    Returns
    -------
    list of str
        Dropped and added ones first, then thresholds with their direction.
    """
    changes = moved("rule", old, new)
    return changes + [
        _changed(name, old[name], new[name]) for name in old if new.get(name, old[name]) != old[name]
    ]


def _changed(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    if {**old, "value": None} != {**new, "value": None}:
        keys = [key for key in new if old.get(key) != new[key]]
        return f"rule {name} changed ({', '.join(keys)})"
    upper = new["op"] in ("<=", "<")
    looser = (new["value"] > old["value"]) == upper
    return (
        f"threshold of {name} {'loosened' if looser else 'tightened'} from {old['value']} to {new['value']}"
    )


def loosened(change: str) -> bool:
    """Tell whether a change asks less than before, or may do so.

    Parameters
    ----------
    change : str
        One of this module's sentences.

    Returns
    -------
    bool
        True for something dropped or no longer asked, a threshold loosened, another tier, or a rule that is
        another one now.

    Examples
    --------
    >>> [loosened(text) for text in ("slice race dropped", "threshold of a tightened from 2 to 1")]
    [True, False]
    """
    return (
        change.endswith((" dropped", " no longer tested", NO_LONGER))
        or change.startswith("tier ")
        or " loosened from " in change
        or (change.startswith("rule ") and (" changed (" in change))
    )


def asked_changes(
    old: tuple[ReleaseFile, Policy], new: tuple[ReleaseFile, Policy]
) -> tuple[list[str], list[str]]:
    """Return how rules, the tier's demands and the slices changed from one release to another.

    Parameters
    ----------
    old, new : pair of ReleaseFile and Policy
        Of each release.

    Returns
    -------
    rules, slices : list of str
        In words.
    """
    rules = [{rule.id: rule_facts(rule) for rule in policy.rules} for _, policy in (old, new)]
    slices = [
        [f"{run.name}: {name}" for run in release.runs for name in slices_of(run.agreed.slices, run.params)]
        for release, _ in (old, new)
    ]
    return changed_rules(*rules) + _changed_tier(old, new), moved("slice", *slices)


def slices_of(agreed: Sequence[str], parameters: Mapping[str, Any]) -> list[str]:
    """Return the slices that a run is held to.

    Parameters
    ----------
    agreed : sequence of str
        Agreed slices.
    parameters : mapping
        Of the run.

    Returns
    -------
    list of str
        Those agreed; where nothing was agreed, those that its parameters name.

    Examples
    --------
    >>> slices_of([], {"sensitive_features": ["sex"], "min_n": 30})
    ['sex']
    """
    named = [parameters.get("sensitive_features"), parameters.get("slice_features")]
    return list(agreed) or [str(item) for value in named if isinstance(value, list) for item in value]


def _changed_tier(old: tuple[ReleaseFile, Policy], new: tuple[ReleaseFile, Policy]) -> list[str]:
    """Return how the system's tier, or what it asks for, changed."""
    names = [release.system.tier for release, _ in (old, new)]
    before, after = (policy.tiers.get(release.system.tier, Tier()) for release, policy in (old, new))
    changes = [] if names[0] == names[1] else [f"tier {names[0] or 'none'}, now {names[1] or 'none'}"]
    changes += moved("required template", before.required, after.required)
    for what, was, now in (
        ("unmodified templates", not before.modified_templates, not after.modified_templates),
        ("approval of sensitive attributes", before.attribute_approval, after.attribute_approval),
    ):
        if was != now:
            changes.append(what + (" asked" if now else NO_LONGER))
    return changes


def read_asked(folder: Path) -> tuple[ReleaseFile, Policy]:
    """Return the release file and the policy that an evidence folder holds.

    Parameters
    ----------
    folder : pathlib.Path
        ``outputs/<release>``.

    Returns
    -------
    tuple of ReleaseFile and Policy
        As they were used.

    Raises
    ------
    InputError
        If one of them can't be read.
    """
    release = parse_release(load_yaml(folder / "release.yaml"), where=f"{folder.name}/release.yaml")
    return release, load_policy(folder / "policy.yaml")


def since_baseline(folder: Path, release: ReleaseFile, policy: Policy) -> list[str]:
    """Return what is asked less than in the baseline.

    Parameters
    ----------
    folder : pathlib.Path
        The baseline's evidence.
    release : ReleaseFile
        This release's.
    policy : Policy
        This release's.

    Returns
    -------
    list of str
        A sentence, or one that says that nothing was loosened.
    """
    try:
        before = read_asked(folder)
    except (RaikitError, OSError) as error:
        return [f"The baseline can't be read: {error}"]
    rules, slices = asked_changes(before, (release, policy))
    told = [item for item in (*rules, *slices) if loosened(item)]
    since = f"Since the baseline {before[0].release}: "
    return [since + ("; ".join(told) if told else "no rule loosened, no slice dropped") + "."]
