"""Which shipped template a notebook came from, and what was modified in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raikit.evidence.record import Provenance


def with_origin(provenance: Provenance, notebook: Any) -> Provenance:
    """Return the provenance with the template that the notebook came from.

    Parameters
    ----------
    provenance : Provenance
        As the kernel wrote it.
    notebook : nbformat.NotebookNode
        Executed or not.

    Returns
    -------
    Provenance
        With version and number of modified cells (null where it can't be compared with the shipped
        one); as it was where the notebook names no template.
    """
    from raikit.report.difference import difference_of

    found = difference_of(notebook)
    if found is None:
        return provenance
    version = str(notebook.metadata["raikit"].get("version", ""))
    return provenance.model_copy(update={"template_version": version, "modified_cells": found.cells})
