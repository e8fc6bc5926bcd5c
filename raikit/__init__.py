"""Responsible-AI evidence from parameterised notebooks.

The names below are loaded when first used, so that ``import raikit`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raikit.analyses.drift import drift
    from raikit.analyses.fairness import fairness
    from raikit.analyses.incident import incident
    from raikit.analyses.safety import safety
    from raikit.evidence.session import begin
    from raikit.report.figures import interval_chart, time_chart
    from raikit.report.results_table import results_table
    from raikit.sources.table import open_table

__version__ = "0.1.0"

__all__ = [
    "begin",
    "drift",
    "fairness",
    "incident",
    "interval_chart",
    "open_table",
    "results_table",
    "safety",
    "time_chart",
]

_HOME = {
    "begin": "raikit.evidence.session",
    "drift": "raikit.analyses.drift",
    "fairness": "raikit.analyses.fairness",
    "incident": "raikit.analyses.incident",
    "interval_chart": "raikit.report.figures",
    "open_table": "raikit.sources.table",
    "results_table": "raikit.report.results_table",
    "safety": "raikit.analyses.safety",
    "time_chart": "raikit.report.figures",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'raikit' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
