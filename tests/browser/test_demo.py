"""The same promises, on the pages that `make demo` makes of real data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAMES = ["index", "fairness", "performance", "drift", "safety", "labels", "incident"]


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
