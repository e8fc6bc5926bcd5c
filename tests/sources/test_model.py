"""Opening models: what is allowed gives the model's own probabilities, the rest is refused in a sentence."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from raikit.errors import InputError
from raikit.sources.model import open_model

FRAME = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0], "z": [1.0, 0.0, 1.0, 0.0]})
FITTED = LogisticRegression().fit(FRAME, [0, 0, 1, 1])


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> str:
    module = ModuleType("made_up_models")
    module.half = lambda frame: np.full(len(frame), 0.5)
    module.beyond = lambda frame: frame["x"]
    module.number = 3
    monkeypatch.setitem(sys.modules, "made_up_models", module)
    return "made_up_models"


def test_a_function_gives_a_probability_for_each_row(package: str) -> None:
    assert open_model(f"{package}:half").scores(FRAME).tolist() == [0.5] * 4
    with pytest.raises(InputError, match=r"gave values of shape \(4,\) from 0 to 3; allowed: a probability"):
        open_model(f"{package}:beyond").scores(FRAME)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("made_up_models:absent", "can't be imported"),
        ("made_up_models:number", "is a int; allowed: a function"),
        ("no such thing", "allowed: a .skops or .onnx file, or package:function"),
        ("absent.skops", "can't be read"),
        ("model.PKL", "is a pickle, which runs code"),
    ],
)
def test_what_is_no_model_is_one_clear_sentence(package: str, source: str, words: str) -> None:
    with pytest.raises(InputError, match=r"^model: ") as error:
        open_model(source)
    assert words in str(error.value)


def test_a_pickle_is_refused_unless_allowed_and_then_the_page_says_so(tmp_path: Path) -> None:
    file = tmp_path / "model.pkl"
    file.write_bytes(pickle.dumps(FITTED))
    with pytest.raises(InputError, match="allow_pickle"):
        open_model(str(file))
    model = open_model(str(file), allow_pickle=True)
    assert model.scores(FRAME) == pytest.approx(FITTED.predict_proba(FRAME)[:, 1])
    assert model.features == ("x", "z")
    assert "pickle" in model.limits[0]
    with pytest.raises(InputError, match="knows the classes 0, 1; the label's is yes"):
        open_model(str(file), positive="yes", allow_pickle=True)


def test_skops_files_are_read_and_unknown_types_refused(tmp_path: Path) -> None:
    import skops.io as skops

    file = tmp_path / "model.skops"
    skops.dump(FITTED, file)
    assert open_model(str(file)).scores(FRAME) == pytest.approx(FITTED.predict_proba(FRAME)[:, 1])
    skops.dump({"run": print, "path": Path("x")}, file)
    with pytest.raises(InputError, match="types that skops does not trust"):
        open_model(str(file))


def test_an_onnx_file_gives_the_probabilities_of_the_model_that_it_was_made_from() -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime, 70 MB, is an extra: raikit[models]")
    model = open_model(str(Path(__file__).parents[1] / "references" / "models" / "two_features.onnx"))
    by_hand = 1 / (1 + np.exp(-(1.5 * FRAME["x"] - 0.5 * FRAME["z"] - 2)))  # tests/references/make_onnx.py
    assert model.scores(FRAME) == pytest.approx(by_hand, abs=1e-6)  # it computes in single precision
    assert model.digest.startswith("sha256:")


def test_an_onnx_file_that_is_none_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime, 70 MB, is an extra: raikit[models]")
    file = tmp_path / "model.onnx"
    file.write_bytes(b"not a model")
    with pytest.raises(InputError, match=r"model\.onnx.* is no ONNX model"):
        open_model(str(file))


def test_an_extra_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    file = tmp_path / "model.onnx"
    file.write_bytes(b"x")
    with pytest.raises(InputError, match=r"needs onnxruntime: install raikit\[models\]"):
        open_model(str(file))
