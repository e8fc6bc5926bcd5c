"""Opening models of texts: what is allowed gives their own vectors, the rest is refused in a sentence."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

from raikit.errors import InputError
from raikit.sources.embedder import open_embedder

TEXTS = ["one text", "another text", "a third one, longer than the others", "and the last text"]


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> str:
    module = ModuleType("made_up_vectors")
    module.sizes = lambda texts: [[len(text), 1] for text in texts]
    module.flat = lambda texts: [len(text) for text in texts]
    module.short = lambda texts: [[1.0]]
    module.endless = lambda texts: [[np.inf] for _ in texts]
    monkeypatch.setitem(sys.modules, "made_up_vectors", module)
    return "made_up_vectors"


def test_a_function_gives_a_vector_for_each_text(package: str) -> None:
    made = open_embedder(f"{package}:sizes")
    assert made.vectors(TEXTS).tolist() == [[len(text), 1] for text in TEXTS]
    many = [str(at) for at in range(600)]  # more than are handed over at a time
    assert made.vectors(many)[:, 0].tolist() == [len(text) for text in many]
    assert made.digest == ""


def test_a_skops_file_gives_the_vectors_of_its_pipeline(tmp_path: Path) -> None:
    skops = pytest.importorskip("skops.io")
    model = make_pipeline(TfidfVectorizer(), TruncatedSVD(2, random_state=0)).fit(TEXTS)
    file = tmp_path / "model.skops"
    skops.dump(model, file)
    made = open_embedder(str(file))
    assert made.vectors(TEXTS) == pytest.approx(model.transform(TEXTS))
    assert made.digest.startswith("sha256:")
    sparse = tmp_path / "sparse.skops"
    skops.dump(TfidfVectorizer().fit(TEXTS), sparse)
    assert open_embedder(str(sparse)).vectors(TEXTS) == pytest.approx(
        TfidfVectorizer().fit_transform(TEXTS).toarray()
    )


@pytest.mark.parametrize("name", ["flat", "short", "endless"])
def test_what_is_no_vector_for_each_text_is_refused(package: str, name: str) -> None:
    with pytest.raises(InputError, match="allowed: a vector of finite numbers for each text"):
        open_embedder(f"{package}:{name}").vectors(TEXTS)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("made_up_vectors:absent", "can't be imported"),
        ("a folder/of a model", "allowed: a .skops file with a transformer of texts"),
        ("absent.skops", "can't be read"),
        ("model.pkl", "allowed: a .skops file"),
    ],
)
def test_what_is_no_model_is_one_clear_sentence(package: str, source: str, words: str) -> None:
    with pytest.raises(InputError, match=r"^embedder: ") as error:
        open_embedder(source)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
