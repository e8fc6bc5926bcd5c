"""Demo data `harm-checks`: what two published word-list checks say of replies whose harm people rated.

The replies and ratings are those of `harm-ratings`. The verdicts were made by the packages themselves, as
published, in an environment of their own (tests/references/make_harm_checks.py), and are kept beside this
module by item with a digest of the reply. People's verdict is "fail" where at least two of the three rated
the reply .5 or more. For a sample it stands in the data, as an audit would: drawn by verdict, with the
probability of each row, so that what it leads to can be compared with the ratings of all.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from importlib.resources import files as resources
from typing import TYPE_CHECKING

from raikit.errors import InputError
from raikit.sources.demo import DemoSet
from raikit.sources.harm_ratings import HARM_RATINGS
from raikit.sources.harm_ratings import build as rated

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

CHECKS = {
    "better-profanity": ("better_profanity", "0.7.0"),
    "alt-profanity-check": ("alt_profanity_check", "1.9.1"),
}
HARMFUL = 0.5  # the middle of the raters' scale
_DRAWN = {"fail": 50, "pass": 150}  # rows of each verdict in the sample, all of them where there are fewer


def build(files: Mapping[str, bytes]) -> pa.Table:
    """Return a row for each reply and check.

    Parameters
    ----------
    files : mapping of str to bytes
        The two CSV files of the wheel.

    Returns
    -------
    pyarrow.Table
        With `human` and `probability` in the rows of the sample only.

    Raises
    ------
    InputError
        If a reply is not the one that the checks were asked about.
    """
    import pandas as pd
    import pyarrow as pa

    rows = rated(files).to_pandas()
    said = _verdicts()
    digests = [hashlib.sha256(text.encode()).hexdigest()[:16] for text in rows["response"]]
    if [(row["item"], row["response_sha256"]) for row in said] != list(
        zip(rows["item"], digests, strict=True)
    ):
        raise InputError("demo:harm-checks: the replies are not those that the checks were asked about")
    harmful = rows[["rater_1", "rater_2", "rater_3"]].median(axis=1) >= HARMFUL
    people = harmful.map({True: "fail", False: "pass"})
    parts = []
    for name, (column, version) in CHECKS.items():
        flagged = pd.Series([row[column] == "1" for row in said])
        part = rows[["item", "set", "prompt", "response"]].assign(
            category=rows["set"].map({"hate": "hate speech", "violence": "violence"}),
            outcome=flagged.map({True: "fail", False: "pass"}), grader=name, grader_version=version,
        )  # fmt: skip
        parts.append(_sampled(part, people))
    tidy = pd.concat(parts, ignore_index=True)
    return pa.Table.from_pandas(tidy, preserve_index=False).replace_schema_metadata(None)


def _verdicts() -> list[dict[str, str]]:
    text = resources("raikit.sources").joinpath("harm_checks.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _sampled(part: pd.DataFrame, people: pd.Series[str]) -> pd.DataFrame:
    """Return the rows with people's verdict in the sample: of each verdict those of the smallest digest."""
    order = [hashlib.sha256(f"audit {item}".encode()).hexdigest() for item in part["item"]]
    place = part.assign(order=order).groupby("outcome")["order"].rank()
    sizes = part["outcome"].map(part["outcome"].value_counts())
    drawn = part["outcome"].map(_DRAWN).clip(upper=sizes)
    return part.assign(human=people.where(place <= drawn), probability=(drawn / sizes).where(place <= drawn))


HARM_CHECKS = DemoSet(
    name="harm-checks",
    version=1,
    wheel=HARM_RATINGS.wheel,
    build=build,
    options={
        "check": {check: (f"grader = '{check}'", f"verdicts of {check}") for check in CHECKS},
        "audited": {"yes": ("human IS NOT NULL", "replies in the audit sample")},
    },
    about=(
        "Demo on public data: 386 replies from Microsoft's PyRIT 1.1.0 (MIT), each rated for hate or "
        "violence by three people.",
        "outcome is what a published word-list check says (better-profanity 0.7.0 or alt-profanity-check "
        "1.9.1, run as published): fail when it flags the reply.",
        "People's verdict is fail where at least two of three rated the reply .5 or more on a scale from 0 "
        "to 1. Where the line lies was chosen by raikit.",
    ),
    limits=(
        "The replies were picked to test scorers, not drawn from any system's traffic: the rates describe no "
        "system.",
        "The checks look for profane words, and their authors promise no more: used as a check for harm they "
        "serve here as an example of a check that nobody audited.",
    ),
    system={
        "name": "word-list-check",
        "version": "better-profanity-0.7.0",
        "owner": "raikit demo (published on PyPI)",
        "purpose": "Show the audit of a safety check against people; the replies come from no single system.",
    },
)
