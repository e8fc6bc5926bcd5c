"""What the page says of masking is what masking does of Microsoft's labelled sentences, measured anew."""

from __future__ import annotations

import importlib.util
import json
import re
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from scipy.stats import beta

import raikit
from raikit.evidence import masking
from raikit.evidence.session import begin
from raikit.sources.masking import more_finders

TESTS = Path(__file__).parents[1]
KEPT = json.loads((Path(masking.__file__).parent / "masking_recall.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_masking", TESTS / "benchmarks" / "bench_masking.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_counts_of_the_patterns_are_not_stale(bench: ModuleType) -> None:
    assert bench.measured(()) == KEPT["patterns"]
    assert KEPT["set"].startswith(f"{bench.sentences():,} sentences")


def test_counts_with_the_extra_are_not_stale(bench: ModuleType) -> None:
    pytest.importorskip("presidio_analyzer")
    pytest.importorskip("detect_secrets")
    if any(version(name) != number for name, number in KEPT["extra"].items()):
        pytest.skip("other versions of the extra `redaction` than those measured")
    assert bench.measured(more_finders()) == KEPT["with the extra"]


def test_sentence_holds_every_kind_with_its_exact_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "_installed", lambda name: "")
    said = masking.recall_limit()
    for kind, (hidden, values) in KEPT["patterns"].items():
        assert f"{kind} {hidden:,} of {values:,} (" in said
    # Clopper-Pearson by quantiles of the beta distribution, from scipy
    hidden, values = KEPT["patterns"]["phone"]
    low = beta.ppf(0.025, hidden, values - hidden + 1)
    high = beta.ppf(0.975, hidden + 1, values - hidden)
    shown = re.search(r"phone [^(]*\([^,]*, \.(\d{3})–\.(\d{3})\)", said)
    assert shown is not None
    assert (int(shown[1]), int(shown[2])) == (round(1000 * low), round(1000 * high))
    assert re.search(r"name 0 of [\d,]+ \(0%, \.000–", said)
    assert "patterns alone" in said
    monkeypatch.setattr(masking, "_installed", KEPT["extra"].get)
    assert "with presidio-analyzer" in masking.recall_limit()


@pytest.mark.parametrize("reveal", ["none", "redacted", "full"])
def test_page_says_what_is_shown_and_no_more(reveal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_THE_TEST", "0123456789abcdef")
    rows = pd.DataFrame({"prompt": ["How?", "Why?"], "outcome": ["pass", "fail"]})
    study = raikit.safety(
        raikit.open_table(rows), outcome="outcome", prompt="prompt", anchors="env:KEY_OF_THE_TEST"
    )
    evidence = begin("safety", {"In": ["reveal: str = 'none'"], "reveal": reveal})
    evidence.add(study.rates())
    evidence.state(study)
    limits = " ".join(evidence.record().limits)
    assert ("No text from the data is shown" in limits) == (reveal == "none")
    assert ("Masking misses" in limits) == (reveal == "redacted")
    assert "Prompts stand as anchors" in limits
