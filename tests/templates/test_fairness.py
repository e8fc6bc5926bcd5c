"""The fairness template, run by plain papermill with its defaults and read as its readers do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest

from raikit.evidence.record import Record
from raikit.evidence.scrap import read_record


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory, papermilled: Callable[..., None]) -> Any:
    out = tmp_path_factory.mktemp("fairness") / "out.ipynb"
    papermilled("fairness", out)
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
    assert len(figures) == 5
    assert all("interval" in figure["alt"] for figure in figures)
    assert [figure.get("raikit", {}).get("headline", False) for figure in figures] == [
        True, False, False, False, False,
    ]  # fmt: skip
    assert not [output for output in outputs if output["output_type"] in ("stream", "error")]


@pytest.mark.filterwarnings("default")
def test_every_deeper_question_at_once(run_template: Callable[..., Record]) -> None:
    from raikit.sources.acs_model import FEATURES

    record = run_template(
        "fairness", standardise="age_band", features=list(FEATURES), local_law=True,
        model="raikit.sources.acs_model:stand_in",
    )  # fmt: skip
    said = " ".join(finding.text for finding in record.findings)
    assert (
        "With the same mix of age band in every group the true positive rate gap by disability would be"
        in said
    )
    assert "(SHAP, 200 rows of each group): disability −" in said
    assert "Without disability itself, the model's other features still tell who belongs to" in said
    limits = " ".join(record.limits)
    assert "a calculation, not an audit" in limits
    assert "The model explained is not the one that made the predictions" in limits
    metrics = {result.metric for result in record.results}
    assert {
        "ll144_impact_ratio",
        "ll144_scoring_rate",
        "shap_difference",
        "cramers_v",
        "proxy_auc",
    } <= metrics


@pytest.mark.filterwarnings("default")
def test_a_quantity_goes_the_same_way(run_template: Callable[..., Record], tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    place, pay = draw.choice(["north", "south"], 400), draw.gamma(2, 20_000, 400)
    guess = pay + np.where(place == "south", 5000, 0) + draw.normal(0, 2000, 400)
    frame = pd.DataFrame({"place": place, "pay": pay, "guess": guess, "size": draw.random(400)})
    frame.to_parquet(tmp_path / "pay.parquet")
    record = run_template(
        "fairness", data=str(tmp_path / "pay.parquet"), label="pay", prediction="guess", score="",
        sensitive_features=["place"], features=["size"],
    )  # fmt: skip
    off = (frame["guess"] - frame["pay"])[frame["place"] == "south"]
    said = (
        f"On average predictions are {off.mean():,.0f} too high for {len(off)} people whose place is south;"
    )
    assert record.findings[0].text.startswith(said)
    assert {"mean_error_difference", "mean_absolute_error", "mean_prediction", "cramers_v"} <= {
        result.metric for result in record.results
    }
