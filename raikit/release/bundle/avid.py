"""An incident as a report in the form of the AI Vulnerability Database (AVID).

The fields are those of avidtools 0.1.2 (``avidtools.datamodels.report.Report``). What a person has to
judge, the class in AVID's taxonomy (`impact`), is left out; so is the number that AVID gives (`metadata`).
"""

from __future__ import annotations

import json
from typing import Any

from raikit.release.bundle.facts import EPISODE, SEGMENT, Facts

_REPORTED = (EPISODE, SEGMENT, "incident_chance")


def avid_report(facts: Facts) -> dict[str, Any]:
    """Return the report in JSON's types.

    Parameters
    ----------
    facts : Facts
        Of the incident run.

    Returns
    -------
    dict
        Fits ``avidtools.datamodels.report.Report``.
    """
    record = facts.record
    said = " ".join(finding.text for finding in facts.findings) or "No finding."
    head = facts.findings[0].text if facts.findings else "No finding."
    owner = record.system.get("owner")
    label = f"evidence page, sha256 {facts.page_sha256}"
    return {
        "data_type": "AVID",
        "affects": {
            "developer": [],
            "deployer": [str(owner)] if owner else [],
            "artifacts": [{"type": "System", "name": facts.system}],
        },
        "problemtype": {
            "classof": "LLM Evaluation" if record.parameters.get("log") else "Undefined",
            "type": "Detection",
            "description": {"lang": "eng", "value": head},
        },
        "metrics": [
            {
                "name": item.id,
                "detection_method": {"type": "Significance Test", "name": item.method},
                "results": {
                    "estimate": item.estimate, "low": item.low, "high": item.high, "n": item.n,
                    "confidence": item.confidence, "status": item.status,
                },
            }
            for item in record.results
            if item.metric in _REPORTED
        ],
        "references": [{"type": "source", "label": label, "url": facts.page}],
        "description": {"lang": "eng", "value": said},
        "reported_date": record.provenance.finished[:10],
    }  # fmt: skip


def avid_text(facts: Facts) -> str:
    """Return the report as a JSON document.

    Parameters
    ----------
    facts : Facts
        Of the incident run.

    Returns
    -------
    str
        Ends with a newline.
    """
    return json.dumps(avid_report(facts), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
