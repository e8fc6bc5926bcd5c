"""The fairness template, run by plain papermill with its defaults and read as its readers do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from raikit.evidence.scrap import read_record

TEMPLATE = Path(__file__).parents[2] / "templates" / "fairness.ipynb"


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Any:
    import papermill

    out = tmp_path_factory.mktemp("fairness") / "out.ipynb"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MPLBACKEND", raising=False)  # the kernel draws inline, as a person's does
        papermill.execute_notebook(str(TEMPLATE), str(out), progress_bar=False)
    return nbformat.read(out, as_version=4)


@pytest.mark.filterwarnings("default")  # what kernels and papermill warn of is theirs
def test_the_defaults_run_as_they_stand(notebook: Any) -> None:
    record = read_record(notebook)
    assert record.findings[0].text.startswith(
        "Of 1,407 employed people with a disability the model misses 839 (59.6%); "
        "of 30,622 without, 1,220 (4.0%). True positive rate gap .556, 95% interval .531–.582."
    )
    assert any("By sex the true positive rates lie .006 apart" in finding.text for finding in record.findings)
    alone = [result for result in record.results if result.slice == {"race": "Alaska Native"}]
    assert alone
    assert {result.status for result in alone} == {"suppressed"}


@pytest.mark.filterwarnings("default")
def test_one_headline_figure_says_in_words_what_it_shows(notebook: Any) -> None:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    figures = [
        output["metadata"]["image/svg+xml"] for output in outputs if "image/svg+xml" in output.get("data", {})
    ]
    assert len(figures) == 3
    assert all("interval" in figure["alt"] for figure in figures)
    assert [figure.get("raikit", {}).get("headline", False) for figure in figures] == [True, False, False]
    assert not [output for output in outputs if output["output_type"] in ("stream", "error")]
