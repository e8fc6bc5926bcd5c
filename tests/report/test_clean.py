"""Nothing of a notebook gets onto a page alive."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raikit.report.clean import clean_html, image_source, markdown_to_html
from raikit.report.words import without_codes

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n rest").decode()


@pytest.mark.parametrize(
    ("given_html", "kept"),
    [
        ("<table border=1><tr><td onclick='x()' style='a'>1</td></tr></table>", "<td>1</td>"),
        ("<a href='javascript:x()'>a</a>", '<a rel="noopener noreferrer">a</a>'),
        ("<a href='https://example.com'>a</a>", 'href="https://example.com"'),
        ("<b id='x' class='y' name='z'>a</b>", "<b>a</b>"),
        ("a<img src=x><svg/onload=x()>b", "ab"),
        ("a<style>b{}</style>c<script>d</script>", "ac"),
    ],
)
def test_html_keeps_text_and_tables_only(given_html: str, kept: str) -> None:
    assert kept in clean_html(given_html)


@given(st.text(alphabet="<>\"'=/ abonimgscrptsvel:;&#\x1b\x00", max_size=60))
def test_no_text_whatever_becomes_a_script_or_handler(text: str) -> None:
    html = clean_html(text) + markdown_to_html(text, raw_html=True) + markdown_to_html(text, raw_html=False)
    assert not any(word in html for word in ("<script", "<img", "<svg", "<style", "<iframe", "\x1b", "\x00"))


def test_tags_in_outputs_are_text_and_in_cells_markup() -> None:
    assert "&lt;b&gt;" in markdown_to_html("<b>x</b>", raw_html=False)
    assert "<b>x</b>" in markdown_to_html("<b>x</b>", raw_html=True)


def test_an_image_in_markdown_is_not_loaded() -> None:
    assert "img" not in markdown_to_html("![a](http://attack.invalid/a.png)", raw_html=True)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07a", "a"),
        ("\x1b]8;;http://attack.invalid\x1b\\a\x1b]8;;\x1b\\", "a"),
        ("a\rb\x08\x7f", "a\nb"),
        ("\u202egnp.exe", "gnp.exe"),
        ("tab\tand\nline", "tab\tand\nline"),
    ],
)
def test_terminal_codes_go(text: str, left: str) -> None:
    assert without_codes(text) == left


@pytest.mark.parametrize(
    "content",
    [
        "<script>x()</script>",
        '<path onclick="x()"/>',
        "<foreignObject/>",
        '<a href="http://attack.invalid"/>',
        '<image href="http://attack.invalid/x.png"/>',
        '<image xlink:href="data:image/svg+xml;base64,PHN2Zy8+"/>',
        '<path style="fill: url(http://attack.invalid/x)"/>',
        "<style>@import 'http://attack.invalid/x.css'</style>",
        '<h:script xmlns:h="http://www.w3.org/1999/xhtml">x()</h:script>',
        "<path>",
        "<![CDATA[x]]>",
    ],
)
def test_an_svg_that_does_more_than_draw_is_refused(content: str) -> None:
    assert image_source("image/svg+xml", SVG.format(content)) is None


@pytest.mark.parametrize(
    "svg", ["", "<svg/>", '<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format("&a;"), SVG.format("")[:-3]]
)
def test_what_is_no_svg_is_refused(svg: str) -> None:
    assert image_source("image/svg+xml", svg) is None


def test_matplotlibs_own_svg_is_kept(svg: str) -> None:
    source = image_source("image/svg+xml", svg)
    assert source is not None
    assert base64.b64decode(source.partition(",")[2]).decode() == svg


def test_a_picture_must_be_what_it_says() -> None:
    assert image_source("image/png", PNG) == f"data:image/png;base64,{PNG}"
    assert image_source("image/jpeg", PNG) is None
    assert image_source("image/png", "no base64!") is None
