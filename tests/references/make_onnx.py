"""Make models/two_features.onnx, which tests/sources/test_model.py reads.

    python tests/references/make_onnx.py

Needs scikit-learn and skl2onnx, in an environment of their own: raikit needs neither ONNX tool. The model is
a logistic regression with the coefficients 1.5 of `x` and -0.5 of `z` and the intercept -2.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from sklearn.linear_model import LogisticRegression

OUT = Path(__file__).parent / "models" / "two_features.onnx"


def main() -> None:
    model = LogisticRegression().fit(np.array([[0.0, 1.0], [3.0, 0.0]]), [0, 1])
    model.coef_, model.intercept_ = np.array([[1.5, -0.5]]), np.array([-2.0])
    made = to_onnx(model, np.zeros((1, 2), dtype=np.float32), options={"zipmap": False})
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_bytes(made.SerializeToString())


if __name__ == "__main__":
    main()
