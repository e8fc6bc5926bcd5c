"""The labels template on the three-rater sets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from raikit.evidence.record import Record
from raikit.sources import open_table

# Computed with the krippendorff package on the published files and noted before raikit had a line of this.
ALPHA = {("hate", "ordinal"): 0.861, ("hate", "nominal"): 0.484,
         ("violence", "ordinal"): 0.766, ("violence", "nominal"): 0.367}  # fmt: skip


@pytest.mark.parametrize(("chosen", "level"), ALPHA)
def test_alphas_of_the_three_rater_sets_and_no_text(
    run_template: Callable[..., Record], tmp_path: Path, chosen: str, level: str
) -> None:
    source = f"demo:harm-ratings?set={chosen}"
    record = run_template("labels", data=source, level=level)
    results = {result.id: result for result in record.results}
    assert results["krippendorff_alpha"].estimate == pytest.approx(ALPHA[chosen, level], abs=0.0005)
    assert results["krippendorff_alpha"].status == "ok"
    notebook = (tmp_path / "labels.ipynb").read_text(encoding="utf-8")
    rows = open_table(source).to_pandas(["prompt", "response"])
    hidden = {*rows["prompt"], *rows["response"]}
    forms = {json.dumps(words, ensure_ascii=False)[1:-1] for words in hidden}
    forms |= {json.dumps(form, ensure_ascii=False)[1:-1] for form in forms}
    assert not [words for words in forms if words in notebook]
