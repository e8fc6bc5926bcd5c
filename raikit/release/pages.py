"""The page of a notebook that a person ran by hand."""

from __future__ import annotations

import json
from pathlib import Path

from raikit.errors import InputError
from raikit.evidence.record import dump_record
from raikit.evidence.scrap import read_record
from raikit.release.origin import with_origin
from raikit.release.pack import check_record


def render_notebook(path: Path) -> Path:
    """Make the page of an executed notebook, beside it.

    Parameters
    ----------
    path : pathlib.Path
        The notebook.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    InputError
        If the file is no notebook, or the page can't be written.
    RunError
        If the notebook holds no record.
    """
    import nbformat

    from raikit.report.page import render_page

    try:
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except Exception as error:  # nbformat raises what json, jsonschema or it itself came across
        raise InputError(f"{path}: not a Jupyter notebook: {error}") from None
    record = read_record(notebook, where=str(path))
    record = record.model_copy(update={"provenance": with_origin(record.provenance, notebook)})
    check_record(json.loads(dump_record(record)), where=str(path))
    page = path.with_suffix(".html")
    try:
        page.write_text(render_page(notebook, record), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{page}: can't be written: {error.strerror}") from None
    return page
