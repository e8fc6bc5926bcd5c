"""Demo data `flights`: US flights of 2015, and a documented model that predicts late departures.

The rows are a sample of 100,000 flights of the US Department of Transportation's on-time data, as the popmon
project publishes them in two halves. A flight is late when it leaves more than 15 minutes after schedule;
arrivals, airports and the scheduled hour are not in the files.

The model
---------
A logistic regression (L2, C = 1, lbfgs) on what is known before departure: the airline's code and the day of
the week as indicators, and the distance as a cubic spline with five knots at quantiles. The month is left
out on purpose. It is fitted on flights of January to May that were not cancelled; a January to May flight
is scored by a model fitted on the other days of those months (five folds of whole days), so that the months
that others are compared with are not over-fitted; later flights are scored by the model of all those days.
A flight is predicted late when its probability reaches the value that flags as large a share of the January
to May flights as were late. Fitting takes one thread and draws nothing at random; probabilities are
rounded to six places.
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

_FILES = {
    "reference": "popmon/test_data/flight_delays_reference.csv.gz",
    "current": "popmon/test_data/flight_delays.csv.gz",
}
_LATE_MINUTES = 15
_LAST_FITTED_MONTH = 5
_FOLDS = 5
_PLACES = 6
_FEATURES = ["airline", "day_of_week", "distance"]
_AIRLINES = ("AA", "AS", "B6", "DL", "EV", "F9", "HA", "MQ", "NK", "OO", "UA", "US", "VX", "WN")


def build(files: Mapping[str, bytes]) -> pa.Table:
    """Return all flights with the label and the model's predictions.

    Parameters
    ----------
    files : mapping of str to bytes
        The two gzipped CSV files of the wheel.

    Returns
    -------
    pyarrow.Table
        A row for each flight, sorted by date and number.
    """
    import pandas as pd
    import pyarrow as pa

    halves = [
        pd.read_csv(io.BytesIO(files[path]), compression="gzip").assign(half=half)
        for half, path in _FILES.items()
    ]
    raw = pd.concat(halves).sort_values(["DATE", "Unnamed: 0"], ignore_index=True)
    date = pd.to_datetime(raw["DATE"], format="%Y-%m-%d")
    cancelled = raw["CANCELLED"].astype("int64")
    minutes = {
        name: raw[name.upper()].astype("Int64") for name in ("departure_delay", "taxi_out", "air_time")
    }
    late = (minutes["departure_delay"] > _LATE_MINUTES).astype("Int64").mask(cancelled == 1)
    tidy = pd.DataFrame(
        {
            "flight": raw["Unnamed: 0"].astype("int64"),
            "half": raw["half"],
            "date": date.dt.date,
            "month": date.dt.strftime("%Y-%m"),
            "day_of_week": date.dt.day_name(),
            "airline": raw["AIRLINE"],
            "distance": raw["DISTANCE"].astype("int64"),
            **minutes,
            "cancelled": cancelled,
            "late": late,
        }
    )
    probability, cut = _probabilities(tidy, date)
    tidy["prediction"] = (probability >= cut).astype("int64")
    tidy["predicted_probability"] = probability
    return pa.Table.from_pandas(tidy, preserve_index=False).replace_schema_metadata(None)


def _probabilities(tidy: pd.DataFrame, date: pd.Series[Any]) -> tuple[np.ndarray[Any, Any], float]:
    """Return the probability of a late departure for each row, and the value from which late is predicted."""
    import numpy as np
    from sklearn.model_selection import GroupKFold
    from threadpoolctl import threadpool_limits

    early = (date.dt.month <= _LAST_FITTED_MONTH).to_numpy()
    usable = early & tidy["late"].notna().to_numpy()
    label = tidy["late"].fillna(0).to_numpy(dtype="int64")
    features = tidy[_FEATURES]
    scored = np.empty(len(tidy))
    with threadpool_limits(1):
        whole = _model().fit(features[usable], label[usable])
        scored[~early] = whole.predict_proba(features[~early])[:, 1]
        rows = np.flatnonzero(early)
        for fitted, held in GroupKFold(_FOLDS).split(rows, groups=date.to_numpy()[rows]):
            used = rows[fitted][usable[rows[fitted]]]
            model = _model().fit(features.iloc[used], label[used])
            scored[rows[held]] = model.predict_proba(features.iloc[rows[held]])[:, 1]
    scored = scored.round(_PLACES)
    share = label[usable].mean()
    return scored, float(np.quantile(scored[usable], 1 - share, method="higher"))


def _model() -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, SplineTransformer, StandardScaler

    prepared = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["airline", "day_of_week"]),
        (make_pipeline(StandardScaler(), SplineTransformer(n_knots=5, knots="quantile")), ["distance"]),
    )
    return make_pipeline(prepared, LogisticRegression(max_iter=1000))


FLIGHTS = DemoSet(
    name="flights",
    version=1,
    wheel=Wheel(
        project="popmon",
        version="1.4.12",
        sha256="2f184745813165004aea46829b528d0852c963f847bf32bcc6a15e51703cfd14",
        members=tuple(_FILES.values()),
    ),
    build=build,
    options={
        "half": {half: (f"half = '{half}'", f"the {half} half") for half in _FILES},
        "carrier": {code: (f"airline = '{code}'", f"carrier {code}") for code in _AIRLINES},
    },
    about=(
        "Demo on public data: a sample of 100,000 US domestic flights of 2015 from the Department of "
        "Transportation's on-time data, as published with popmon 1.4.12 (MIT).",
        "The reference half holds 1 January to early on 1 July, the current half the rest of 2015.",
        "late is 1 for a departure more than 15 minutes after schedule; it is missing for cancelled flights.",
        "Predictions: a logistic regression on airline, day of week and distance, fitted by raikit on "
        "January to May. "
        "January to May flights are scored by models that did not see their day. late is predicted from the "
        "probability that flags as many January to May flights as were late.",
    ),
    limits=(
        "The flights are a sample, without airports, scheduled hour, weather or arrival: causes of delays "
        "can't be "
        "told apart.",
        "Flights of one day share weather and congestion: daily counts of late flights vary several times "
        "as much as "
        "independent flights would.",
        "The model is raikit's own, made for this demonstration and deliberately blind to the season; no "
        "airline "
        "uses it.",
    ),
    system={
        "name": "us-flight-delay",
        "version": "1",
        "owner": "raikit demo",
        "purpose": "Predict before departure whether a US domestic flight leaves more than 15 minutes late "
        "(a demonstration).",
    },
)
