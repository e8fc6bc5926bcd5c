"""Open the model that is being explained: a skops or ONNX file, or a function of a package."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Floats = np.ndarray[Any, np.dtype[np.float64]]

_PICKLES = (".pkl", ".pickle", ".joblib", ".sav")
_ALLOWED = "a .skops or .onnx file, or package:function"


@dataclass(frozen=True)
class Model:
    """A model as a function from rows to scores.

    Attributes
    ----------
    source : str
        As given.
    digest : str
        "sha256:…" of the file; empty for a function.
    scores : callable
        From a data frame of the features to the positive value's probability, a number a row.
    features : tuple of str
        What the model says its columns are; empty where it doesn't say.
    limits : tuple of str
        Sentences for the page.
    """

    source: str
    digest: str
    scores: Callable[[pd.DataFrame], Floats]
    features: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()


def open_model(source: str, *, positive: str = "1", allow_pickle: bool = False) -> Model:
    """Open a model without running what a file could smuggle in.

    Parameters
    ----------
    source : str
        A .skops file (scikit-learn; types that skops does not know are refused), an .onnx file, or
        ``package:function``, a function that takes a data frame of the features and returns a probability a
        row. Such a function is code that runs, like every import.
    positive : str, default="1"
        The class whose probability is meant, as text.
    allow_pickle : bool, default=False
        Whether a pickle is loaded, which runs whatever its author put in.

    Returns
    -------
    Model
        The file is read once, and its digest is of what was read.

    Raises
    ------
    InputError
        If it can't be opened, or is a pickle and `allow_pickle` is false.

    Examples
    --------
    >>> open_model("model.pkl")
    Traceback (most recent call last):
    raikit.errors.InputError: model: 'model.pkl' is a pickle, which runs code when it is loaded; allowed: ...
    """
    kind = Path(source).suffix.lower()
    if kind in _PICKLES and not allow_pickle:
        raise InputError(
            f"model: {source!r} is a pickle, which runs code when it is loaded; allowed: {_ALLOWED}. Set "
            "allow_pickle where you trust its author: the page then says so"
        )
    if kind not in (*_PICKLES, ".skops", ".onnx"):
        found = function_of(source, allowed=_ALLOWED)
        return Model(source, "", lambda frame: _checked(source, found(frame), len(frame)))
    data, digest = content_of(source, allowed=_ALLOWED)
    if kind == ".onnx":
        return Model(source, digest, _of_onnx(source, data))
    estimator = skops_object(source, data) if kind == ".skops" else _of_pickle(source, data)
    said = f"The model {source!r} was loaded from a pickle, which runs whatever its author put in."
    features = tuple(str(name) for name in getattr(estimator, "feature_names_in_", ()))
    scores = _of_estimator(source, estimator, positive)
    return Model(source, digest, scores, features, (said,) if kind in _PICKLES else ())


def content_of(source: str, *, where: str = "model", allowed: str) -> tuple[bytes, str]:
    """Return the bytes of a model's file and their digest.

    Parameters
    ----------
    source : str
        As given.
    where, allowed : str
        The parameter and what it allows, for messages.

    Returns
    -------
    tuple of bytes and str
        Read once, "sha256:…" of what was read.

    Raises
    ------
    InputError
        If it can't be read.
    """
    try:
        data = Path(source).read_bytes()
    except OSError as error:
        raise InputError(
            f"{where}: {source!r} can't be read ({error.strerror}); allowed: {allowed}"
        ) from None
    return data, "sha256:" + hashlib.sha256(data).hexdigest()


def function_of(source: str, *, where: str = "model", allowed: str) -> Callable[..., Any]:
    """Return the function that ``package:function`` names; importing it runs its code.

    Parameters
    ----------
    source : str
        As given.
    where, allowed : str
        The parameter and what it allows, for messages.

    Returns
    -------
    callable
        As the package has it.

    Raises
    ------
    InputError
        If there is none.
    """
    package, _, name = source.partition(":")
    if not name.isidentifier() or not all(part.isidentifier() for part in package.split(".")):
        raise InputError(f"{where}: {source!r}; allowed: {allowed}")
    try:
        found = getattr(import_module(package), name)
    except (ImportError, AttributeError) as error:
        raise InputError(f"{where}: {source!r} can't be imported ({error}); allowed: {allowed}") from None
    if not callable(found):
        raise InputError(f"{where}: {source!r} is a {type(found).__name__}; allowed: a function")
    made: Callable[..., Any] = found
    return made


def skops_object(source: str, data: bytes, *, where: str = "model") -> Any:
    """Return what a skops file holds, when it holds nothing but types that skops knows.

    Parameters
    ----------
    source : str
        For messages.
    data : bytes
        Of the file.
    where : str, default="model"
        The parameter, for messages.

    Returns
    -------
    object
        An estimator, as a rule.

    Raises
    ------
    InputError
        If skops is not installed or finds types that it does not trust.
    """
    skops = _needed("skops.io", source, where)
    unknown = skops.get_untrusted_types(data=data)
    if unknown:
        listed = ", ".join(map(str, unknown))
        raise InputError(f"{where}: {source!r} holds types that skops does not trust: {listed}")
    return skops.loads(data, trusted=[])


def onnx_session(source: str, data: bytes, *, where: str = "model") -> Any:
    """Return a session of an ONNX model, on the processor.

    Parameters
    ----------
    source : str
        For messages.
    data : bytes
        Of the file.
    where : str, default="model"
        The parameter, for messages.

    Returns
    -------
    onnxruntime.InferenceSession
        Ready to run.

    Raises
    ------
    InputError
        If onnxruntime is not installed or can't read it.
    """
    runtime = _needed("onnxruntime", source, where)
    try:
        return runtime.InferenceSession(data, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no base of their own
        raise InputError(f"{where}: {source!r} is no ONNX model: {str(error).splitlines()[0]}") from error


def _needed(module: str, source: str, where: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise InputError(f"{where}: {source!r} needs {package}: install raikit[models]") from None


def _of_pickle(source: str, data: bytes) -> Any:
    import io

    try:
        return import_module("joblib").load(io.BytesIO(data))  # reads plain pickles too
    except Exception as error:
        raise InputError(f"model: {source!r} can't be loaded ({type(error).__name__}: {error})") from None


def _of_estimator(source: str, estimator: Any, positive: str) -> Callable[[pd.DataFrame], Floats]:
    if not hasattr(estimator, "predict_proba"):
        raise InputError(f"model: {source!r} is a {type(estimator).__name__} without predict_proba")
    classes = [str(each) for each in getattr(estimator, "classes_", ("0", "1"))]
    if positive not in classes:
        raise InputError(
            f"model: {source!r} knows the classes {', '.join(classes)}; the label's is {positive}"
        )
    place = classes.index(positive)
    return lambda frame: _checked(source, estimator.predict_proba(frame)[:, place], len(frame))


def _of_onnx(source: str, data: bytes) -> Callable[[pd.DataFrame], Floats]:
    import numpy as np

    session = onnx_session(source, data)
    inputs = session.get_inputs()
    kinds = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64}

    def scores(frame: pd.DataFrame) -> Floats:
        if len(inputs) == 1:
            kind = kinds.get(inputs[0].type, np.float32)
            fed = {inputs[0].name: frame.to_numpy(dtype=kind)}
        else:
            fed = {
                each.name: frame[[each.name]].to_numpy(dtype=kinds.get(each.type, object)) for each in inputs
            }
        found = session.run(None, fed)[-1]  # classifiers give labels first, then probabilities
        if isinstance(found, list):  # a mapping from class to probability for each row
            found = np.array([list(row.values()) for row in found])
        found = np.asarray(found, dtype=float)
        return _checked(source, found[:, -1] if found.ndim > 1 else found, len(frame))

    return scores


def _checked(source: str, scores: Any, rows: int) -> Floats:
    import numpy as np

    found = np.asarray(scores, dtype=float)
    if found.shape != (rows,) or not np.isfinite(found).all() or ((found < 0) | (found > 1)).any():
        came = f"values of shape {found.shape}"
        if found.size:
            came += f" from {found.min():g} to {found.max():g}"
        raise InputError(f"model: {source!r} gave {came}; allowed: a probability from 0 to 1 for each row")
    return found
