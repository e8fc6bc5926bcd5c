"""The same promises, on the pages that `make demo` makes of real data."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAMES = [
    "index",
    "fairness",
    "performance",
    "drift",
    "safety",
    "safety-check",
    "labels",
    "incident",
    "llm-incident",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_safe_accessible_and_small(check: Any, demo: dict[str, Path], name: str) -> None:
    page = demo[name]
    assert page.stat().st_size < 400_000
    assert check.violations(page) == []
    assert check.sent(page) == []
    assert check.alive() == []
    assert check.width(page, 360) <= 360
    seen, expected = check.reached(page)
    assert seen == expected > 5


def test_every_page_was_looked_at(demo: dict[str, Path]) -> None:
    assert sorted(demo) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES[1:])
def test_a_page_shows_its_chart_on_the_first_screen_and_describes_every_figure(
    tab: Page, demo: dict[str, Path], name: str
) -> None:
    tab.goto(demo[name].as_uri())
    assert tab.locator("#headline img").count() == 1
    alts = tab.evaluate("[...document.images].map(one => one.alt)")
    assert all(len(alt) > 40 and "gave no description" not in alt for alt in alts)


@pytest.mark.parametrize("name", NAMES[1:])
def test_the_first_screens_chart_fits_a_phone_in_letters_of_a_pages_size(
    tab: Page, demo: dict[str, Path], name: str
) -> None:
    tab.set_viewport_size({"width": 360, "height": 740})
    tab.goto(demo[name].as_uri())
    # seen and natural width: letters of 12 pixels and more stay at 11 or more
    drawn = tab.evaluate(
        "[...document.querySelectorAll('#headline img')].map(one => [one.getBoundingClientRect().right, "
        "one.getBoundingClientRect().width / one.naturalWidth])"
    )
    assert drawn
    assert all(right <= 360 and scale > 0.95 for right, scale in drawn)
    assert tab.locator("#headline .scroll").count() == 0


def test_the_first_screen_says_in_people_whom_the_model_misses(tab: Page, demo: dict[str, Path]) -> None:
    # Counted on the rows with pandas' groupby: 1,407 employed with a disability, 839 of them missed;
    # 30,622 without, 1,220 missed.
    tab.goto(demo["fairness"].as_uri())
    assert tab.locator(".banner strong").inner_text() == "FAIL"
    lead = tab.locator(".lead").inner_text()
    assert all(figure in lead for figure in ("1,407", "839", "30,622", "1,220", ".556", ".531–.582"))


def test_each_rule_of_the_index_leads_to_its_row(tab: Page, demo: dict[str, Path]) -> None:
    tab.goto(demo["index"].as_uri())
    links = tab.locator(".verdicts [data-label=Evidence] a")
    assert links.count() > 0
    for address in [link.get_attribute("href") for link in links.all()]:
        assert address is not None
        tab.goto(demo["index"].as_uri().replace("index.html", address.removeprefix("./")))
        assert tab.locator("tr:target .badge").is_visible()


SHORTEST = 30  # characters: a shorter piece can't be told from ordinary words


def words(text: str) -> str:
    """Return a text as HTML, JSON and Python may write it, in one form."""
    return re.sub(r"""\\+[nrt]|[\s\\"']+""", " ", html.unescape(text))


@pytest.fixture(scope="module")
def offensive() -> set[str]:
    """Every piece of 30 characters of the prompts and replies behind the demo's pages."""
    from raikit.sources import open_table

    texts: set[str] = set()
    for source in ("demo:refusals", "demo:harm-ratings"):
        rows = open_table(source).to_pandas(["prompt", "response"])
        texts |= set(rows["prompt"]) | set(rows["response"])
    said = map(words, texts)
    return {text[at : at + SHORTEST] for text in said for at in range(len(text) - SHORTEST + 1)}


def pieces(text: str) -> set[str]:
    said = words(text)
    return {said[at : at + SHORTEST] for at in range(len(said) - SHORTEST + 1)}


@pytest.mark.parametrize("name", NAMES)
def test_no_prompt_or_reply_is_visible(
    tab: Page, demo: dict[str, Path], offensive: set[str], name: str
) -> None:
    tab.goto(demo[name].as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    seen = tab.inner_text("body") + " ".join(tab.evaluate("[...document.images].map(one => one.alt)"))
    assert len(seen) > 500
    assert not pieces(seen) & offensive


def test_no_prompt_or_reply_is_in_a_published_file(demo: dict[str, Path], offensive: set[str]) -> None:
    folder = demo["index"].parent
    files = sorted(path for path in folder.iterdir() if path.is_file())
    assert {".html", ".ipynb", ".json", ".parquet"} <= {path.suffix for path in files}
    for path in files:
        shown = pieces(path.read_text(encoding="utf-8", errors="replace")) & offensive
        assert not shown, path.name
    # The search itself finds such texts: the restricted suite holds them, for its owner only.
    suite = folder.parent / ".restricted" / folder.name / "safety" / "suite.inspect.jsonl"
    assert pieces(suite.read_text(encoding="utf-8")) & offensive
    assert suite.stat().st_mode & 0o077 == 0
    assert suite.parent.stat().st_mode & 0o077 == 0


def test_the_safety_check_is_told_to_miss_most_of_what_people_fail(tab: Page, demo: dict[str, Path]) -> None:
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.goto(demo["safety-check"].as_uri())
    first = tab.locator("#headline").inner_text() if tab.locator("#headline").count() else ""
    seen = tab.inner_text("body")
    assert "people would pass" in seen
    assert seen.index("people would pass") < seen.index("What this cannot tell you".upper()), first
    assert "misses most of what people fail" in seen
