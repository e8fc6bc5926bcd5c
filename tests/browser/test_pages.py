"""What a browser, a keyboard, a screen reader, a phone and a printer make of a page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

ALL = ["sample", "hostile", "failed", "index", "hostile-index"]


@pytest.mark.parametrize("name", ALL)
def test_axe_finds_no_violation(check: Any, pages: dict[str, Path], name: str) -> None:
    assert check.violations(pages[name]) == []


def test_axe_would_find_one(check: Any, pages: dict[str, Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.html"
    broken.write_text(
        re.sub(' alt="[^"]*"', "", pages["sample"].read_text(encoding="utf-8")), encoding="utf-8"
    )
    assert [found.partition(":")[0] for found in check.violations(broken)] == ["image-alt"]


@pytest.mark.parametrize("name", ALL)
def test_nothing_runs_and_no_request_leaves(check: Any, pages: dict[str, Path], name: str) -> None:
    assert check.sent(pages[name]) == []
    assert check.alive() == []


def test_hostile_texts_are_shown_as_text(tab: Page, pages: dict[str, Path]) -> None:
    tab.goto(pages["hostile"].as_uri())
    shown = tab.locator("main").inner_text()
    for attack in (
        "<script>window.ran = 1</script>",
        '"><img src=x onerror="window.ran = 1">',
        "{{ 7 * 7 }}",
    ):
        assert attack in shown
    cells = tab.evaluate("[...document.querySelectorAll('article td')].map(one => one.textContent)")
    assert "<script>window.ran = 1</script>" in cells
    assert not any(ord(letter) in (*range(9), 0x1B, 0x202E) for letter in tab.content())


def test_even_without_cleaning_the_policy_would_stop_a_script(
    tab: Page, pages: dict[str, Path], tmp_path: Path
) -> None:
    evil = "<script>window.ran = 1</script><img src='http://attack.invalid/x.png' onerror='window.ran = 1'>"
    page = tmp_path / "open.html"
    page.write_text(
        pages["sample"].read_text(encoding="utf-8").replace("<main", evil + "<main"), encoding="utf-8"
    )
    sent: list[str] = []
    tab.on("requestfinished", lambda request: sent.append(request.url))
    tab.goto(page.as_uri())
    tab.wait_for_load_state("networkidle")
    assert tab.evaluate("window.ran") is None
    assert not [url for url in sent if url.startswith("http")]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_sideways_scroll(check: Any, pages: dict[str, Path], name: str, width: int) -> None:
    assert check.width(pages[name], width) <= width


@pytest.mark.parametrize("name", ["sample", "index"])
def test_the_keyboard_reaches_everything(check: Any, pages: dict[str, Path], name: str) -> None:
    seen, expected = check.reached(pages[name])
    assert seen == expected > 5


def test_enter_opens_the_code(tab: Page, pages: dict[str, Path]) -> None:
    tab.goto(pages["sample"].as_uri())
    tab.locator("details.code summary").first.focus()
    tab.keyboard.press("Enter")
    assert tab.locator("details.code pre").first.is_visible()


def test_every_target_of_a_link_exists(tab: Page, pages: dict[str, Path]) -> None:
    tab.goto(pages["sample"].as_uri())
    missing = tab.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(one => one.hash.slice(1))"
        ".filter(name => !document.getElementById(name))"
    )
    assert missing == []


def test_all_figures_load(tab: Page, pages: dict[str, Path]) -> None:
    tab.goto(pages["sample"].as_uri())
    widths = tab.evaluate("[...document.images].map(one => one.naturalWidth)")
    assert len(widths) == 2
    assert min(widths) > 300


def test_print_shows_the_verdict_and_hides_code(tab: Page, pages: dict[str, Path]) -> None:
    tab.goto(pages["sample"].as_uri())
    tab.emulate_media(media="print")
    assert not tab.locator("details.code").first.is_visible()
    assert tab.locator("#rule-fair\\.disability\\.tpr .badge").is_visible()
    assert tab.pdf(format="A4").startswith(b"%PDF-")


def test_the_verdict_table_fits_a_printed_page(tab: Page, pages: dict[str, Path]) -> None:
    tab.set_viewport_size({"width": 690, "height": 900})  # A4 between its margins, at 96 dots an inch
    tab.goto(pages["sample"].as_uri())
    tab.emulate_media(media="print")
    assert tab.evaluate("document.querySelector('.verdicts').getBoundingClientRect().right") <= 690


def test_the_first_screen_holds_finding_chart_and_the_head_of_the_verdicts(
    tab: Page, pages: dict[str, Path]
) -> None:
    tab.goto(pages["sample"].as_uri())
    bottom = "one => one.getBoundingClientRect().bottom"
    assert tab.locator(".lead").evaluate(bottom) < 900
    assert tab.locator("#headline").evaluate(bottom) < 900
    assert tab.locator(".verdicts thead").evaluate(bottom) < 900
