"""Demo data `acs-employment`: census rows with the predictions of a real model, in words.

The rows are the American Community Survey's public use microdata of Massachusetts, 2015 to 2018, as the
NannyML project publishes them. Its model (LightGBM, trained on 2014) predicts whether a person is employed.
Words are those of the Census Bureau's data dictionary, shortened to at most 64 characters.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

from raikit.sources.demo import DemoSet
from raikit.sources.wheel import Wheel

if TYPE_CHECKING:
    import pyarrow as pa

_FOLDER = "nannyml/datasets/data/employment_MA_"
_YES_NO = {1: "Yes", 2: "No"}
_GRADES = {code: f"Grade {code - 3}" for code in range(4, 15)}
_WORDS: dict[str, tuple[str, dict[int, str]]] = {
    "sex": ("SEX", {1: "Male", 2: "Female"}),
    "race": (
        "RAC1P",
        {
            1: "White",
            2: "Black or African American",
            3: "American Indian",
            4: "Alaska Native",
            5: "American Indian or Alaska Native, tribe not specified",
            6: "Asian",
            7: "Native Hawaiian or other Pacific Islander",
            8: "Some other race",
            9: "Two or more races",
        },
    ),
    "disability": ("DIS", {1: "With a disability", 2: "Without a disability"}),
    "hearing_difficulty": ("DEAR", _YES_NO),
    "vision_difficulty": ("DEYE", _YES_NO),
    "cognitive_difficulty": ("DREM", {0: "Under 5 years old", **_YES_NO}),
    "nativity": ("NATIVITY", {1: "Native", 2: "Foreign born"}),
    "citizenship": (
        "CIT",
        {
            1: "Born in the U.S.",
            2: "Born in Puerto Rico, Guam, U.S. Virgin Islands or N. Marianas",
            3: "Born abroad of American parent(s)",
            4: "U.S. citizen by naturalization",
            5: "Not a citizen of the U.S.",
        },
    ),
    "ancestry": ("ANC", {1: "Single", 2: "Multiple", 3: "Unclassified", 4: "Not reported", 8: "Suppressed"}),
    "marital_status": (
        "MAR",
        {1: "Married", 2: "Widowed", 3: "Divorced", 4: "Separated", 5: "Never married or under 15 years old"},
    ),
    "education": (
        "SCHL",
        {
            0: "Under 3 years old",
            1: "No schooling completed",
            2: "Nursery school, preschool",
            3: "Kindergarten",
            **_GRADES,
            15: "12th grade, no diploma",
            16: "Regular high school diploma",
            17: "GED or alternative credential",
            18: "Some college, but less than 1 year",
            19: "1 or more years of college credit, no degree",
            20: "Associate's degree",
            21: "Bachelor's degree",
            22: "Master's degree",
            23: "Professional degree beyond a bachelor's degree",
            24: "Doctorate degree",
        },
    ),
    "relationship": (
        "RELP",
        {
            0: "Reference person",
            1: "Husband or wife",
            2: "Biological son or daughter",
            3: "Adopted son or daughter",
            4: "Stepson or stepdaughter",
            5: "Brother or sister",
            6: "Father or mother",
            7: "Grandchild",
            8: "Parent-in-law",
            9: "Son-in-law or daughter-in-law",
            10: "Other relative",
            11: "Roomer or boarder",
            12: "Housemate or roommate",
            13: "Unmarried partner",
            14: "Foster child",
            15: "Other nonrelative",
            16: "Institutionalized group quarters population",
            17: "Noninstitutionalized group quarters population",
        },
    ),
    "parents_employment": (
        "ESP",
        {
            0: "Not an own child of the householder or in a subfamily",
            1: "Living with two parents: both in the labor force",
            2: "Living with two parents: father only in the labor force",
            3: "Living with two parents: mother only in the labor force",
            4: "Living with two parents: neither in the labor force",
            5: "Living with father: father in the labor force",
            6: "Living with father: father not in the labor force",
            7: "Living with mother: mother in the labor force",
            8: "Living with mother: mother not in the labor force",
        },
    ),
    "mobility": (
        "MIG",
        {
            0: "Under 1 year old",
            1: "Same house a year ago",
            2: "Outside the US and Puerto Rico a year ago",
            3: "Different house in the US or Puerto Rico a year ago",
        },
    ),
    "military_service": (
        "MIL",
        {
            0: "Under 17 years old",
            1: "Now on active duty",
            2: "On active duty in the past, but not now",
            3: "Only on active duty for training in Reserves/National Guard",
            4: "Never served in the military",
        },
    ),
}
_AGE_EDGES = (0, 18, 25, 35, 45, 55, 65, 200)
_AGE_BANDS = ("0-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65 and over")
_WORKING_AGE = ("age BETWEEN 18 AND 64", "ages 18 to 64")


def build(files: Mapping[str, bytes]) -> pa.Table:
    """Return all rows, all ages and years, words instead of codes.

    Parameters
    ----------
    files : mapping of str to bytes
        The three Parquet files of the wheel.

    Returns
    -------
    pyarrow.Table
        A row for each person, sorted by `id`.

    Raises
    ------
    KeyError
        If a code has no words: the wheel is pinned, so this is a mistake in raikit.
    """
    import pandas as pd
    import pyarrow as pa

    parts = {path.removeprefix(_FOLDER): pd.read_parquet(io.BytesIO(data)) for path, data in files.items()}
    later = parts["analysis.pq"].merge(
        parts["analysis_target.pq"], on="id", how="left", validate="one_to_one"
    )
    raw = pd.concat([parts["reference.pq"], later]).sort_values("id", ignore_index=True)
    age = raw["AGEP"].astype("int64")
    tidy = {
        "id": raw["id"].astype("int64"),
        "year": raw["year"].astype("int64"),
        "age": age,
        "age_band": pd.cut(age, _AGE_EDGES, right=False, labels=_AGE_BANDS).astype("str"),
    }
    for name, (variable, words) in _WORDS.items():
        codes = raw[variable].astype("int64")
        tidy[name] = codes.map({code: words[code] for code in codes.unique()})
    for name in ("employed", "prediction"):
        tidy[name] = raw[name].astype("int64")
    tidy["predicted_probability"] = raw["predicted_probability"].astype("float64")
    return pa.Table.from_pandas(pd.DataFrame(tidy), preserve_index=False).replace_schema_metadata(None)


ACS = DemoSet(
    name="acs-employment",
    version=1,
    wheel=Wheel(
        project="nannyml",
        version="0.13.1",
        sha256="cf5f4a33489834ae6773cb1baa33a0f98c0a3ee6ed9b43049478b25ce22fe869",
        members=tuple(f"{_FOLDER}{part}.pq" for part in ("reference", "analysis", "analysis_target")),
    ),
    build=build,
    options={
        "ages": {"": _WORKING_AGE, "18-64": _WORKING_AGE, "all": ("", "")},
        "year": {
            "": ("", "survey years 2015 to 2018"),
            **{str(year): (f"year = {year}", f"survey year {year}") for year in range(2015, 2019)},
        },
    },
    about=(
        "Demo on public census data: American Community Survey public use microdata, Massachusetts, 2015 "
        "to 2018.",
        "Rows, model and predictions as published with NannyML 0.13.1 (Apache-2.0): a LightGBM model "
        "trained on "
        "2014. The survey is a work of the US Census Bureau, in the public domain.",
        "employed is 1 for people who are civilian employed and at work in the week of the survey, as the "
        "source "
        "(folktables ACSEmployment) defines it.",
        "Codes were replaced by the words of the Census Bureau's data dictionary. Its wording for "
        "'American Indian "
        "or Alaska Native, tribe not specified' also covers American Indian and Alaska Native tribes "
        "specified "
        "together.",
    ),
    limits=(
        "The model predicts employment status, not a hiring decision: no employer chose anybody by it.",
        "Survey weights are ignored, because the published rows carry none: rates describe the rows, not "
        "the people "
        "of Massachusetts.",
        "People of one household are in the data together, without a household number: intervals treat "
        "them as "
        "independent and are somewhat too narrow.",
        "There is no Hispanic or Latino field, so race and ethnicity categories that need one can't be "
        "formed.",
        "Disability, sex and race are among the model's features: the model sees the attributes it is "
        "judged on.",
    ),
    system={
        "name": "ma-employment-status",
        "version": "nannyml-0.13.1",
        "owner": "raikit demo (published by NannyML)",
        "purpose": "Predict from census answers whether a person in Massachusetts is employed (a "
        "demonstration).",
    },
)
