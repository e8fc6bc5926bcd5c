"""Mathematics: tally, intervals, tests. No files, no plots, no notebooks.

The names below are loaded when first used; more is in the modules.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raikit.stats.bootstrap import bootstrap_interval
    from raikit.stats.contrasts import pairwise_differences, pairwise_ratios
    from raikit.stats.intervals import (
        Interval,
        clopper_pearson_interval,
        koopman_interval,
        newcombe_interval,
        wilson_interval,
    )
    from raikit.stats.metrics import confusion
    from raikit.stats.sample_size import rows_needed
    from raikit.stats.tally import Tally, count

__all__ = [
    "Interval",
    "Tally",
    "bootstrap_interval",
    "clopper_pearson_interval",
    "confusion",
    "count",
    "koopman_interval",
    "newcombe_interval",
    "pairwise_differences",
    "pairwise_ratios",
    "rows_needed",
    "wilson_interval",
]

_HOME = {
    "Interval": "intervals",
    "Tally": "tally",
    "bootstrap_interval": "bootstrap",
    "clopper_pearson_interval": "intervals",
    "confusion": "metrics",
    "count": "tally",
    "koopman_interval": "intervals",
    "newcombe_interval": "intervals",
    "pairwise_differences": "contrasts",
    "pairwise_ratios": "contrasts",
    "rows_needed": "sample_size",
    "wilson_interval": "intervals",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'raikit.stats' has no attribute {name!r}")
    return getattr(import_module(f"raikit.stats.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
