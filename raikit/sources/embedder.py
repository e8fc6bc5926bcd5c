"""Open the model that turns texts into vectors: a skops or ONNX file, or a function of a package.

Nothing is fetched: a model that came from a hub is loaded from disk, by a function of the user's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError
from raikit.sources.model import content_of, function_of, onnx_session, skops_object

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]

_ALLOWED = (
    "a .skops file with a transformer of texts, an .onnx file that takes texts, or package:function, which "
    "takes a list of texts and returns a vector each"
)
_AT_ONCE = 256  # texts


@dataclass(frozen=True)
class Embedder:
    """A model as a function from texts to vectors.

    Attributes
    ----------
    source : str
        As given.
    digest : str
        "sha256:…" of the file; empty for a function.
    vectors_of : callable
        From a list of texts to an array of shape (texts, dimensions).
    """

    source: str
    digest: str
    vectors_of: Callable[[list[str]], Any]

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Return the vectors of texts, a few hundred at a time.

        Parameters
        ----------
        texts : sequence of str
            At least one.

        Returns
        -------
        array of float, shape (texts, dimensions)
            Finite numbers.

        Raises
        ------
        InputError
            If the model gives anything else.
        """
        import numpy as np

        starts = range(0, len(texts), _AT_ONCE)
        parts = [self._checked(list(texts[start : start + _AT_ONCE])) for start in starts]
        if len({part.shape[1] for part in parts}) > 1:
            raise InputError(
                f"embedder: {self.source!r} gave vectors of several lengths; allowed: one length"
            )
        return np.concatenate(parts)

    def _checked(self, texts: list[str]) -> Floats:
        import numpy as np

        made = self.vectors_of(texts)
        dense = made.toarray() if hasattr(made, "toarray") else made  # scikit-learn's vectorisers are sparse
        found = np.asarray(dense, dtype=float)
        if found.ndim != 2 or len(found) != len(texts) or not found.shape[1] or not np.isfinite(found).all():
            raise InputError(
                f"embedder: {self.source!r} gave values of shape {found.shape} for {len(texts)} texts; "
                "allowed: a vector of finite numbers for each text"
            )
        return found


def open_embedder(source: str) -> Embedder:
    """Open a model of texts without running what a file could smuggle in.

    Parameters
    ----------
    source : str
        A .skops file (a scikit-learn transformer of texts; types that skops does not know are refused), an
        .onnx file whose one input is texts, or ``package:function``, which takes a list of texts and returns
        a vector each. Such a function is code that runs, like every import.

    Returns
    -------
    Embedder
        The file is read once, and its digest is of what was read.

    Raises
    ------
    InputError
        If it can't be opened.

    Examples
    --------
    >>> open_embedder("model.pkl")
    Traceback (most recent call last):
    raikit.errors.InputError: embedder: 'model.pkl'; allowed: a .skops file with a transformer of texts, ...
    """
    kind = Path(source).suffix.lower()
    if kind not in (".skops", ".onnx"):
        return Embedder(source, "", function_of(source, where="embedder", allowed=_ALLOWED))
    data, digest = content_of(source, where="embedder", allowed=_ALLOWED)
    return Embedder(source, digest, _of_onnx(source, data) if kind == ".onnx" else _of_skops(source, data))


def _of_skops(source: str, data: bytes) -> Callable[[list[str]], Any]:
    transformer = skops_object(source, data, where="embedder")
    if not hasattr(transformer, "transform"):
        raise InputError(f"embedder: {source!r} is a {type(transformer).__name__} without transform")
    transform: Callable[[list[str]], Any] = transformer.transform
    return transform


def _of_onnx(source: str, data: bytes) -> Callable[[list[str]], Any]:
    import numpy as np

    session = onnx_session(source, data, where="embedder")
    inputs = session.get_inputs()
    if [each.type for each in inputs] != ["tensor(string)"]:
        came = ", ".join(f"{each.name} {each.type}" for each in inputs)
        raise InputError(
            f"embedder: {source!r} takes {came}; allowed: one input of texts. Where a tokeniser comes first, "
            "give package:function"
        )

    def vectors(texts: list[str]) -> Any:
        shape = (-1, 1) if len(inputs[0].shape or ()) > 1 else (-1,)
        fed = np.array(texts, dtype=object).reshape(shape)
        return session.run(None, {inputs[0].name: fed})[-1]

    return vectors
