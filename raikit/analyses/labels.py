"""Labels: whether these ratings can carry the conclusions drawn from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from raikit.analyses.agreement import Settings
from raikit.analyses.label_study import LabelStudy
from raikit.analyses.ratings import Layout, read_ratings
from raikit.sources.anchors import anchor_key

if TYPE_CHECKING:
    import pandas as pd

    from raikit.sources.table import Table


def labels(
    table: Table,
    *,
    item: str,
    annotators: Sequence[str] | str = (),
    rating: str = "",
    votes: Sequence[str] = (),
    level: str = "nominal",
    categories: Sequence[Any] = (),
    positive: Sequence[Any] = (),
    slices: Sequence[str] = (),
    timestamp: str = "",
    window: str = "month",
    name_annotators: bool = False,
    text: str = "",
    population: Table | None = None,
    compare: Sequence[str] = (),
    runs: Mapping[str, pd.DataFrame] | None = None,
    confidence: float = 0.95,
    min_n: int = 30,
    seed: int = 7,
    anchors: str = "",
) -> LabelStudy:
    """Measure how far annotators agree, who departs from the others, and what it does to conclusions.

    Parameters
    ----------
    table : Table
        One row an item with a column for each annotator, or one row a rating.
    item : str
        Column that identifies what was rated.
    annotators : sequence of str or str
        A column of ratings for each annotator; or, with `rating`, the one column that names who rated. None
        with `rating` or `votes` when nobody knows.
    rating : str
        Column of the rating, where a row is a rating.
    votes : sequence of str
        Instead of ratings: a column for each category with the number of raters who chose it.
    level : {"nominal", "ordinal", "interval"}
        Of measurement.
    categories : sequence
        The ratings in their order; needed for ordinal words.
    positive : sequence
        The ratings that count as positive in what is concluded from them.
    slices : sequence of str
        Columns to report by.
    timestamp : str
        Column of the time at which a rating was given.
    window : {"day", "week", "month", "quarter", "year"}
        Length of the windows over time.
    name_annotators : bool
        Show annotators by name; by default by pseudonyms.
    text : str
        Column of the items' texts; shown only by `LabelStudy.disputed` when asked.
    population : Table
        What the rated items were drawn from, one row an item.
    compare : sequence of str
        Columns of both tables on which the rated items should be like the population.
    runs : mapping of str to pandas.DataFrame
        Results of other runs whose labels are as noisy as these; `Evidence.needed` returns them.
    confidence, min_n, seed
        Of the intervals; results on fewer items are marked small.
    anchors : str
        Reference to the key of anchors and pseudonyms; see `raikit.sources.anchors.anchor_key`.

    Returns
    -------
    LabelStudy
        Results as data frames; `Evidence.state` words them.

    Raises
    ------
    InputError
        If columns are absent or of the wrong kind, the level is unknown, or ratings don't fit it.

    Examples
    --------
    >>> from raikit.sources import open_table
    >>> table = open_table("demo:harm-ratings?set=hate")
    >>> study = labels(table, item="item", annotators=["rater_1", "rater_2", "rater_3"], level="ordinal")
    >>> study.agreement()[["metric", "n", "estimate"]].round(3).values.tolist()[0]
    ['krippendorff_alpha', 199, 0.861]
    """
    names = (annotators,) if isinstance(annotators, str) else annotators
    columns = [tuple(dict.fromkeys(filter(None, given))) for given in (names, votes, slices)]
    layout = Layout(item, columns[0], rating, columns[1], columns[2], timestamp, text)
    key = anchor_key(anchors, source=table.source)
    held = read_ratings(table, layout, level=level, categories=categories, key=key, by_name=name_annotators)
    settings = Settings(confidence, min_n, seed)
    study = LabelStudy(table, held, layout, window, tuple(positive), settings, key, population)
    return replace(study, compare=tuple(compare), runs=runs or {})
