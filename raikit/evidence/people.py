"""Groups, outcomes and errors in words that a reader without statistics understands: people first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raikit.analyses.question import Question

# Whether the lower rate is the worse one: its group is then named first, and what it lacks is counted.
LOWER_IS_WORSE: Mapping[str, bool] = {
    "selection_rate": True, "true_positive_rate": True, "false_positive_rate": False,
    "positive_predictive_value": True, "accuracy": True,
}  # fmt: skip
# The same of metrics that no sentence about people is made of.
_LOW = (
    "true_negative_rate", "negative_predictive_value", "f1", "auc", "r_squared", "pass_rate", "impact_ratio",
    "macro_true_positive_rate", "macro_positive_predictive_value", "macro_f1", "krippendorff_alpha",
    "fleiss_kappa",
)  # fmt: skip
_HIGH = (
    "false_negative_rate", "brier", "calibration_error", "expected_calibration_error", "mean_absolute_error",
    "root_mean_squared_error", "error_concentration_ratio", "cohens_w",
)  # fmt: skip


@dataclass(frozen=True)
class Words:
    """How findings speak of the people in the data.

    Attributes
    ----------
    unit : str
        Plural: people, applicants, flights.
    label : str
        Column of the true outcome.
    positive : str
        An adjective or participle that the positive outcome means, "employed"; empty where none is known.
    value : str
        The positive value of the label.

    Examples
    --------
    >>> words = Words("people", "employed", "employed", "1")
    >>> words.sentence("true_positive_rate", [({"disability": "With a disability"}, 839, 1407),
    ...                                       ({"disability": "Without a disability"}, 1220, 30622)])
    'Of 1,407 employed people with a disability the model misses 839 (59.6%); of 30,622 without,
    1,220 (4.0%).'
    """

    unit: str
    label: str
    positive: str
    value: str

    def population(self, metric: str, group: str) -> str:
        """Return the people in a rate's denominator.

        Parameters
        ----------
        metric : str
            The rate.
        group : str
            The group in words.

        Returns
        -------
        str
            For example "employed people with a disability".
        """
        everyone = f"{self.unit} {group}".strip()
        is_, is_not = f"{self.label!r} is {self.value}", f"{self.label!r} is not {self.value}"
        if metric == "true_positive_rate":
            if self.positive and " " not in self.positive:
                return f"{self.positive} {everyone}"
            return f"{everyone} {'who are ' + self.positive if self.positive else 'of whom ' + is_}"
        if metric == "false_positive_rate":
            negative = f"who are not {self.positive}" if self.positive else f"of whom {is_not}"
            joined = f"{negative} and {group}" if group.startswith("whose") else f"{group} {negative}"
            return f"{self.unit} {joined.strip()}"
        if metric == "positive_predictive_value":
            return f"{everyone} whom the model predicts to be {self.outcome}"
        return everyone

    @property
    def outcome(self) -> str:
        """The positive outcome as the model predicts it."""
        return self.positive or f"{self.label!r} = {self.value}"

    def sentence(self, metric: str, groups: list[tuple[Mapping[str, str], int, int]]) -> str:
        """Return what happens to the people of two groups.

        Parameters
        ----------
        metric : str
            The rate.
        groups : list of tuple
            Slice, how many it happens to, and of how many; the worse first.

        Returns
        -------
        str
            One sentence with the people and their shares.
        """
        (slice_, hit, n), (other, other_hit, other_n) = groups
        first, second = in_words(slice_), in_words(other)
        shorter = (
            second.split(" ")[0] if first.startswith("with ") and second == f"without {first[5:]}" else second
        )
        verb = {
            "true_positive_rate": "the model misses {}",
            "false_positive_rate": f"the model takes {{}} for {self.outcome}",
            "selection_rate": f"the model predicts {{}} to be {self.outcome}",
            "positive_predictive_value": "{} are not",
            "accuracy": "the model is wrong about {}",
        }[metric]
        comma = "," if metric == "positive_predictive_value" else ""
        happened = verb.format(f"{hit:,} ({_share(hit / n)})")
        return (
            f"Of {n:,} {self.population(metric, first)}{comma} {happened}; "
            f"of {other_n:,} {shorter}, {other_hit:,} ({_share(other_hit / other_n)})."
        )

    def weighted_sentence(self, metric: str, groups: list[tuple[Mapping[str, str], float]]) -> str:
        """Return two groups' rates where rows have weights, so that counts of rows would mislead.

        Parameters
        ----------
        metric : str
            The rate.
        groups : list of tuple
            Slice and rate; the worse first.

        Returns
        -------
        str
            One sentence with the shares.
        """
        (slice_, rate), (other, other_rate) = groups
        return (
            f"The {metric.replace('_', ' ')} is {_share(rate)} for {self.unit} {in_words(slice_)} and "
            f"{_share(other_rate)} for {self.unit} {in_words(other)}."
        )


def words_for(asked: Question, positive: str, parameters: Mapping[str, object]) -> Words:
    """Return the words for a study.

    Parameters
    ----------
    asked : Question
        What was asked.
    positive : str
        The positive value of the label.
    parameters : mapping
        Of the template: `unit` and `positive_words`, where it has them. A label column named by a participle
        ("employed", "approved") with the values 0 and 1 speaks for itself.

    Returns
    -------
    Words
        For sentences.
    """
    said = str(parameters.get("positive_words") or "")
    if not said and positive in ("1", "True") and re.fullmatch(r"[a-z]+ed", asked.label):
        said = asked.label
    return Words(str(parameters.get("unit") or "people"), asked.label, said, positive)


def lower_is_worse(metric: str) -> bool | None:
    """Tell in which direction a metric does harm.

    Parameters
    ----------
    metric : str
        As in the record.

    Returns
    -------
    bool or None
        None where neither end is the worse one, or nobody has said.

    Examples
    --------
    >>> lower_is_worse("accuracy"), lower_is_worse("brier"), lower_is_worse("bias")
    (True, False, None)
    """
    if metric in LOWER_IS_WORSE:
        return LOWER_IS_WORSE[metric]
    return True if metric in _LOW else False if metric in _HIGH else None


def rate_in_words(metric: str) -> str:
    """Return the name of a rate as words.

    Parameters
    ----------
    metric : str
        As in the record.

    Returns
    -------
    str
        In small letters.

    Examples
    --------
    >>> rate_in_words("true_positive_rate"), slicing_in_words(("sex", "age_band"))
    ('true positive rate', 'sex × age band')
    """
    return metric.replace("_", " ")


def slicing_in_words(columns: tuple[str, ...]) -> str:
    """Return the columns of a slicing as words that follow "by".

    Parameters
    ----------
    columns : tuple of str
        The slicing.

    Returns
    -------
    str
        Joined by ×.
    """
    return " × ".join(column.replace("_", " ") for column in columns)


def in_words(slice_: Mapping[str, str]) -> str:
    """Return a group as words that follow a noun.

    Parameters
    ----------
    slice_ : mapping of str to str
        A group.

    Returns
    -------
    str
        Values that begin with "With" or "Without" as they are, others with their column.

    Examples
    --------
    >>> in_words({"disability": "With a disability"}), in_words({"sex": "Female", "race": "White"})
    ('with a disability', 'whose sex is Female and race is White')
    """
    parts, columns = [], []
    for column, value in slice_.items():
        if value.split(" ")[0].lower() in ("with", "without"):
            parts.append(value[:1].lower() + value[1:])
        else:
            columns.append(f"{column.replace('_', ' ')} is {value}")
    return " ".join([*parts, *([f"whose {' and '.join(columns)}"] if columns else [])])


def _share(rate: float) -> str:
    """Return a share with one decimal always: shares stand beside each other in a sentence."""
    return f"{100 * rate:.1f}%"
