"""Sensitive attributes: where the tier asks for an approval, nothing is computed by one without it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from raikit.evidence.policy import Policy, Rule
from raikit.evidence.record import Record
from raikit.release.parameters import columns_in

_SENSITIVE = ("sensitive_features", "intersections")  # what these name is sensitive, wherever else it stands
_GROUPED = (*_SENSITIVE, "slice_features", "slices", "segment", "segments")
_BY_COLUMN = ("pool", "reference_groups")


class Permitted(NamedTuple):
    """What is left of a run without the attributes that nobody approved."""

    parameters: dict[str, Any]
    agreed: dict[str, Any]
    refused: tuple[str, ...]
    blocked: str | None  # why nothing can be run


def sensitive_columns(policy: Policy, values: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the sensitive attributes of a release.

    Parameters
    ----------
    policy : Policy
        An attribute that was ever approved is sensitive.
    values : iterable of mapping
        The parameters of each run.

    Returns
    -------
    set of str
        Columns.
    """
    named = {name for held in values for key in _SENSITIVE for name in columns_in(held.get(key))}
    return named | {item.attribute for item in policy.approvals}


def unapproved(policy: Policy, tier: str, columns: Iterable[str], today: dt.date) -> set[str]:
    """Return the attributes by which a tier permits no results today.

    Parameters
    ----------
    policy : Policy
        Its tiers and approvals.
    tier : str
        The run's system's.
    columns : iterable of str
        Sensitive attributes.
    today : datetime.date
        An approval holds through its day of expiry.

    Returns
    -------
    set of str
        Empty where the tier does not ask.
    """
    asked = policy.tiers.get(tier)
    if asked is None or not asked.attribute_approval:
        return set()
    return set(columns) - {item.attribute for item in policy.approvals if item.expires >= today}


def permitted(
    parameters: Mapping[str, Any],
    values: Mapping[str, Any],
    agreed: Mapping[str, Any],
    refused: Collection[str],
) -> Permitted:
    """Take the attributes that were refused out of what a run is asked.

    Parameters
    ----------
    parameters, values : mapping
        What is injected, and every declared parameter with its value.
    agreed : mapping
        Slices and primary metric.
    refused : collection of str
        Columns.

    Returns
    -------
    Permitted
        As it came where the run names none of them.
    """
    own = {name for key in _GROUPED for name in columns_in(values.get(key))} & set(refused)
    if not own:
        return Permitted(dict(parameters), dict(agreed), (), None)
    changed = {key: _without(values[key], own) for key in _GROUPED if columns_in(values.get(key))}
    changed |= {
        key: {name: held for name, held in values[key].items() if name not in own}
        for key in _BY_COLUMN
        if isinstance(values.get(key), dict)
    }
    emptied = [
        key for key in _SENSITIVE if values.get(key) and key == "sensitive_features" and not changed[key]
    ]
    left = dict(agreed)
    left["slices"] = [item for item in agreed.get("slices", []) if not set(columns_in(item)) & own]
    primary = agreed.get("primary") or {}
    if set(columns_in(primary.get("slice"))) & own:
        left.pop("primary")
    names = tuple(sorted(own))
    reason = (
        f"no approval that holds for {', '.join(names)}, and no other attribute is left" if emptied else None
    )
    return Permitted({**parameters, **changed}, left, names, reason)


def refused_rule(policy: Policy, rule: Rule, record: Record, today: dt.date) -> str | None:
    """Return why a rule can't be judged for want of an approval; None where it can.

    Parameters
    ----------
    policy : Policy
        Its tiers and approvals.
    rule : Rule
        One of the run's.
    record : Record
        Of the run.
    today : datetime.date
        The day on which expiry is judged.

    Returns
    -------
    str or None
        In words.
    """
    tier = str(record.system.get("tier", ""))
    columns = sensitive_columns(policy, [record.parameters]) | set(record.provenance.unapproved)
    held = list(rule.slice) if isinstance(rule.slice, dict) else columns_in(rule.slice)
    missing = sorted(unapproved(policy, tier, columns, today) & set(held))
    return f"tier {tier!r} asks for an approval of {', '.join(missing)}, and none holds" if missing else None


def _without(value: Any, refused: Collection[str]) -> Any:
    if isinstance(value, str):
        return "" if set(columns_in(value)) & set(refused) else value
    return [item for item in value if not set(columns_in(item)) & set(refused)]
