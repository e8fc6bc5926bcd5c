"""What was modified in a notebook since it was copied from a template."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raikit.evidence.scrap import modifications


@dataclass(frozen=True)
class Difference:
    """How a notebook differs from the template it names.

    Attributes
    ----------
    origin : str
        Template and version, for example ``fairness 1.2``.
    cells : int or None
        Cells added, removed or changed; None when the template of that version is not here.
    lines : tuple of str
        Of a unified difference.
    """

    origin: str
    cells: int | None
    lines: tuple[str, ...] = ()


def difference_of(notebook: Any) -> Difference | None:
    """Compare a notebook with the shipped template that its metadata names.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        With ``metadata.raikit`` when it came from a template.

    Returns
    -------
    Difference or None
        None when the notebook names no template.
    """
    about = notebook.metadata.get("raikit")
    if not isinstance(about, dict) or not about.get("template"):
        return None
    name, version = str(about["template"]), str(about.get("version", ""))
    origin = f"{name} {version}".strip()
    shipped = _shipped(name)
    if shipped is None or str(shipped.metadata.get("raikit", {}).get("version", "")) != version:
        return Difference(origin, None)
    found = modifications(notebook, shipped)
    return Difference(origin, found.cells, found.difference)


def _shipped(name: str) -> Any | None:
    import nbformat

    package = Path(__file__).parents[1]
    for folder in (package / "templates", package.parent / "templates"):  # a wheel's, a checkout's
        path = folder / f"{name}.ipynb"
        if path.parent == folder and path.is_file():  # a name is no path
            return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return None
