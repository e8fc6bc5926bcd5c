"""What a kernel server imports before it forks: all that templates use, and nothing that starts a thread."""

from __future__ import annotations

import gc
import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from raikit.evidence.lean_imports import import_ipykernel, import_jsonschema
from raikit.evidence.provenance import package_versions

_MODULES = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.core.pylabtools",
    "IPython.core.completerlib",
    "IPython.extensions.storemagic",
    "sqlite3",
    "tornado.platform.asyncio",
    "pandas",
    "pandas.plotting",
    "pandas.core.methods.to_dict",
    "pandas.io.formats.html",
    "pandas.io.formats.string",
    "scipy.stats",
    "scipy.optimize",
    "cffi.cparser",  # of scipy's callbacks, such as the studentized range's
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "seaborn",
    "duckdb",
    "narwhals",
    "narwhals._arrow.dataframe",
    "narwhals._duckdb.namespace",
    "narwhals._pandas_like.namespace",
    "narwhals.stable.v2._namespace",
    "pyarrow.parquet",
    "pyarrow.dataset",
    "pydantic",
    "scrapbook",
    "sklearn.linear_model",
    "sklearn.metrics",
    "fairlearn.metrics",
    "shap",
)
_ONLY_PAGES = "raikit.report.exporter"  # and with it nbconvert: kernels make no pages
_PACKAGES = ("raikit.sources", "raikit.stats", "raikit.analyses", "raikit.evidence", "raikit.report")


def preload(going_on: Callable[[], bool]) -> bool:
    """Import what kernels need; a module that fails is left to the notebook that asks for it.

    Parameters
    ----------
    going_on : callable
        Asked between imports; where it answers False the rest is skipped.

    Returns
    -------
    bool
        Whether this process can be forked: only a process of one thread can.
    """
    gc.disable()  # what modules make stays: looking it over again and again takes a tenth of the time
    import_jsonschema()
    import_ipykernel()
    for name in _names():
        if not going_on():
            return False
        try:
            importlib.import_module(name)
        except Exception:  # noqa: S112  the notebook that needs it meets the error itself
            continue
    package_versions()  # looked up once, for all kernels
    gc.freeze()  # collections in the kernels leave the shared pages alone
    gc.enable()
    return thread_count() == 1


def _names() -> Iterator[str]:
    yield from _MODULES
    if find_spec("polars") is None:  # statsmodels imports it where it is installed, and it starts threads
        yield "statsmodels.api"
    for package in _PACKAGES:
        yield package
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if module.name != _ONLY_PAGES:
                yield module.name


def thread_count() -> int:
    """Return the number of this process's threads, those of C libraries included.

    Returns
    -------
    int
        At least 1; on systems without /proc only Python's own are counted.

    Examples
    --------
    >>> thread_count() >= 1
    True
    """
    if sys.platform == "linux":
        return sum(1 for _ in Path("/proc/self/task").iterdir())
    import threading

    return threading.active_count()
