"""Tables as pandas writes them, made readable."""

from __future__ import annotations

from typing import Any

import pandas as pd
from bs4 import BeautifulSoup

from raikit.report.clean import clean_html
from raikit.report.tables import dress_tables


def dressed(frame: pd.DataFrame) -> Any:
    html, count = dress_tables(clean_html(frame.to_html()), caption="Near", first=3)
    assert count == 1
    return BeautifulSoup(html, "html.parser")


def test_a_table_is_named_numbered_and_reached_by_the_keyboard() -> None:
    soup = dressed(pd.DataFrame({"a": [1]}))
    assert soup.caption.get_text() == soup.div["aria-label"] == "Table 3. Near"
    assert (soup.div["role"], soup.div["tabindex"]) == ("region", "0")


def test_its_own_caption_stands() -> None:
    html, _ = dress_tables(
        "<table><caption>Own</caption><tr><td>1</td></tr></table>", caption="Near", first=1
    )
    assert "Table 1. Own" in html
    assert "Near" not in html


def test_headings_have_a_scope_and_an_empty_one_is_a_cell() -> None:
    columns = pd.MultiIndex.from_product([["x"], ["a", "b"]])
    soup = dressed(
        pd.DataFrame([[1, 2], [3, 4]], columns=columns, index=pd.MultiIndex.from_tuples([("g", 1), ("g", 2)]))
    )
    scopes = {cell.get_text(): cell["scope"] for cell in soup.find_all("th")}
    assert scopes == {"x": "colgroup", "a": "col", "b": "col", "g": "rowgroup", "1": "row", "2": "row"}


def test_columns_of_numbers_are_aligned_and_others_are_not() -> None:
    frame = pd.DataFrame({"n": ["1,407", "—"], "rate": [".404 [.378–.430]", "−.05"], "who": ["1st", "2nd"]})
    soup = dressed(frame)
    assert [cell.get_text() for cell in soup.select("thead .num")] == ["n", "rate"]


def test_a_bare_row_number_goes_and_a_real_index_stays() -> None:
    assert "0" not in dressed(pd.DataFrame({"a": ["x", "y"]})).get_text()
    assert (
        dressed(pd.DataFrame({"a": ["x", "y"]}, index=[2015, 2016])).find("th", scope="row").get_text()
        == "2015"
    )


def test_pandas_words_for_nothing_are_a_dash() -> None:
    frame = pd.DataFrame({"a": [1.5, None], "b": ["x", "None"]})
    assert [cell.get_text() for cell in dressed(frame).find_all("td")] == ["a", "b", "1.5", "x", "—", "None"][
        2:
    ]


def test_an_estimate_with_its_interval_stays_on_one_line() -> None:
    frame = pd.DataFrame({"rate": [".882 [.657–.967], n 17 (small)", "hidden to protect small groups"]})
    assert [cell.get_text() for cell in dressed(frame).select("td.whole")] == [
        ".882 [.657–.967], n 17 (small)"
    ]


def test_numbers_stay_aligned_beside_row_headings_that_span() -> None:
    index = pd.MultiIndex.from_tuples([("sex", "Female"), ("sex", "Male")], names=["by", "group"])
    soup = dressed(pd.DataFrame({"rate": ["hidden", ".5"], "n": [1, 2]}, index=index))
    assert [cell.get_text() for cell in soup.select(".num") if cell.get_text()] == ["n", "1", "2"]


def test_sentences_and_many_columns_are_marked_for_phone_and_print() -> None:
    row = "".join(f"<td>{n}</td>" for n in range(6))
    html, _ = dress_tables(f"<table><tr><td>{'word ' * 20}</td>{row}</tr></table>", caption="c", first=1)
    assert '<table class="wide">' in html
    assert '<td class="long">word word' in html
