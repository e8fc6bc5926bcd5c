"""The safety template on the human-graded refusals, with its defaults."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from raikit.evidence.record import Record
from raikit.sources import open_table


def test_defaults_state_rates_on_prompts_and_show_no_text(
    run_template: Callable[..., Record], tmp_path: Path
) -> None:
    record = run_template("safety")
    overall = next(result for result in record.results if not result.slice)
    assert overall.metric == "pass_rate"
    assert overall.method == "clopper-pearson"
    rows = open_table("demo:refusals").to_pandas(["prompt", "response", "outcome"])
    assert overall.n == rows["prompt"].nunique() < len(rows)
    assert overall.counts is not None
    assert overall.counts[0] == int((rows["outcome"] == "pass").groupby(rows["prompt"]).all().sum())
    assert "do not show a pass rate of at least 95%" in " ".join(each.text for each in record.findings)
    assert any("the rates describe no system" in text for text in record.limits)
    assert any(
        text.startswith("Nobody said which population") for text in record.limits
    )  # nor did the template
    notebook = (tmp_path / "safety.ipynb").read_text(encoding="utf-8")
    assert overall.id in notebook
    hidden = [words for words in {*rows["prompt"], *rows["response"]} if len(words) >= 30]
    # a notebook and the record in it are JSON, once and twice over
    forms = {json.dumps(words, ensure_ascii=False)[1:-1] for words in hidden}
    forms |= {json.dumps(form, ensure_ascii=False)[1:-1] for form in forms}
    assert not [words for words in forms if words in notebook]
