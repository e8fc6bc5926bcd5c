"""``jupyter nbconvert --to raikit``."""

from __future__ import annotations

from typing import Any

from nbconvert.exporters import Exporter

from raikit.report.page import render_page


class RaikitExporter(Exporter):
    """Export an executed notebook as an evidence page."""

    export_from_notebook = "raikit evidence page"
    output_mimetype = "text/html"

    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(  # type: ignore[override]  # as in nbconvert's own exporters of text
        self, nb: Any, resources: Any | None = None, **keywords: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page of a notebook.

        Parameters
        ----------
        nb : nbformat.NotebookNode
            Executed, with its record.
        resources : dict, optional
            Of nbconvert; names the notebook in an error.
        **keywords : object
            Passed to nbconvert's preprocessors.

        Returns
        -------
        page : str
            As `render_page` gives it.
        resources : dict
            Of nbconvert.

        Raises
        ------
        RunError
            If the notebook carries no record.
        """
        copy, resources = super().from_notebook_node(nb, resources, **keywords)
        name = (resources.get("metadata") or {}).get("name") or "the notebook"
        return render_page(copy, where=f"{name}.ipynb" if name != "the notebook" else name), resources
