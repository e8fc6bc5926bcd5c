"""What people decided about a rule that did not pass, and whether it holds today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from raikit.evidence.policy import Disposition
from raikit.evidence.record import Decision


def dispose(
    decision: Decision,
    dispositions: Sequence[Disposition],
    *,
    today: dt.date,
    runner: str,
    model: str,
) -> Decision:
    """Attach a rule's disposition to its decision; the status itself never changes.

    Parameters
    ----------
    decision : Decision
        Without a disposition.
    dispositions : sequence of Disposition
        The policy's; those of other rules are left out.
    today : datetime.date
        An acceptance holds through its day of expiry.
    runner : str
        Who ran the release; "" when unknown, and then nobody is known to be another person.
    model : str
        Digest of the model, or the system's version.

    Returns
    -------
    Decision
        With ``disposition`` (its fields, ``valid`` and ``why``) and ``accepted``. Where a rule has
        several, a valid acceptance goes before the others.
    """
    own = [item for item in dispositions if item.rule == decision.rule]
    if not own:
        return decision
    reasons = [(item, _why_not(item, decision, today, runner, model)) for item in own]
    chosen, why = min(reasons, key=lambda pair: pair[1] is not None)
    shown = chosen.model_dump(mode="json", exclude_defaults=True) | {"valid": why is None, "why": why or ""}
    return decision.model_copy(update={"disposition": shown, "accepted": why is None})


def _why_not(item: Disposition, decision: Decision, today: dt.date, runner: str, model: str) -> str | None:
    """Return why the disposition does not open the gate; None where it does."""
    if decision.status == "pass":
        return "the rule passes: no longer needed"
    if item.decision == "mitigate":
        overdue = " (overdue)" if item.due is not None and item.due < today else ""
        return f"a plan, due {item.due}{overdue}; the gate stays shut until a retest passes"
    if decision.status == "not_run":
        return "what was not run can't be accepted"
    if item.expires is not None and item.expires < today:
        return f"expired on {item.expires}"
    if not runner:
        return "who ran this release is unknown (set RAIKIT_RUNNER), so the approver may be the runner"
    if item.approver.strip().casefold() == runner.strip().casefold():
        return "the approver ran this release; another person must accept the risk"
    if item.model != model:
        return f"accepted for model {item.model}, this release is {model or 'without a version'}"
    return None
