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
    from raikit.analyses.judge import judge_audit
    from raikit.analyses.labels import labels
    from raikit.analyses.performance import performance
    from raikit.analyses.revealed import with_texts
    from raikit.analyses.safety import safety
    from raikit.evidence.session import begin
    from raikit.report.curves import calibration_chart, curve_chart
    from raikit.report.figures import interval_chart, time_chart
    from raikit.report.heatmap import window_heatmap
    from raikit.report.results_table import results_table
    from raikit.sources.logs.opening import open_log
    from raikit.sources.table import open_table

__version__ = "0.1.0"

__all__ = [
    "begin",
    "calibration_chart",
    "curve_chart",
    "drift",
    "fairness",
    "incident",
    "interval_chart",
    "judge_audit",
    "labels",
    "open_log",
    "open_table",
    "performance",
    "results_table",
    "safety",
    "time_chart",
    "window_heatmap",
    "with_texts",
]

_HOME = {
    "begin": "raikit.evidence.session",
    "calibration_chart": "raikit.report.curves",
    "curve_chart": "raikit.report.curves",
    "drift": "raikit.analyses.drift",
    "fairness": "raikit.analyses.fairness",
    "incident": "raikit.analyses.incident",
    "interval_chart": "raikit.report.figures",
    "judge_audit": "raikit.analyses.judge",
    "labels": "raikit.analyses.labels",
    "open_log": "raikit.sources.logs.opening",
    "open_table": "raikit.sources.table",
    "performance": "raikit.analyses.performance",
    "results_table": "raikit.report.results_table",
    "safety": "raikit.analyses.safety",
    "time_chart": "raikit.report.figures",
    "window_heatmap": "raikit.report.heatmap",
    "with_texts": "raikit.analyses.revealed",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'raikit' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
