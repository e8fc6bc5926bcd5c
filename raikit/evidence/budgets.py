"""How many false pages a quarter an owner puts up with: the policy's word before a parameter's."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from raikit.evidence.policy import Policy


class Budget(NamedTuple):
    """False pages a quarter, and who set them."""

    value: float
    source: str


def budget_of(policy: Policy | None, run: str, given: float, *, today: dt.date | None = None) -> Budget:
    """Return the strictest budget that the alerts of a policy state for a run, else the given one.

    Parameters
    ----------
    policy : Policy or None
        Whose alerts may state a budget; expired alerts wake nobody and don't count.
    run : str
        The run.
    given : float
        What holds where no alert states one.
    today : datetime.date, optional
        The day on which expiry is judged; by default the present day.

    Returns
    -------
    Budget
        Its source is "the parameter budget" or "alert form of the policy".

    Examples
    --------
    >>> from raikit.evidence.policy import parse_policy
    >>> rule = {"run": "drift", "op": "<=", "value": 0, "metric": "contract_breaks", "source": "policy 5"}
    >>> alerts = [{"tier": "page", "owner": "al", "budget": value} for value in (2, 0.5)]
    >>> rules = [{**rule, "id": name, "alert": each} for name, each in zip("ab", alerts, strict=True)]
    >>> policy = parse_policy({"version": 1, "rules": rules}, where="example")
    >>> budget_of(policy, "drift", 1.0)
    Budget(value=0.5, source='alert b of the policy')
    >>> budget_of(None, "drift", 1.0)
    Budget(value=1.0, source='the parameter budget')
    """
    day = today or dt.date.today()
    stated = [
        Budget(float(rule.alert.budget), f"alert {rule.id} of the policy")
        for rule in (policy.rules if policy else ())
        if rule.run == run and rule.alert is not None and rule.alert.budget is not None
        and (rule.alert.expires is None or day <= rule.alert.expires)
    ]  # fmt: skip
    return min(stated, key=lambda each: each.value, default=Budget(given, "the parameter budget"))
